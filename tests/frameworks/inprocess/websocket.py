"""The checks of the WebSocket endpoints."""

from __future__ import annotations

import json

from .checks import check, same
from .manner import OPTIONAL
from .server import Server, Socket

ECHO = "WS /ws/echo"
ECHO_BINARY = "WS /ws/echo-binary"
LONG = 65536


async def texts(server: Server, sent: list[str]) -> None:
    async with server.connect("/ws/echo") as socket:
        same(await socket.accepted(), None, "the subprotocol")
        for text in sent:
            socket.send(text=text)
            same(await socket.message(), text, "the message")


check(ECHO, "no message at all", [])(texts)
check(ECHO, "one text", ["Howdy"])(texts)
check(ECHO, "three in turn", ["a", "\u00fc\u20ac\U0001f600", "c"])(texts)
check(ECHO, "64 KiB", ["\u00fc" * LONG])(texts)
check(ECHO, "an empty text", ["", "after"])(texts)


async def without(server: Server, key: str) -> None:
    async with server.connect("/ws/echo", changed={key: None}) as socket:
        await socket.accepted()


for optional in OPTIONAL:
    check(ECHO, f"without {optional}", optional)(without)


async def binaries(server: Server, sent: list[bytes]) -> None:
    async with server.connect("/ws/echo-binary") as socket:
        await socket.accepted()
        for data in sent:
            socket.send(data=data)
            same(await socket.message(), data, "the message")


check(ECHO_BINARY, "three in turn", [b"\x00\x01", b"\x02\xfe\xff", b"c"])(binaries)
check(ECHO_BINARY, "64 KiB", [bytes(range(256)) * (LONG // 256)])(binaries)
check(ECHO_BINARY, "nothing in it", [b"", b"after"])(binaries)


@check("WS /ws/scope", "shows the scope, and closes")
async def scope(server: Server) -> None:
    async with server.connect("/ws/scope", "a=%20", ["one", "two"]) as socket:
        await socket.accepted()
        message = await selection(socket)
        for name, value in {"type": "websocket", "path": "/ws/scope", "query_string": "a=%20"}.items():
            same(message[name], value, name)
        same(message["headers"], [["host", "here"], ["x-custom", "caf\u00e9"]], "headers")
        same(message["subprotocols"], ["one", "two"], "subprotocols")
        same(await socket.closed(), 1000, "the close code")


async def subprotocol(server: Server, offered: list[str], selected: str | None) -> None:
    async with server.connect("/ws/subprotocol", "", offered) as socket:
        same(await socket.accepted(), selected, "the subprotocol")
        same(await selection(socket), {"requested": offered, "selected": selected}, "the message")
        same(await socket.closed(), 1000, "the close code")


check("WS /ws/subprotocol", "the first of two", ["chat", "superchat"], "chat")(subprotocol)
check("WS /ws/subprotocol", "none offered", [], None)(subprotocol)


async def close(server: Server, query: str, code: int) -> None:
    async with server.connect("/ws/close", query) as socket:
        await socket.accepted()
        same(await socket.closed(), code, "the close code")


for number in (1000, 1001, 1002, 1003, 1008, 1011, 3000, 4001):
    check("WS /ws/close", str(number), f"code={number}", number)(close)
check("WS /ws/close", "1000 without a code", "", 1000)(close)


async def selection(socket: Socket) -> dict[str, object]:
    """A text message that is a JSON object."""
    text = await socket.message()
    same(type(text), str, "the class of the message")
    found = json.loads(text)
    same(type(found), dict, "the class of the value")
    value: dict[str, object] = found
    return value
