"""A ``request`` over HTTP/2: its fields and its content as frames, and the response of its stream.

The same facts follow as over HTTP/1.1: a stream that the server resets counts as ``reset``, one that it leaves out of a
GOAWAY as ``closed``. The rules of HTTP/2 that the server breaks on the way are failures of the step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ChannelClosed, ChannelError
from engine.model.expectation import Mismatch
from engine.protocols.http2.frames import DATA, END_STREAM, RST_STREAM, encode
from engine.steps.api.context import Connection, Context
from engine.steps.api.preview import PreviewBytes, field_lines
from engine.steps.http1.exchange import failed
from engine.steps.http1.session import WITH_CONTENT, Response, time_out
from engine.steps.http2.client import begun, scheme_of, section
from engine.steps.http2.facts import StreamAnswer
from engine.steps.http2.session import Http2Session, Request, send_frames, session_of
from engine.steps.request.facts import RequestFacts
from engine.steps.shared.implicit_failures import violation
from engine.steps.shared.sending import ENGINE_HEADER

VERSION = "2"
_CANCEL = (8).to_bytes(4, "big")
Pair = tuple[bytes, bytes]


class Http2RequestFacts(RequestFacts):
    """An observation of a ``request`` over HTTP/2. ``faults`` are the rules that the server has broken."""

    def __init__(self, answer: StreamAnswer, sent: bytes | None, *, abandoned: bool = False) -> None:
        super().__init__(answer.response, sent, abandoned=abandoned)
        self.answer = answer

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """As over HTTP/1.1, and every rule of HTTP/2 that was broken."""
        broken = [violation("response", "a response", "HTTP/2", fault) for fault in self.answer.faults]
        return [*super().implicit_failures(named), *broken]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request whose values are rendered. ``target`` is the path with the query; ``leave`` is the number of seconds
    after the last byte at which the connection is closed, None for a client that stays."""

    method: str
    target: str
    headers: Sequence[Pair]
    body: bytes | None = None
    trailers: Sequence[Pair] = ()
    leave: float | None = None


def fields_of(outgoing: Outgoing, host: str, scheme: str, token: str) -> list[Pair]:
    """The fields of a request, pseudo-header fields first and names in lower case. A Host field among the headers is
    the :authority. The length of the content is added as over HTTP/1.1."""
    headers = [(name.lower(), value) for name, value in outgoing.headers]
    hosts = [value for name, value in headers if name == b"host"]
    authority = hosts[0] if len(hosts) == 1 else host.encode()
    method, target = outgoing.method.encode(), outgoing.target.encode()
    if outgoing.method == "CONNECT":
        found = [(b":method", method), (b":authority", target)]
    else:
        found = [(b":method", method), (b":scheme", scheme.encode()), (b":authority", authority), (b":path", target)]
    found.append((ENGINE_HEADER, token.encode()))
    found += [pair for pair in headers if pair[0] != b"host" or len(hosts) != 1]
    body = outgoing.body
    known = any(name == b"content-length" for name, _ in headers)
    if not known and not outgoing.trailers and (body is not None or outgoing.method in WITH_CONTENT):
        found.append((b"content-length", b"%d" % len(body or b"")))
    return found


def previewed(outgoing: Outgoing, host: str, token: str) -> list[PreviewBytes]:
    """The frames of a request: their fields as lines, and the content as far as one frame holds it."""
    body, trailers = outgoing.body or b"", outgoing.trailers
    pairs = fields_of(outgoing, host, "$(scheme)", token)
    found = [PreviewBytes(field_lines(pairs), "HEADERS" + ("" if body or trailers else ", END_STREAM"))]
    if body:
        found.append(PreviewBytes(body, "DATA" + ("" if trailers else ", END_STREAM")))
    if trailers:
        lines = field_lines([(name.lower(), value) for name, value in trailers])
        found.append(PreviewBytes(lines, "HEADERS with the trailers, END_STREAM"))
    return found


async def perform(outgoing: Outgoing, ctx: Context) -> Http2RequestFacts:
    """Send the request on a new stream, and wait for the end of its response, or until the step's time is over. The
    connection is the step's, a new one or one that carries HTTP/2 already. Raises ChannelClosed for a named connection
    that this side has closed, and EngineError for one on which something else was spoken."""
    response = Response(outgoing.method, sent_at=ctx.now(), version=VERSION)
    answer = StreamAnswer(response)
    facts = Http2RequestFacts(answer, outgoing.body or b"", abandoned=outgoing.leave is not None)
    step = ctx.step
    within, began = step.checks.within, ctx.now()
    connection: Connection | None = None
    try:
        async with asyncio.timeout(within):
            connection = await ctx.connect(step.connection, http2=True)
            await _exchange(outgoing, ctx, connection, answer)
    except TimeoutError:
        time_out(response, within or 0.0, began)
    except ChannelClosed:
        raise
    except ChannelError as error:
        failed(ctx, response, error)
    if response.pieces:
        ctx.performed.body_at = response.pieces[0][1]
    if connection is not None:
        if "open" in step.checks.facts and outgoing.leave is None:
            response.open = not connection.channel.ended
        ctx.release(connection)
    return facts


