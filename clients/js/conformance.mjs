// The stock Socket.IO client for JavaScript against the conformance server: `BASE_URL=http://127.0.0.1:3000 node conformance.mjs`.
// Everything is done by long-polling, by WebSocket, and with the change from one to the other in between.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const BASE_URL = process.env.BASE_URL ?? "http://127.0.0.1:3000";
const PATIENCE = 20_000;
const WAYS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const BURST = 200;

/** Waits for one event. */
function once(emitter, event) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${event} did not come`)), PATIENCE);
    emitter.once(event, (...args) => {
      clearTimeout(late);
      resolve(args);
    });
  });
}

/** Waits until so many events of one name have come, and returns their arguments. */
function several(socket, event, count) {
  return new Promise((resolve, reject) => {
    const heard = [];
    const late = setTimeout(() => reject(new Error(`${heard.length} of ${count} ${event} came`)), PATIENCE);
    socket.on(event, function hear(...args) {
      heard.push(args);
      if (heard.length === count) {
        clearTimeout(late);
        socket.off(event, hear);
        resolve(heard);
      }
    });
  });
}

function ask(socket, event, ...args) {
  return new Promise((resolve, reject) => {
    socket.timeout(PATIENCE).emit(event, ...args, (error, ...answer) => (error ? reject(error) : resolve(answer)));
  });
}

async function enter(transports, { namespace = "/", auth = undefined, settled = true } = {}) {
  const socket = io(BASE_URL + namespace, { transports, auth, forceNew: true, reconnectionDelay: 10 });
  const welcome = once(socket, "auth");
  await once(socket, "connect");
  assert.deepEqual(await welcome, [auth ?? {}]);
  if (settled && transports.length > 1 && socket.io.engine.transport.name !== "websocket") {
    await once(socket.io.engine, "upgrade");
  }
  if (settled) assert.equal(socket.io.engine.transport.name, transports.at(-1));
  return socket;
}

async function text(transports) {
  const socket = await enter(transports, { auth: { token: "權杖", deep: [1, { two: null }] } });
  const args = [1, "二", { three: [true, null, 4.5] }, [], "line\u2028\u0000\"\\ 🌙", ""];
  const back = once(socket, "message-back");
  socket.emit("message", ...args);
  assert.deepEqual(await back, args);
  assert.deepEqual(await ask(socket, "message-with-ack", ...args), args);
  assert.deepEqual(await ask(socket, "message-with-ack"), []);
  assert.deepEqual(await ask(socket, "nobody knows this"), []);
  socket.close();
}

async function binary(transports) {
  const socket = await enter(transports);
  const [small, empty, large] = [Buffer.from([1, 2, 3, 4]), Buffer.alloc(0), Buffer.alloc(200_000, 7)];
  const args = [small, { deep: [empty, "text", { large }] }, Buffer.from("4 looks like a packet")];
  const back = once(socket, "message-back");
  socket.emit("message", ...args);
  assert.deepEqual(await back, args);
  assert.deepEqual(await ask(socket, "message-with-ack", ...args), args);
  const ten = Array.from({ length: 10 }, (_, n) => Buffer.from([n]));
  assert.deepEqual(await ask(socket, "message-with-ack", ten), [ten]);
  socket.close();
}

async function questions(transports) {
  const socket = await enter(transports);
  socket.on("question", (what, answer) => {
    if (what === "silence") return;
    answer(what, Buffer.from([9]));
  });
  assert.deepEqual(await ask(socket, "ask-me", "你好"), ["你好", Buffer.from([9])]);
  const many = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(socket, "ask-me", n)));
  assert.deepEqual(many.map(([n]) => n), Array.from({ length: 20 }, (_, n) => n));
  assert.deepEqual(await ask(socket, "ask-me", "silence"), ["timed out"]);
  socket.close();
}

async function namespaces(transports) {
  const root = await enter(transports);
  const custom = root.io.socket("/custom", { auth: { here: true } });
  assert.deepEqual(await once(custom, "auth"), [{ here: true }]);
  assert.notEqual(root.id, custom.id);
  assert.notEqual(root.id, root.io.engine.id);
  assert.deepEqual(await ask(custom, "message-with-ack", "custom"), ["custom"]);
  const [error] = await once(root.io.socket("/nowhere"), "connect_error");
  assert.equal(error.message, "Invalid namespace");
  const gone = once(custom, "disconnect");
  custom.emit("disconnect-me");
  assert.equal((await gone)[0], "io server disconnect");
  assert.deepEqual(await ask(root, "message-with-ack", "still here"), ["still here"]);
  const back = once(custom, "auth");
  custom.connect();
  await back;
  custom.disconnect();
  assert.deepEqual(await ask(root, "message-with-ack", "still here"), ["still here"]);
  root.disconnect();
}

async function rooms(transports) {
  const people = [await enter(transports), await enter(["websocket"]), await enter(["polling"])];
  const room = randomUUID();
  for (const person of people) await ask(person, "join", room);
  const heard = people.slice(1).map((person) => several(person, "received", BURST + 1));
  people[0].on("received", () => assert.fail("nobody hears themselves"));
  for (let n = 0; n < BURST; n++) people[0].emit("to-room", room, n, "大家好");
  people[0].emit("to-room", room, Buffer.from([1, 2, 3]));
  for (const all of await Promise.all(heard)) {
    assert.deepEqual(all.slice(0, BURST), Array.from({ length: BURST }, (_, n) => [n, "大家好"]));
    assert.deepEqual(all[BURST], [Buffer.from([1, 2, 3])]);
  }
  await ask(people[1], "leave", room);
  people[1].on("received", () => assert.fail("it has left"));
  const last = once(people[2], "received");
  people[0].emit("to-room", room, "last");
  await last;
  await ask(people[1], "message-with-ack");
  for (const person of people) person.close();
}

/** As soon as it is connected, and so while the transport changes. */
async function bursts(transports) {
  const socket = await enter(transports, { settled: false });
  const numbers = Array.from({ length: BURST }, (_, n) => n);
  const [back, own] = [several(socket, "message-back", BURST), several(socket, "n", BURST)];
  const asked = numbers.map((n) => ask(socket, "message-with-ack", n));
  for (const n of numbers) socket.emit("message", n, "x".repeat(n));
  socket.emit("burst", BURST);
  assert.deepEqual((await Promise.all(asked)).map(([n]) => n), numbers);
  assert.deepEqual((await back).map(([n]) => n), numbers);
  assert.deepEqual((await own).map(([n]) => n), numbers);
  socket.close();
}

async function reconnects(transports) {
  const socket = await enter(transports);
  for (let round = 0; round < 3; round++) {
    const [gone, back] = [once(socket, "disconnect"), once(socket, "auth")];
    const before = socket.id;
    if (round === 0) socket.io.engine.close();
    else socket.emit("close-me");
    const [reason] = await gone;
    assert.ok(["forced close", "transport close"].includes(reason), reason);
    await back;
    assert.notEqual(socket.id, before);
    assert.deepEqual(await ask(socket, "message-with-ack", round), [round]);
  }
  socket.close();
}

async function main() {
  for (const [way, transports] of Object.entries(WAYS)) {
    for (const story of [text, binary, questions, namespaces, rooms, bursts, reconnects]) {
      try {
        await story(transports);
      } catch (error) {
        throw new Error(`${story.name} by ${way}`, { cause: error });
      }
    }
  }
}

main().then(
  () => {
    console.log("conformance: everything went as it should");
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
