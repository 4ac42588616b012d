"""The stock Socket.IO client for Python against the conformance server: `BASE_URL=http://127.0.0.1:3000 python conformance.py`.

Everything is done by long-polling, by WebSocket, and with the change from one to the other in between.
"""

import asyncio
import os
import sys
import traceback
import uuid

import socketio

BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:3000")
PATIENCE = 20
WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
BURST = 200


class Client:
    """One connection, and what it hears in each namespace."""

    def __init__(self):
        self.socket = socketio.AsyncClient(reconnection_delay=0.05, randomization_factor=0)
        self.heard = {}
        for namespace in ("/", "/custom"):
            self.socket.on("*", self._hearing(namespace), namespace=namespace)

    def _hearing(self, namespace):
        async def hear(event, *args):
            self._queue(event, namespace).put_nowait(args)

        return hear

    def _queue(self, event, namespace):
        return self.heard.setdefault((namespace, event), asyncio.Queue())

    async def next(self, event, namespace="/"):
        """Waits for the next event of this name."""
        return await asyncio.wait_for(self._queue(event, namespace).get(), PATIENCE)

    async def ask(self, event, *args, namespace="/"):
        """Sends an event and waits for its acknowledgement, which python-socketio unpacks when it is a single one."""
        data = args if args else None
        return await self.socket.call(event, data, namespace=namespace, timeout=PATIENCE)

    @classmethod
    async def enter(cls, transports, auth=None, namespaces=None):
        client = cls()
        await client.socket.connect(
            BASE_URL, transports=transports, auth=auth, namespaces=namespaces, wait_timeout=PATIENCE
        )
        for namespace in namespaces or ["/"]:
            assert await client.next("auth", namespace) == (auth or {},)
        return client


async def text(transports):
    client = await Client.enter(transports, auth={"token": "權杖", "deep": [1, {"two": None}]})
    args = (1, "二", {"three": [True, None, 4.5]}, [], 'line\u2028"\\ 🌙', "")
    await client.socket.emit("message", args)
    assert await client.next("message-back") == args
    assert await client.ask("message-with-ack", *args) == args
    await client.socket.disconnect()


async def binary(transports):
    client = await Client.enter(transports)
    args = (b"\x01\x02\x03\x04", {"deep": [b"", "text", {"large": b"\x07" * 200_000}]}, b"4 looks like a packet")
    await client.socket.emit("message", args)
    assert await client.next("message-back") == args
    assert await client.ask("message-with-ack", *args) == args
    await client.socket.disconnect()


async def questions(transports):
    client = await Client.enter(transports)

    @client.socket.on("question")
    async def answer(what):
        if what == "silence":
            await asyncio.sleep(2 * PATIENCE)
        return what, b"\x09"

    assert await client.ask("ask-me", "你好") == ("你好", b"\x09")
    many = await asyncio.gather(*(client.ask("ask-me", n) for n in range(20)))
    assert [n for n, _ in many] == list(range(20))
    assert await client.ask("ask-me", "silence") == "timed out"
    await client.socket.disconnect()


async def namespaces(transports):
    client = await Client.enter(transports, namespaces=["/", "/custom"])
    assert client.socket.get_sid("/") != client.socket.get_sid("/custom") != client.socket.eio.sid
    assert await client.ask("message-with-ack", "custom", namespace="/custom") == "custom"
    assert await client.ask("message-with-ack", "root") == "root"
    gone = asyncio.Event()
    client.socket.on("disconnect", lambda *_: gone.set(), namespace="/custom")
    await client.socket.emit("disconnect-me", namespace="/custom")
    await asyncio.wait_for(gone.wait(), PATIENCE)
    assert await client.ask("message-with-ack", "still here") == "still here"
    await client.socket.disconnect()
    refused = Client()
    told = []
    refused.socket.on("connect_error", told.append, namespace="/nowhere")
    try:
        await refused.socket.connect(BASE_URL, transports=transports, namespaces=["/nowhere"], wait_timeout=PATIENCE)
        raise AssertionError("there is no such namespace")
    except socketio.exceptions.ConnectionError:
        assert told == [{"message": "Invalid namespace"}], told


async def rooms(transports):
    people = [await Client.enter(transports), await Client.enter(["websocket"]), await Client.enter(["polling"])]
    room = str(uuid.uuid4())
    for person in people:
        await person.ask("join", room)
    for n in range(BURST):
        await people[0].socket.emit("to-room", (room, n, "大家好"))
    await people[0].socket.emit("to-room", (room, b"\x01\x02\x03"))
    for person in people[1:]:
        assert [await person.next("received") for _ in range(BURST)] == [(n, "大家好") for n in range(BURST)]
        assert await person.next("received") == (b"\x01\x02\x03",)
    assert ("/", "received") not in people[0].heard, "nobody hears themselves"
    for person in people:
        await person.socket.disconnect()


async def bursts(transports):
    client = await Client.enter(transports)
    asked = [asyncio.create_task(client.ask("message-with-ack", n)) for n in range(BURST)]
    for n in range(BURST):
        await client.socket.emit("message", (n, "x" * n))
    await client.socket.emit("burst", BURST)
    assert await asyncio.gather(*asked) == list(range(BURST))
    assert [(await client.next("message-back"))[0] for _ in range(BURST)] == list(range(BURST))
    assert [(await client.next("n"))[0] for _ in range(BURST)] == list(range(BURST))
    await client.socket.disconnect()


async def reconnects(transports):
    client = await Client.enter(transports)
    for round in range(2):
        before = client.socket.get_sid()
        # The network breaks under it.
        if client.socket.transport() == "websocket":
            await client.socket.eio.ws.close()
        else:
            await client.socket.eio.http.close()
        assert await client.next("auth") == ({},)
        assert client.socket.get_sid() != before
        assert await client.ask("message-with-ack", round) == round
    await client.socket.disconnect()


async def main():
    for way, transports in WAYS.items():
        for story in (text, binary, questions, namespaces, rooms, bursts, reconnects):
            try:
                await asyncio.wait_for(story(transports), 3 * PATIENCE)
            except BaseException as error:
                raise RuntimeError(f"{story.__name__} by {way}") from error


try:
    asyncio.run(main())
except Exception as error:  # noqa: BLE001 - whatever went wrong is the outcome
    traceback.print_exception(error)
    sys.exit(1)
print("conformance: everything went as it should")
sys.stdout.flush()
os._exit(0)
