// Connection state recovery as the stock client does it: cut off, it comes back as the same socket and hears what it
// missed, once and in order: `BASE_URL=http://127.0.0.1:8000 node recovery.mjs`.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const BASE_URL = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const PATIENCE = 20_000;
const run = Date.now().toString(36);
let people = 0;

/** Waits until `look` finds something. */
async function until(what, look) {
  const late = Date.now() + PATIENCE;
  for (;;) {
    const found = look();
    if (found) return found;
    assert.ok(Date.now() < late, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function call(token, method, path, json) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), "content-type": "application/json" };
  const response = await fetch(new URL(path, BASE_URL), { method, headers, body: json && JSON.stringify(json) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

async function arrive(name) {
  const account = { username: `${name}${run}${(people += 1)}`, password: "八個字的密碼喔喔" };
  const { user_id: id } = await call(undefined, "POST", "/auth/register", account);
  const { access_token: token } = await call(undefined, "POST", "/auth/token", account);
  return { id, token };
}

/** Connects and keeps all that is heard. */
function connect(person, auth, transports) {
  const socket = io(BASE_URL, { auth: { token: person.token, ...auth }, transports, reconnectionDelay: 50, forceNew: true });
  const heard = [];
  socket.onAny((name, ...args) => heard.push({ name, args }));
  return { socket, heard };
}

const messages = (heard) => heard.filter(({ name }) => name.endsWith("_message"));
const words = (heard) => messages(heard).map(({ args: [event] }) => event.content ?? event.message.content);

async function recover(transports) {
  const [alice, ming] = [await arrive("愛麗絲"), await arrive("小明")];
  for (const [asker, asked] of [[alice, ming], [ming, alice]]) {
    await call(asker.token, "POST", `/friends/request?friend_id=${asked.id}`);
  }
  const { chatroom_id: room } = await call(alice.token, "POST", "/chatrooms/", { members_id: [ming.id] });
  const say = (content) => call(alice.token, "POST", `/chatrooms/${room}/message`, { content });
  const [asking, plain] = [connect(ming, { recover: true }, transports), connect(ming, {}, transports)];
  await until("the connections", () => asking.socket.connected && plain.socket.connected);
  const { id } = asking.socket;
  assert.equal(asking.socket.recovered, false);
  assert.equal((await asking.socket.timeout(PATIENCE).emitWithAck("join_room", { chatroom_id: room })).ok, true);
  for (let round = 0; round < 3; round += 1) {
    asking.socket.io.engine.close();
    await until("the end of the connection", () => !asking.socket.connected);
    await say(`${round}-缺席`);
    await until("the way back", () => asking.socket.connected);
    assert.equal(asking.socket.recovered, true, `${transports}: round ${round}`);
    assert.equal(asking.socket.id, id);
    await say(`${round}-在場`);
    await until("the message", () => words(asking.heard).includes(`${round}-在場`));
  }
  const expected = [0, 1, 2].flatMap((round) => [`${round}-缺席`, `${round}-在場`]);
  assert.deepEqual(words(asking.heard), expected);
  await until("the last message", () => words(plain.heard).length === expected.length);
  assert.deepEqual(words(plain.heard), expected);
  assert.ok(messages(asking.heard).every(({ name, args }) => name === "receive_message" && typeof args[1] === "string"));
  assert.ok(plain.heard.every(({ args }) => args.length === 1), "who did not ask is told nothing more");
  plain.socket.io.reconnection(false);
  asking.socket.io.reconnection(false);
  await call(ming.token, "POST", "/auth/logout");
  for (const { heard, socket } of [asking, plain]) {
    await until("the end of the sign-in", () => !socket.connected);
    assert.ok(heard.some(({ name }) => name === "session_revoked"), `${transports}: it is told why`);
    socket.close();
  }
}

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  await recover(transports);
}
console.log("every message once, in order, by the same name");
