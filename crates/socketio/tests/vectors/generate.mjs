// Writes reference.json: what the official parsers make of packets and texts. Run once, in a copy of this folder:
//
//   npm install socket.io-parser@4.2.7 engine.io-parser@5.2.3 && node generate.mjs >reference.json
import { readFileSync } from "node:fs";
import * as engine from "engine.io-parser";
import { Decoder, Encoder, PacketType } from "socket.io-parser";

const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** Binary data as JSON: `{"$binary":"<hex>"}`. */
const plain = (value) => {
  if (Buffer.isBuffer(value)) return { $binary: hex(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};

// The same numbers in each run (xorshift).
let state = 0x9e3779b9;
const random = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const pick = (list) => list[random(list.length)];

const socketEncoded = (packet) => {
  const data = plain(packet.data);
  const [text, ...frames] = new Encoder().encode(packet);
  return { type: PacketType[packet.type], nsp: packet.nsp, id: packet.id, data, text, frames: frames.map(hex) };
};

const socketDecoded = (text, frames = []) => {
  const decoder = new Decoder();
  let packet = null;
  decoder.on("decoded", (decoded) => (packet = decoded));
  try {
    decoder.add(text);
    frames.forEach((frame) => decoder.add(Buffer.from(frame, "hex")));
  } catch {
    return { text, frames, packet: null };
  }
  if (!packet) return { text, frames, packet: "waiting" };
  const { type, nsp, id, data } = packet;
  return { text, frames, packet: { type: PacketType[type], nsp, id, data: plain(data) } };
};

const engineDecoded = ({ type, data }) => (type === "error" ? null : { type, data: plain(data) });

const encodePayload = (packets) => {
  let body;
  engine.encodePayload(packets, (encoded) => (body = encoded));
  return { packets: packets.map(({ type, data }) => ({ type, data: plain(data) })), body };
};

const bytes = (length) => Buffer.from(Array.from({ length }, () => random(256)));
const values = [null, true, false, 0, -1, 7.5, 1e21, "", "x", "你好，世界 😀", '"\\\n\u001e\u007f\u2028', [], {}, [[1, [2]]]];
const anything = (depth) => {
  const kind = random(depth > 2 ? 6 : 10);
  if (kind < 5) return pick(values);
  if (kind === 5) return bytes(random(6));
  if (kind < 8) return Array.from({ length: random(4) }, () => anything(depth + 1));
  return Object.fromEntries(Array.from({ length: random(4) }, () => [pick(["a", "b", "你", "num", ""]), anything(depth + 1)]));
};

const packets = [];
for (const nsp of ["/", "/admin", "/客廳", "/a?x=1"]) {
  packets.push({ type: 0, nsp }, { type: 0, nsp, data: { token: "123" } }, { type: 1, nsp });
  packets.push({ type: 4, nsp, data: { message: "Not authorized", data: { code: "E001" } } }, { type: 4, nsp, data: "No" });
  packets.push({ type: 2, nsp, data: ["foo"] }, { type: 2, nsp, id: 12, data: ["foo", 1] }, { type: 2, nsp, data: [5, "x"] });
  packets.push({ type: 3, nsp, id: 0, data: [] }, { type: 3, nsp, id: Number.MAX_SAFE_INTEGER, data: ["bar"] });
}
for (let round = 0; round < 60; round += 1) {
  const args = Array.from({ length: random(4) }, () => anything(0));
  const nsp = pick(["/", "/admin"]);
  packets.push({ type: 2, nsp, id: pick([undefined, random(1e6)]), data: [pick(["message", "你好", 'a"b']), ...args] });
  packets.push({ type: 3, nsp, id: random(1e6), data: args });
}
const encoded = packets.map(socketEncoded).filter(({ frames }) => frames.length <= 10);

const texts = readFileSync(new URL("texts.txt", import.meta.url), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const alphabet = '0123456-,/"[]{}:. ae+\\\u001e你';
const mutated = () => {
  const chars = [...pick(encoded).text];
  for (let count = 1 + random(2); count > 0; count -= 1) {
    const at = random(Math.min(chars.length + 1, 14));
    chars.splice(at, random(2), ...(random(3) ? [pick([...alphabet])] : []));
  }
  return chars.join("");
};
const samples = [...texts, ...Array.from({ length: 400 }, mutated)];
const frames = (text) => (/^[56][1-9]-/.test(text) ? Array.from({ length: Number(text[1]) }, (_, at) => hex([at, 255])) : []);

const words = ["4", "b", "2", "2probe", "3probe", "5", "6", "1", "4你好", "bAQIDBA==", "b4444", "bAQ==", "bAQ", "7", "x", "1x", "b*", "bAQIDBA=", "0{}", "bAR==", "bA", "b-_-_"];
const bodies = ["", "\u001e", "4a\u001e", "\u001e4a", "4a\u001e\u001e4b", ...words];
for (let round = 0; round < 60; round += 1) bodies.push(Array.from({ length: 2 + random(4) }, () => pick(words)).join("\u001e"));
const batches = [[{ type: "message", data: "hello" }, { type: "ping" }, { type: "message", data: Buffer.from([1, 2, 3, 4]) }]];
for (let round = 0; round < 30; round += 1) {
  const packet = () => pick([{ type: "message", data: pick(["", "€", "2[\"x\"]"]) }, { type: "message", data: bytes(random(9)) }, { type: "noop" }, { type: "pong", data: "probe" }, { type: "close" }, { type: "upgrade" }]);
  batches.push(Array.from({ length: 1 + random(5) }, packet));
}

const list = (name, items) => `"${name}":[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
const parsers = ["socket.io-parser", "engine.io-parser"].map((name) => `${name} ${version(name)}`);
const parts = [
  `"parsers":${JSON.stringify(parsers)}`,
  list("socketEncoded", encoded),
  list("socketDecoded", [
    ...encoded.map(({ text, frames: sent }) => socketDecoded(text, sent)),
    ...samples.map((text) => socketDecoded(text, frames(text))),
  ]),
  list("payloadEncoded", batches.map(encodePayload)),
  list("payloadDecoded", bodies.map((body) => ({ body, packets: engine.decodePayload(body).map(engineDecoded) }))),
];
process.stdout.write(`{${parts.join(",\n")}}\n`);
