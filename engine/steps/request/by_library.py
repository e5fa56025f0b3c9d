"""A request that httpx performs: its response as the library has it, and the rest of the facts from the same bytes.

The library decides what a response is: its status, its headers, its body, and whether it is one. Facts that it does not
have (chunks, trailers, times, interim responses) are read from the bytes that it was given, by the engine's own parser.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from engine.errors import Reset
from engine.model.protocols import Channel
from engine.steps.api.context import Connection, Context
from engine.steps.http1.session import Response, ResponseReader
from engine.steps.shared.sending import send

if TYPE_CHECKING:
    from engine.clients.http import Answer, Exchange, Jar, Pair, Transport

# httpx takes a tenth of a second to import, and most runs do without it.
# ruff: noqa: PLC0415


class Received:
    """The bytes that a library was given, to be read again; what is left over goes back to the channel."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._arrivals = deque(exchange.arrivals)
        self.rest: list[tuple[bytes, float]] = []
        self._end = exchange.arrivals[-1][1] if exchange.arrivals else 0.0

    async def receive(self) -> tuple[bytes, float]:
        """The next bytes; the end of the stream behind the last. Raises Reset if the stream ended so."""
        if self._arrivals:
            return self._arrivals.popleft()
        if self._exchange.reset:
            raise Reset("the peer has reset the connection")
        return b"", self._end

    def unread(self, data: bytes, at: float) -> None:
        """Keep bytes that follow the response."""
        self.rest.append((data, at))


class LibraryRequest:
    """One request by httpx. ``answer`` is what it has returned, None before that and for a broken response.
    ``connections`` are those that were used, the last one with the final response."""

    def __init__(self, ctx: Context, response: Response, body: bytes) -> None:
        self._ctx = ctx
        self._response = response
        self._body = body
        self.answer: Answer | None = None
        self.failure = ""
        self.connections: list[Connection] = []

    async def perform(
        self, method: str, target: str, headers: Sequence[Pair], *, follow: bool, jar: Jar | None, defaults: bool,
        body: bytes | None,
    ) -> None:  # fmt: skip
        """Perform it. What goes wrong on the way is the response's outcome. Raises Unfit if httpx sends no such
        request, and what connecting raises."""
        from engine.clients import http

        transport = http.Transport(self._open)
        try:
            self.answer = await http.perform(
                transport,
                method,
                f"http://{self._ctx.live.host}{target}",
                headers=headers,
                body=body,
                follow=follow,
                jar=jar,
                defaults=defaults,
            )
        except http.FAILURES as error:
            self.failure = f"httpx: {error or type(error).__name__}"
        finally:
            await self._read_again(transport)

    async def _open(self) -> Exchange:
        """The connection of one request: the step's own for the first, and for others the same while it is open."""
        ctx, name = self._ctx, self._ctx.step.connection
        if self.connections:
            last = self.connections[-1]
            if last.channel.ended:
                name = None
            elif not last.name:
                return self._exchange(last)
        connection = await ctx.connect(name)
        self.connections.append(connection)
        return self._exchange(connection)

    def _exchange(self, connection: Connection) -> Exchange:
        from engine.clients.http import Exchange

        async def write(data: bytes) -> None:
            await send(self._ctx, connection, data, self._body)

        return Exchange(connection.channel, write)

    async def _read_again(self, transport: Transport) -> None:
        """Fill in the response: from the bytes, and then what the library makes of them."""
        response = self._response
        if not transport.exchanges:
            return
        exchange, connection = transport.exchanges[-1], self.connections[-1]
        response.method = exchange.method
        response.sent_at = connection.since
        received = Received(exchange)
        await ResponseReader(response).read(cast(Channel, received))
        for data, at in reversed(received.rest):
            connection.channel.unread(data, at)
        if exchange.reset and response.outcome == "closed":
            response.outcome = "reset"
        answer = self.answer
        if answer is None:
            if response.outcome == "response":
                response.outcome = "malformed"
                response.detail = self.failure
            return
        response.outcome, response.detail, response.complete = "response", "", True
        response.status, response.reason, response.version = answer.status, answer.reason, answer.version
        response.headers = list(answer.headers)
        body = b"".join(exchange.body)
        if body != b"".join(piece for piece, _ in response.pieces):
            response.pieces = [(body, response.ended_at or response.sent_at)]

    def last(self) -> Connection | None:
        """The last connection, None if there was none. The use of the others ends."""
        for connection in self.connections[:-1]:
            self._ctx.release(connection)
        return self.connections[-1] if self.connections else None


def jar_of(ctx: Context, name: str) -> Jar:
    """The cookies that the steps with this name for them share."""
    from engine.clients.http import Jar

    for one in reversed(ctx.find("all")):
        kept = one.kept
        if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == name and isinstance(kept[1], Jar):
            return kept[1]
    return Jar()
