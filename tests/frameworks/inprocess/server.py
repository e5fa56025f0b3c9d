"""A server with no socket: it starts an app, makes its calls and ends it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from .calls import Answer, App, Call, Wrong, answer
from .manner import Manner, Pairs, Scope


class Server:
    """``waits`` is what the framework declares: whether its app listens for the client while it works."""

    def __init__(self, app: App, manner: Manner, waits: bool) -> None:
        self.manner = manner
        self.waits = waits
        self._app = app
        self._state: dict[str, Any] = {}
        self._lifespan: Call | None = None

    async def start(self) -> None:
        """Start the app up, where this server does. Raises Wrong where that fails."""
        if not self.manner.lifespan:
            return
        scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        if self.manner.state:
            scope["state"] = self._state
        self._lifespan = Call(self._app, scope, self.manner)
        self._lifespan.give("lifespan.startup")
        message = await self._lifespan.next()
        if message["type"] != "lifespan.startup.complete":
            raise Wrong(f"{message['type']}: {str(message.get('message', '')).strip()[-200:]}")

    async def end(self) -> None:
        """End the app, where this server started it. Raises Wrong where that fails."""
        if self._lifespan is None:
            return
        self._lifespan.give("lifespan.shutdown")
        message = await self._lifespan.next()
        if message["type"] != "lifespan.shutdown.complete":
            raise Wrong(f"{message['type']}: {message.get('message', '')}")
        await self._lifespan.ended()

    def call(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        headers: Iterable[Sequence[bytes]] = (),
        body: Sequence[bytes] = (b"",),
        changed: Mapping[str, Any] | None = None,
    ) -> Call:
        """Begin a request. ``body`` is in pieces, as many messages; ``changed`` are keys of the scope with other
        values than this server's manner gives, None for a key that is left out."""
        more: dict[str, Any] = {"method": method}
        if self.manner.state:
            more["state"] = {**self._state, "of.the.test": object()}
        scope = self.manner.scope("http", path, query, [(b"host", b"here"), *headers], **more)
        call = Call(self._app, changed_by(scope, changed or {}), self.manner)
        for number, piece in enumerate(body, 1):
            call.give("http.request", body=piece, more_body=number < len(body))
        return call

    async def ask(self, method: str, path: str, query: str = "", **more: Any) -> Answer:
        """The answer to a request."""
        call = self.call(method, path, query, **more)
        try:
            return await answer(call)
        finally:
            call.drop()

    @contextlib.asynccontextmanager
    async def connect(
        self, path: str, query: str = "", offered: Sequence[str] = (), changed: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Socket]:
        """A WebSocket that asks to be accepted. It is left with 1000 at the end, if not before, and the app returns."""
        headers: Pairs = [(b"host", b"here"), (b"x-custom", b"caf\xe9")]
        more: dict[str, Any] = {"subprotocols": list(offered)}
        if self.manner.state:
            more["state"] = dict(self._state)
        scope = self.manner.scope("websocket", path, query, headers, **more)
        socket = Socket(Call(self._app, changed_by(scope, changed or {}), self.manner))
        try:
            yield socket
            socket.leave()
            await socket.call.ended()
            if not socket.call.outbox.empty():
                raise Wrong(f"the app sent {socket.call.outbox.get_nowait()}, which nobody asked for")
        finally:
            socket.call.drop()


def changed_by(scope: Scope, changed: Mapping[str, Any]) -> Scope:
    """A scope with other values, and without the keys whose value is None."""
    return {name: value for name, value in {**scope, **changed}.items() if name not in changed or value is not None}


class Socket:
    """One side of a WebSocket: the client's."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._over = False
        call.give("websocket.connect")

    async def accepted(self) -> str | None:
        """The subprotocol that the app accepts with. Raises Wrong where it does not accept."""
        message = await self.call.next()
        if message["type"] != "websocket.accept":
            raise Wrong(f"{message['type']} in place of websocket.accept")
        return message.get("subprotocol")

    def send(self, text: str | None = None, data: bytes | None = None) -> None:
        self.call.give("websocket.receive", bytes=data, text=text)

    async def message(self) -> str | bytes:
        """The app's next message to the client. Raises Wrong where there comes something else."""
        message = await self.call.next()
        if message["type"] != "websocket.send":
            raise Wrong(f"{message['type']} in place of websocket.send")
        given = [value for value in (message.get("text"), message.get("bytes")) if value is not None]
        if len(given) != 1:
            raise Wrong(f"a message with {len(given)} values")
        value: str | bytes = given[0]
        return value

    async def closed(self) -> int:
        """The code that the app closes with."""
        message = await self.call.next()
        if message["type"] != "websocket.close":
            raise Wrong(f"{message['type']} in place of websocket.close")
        code: int = message.get("code", 1000)
        self.leave(code)
        return code

    def leave(self, code: int = 1000) -> None:
        """Report the end of the connection to the app, once."""
        if not self._over:
            self._over = True
            self.call.give("websocket.disconnect", code=code, reason="")
