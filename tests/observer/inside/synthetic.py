"""A server that is none: it calls an application with a scope and canned messages, and keeps what was sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engine.model.boundary import AppCall
from engine.model.tagged import tagged
from engine.observer.inside.observer import App, AsgiObserver, Receive, Scope, Send
from engine.observer.inside.player import Player
from engine.observer.inside.records import Writer
from engine.observer.inside.scripts import Inbox
from engine.observer.spool import ObserverSpool

REQUEST = {"type": "http.request", "body": b"", "more_body": False}


def http_scope(path: str = "/", *, token: str = "", client: Any = ("127.0.0.1", 40000), **more: Any) -> dict[str, Any]:
    headers = [(b"host", b"example")]
    if token:
        headers.append((b"x-engine-call", token.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": client,
        **more,
    }


async def contract(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for the contract's app: says so with status 299."""
    await receive()
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"contract"})


class Server:
    """Gives ``messages`` one by one; then waits for what ``queue`` is given, for ever if nothing."""

    def __init__(self, messages: Iterable[Any] = (REQUEST,), fail: Callable[[Any], None] | None = None) -> None:
        self.messages = list(messages)
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: list[Any] = []
        self._fail = fail

    async def receive(self) -> Any:
        if self.messages:
            return self.messages.pop(0)
        return await self.queue.get()

    async def send(self, message: Any) -> None:
        if self._fail is not None:
            self._fail(message)
        self.sent.append(message)


class Stage:
    """A spool, and a bare app on the other side of it."""

    def __init__(self, folder: Path, app: App = contract, lifespan_of: str = "") -> None:
        self.spool = ObserverSpool.create(folder)
        self.writer = Writer(folder / "records")
        self.inbox = Inbox(folder)
        self.player = AsgiObserver(Player(app, self.inbox, lifespan_of), self.writer)

    def script(self, *commands: dict[str, Any], kind: str = "http", job: str = "j1") -> None:
        script = {"job": job, "lifespan": None, "http": None, "websocket": None, kind: list(commands)}
        self.spool.stage(job, tagged(script))

    async def call(self, server: Server, scope: dict[str, Any] | None = None) -> None:
        await self.player(scope or http_scope(token="j1.1"), server.receive, server.send)

    def play(self, *commands: dict[str, Any], messages: Iterable[Any] = (REQUEST,), kind: str = "http") -> AppCall:
        """Play commands for one call, and what the spool says of it. Raises what the script raised."""
        self.script(*commands, kind=kind)
        server = Server(messages)
        scope = http_scope(token="j1.1", **({"type": kind} if kind != "http" else {}))
        try:
            asyncio.run(self.call(server, scope))
        finally:
            self.sent = server.sent
        return self.seen()

    def seen(self, token: str = "j1.1") -> AppCall:
        self.spool.refresh()
        (call,) = self.spool.calls(token=token)
        return call


async def until(condition: Callable[[], object]) -> None:
    """Let others run until something holds."""
    while not condition():  # noqa: ASYNC110 - what is waited for are files
        await asyncio.sleep(0.001)


def command(word: str, arg: Any = None, name: str | None = None) -> dict[str, Any]:
    """An act as the spool has it."""
    item = {"act": word, "arg": {} if arg is None else arg}
    return {**item, "as": name} if name else item


def raw_records(folder: Path) -> bytes:
    """The bytes that this process has written."""
    return (folder / "records" / f"{os.getpid()}.ndjson").read_bytes()
