// Stock clients that come back by themselves, whatever happens to the server. They say `connected` when all of them are,
// `lost` when one is no longer, `closed` when one has lost its transport before it was, and end with the input:
// `BASE_URL=http://127.0.0.1:8000 TOKENS=..,.. SOCKETS=40 node reconnect.mjs`.
import { io } from "socket.io-client";

const { BASE_URL = "http://127.0.0.1:8000", TOKENS, SOCKETS = "1" } = process.env;
const TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]];
const sockets = [];
let said = "";

/** Says it once, until something else is said. */
function say(line) {
  if (line !== said) console.log((said = line));
}

function stayConnected(token, transports) {
  const socket = io(BASE_URL, { auth: { token, recover: true }, transports, forceNew: true });
  sockets.push(socket);
  socket.on("connect", () => {
    if (sockets.every((other) => other.connected)) say("connected");
  });
  let opened = false;
  socket.on("connect", () => (opened = true));
  socket.io.on("close", () => {
    say(opened ? "lost" : "closed");
    opened = false;
  });
  socket.on("connect_error", (error) => {
    if (socket.active) return;
    console.log(`refused for good: ${error.message} ${JSON.stringify(error.data)}`);
    process.exit(1);
  });
}

for (const token of TOKENS.split(",")) {
  for (let n = 0; n < Number(SOCKETS); n += 1) stayConnected(token, TRANSPORTS[sockets.length % TRANSPORTS.length]);
}
process.stdin.resume().on("end", () => process.exit(0));
