"""A connection of HTTP/2 as a usual client begins and uses it, for the steps that send no single frames."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import EngineError, HandshakeFailed
from engine.model.protocols import Channel
from engine.model.target import HTTP_1_1
from engine.model.tls import TlsSession
from engine.protocols.http2.fields import NEVER, PLAIN, Field, Pair
from engine.protocols.http2.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    SETTING_NUMBERS,
    WINDOW,
    WINDOW_UPDATE,
    encode,
)
from engine.steps.api.context import Connection, Context
from engine.steps.http2.session import Http2Session
from engine.steps.http2.step import preface
from engine.steps.shared.sending import ENGINE_HEADER

ALPN = "h2"
# As browsers and curl do, the client gives a server more room for content than HTTP/2's first windows have.
ROOM = 1 << 20
MORE = ROOM - WINDOW
SETTINGS = {SETTING_NUMBERS["enable_push"]: 0, SETTING_NUMBERS["initial_window_size"]: ROOM}
_FIRST = [*preface(SETTINGS), encode(WINDOW_UPDATE, 0, 0, MORE.to_bytes(4, "big"))]


def speaks_http2(ctx: Context) -> bool:
    """True if the step's connection carries HTTP/2, and for a new connection if the target is one over HTTP/2."""
    connection = ctx.existing(ctx.step.connection)
    if connection is None:
        return ctx.live.target.http != HTTP_1_1
    agreed = agreed_on(connection.channel)
    begun = isinstance(connection.codec, Http2Session) or agreed == ALPN
    return begun or (ctx.live.target.http != HTTP_1_1 and not agreed and connection.codec is None)


def agreed_on(channel: Channel) -> str | None:
    """The protocol that TLS has selected on a channel, "" for none; None without TLS."""
    agreed = getattr(channel, "agreed", None)
    return agreed.alpn if isinstance(agreed, TlsSession) else None


def begun(connection: Connection, ctx: Context) -> tuple[Http2Session, list[bytes]]:
    """The HTTP/2 session of a connection, and the frames that begin it where it is new. Raises EngineError and
    HandshakeFailed."""
    if isinstance(connection.codec, Http2Session):
        return connection.codec, []
    if connection.used > 1:
        raise EngineError(
            f"the connection {connection.name!r} was opened by another kind of step",
            hint="HTTP/2 needs a connection of its own: give this step another name",
        )
    agreed = agreed_on(connection.channel)
    if agreed is not None and agreed != ALPN:
        connection.channel.close()
        raise HandshakeFailed(f"the server selected {agreed or 'no protocol'}, and not {ALPN}")
    session = Http2Session(connection.channel, ctx.note, connection.name, SETTINGS, begins=True)
    session.client.credited(0, MORE)
    connection.codec = session
    return session, _FIRST


def scheme_of(connection: Connection) -> bytes:
    """The scheme of requests on a connection."""
    return b"http" if connection.tls_options is None else b"https"


def section(session: Http2Session, stream: int, pairs: Sequence[Pair], *, ends: bool) -> list[bytes]:
    """The frames of a field section: HEADERS, and CONTINUATION where it is longer than a frame may be. The engine's
    own field is never indexed; no field enters the table."""
    client = session.client
    sizes, client.table_sizes = client.table_sizes, []
    most = client.longest
    if not sizes:
        block = client.encoder.plain(pairs, ENGINE_HEADER)
        if len(block) <= most:
            return [encode(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block)]
    else:
        block = client.encoder.section(
            [Field(name, value, NEVER if name == ENGINE_HEADER else PLAIN) for name, value in pairs], sizes
        )
    parts = [block[at : at + most] for at in range(0, len(block), most)] or [b""]
    last = len(parts) - 1
    found = []
    for number, part in enumerate(parts):
        flags = END_HEADERS if number == last else 0
        flags |= END_STREAM if ends and not number else 0
        found.append(encode(CONTINUATION if number else HEADERS, flags, stream, part))
    return found
