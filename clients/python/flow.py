"""A day of two people with the stock Socket.IO client for Python: `BASE_URL=http://127.0.0.1:8000 python flow.py`.

Alice comes as an unmodified client of the seed would, on its path and with the cookie; Ming with a token.
"""

import asyncio
import base64
import json
import os
import sys
import time
import traceback
from urllib.parse import quote

import aiohttp
import socketio

BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000")
PATIENCE = 20
RUN = format(time.time_ns(), "x")


class Person:
    """Somebody with an account, a token, a cookie and one socket."""

    def __init__(self, http, name):
        self.http = http
        self.name = f"{name}{RUN}"
        self.email = f"{name}{RUN}@example.com"
        self.token = self.cookie = self.id = None
        self.socket = socketio.AsyncClient(reconnection_delay=0.1)
        self.heard = {}
        self.socket.on("*", self._hear)

    async def _hear(self, event, *args):
        self._queue(event).put_nowait(args[0] if args else None)

    def _queue(self, event):
        return self.heard.setdefault(event, asyncio.Queue())

    async def next(self, event):
        """Waits for the next event of this name."""
        return await asyncio.wait_for(self._queue(event).get(), PATIENCE)

    async def call(self, method, path, *, expect=200, **body):
        """Makes a request and checks its status."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, BASE_URL + path, headers=headers, **body) as response:
            text = await response.text()
            assert response.status == expect, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else None

    async def arrive(self):
        """Registers and signs in; what the client learns of itself is inside its token."""
        password = "八個字的密碼喔喔"
        account = {"username": self.name, "password": password, "email": self.email}
        await self.call("POST", "/auth/register", json=account, expect=201)
        form = {"username": self.name, "password": password}
        async with self.http.post(f"{BASE_URL}/auth/token", data=form) as response:
            assert response.status == 200, await response.text()
            self.cookie = response.headers["Set-Cookie"].split(";")[0]
            self.token = (await response.json())["access_token"]
        payload = self.token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert claims["sub"] == self.name
        self.id = claims["user_id"]
        assert (await self.call("GET", "/user/me"))["email"] == self.email
        assert await self.call("GET", "/chatrooms/") == []

    async def ask(self, event, data):
        """Sends an event and checks that it was acknowledged."""
        answer = await self.socket.call(event, data, timeout=PATIENCE)
        assert answer["ok"], answer
        return answer


async def befriend(alice, ming):
    found = await alice.call("GET", f"/friends/search?email={quote(ming.email)}")
    assert found["user_id"] == ming.id
    await alice.call("POST", f"/friends/request?friend_id={ming.id}")
    assert (await ming.next("friend_request"))["friend"]["user_id"] == alice.id
    await ming.call("POST", f"/friends/requests/accepted?friend_id={alice.id}")
    room = (await alice.next("friend_accepted"))["friend"]["chatroom_id"]
    opened = await ming.call("POST", "/chatrooms/", json={"members_id": [alice.id, ming.id]})
    assert opened["chatroom_id"] == room
    return room


async def talk(alice, ming, room):
    """Sends each text twice, by socket and by REST, with one timestamp; each is stored once and heard once."""
    for person in (alice, ming):
        await person.ask("join_room", room)
    words = ["你好", "吃飽了嗎?", "晚上見 🌙"]
    for at, content in enumerate(words):
        message = {
            "chatroom_id": room,
            "content": content,
            "message_type": "text",
            "timestamp": f"2026-11-22T11:29:15.{at:03}Z",
        }
        await alice.socket.emit("send_message", message | {"isSentByViewer": True, "user": {"id": alice.id}})
        await alice.call("POST", f"/chatrooms/{room}/message", json=message | {"read_status": "unread"})
    last = await alice.ask("send_message", {"chatroom_id": room, "content": "最後"})
    assert last["message"]["seq"] == len(words) + 1
    words.append("最後")
    stored = await ming.call("GET", f"/chatrooms/{room}/messages?limit=50")
    assert [message["content"] for message in stored] == words
    for person, mine in ((alice, True), (ming, False)):
        heard = [await person.next("receive_message") for _ in words]
        assert [message["content"] for message in heard] == words
        assert all(message["isSentByViewer"] is mine and message["user"]["id"] == alice.id for message in heard)
        assert person.heard["receive_message"].empty()
        assert "@example.com" not in json.dumps(heard)


def file(name):
    form = aiohttp.FormData()
    form.add_field("file", b"dummy", filename=name, content_type="image/png")
    return form


async def show_picture(alice, ming, room):
    uploaded = await alice.call("POST", "/upload/upload-message-file", data=file("貓.png"))
    message = {"content": uploaded["url"], "message_type": uploaded["message_type"], "read_status": "unread"}
    await alice.call("POST", f"/chatrooms/{room}/message", json=message | {"chatroom_id": room})
    assert (await ming.next("receive_message"))["content"] == uploaded["url"]
    async with ming.http.get(uploaded["url"], headers={"Cookie": ming.cookie}) as response:
        assert await response.read() == b"dummy"
    avatar = await alice.call("POST", "/upload/upload-avatar", data=file("我.png"))
    changed = await alice.call("PATCH", f"/user/{alice.id}", json={"avatar_url": avatar["url"]})
    assert changed["avatar_url"] == avatar["url"]


async def come_back(alice, ming, room):
    """The network breaks; the client comes back by itself and hears on."""
    back = asyncio.Event()
    ming.socket.on("connect", lambda: back.set())
    await ming.socket.eio.ws.close()
    await asyncio.wait_for(back.wait(), PATIENCE)
    message = {"content": "回來了?", "client_msg_id": f"back-{RUN}"}
    await alice.call("POST", f"/chatrooms/{room}/message", json=message)
    assert (await ming.next("new_message"))["message"]["content"] == "回來了?"


async def leave(alice, ming):
    refused = socketio.AsyncClient(reconnection=False)
    told = []
    refused.on("connect_error", told.append)
    try:
        await refused.connect(BASE_URL, auth={"token": "x"}, transports=["websocket"], wait_timeout=PATIENCE)
        raise AssertionError("a bad token came in")
    except socketio.exceptions.ConnectionError:
        assert told == [{"message": "Not authenticated", "data": {"code": "unauthorized"}}], told
    await alice.call("POST", "/auth/logout")
    await alice.next("session_revoked")
    await alice.call("GET", "/user/me", expect=401)
    await alice.socket.shutdown()
    await ming.socket.disconnect()


async def main():
    # No cookie jar: each person shows their own.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        alice, ming = Person(http, "alice"), Person(http, "小明")
        for person in (alice, ming):
            await person.arrive()
        headers = {"Cookie": alice.cookie, "Origin": BASE_URL}
        await alice.socket.connect(
            BASE_URL, headers=headers, transports=["websocket"], socketio_path="/ws/socket.io/", wait_timeout=PATIENCE
        )
        await ming.socket.connect(BASE_URL, auth={"token": ming.token}, transports=["websocket"], wait_timeout=PATIENCE)
        await alice.socket.emit("set_user_id", alice.id)
        room = await befriend(alice, ming)
        await talk(alice, ming, room)
        await show_picture(alice, ming, room)
        await come_back(alice, ming, room)
        await leave(alice, ming)


try:
    asyncio.run(asyncio.wait_for(main(), 3 * PATIENCE))
except Exception as error:  # noqa: BLE001 - whatever went wrong is the outcome
    traceback.print_exception(error)
    sys.exit(1)
print("flow: everything went as it should")
