"""A WebSocket over HTTP/2 (RFC 8441): the handshake by CONNECT with :protocol, and the stream that it opens.

Any 2xx stands for status 101. The steps of the script run on the stream as on a connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ChannelClosed, ChannelError
from engine.model.expectation import Mismatch
from engine.protocols.http2.connection import CONNECT_PROTOCOL
from engine.protocols.http2.fields import Pair
from engine.steps.api.context import Connection, Context
from engine.steps.http1.exchange import failed
from engine.steps.http1.session import Response, time_out
from engine.steps.http2.client import begun, scheme_of, section
from engine.steps.http2.facts import StreamAnswer
from engine.steps.http2.session import Http2Session, Request, send_frames
from engine.steps.http2.tunnel import TunnelChannel
from engine.steps.shared.implicit_failures import ImplicitFailure, violation
from engine.steps.shared.sending import ENGINE_HEADER
from engine.steps.websocket.facts import HandshakeFacts

VERSION = "2"
_NO_SETTING = "the server's SETTINGS do not allow :protocol: ENABLE_CONNECT_PROTOCOL is not 1 (RFC 8441, 3)"
# Fields of the handshake over HTTP/1.1 (RFC 8441, section 5).
_OF_HTTP1 = ("sec-websocket-key", "sec-websocket-accept")


class Http2HandshakeFacts(HandshakeFacts):
    """The response to a handshake over HTTP/2, and what it agrees on."""

    def __init__(
        self, answer: StreamAnswer, subprotocols: Sequence[str], offers: Sequence[str], *, scripted: bool
    ) -> None:
        super().__init__(answer.response, "", subprotocols, offers, scripted=scripted)
        self.answer = answer

    @property
    def is_open(self) -> bool:
        return is_success(self.response)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """As over HTTP/1.1, and every rule of HTTP/2 that was broken."""
        broken = [violation("response", "a response", "HTTP/2", fault) for fault in self.answer.faults]
        return [*super().implicit_failures(named), *broken]

    def _upgrade(self, named: frozenset[str]) -> list[Mismatch]:
        """The fields of HTTP/1.1 that have no place here."""
        found = []
        for name in _OF_HTTP1:
            if (values := self.response.values(name)) and not named & {f"header.{name}", f"headers.{name}"}:
                found.append(Mismatch(f"headers.{name}", "to be absent", values, why="RFC 8441, 5"))
        if 101 in self.response.interim:
            found.append(Mismatch("interim", "no status 101", self.response.interim, why="RFC 9113, 8.6"))
        return found


def is_success(response: Response) -> bool:
    """True if a final response opens a tunnel (RFC 9110, section 9.3.6)."""
    return response.status is not None and 200 <= response.status < 300


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A handshake whose values are rendered. ``asked`` are the fields of RFC 6455 that the case does not give itself,
    ``scripted`` says that a script is to follow."""

    target: str
    headers: Sequence[Pair]
    asked: Sequence[Pair]
    subprotocols: Sequence[str]
    offers: Sequence[str]
    scripted: bool


def fields_of(outgoing: Outgoing, host: str, scheme: bytes, token: str) -> list[Pair]:
    """The fields of the handshake, pseudo-header fields first and names in lower case. A Host field among the headers
    is the :authority."""
    given = [(name.lower(), value) for name, value in outgoing.headers]
    hosts = [value for name, value in given if name == b"host"]
    return [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":scheme", scheme),
        (b":path", outgoing.target.encode()),
        (b":authority", hosts[0] if len(hosts) == 1 else host.encode()),
        (ENGINE_HEADER, token.encode()),
        *((name.lower(), value) for name, value in outgoing.asked),
        *(pair for pair in given if pair[0] != b"host" or len(hosts) != 1),
    ]


async def handshake(outgoing: Outgoing, ctx: Context) -> tuple[Http2HandshakeFacts, Connection | None]:
    """Send the handshake on a new stream, and read its response. Returns the facts of the response, and the connection,
    None without one; its channel is the stream if that is open. Raises ChannelClosed for a named connection that this
    side has closed, and EngineError for one on which something else was spoken."""
    response = Response("CONNECT", sent_at=ctx.now(), version=VERSION)
    answer = StreamAnswer(response)
    facts = Http2HandshakeFacts(answer, outgoing.subprotocols, outgoing.offers, scripted=outgoing.scripted)
    within, began = ctx.step.checks.within, ctx.now()
    connection: Connection | None = None
    try:
        async with asyncio.timeout(within):
            connection = await ctx.connect(ctx.step.connection, http2=True)
            session, first = begun(connection, ctx)
            if await _allowed(ctx, connection, session, first, response):
                pairs = fields_of(outgoing, ctx.live.host, scheme_of(connection), ctx.token())
                await _open(ctx, connection, session, pairs, answer)
    except TimeoutError:
        time_out(response, within or 0.0, began)
    except ChannelClosed:
        raise
    except ChannelError as error:
        failed(ctx, response, error)
    if connection is not None and "open" in ctx.step.checks.facts:
        response.open = not connection.channel.ended
    return facts, connection


async def _allowed(
    ctx: Context, connection: Connection, session: Http2Session, first: Sequence[bytes], response: Response
) -> bool:
    """Wait for the server's SETTINGS. Returns True if they allow :protocol, else the response has an outcome."""
    if first:
        await send_frames(ctx, connection, first)
    came = await session.until(lambda: session.client.asked or None)
    if not session.ended and not session.goaways and session.client.theirs.get(CONNECT_PROTOCOL) == 1:
        return True
    if came and not session.ended and not session.goaways:
        response.outcome, response.detail = "handshake", _NO_SETTING
        ctx.note("no handshake", _NO_SETTING, subject=connection.name)
    else:
        response.outcome = "reset" if session.ended == "reset" else "closed"
        response.detail = "the server had closed the connection before this request"
    response.ended_at = ctx.now()
    return False


async def _open(
    ctx: Context, connection: Connection, session: Http2Session, pairs: Sequence[Pair], answer: StreamAnswer
) -> None:
    """Send the handshake, and read the response: up to its head if that opens the tunnel, else to its end."""
    response, stream = answer.response, session.next_stream()
    session.requests[stream] = Request("CONNECT")
    session.client.opened(stream)
    shown = [pair for pair in pairs if pair[0] != ENGINE_HEADER]
    await send_frames(ctx, connection, section(session, stream, pairs, ends=False), b"", shown)
    response.sent_at = connection.since

    def taken() -> bool | None:
        while (arrival := session.pick(stream, lambda _: True)) is not None:
            if answer.take(arrival) or is_success(response):
                return True
        return None

    if await session.until(taken) is None:
        response.outcome = "reset" if session.ended == "reset" else "closed"
        response.detail = f"received {len(answer.arrivals)} frames and no response on stream {stream}"
    elif response.outcome == "stream_reset":
        response.outcome = "reset"
    elif is_success(response):
        response.outcome, response.complete = "response", True
        tunnel = TunnelChannel(session, connection.channel, stream, connection.name)
        if answer.ended:
            tunnel.end(answer.response.ended_at or ctx.now())
        connection.carrier, connection.channel = connection.channel, tunnel
    answer.faults += session.broken_rules()


def broken(connection: Connection) -> ImplicitFailure | None:
    """The failure of a rule of HTTP/2 that the server's frames have broken on the stream of a WebSocket."""
    channel = connection.channel
    if not isinstance(channel, TunnelChannel) or not channel.faults:
        return None
    faults, channel.faults = channel.faults, []
    found = violation("websocket", "frames", "HTTP/2", faults[0])
    return ImplicitFailure(found.where, str(found.expected), found.actual)
