// A day of two people with the stock Socket.IO client for JavaScript: `BASE_URL=http://127.0.0.1:8000 node flow.mjs`.
// Alice comes as an unmodified client of the seed would, on its path and with the cookie; Ming with a token.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const BASE_URL = process.env.BASE_URL ?? "http://127.0.0.1:8000";
const PATIENCE = 20_000;
const run = Date.now().toString(36);

/** Waits for one event of a socket. */
function once(socket, event) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${event} did not come`)), PATIENCE);
    socket.once(event, (...args) => {
      clearTimeout(late);
      resolve(args[0]);
    });
  });
}

/** Makes a request and checks its status. */
async function call(person, method, path, { json, form, expect = 200 } = {}) {
  const headers = person?.token ? { authorization: `Bearer ${person.token}` } : {};
  if (json) headers["content-type"] = "application/json";
  const body = json ? JSON.stringify(json) : form;
  const response = await fetch(new URL(path, BASE_URL), { method, headers, body });
  const text = await response.text();
  assert.equal(response.status, expect, `${method} ${path}: ${response.status} ${text}`);
  return { body: text ? JSON.parse(text) : undefined, headers: response.headers };
}

/** Registers and signs in; what the client learns of itself is inside its token. */
async function arrive(name) {
  const account = { username: `${name}${run}`, password: "八個字的密碼喔喔", email: `${name}${run}@example.com` };
  await call(undefined, "POST", "/auth/register", { json: account, expect: 201 });
  const form = new URLSearchParams({ username: account.username, password: account.password });
  const { body, headers } = await call(undefined, "POST", "/auth/token", { form });
  const claims = JSON.parse(Buffer.from(body.access_token.split(".")[1], "base64url"));
  assert.equal(claims.sub, account.username);
  const person = { ...account, token: body.access_token, id: claims.user_id };
  person.cookie = headers.getSetCookie()[0].split(";")[0];
  assert.equal((await call(person, "GET", "/user/me")).body.email, account.email);
  assert.deepEqual((await call(person, "GET", "/chatrooms/")).body, []);
  return person;
}

async function befriend(alice, ming) {
  const found = (await call(alice, "GET", `/friends/search?email=${encodeURIComponent(ming.email)}`)).body;
  assert.equal(found.user_id, ming.id);
  const asked = once(ming.socket, "friend_request");
  await call(alice, "POST", `/friends/request?friend_id=${ming.id}`);
  assert.equal((await asked).friend.user_id, alice.id);
  const accepted = once(alice.socket, "friend_accepted");
  await call(ming, "POST", `/friends/requests/accepted?friend_id=${alice.id}`);
  const room = (await accepted).friend.chatroom_id;
  const opened = await call(ming, "POST", "/chatrooms/", { json: { members_id: [alice.id, ming.id] } });
  assert.equal(opened.body.chatroom_id, room);
  return room;
}

/** Sends each text twice, by socket and by REST, with one timestamp; each is stored once and heard once. */
async function talk(alice, ming, room) {
  for (const person of [alice, ming]) {
    const joined = await person.socket.timeout(PATIENCE).emitWithAck("join_room", room);
    assert.equal(joined.ok, true);
  }
  const heard = { alice: [], ming: [] };
  alice.socket.on("receive_message", (message) => heard.alice.push(message));
  ming.socket.on("receive_message", (message) => heard.ming.push(message));
  const words = ["你好", "吃飽了嗎?", "晚上見 🌙"];
  for (const [at, content] of words.entries()) {
    const timestamp = new Date(Date.UTC(2026, 10, 22, 11, 29, 15, at)).toISOString();
    const message = { chatroom_id: room, content, message_type: "text", timestamp };
    alice.socket.emit("send_message", { ...message, isSentByViewer: true, user: { id: alice.id } });
    await call(alice, "POST", `/chatrooms/${room}/message`, { json: { ...message, read_status: "unread" } });
  }
  const answer = await alice.socket.timeout(PATIENCE).emitWithAck("send_message", { chatroom_id: room, content: "最後" });
  assert.equal(answer.message.seq, words.length + 1);
  await (heard.ming.length > words.length ? undefined : once(ming.socket, "receive_message"));
  const stored = (await call(ming, "GET", `/chatrooms/${room}/messages?limit=50`)).body;
  assert.deepEqual(stored.map((message) => message.content), [...words, "最後"]);
  assert.deepEqual(heard.ming.map((message) => message.content), [...words, "最後"]);
  assert.ok(heard.alice.every((message) => message.isSentByViewer && message.user.id === alice.id));
  assert.ok(heard.ming.every((message) => !message.isSentByViewer && !Number.isNaN(Date.parse(message.timestamp))));
  assert.ok(!JSON.stringify(heard).includes("@example.com"));
}

async function showPicture(alice, ming, room) {
  const form = new FormData();
  form.set("file", new Blob(["dummy"], { type: "image/png" }), "貓.png");
  const uploaded = (await call(alice, "POST", "/upload/upload-message-file", { form })).body;
  const received = once(ming.socket, "receive_message");
  const json = { chatroom_id: room, content: uploaded.url, message_type: uploaded.message_type, read_status: "unread" };
  await call(alice, "POST", `/chatrooms/${room}/message`, { json });
  assert.equal((await received).content, uploaded.url);
  const picture = await fetch(uploaded.url, { headers: { cookie: ming.cookie } });
  assert.equal(await picture.text(), "dummy");
  const avatar = new FormData();
  avatar.set("file", new Blob(["dummy"], { type: "image/png" }), "我.png");
  const { url } = (await call(alice, "POST", "/upload/upload-avatar", { form: avatar })).body;
  const changed = await call(alice, "PATCH", `/user/${alice.id}`, { json: { avatar_url: url } });
  assert.equal(changed.body.avatar_url, url);
}

/** The network breaks; the client comes back by itself and hears on. */
async function comeBack(alice, ming, room) {
  const back = once(ming.socket, "connect");
  ming.socket.io.engine.close();
  await back;
  const received = once(ming.socket, "new_message");
  await call(alice, "POST", `/chatrooms/${room}/message`, { json: { content: "回來了?", client_msg_id: `back-${run}` } });
  assert.equal((await received).message.content, "回來了?");
}

async function leave(alice, ming) {
  const refused = io(BASE_URL, { transports: ["websocket"], auth: { token: "x" }, forceNew: true });
  const error = once(refused, "connect_error");
  assert.equal((await error).message, "Not authenticated");
  refused.close();
  const [revoked, gone] = [once(alice.socket, "session_revoked"), once(alice.socket, "disconnect")];
  await call(alice, "POST", "/auth/logout");
  await Promise.all([revoked, gone]);
  await call(alice, "GET", "/user/me", { expect: 401 });
  ming.socket.close();
  alice.socket.close();
}

async function main() {
  const [alice, ming] = [await arrive("alice"), await arrive("小明")];
  const extraHeaders = { cookie: alice.cookie, origin: new URL(BASE_URL).origin };
  alice.socket = io(BASE_URL, { path: "/ws/socket.io/", transports: ["websocket"], extraHeaders, forceNew: true });
  ming.socket = io(BASE_URL, { transports: ["websocket"], auth: { token: ming.token }, forceNew: true });
  await Promise.all([once(alice.socket, "connect"), once(ming.socket, "connect")]);
  alice.socket.emit("set_user_id", alice.id);
  const room = await befriend(alice, ming);
  await talk(alice, ming, room);
  await showPicture(alice, ming, room);
  await comeBack(alice, ming, room);
  await leave(alice, ming);
}

const late = setTimeout(() => {
  console.error("the flow did not come to its end");
  process.exit(1);
}, 3 * PATIENCE);
main().then(
  () => {
    clearTimeout(late);
    console.log("flow: everything went as it should");
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
