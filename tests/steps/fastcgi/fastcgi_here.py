"""A FastCGI connection without a server: what an application's side would send, and what was sent to it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.channels.scripted import Arrival, ScriptedChannel
from engine.protocols.fastcgi import (
    END_REQUEST,
    GET_VALUES_RESULT,
    PARAMS,
    STDERR,
    STDOUT,
    UNKNOWN_TYPE,
    FastcgiRecord,
    RecordReader,
    decode_pairs,
    encode,
    encode_pairs,
    end_body,
    stream,
)
from engine.steps.api.context import Connection
from engine.steps.fastcgi.session import FastcgiSession
from tests.steps.context import JobScope, on, run
from tests.steps.reader import STEP_TYPES, step

HEAD = b"Status: 200 OK\r\nContent-Type: application/json\r\nX-A: 1\r\n\r\n"


def out(data: bytes, id: int = 1, *, end: bool = True) -> bytes:
    """Bytes on STDOUT."""
    return b"".join(stream(STDOUT, id, [data], end=end))


def err(data: bytes, id: int = 1) -> bytes:
    """Bytes on STDERR, which is not ended."""
    return encode(STDERR, id, data)


def over(id: int = 1, app_status: int = 0, protocol_status: int = 0) -> bytes:
    """The end of a request."""
    return encode(END_REQUEST, id, end_body(app_status, protocol_status))


def answer(body: bytes = b'{"a": [1]}', id: int = 1) -> bytes:
    """A whole answer."""
    return out(HEAD + body, id) + over(id)


def result(**values: str) -> bytes:
    """A result of GET_VALUES."""
    return encode(GET_VALUES_RESULT, 0, encode_pairs([(name.encode(), values[name].encode()) for name in values]))


def unknown(type: int) -> bytes:
    """The response to a management record of an unknown type."""
    return encode(UNKNOWN_TYPE, 0, bytes((type,)) + bytes(7))


def spoken(*arrivals: Arrival | bytes, **variables: object) -> tuple[JobScope, Connection, ScriptedChannel]:
    """A context with a connection on which the script's action stands, and its channel."""
    channel = ScriptedChannel(arrivals)
    ctx = JobScope(variables=variables)
    ctx.live.speaks = "fastcgi"
    ctx.channel = channel
    return ctx, Connection(channel, codec=FastcgiSession()), channel


def records(data: bytes) -> list[FastcgiRecord]:
    """The records that some bytes are, to the last byte."""
    reader, found = RecordReader(), []
    reader.feed(data)
    while (one := reader.next()) is not None:
        found.append(one[0])
    assert reader.rest == b""
    return found


def sent(channel: ScriptedChannel) -> list[FastcgiRecord]:
    """The records that were sent."""
    return records(b"".join(channel.sent))


def params(found: Sequence[FastcgiRecord], id: int = 1) -> list[tuple[bytes, bytes]]:
    """The parameters of a request, among records that were sent."""
    data = b"".join(record.content for record in found if (record.type, record.id) == (PARAMS, id))
    pairs, rest = decode_pairs(data)
    assert rest == b""
    return pairs


def acted(*actions: dict[str, object], **variables: object) -> list[FastcgiRecord]:
    """The records that actions send."""

    async def work() -> list[FastcgiRecord]:
        ctx, connection, channel = spoken(**variables)
        for act in actions:
            for name, body in act.items():
                await on(ctx, connection, name, body, group="fastcgi")
        return sent(channel)

    return run(work())


def previewed(name: str, body: object, **variables: object) -> list[tuple[str, bytes]]:
    """The text that `engine show` prints for an action."""
    kind = STEP_TYPES["fastcgi", name]
    assert kind.preview is not None
    found = kind.preview(step(name, body, "fastcgi").params, variables, "$(host)")
    return [(one.what, one.data) for one in found]