async def _exchange(outgoing: Outgoing, ctx: Context, connection: Connection, answer: StreamAnswer) -> None:
    """Send the request on a connection, and read the response into ``answer``."""
    response = answer.response
    session, first = begun(connection, ctx)
    if session.ended or session.goaways:
        response.outcome = "reset" if session.ended == "reset" else "closed"
        response.detail = "the server had closed the connection before this request"
        response.ended_at = ctx.now()
        return
    stream = session.next_stream()
    session.requests[stream] = Request(outgoing.method, outgoing.body or b"")
    session.client.opened(stream)
    await _send(outgoing, ctx, connection, stream, first)
    response.sent_at = connection.since
    if outgoing.leave is None:
        await _read(session, stream, answer)
        return
    left = outgoing.leave - (ctx.now() - response.sent_at)
    try:
        async with asyncio.timeout(left):
            await _read(session, stream, answer)
            await asyncio.sleep(left)
    except TimeoutError:
        if not response.outcome:
            time_out(response, outgoing.leave, response.sent_at)
    connection.channel.close()


async def _send(outgoing: Outgoing, ctx: Context, connection: Connection, stream: int, first: Sequence[bytes]) -> None:
    """Send the frames of a request, as far as the windows of the server allow at a time. The rest stays unsent once the
    server has reset the stream, or has ended it and gives no more room."""
    session, body = session_of(connection), outgoing.body or b""
    client = session.client
    pairs = fields_of(outgoing, ctx.live.host, scheme_of(connection).decode(), ctx.token())
    before = [*first, *session.withheld()] if first else []
    frames = [*before, *section(session, stream, pairs, ends=not body and not outgoing.trailers)]
    shown = [pair for pair in pairs if pair[0] != ENGINE_HEADER]
    state, at = client.opened(stream), 0
    while True:
        while at < len(body) and (room := client.credit(stream)) > 0:
            piece = body[at : at + min(room, client.longest)]
            at += len(piece)
            client.sent(stream, len(piece))
            ends = at == len(body) and not outgoing.trailers
            frames.append(encode(DATA, END_STREAM if ends else 0, stream, piece))
        if at == len(body) and outgoing.trailers:
            trailers = [(name.lower(), value) for name, value in outgoing.trailers]
            frames += section(session, stream, trailers, ends=True)
        if not await send_frames(ctx, connection, frames, body, shown) or at == len(body):
            return
        frames, shown = [], []
        room_again = await session.until(lambda: True if state.ended or client.credit(stream) > 0 else None)
        if room_again is None or state.reset or (state.ended and client.credit(stream) <= 0):
            ctx.note("not sent", f"the last {len(body) - at} B of stream {stream}", subject=connection.name)
            if room_again and not state.reset:
                await send_frames(ctx, connection, [encode(RST_STREAM, 0, stream, _CANCEL)], body)
            return


async def _read(session: Http2Session, stream: int, answer: StreamAnswer) -> None:
    """Read the response of a stream to its end, and note how it came about."""
    response = answer.response

    def taken() -> bool | None:
        while (arrival := session.pick(stream, lambda _: True)) is not None:
            if answer.take(arrival):
                return True
        left = [one for one in session.goaways if (one.frame.last_stream or 0) < stream]
        if left and not answer.arrivals:
            answer.goaway = left[-1].frame.error
            response.outcome = "closed"
            response.detail = f"the server's GOAWAY with {answer.goaway} leaves stream {stream} out"
            response.ended_at = left[-1].at
            return True
        return None

    if await session.until(taken) is None:
        last = session.goaways[-1].frame.error if session.goaways else None
        response.outcome = "reset" if session.ended == "reset" else "closed"
        came = f"received {len(answer.arrivals)} frames and no end of stream {stream}"
        response.detail = came if last is None else f"{came}, and GOAWAY with {last}"
    elif response.outcome == "stream_reset":
        response.outcome = "reset"
    answer.faults += session.broken_rules()
