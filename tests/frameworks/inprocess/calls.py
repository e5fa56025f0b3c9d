"""Calls of an app: what a server would hand it, and what it answers, held to the specification."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from .clock import Clock
from .manner import Manner, Scope

App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Wrong(Exception):
    """The app did not do what it should; the message says what."""


async def until(future: asyncio.Future[Any], what: str) -> Any:
    """The result of a future. Raises Wrong where nothing can happen any more and it is not there."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clock)
    await asyncio.wait({future, loop.stall()}, return_when=asyncio.FIRST_COMPLETED)
    if not future.done():
        raise Wrong(f"{what}, and nothing more happens")
    return future.result()


class Call:
    """One call of the app, in a task of its own. ``inbox`` are the messages for it, ``outbox`` its own."""

    def __init__(self, app: App, scope: Scope, manner: Manner) -> None:
        self.manner = manner
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.asked_in_vain = False
        self.task = asyncio.ensure_future(self._run(app, scope))

    async def _run(self, app: App, scope: Scope) -> None:
        await app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        self.asked_in_vain = self.asked_in_vain or self.inbox.empty()
        return await self.inbox.get()

    async def _send(self, message: dict[str, Any]) -> None:
        if not isinstance(message.get("type"), str):
            raise Wrong(f"a message without a type: {message!r}")
        self.outbox.put_nowait(message)

    def give(self, kind: str, **keys: Any) -> None:
        """Hand the app a message."""
        self.inbox.put_nowait(self.manner.message(kind, **keys))

    async def next(self) -> dict[str, Any]:
        """The app's next message. Raises Wrong where it ends, raises or does nothing instead."""
        getting = asyncio.ensure_future(self.outbox.get())
        either = asyncio.ensure_future(asyncio.wait({getting, self.task}, return_when=asyncio.FIRST_COMPLETED))
        try:
            await until(either, "the app owes a message")
            if not getting.done():
                await self.ended()
                raise Wrong("the app ended, and owes a message")
            return getting.result()
        finally:
            getting.cancel()
            either.cancel()

    async def ended(self) -> None:
        """Wait until the app has returned. Raises Wrong where it raises, or never ends."""
        try:
            await until(self.task, "the app has not returned")
        except Wrong:
            raise
        except Exception as error:
            raise Wrong(f"the app raised {type(error).__name__}: {error}") from error

    def drop(self) -> None:
        """Do away with what is left of the call."""
        self.task.cancel()


class Answer:
    """A whole response. ``pieces`` are the bodies of its messages that are not empty, each with the time it came at."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], began: float) -> None:
        self.status = status
        self.headers = headers
        self.began = began
        self.start = 0.0
        self.asked_meanwhile = False
        self.pieces: list[tuple[float, bytes]] = []

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def content_type(self) -> str:
        found = [value for name, value in self.headers if name == b"content-type"]
        if len(found) > 1:
            raise Wrong(f"content-type is there {len(found)} times: {found}")
        return found[0].decode("latin-1") if found else ""

    def json(self) -> Any:
        """The body as JSON. Raises Wrong where it is none, or is not declared as such."""
        if self.content_type.partition(";")[0] != "application/json":
            raise Wrong(f"the content type is {self.content_type!r}, and not JSON's")
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Wrong(f"the body is no JSON: {self.body[:80]!r}") from error


async def answer(call: Call) -> Answer:
    """The response of a call, until the app has returned. Raises Wrong where it breaks the protocol."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    first = await call.next()
    if first["type"] != "http.response.start":
        raise Wrong(f"the app's first message is {first['type']}")
    status = first.get("status")
    if not isinstance(status, int):
        raise Wrong(f"the status is {status!r}")
    found = Answer(int(status), pairs(first.get("headers", [])), began)
    found.start = loop.time()
    found.asked_meanwhile = call.asked_in_vain
    while True:
        message = await call.next()
        if message["type"] != "http.response.body":
            raise Wrong(f"{message['type']} in the middle of a response")
        body = message.get("body", b"")
        if not isinstance(body, bytes):
            raise Wrong(f"a body of class {type(body).__name__}")
        if body:
            found.pieces.append((loop.time(), body))
        if not message.get("more_body", False):
            break
    # A server says that the client is gone to whom asks after the response's end.
    call.give("http.disconnect")
    await call.ended()
    if not call.outbox.empty():
        raise Wrong(f"{call.outbox.get_nowait()['type']} after the end of the response")
    lengths = [value for name, value in found.headers if name == b"content-length"]
    if lengths and found.status >= 200 and found.status not in (204, 304) and lengths != [b"%d" % len(found.body)]:
        raise Wrong(f"content-length is {lengths}, the body has {len(found.body)} bytes")
    return found


def pairs(headers: Iterable[Any]) -> list[tuple[bytes, bytes]]:
    """The headers of a message, names in small letters. Raises Wrong where they are not pairs of bytes.

    The specification wants the app to send small letters; Django and BlackSheep do not, and servers take either.
    """
    found = [tuple(pair) for pair in headers]
    if any(len(pair) != 2 or not all(isinstance(one, bytes) for one in pair) for pair in found):
        raise Wrong(f"headers that are not pairs of bytes: {found}")
    return [(name.lower(), value) for name, value in found]
