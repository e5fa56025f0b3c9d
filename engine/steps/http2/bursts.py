"""The action ``burst`` of a script on HTTP/2, many requests in one write, and the assertion ``answers`` about all
streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.expectation import ABSENT
from engine.model.facts import FLAG, INTEGER, NAME_OR_NUMBER, SIZE, list_of
from engine.model.nodes import Node
from engine.protocols.http2.fields import PLAIN, Field, Pair
from engine.protocols.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    LARGEST_WINDOW,
    PRIORITY,
    RST_STREAM,
    WINDOW_UPDATE,
    Frame,
    encode,
)
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.http2.session import Http2Session, Request, emit, session_of
from engine.steps.shared.endings import wait
from engine.steps.shared.sending import ENGINE_HEADER, Headers, rendered
from engine.steps.shared.values import flag, integer, scalar, text

CANCEL = (8).to_bytes(4, "big")
# The frames behind each request: the client's own reset, and four ways to make the server reset the stream.
THEN = {
    "nothing": (),
    "reset": ((RST_STREAM, 0, CANCEL),),
    "window-0": ((WINDOW_UPDATE, 0, bytes(4)),),
    "window-overflow": ((WINDOW_UPDATE, 0, LARGEST_WINDOW.to_bytes(4, "big")),),
    "data-after-the-end": ((DATA, 0, b"late"),),
    "short-priority": ((PRIORITY, 0, bytes(4)),),
}


@dataclass(frozen=True)
class Burst:
    """The number of requests, their fields, their END_STREAM, and what follows each: a word of THEN."""

    count: object
    method: object = "GET"
    path: object = "/"
    headers: Headers = ()
    end_stream: object = True
    then: object = "nothing"
    call: object = True


def parse(node: Node, reader: NodeReader) -> Burst:
    """The parameters of a valid node."""
    keys = {
        name: reader.value(found)
        for name in ("method", "path", "end_stream", "then", "call")
        if (found := node.get(name))
    }
    count, headers = node.get("count"), node.get("headers")
    return Burst(reader.value(count) if count else 1, headers=reader.headers(headers) if headers else (), **keys)


def frames_of(stream: int, block: bytes, *, ends: bool, then: str) -> list[bytes]:
    """The frames of one request."""
    flags = END_HEADERS | (END_STREAM if ends else 0)
    return [
        encode(HEADERS, flags, stream, block),
        *(encode(type, bits, stream, data) for type, bits, data in THEN[then]),
    ]


async def perform(params: Burst, ctx: Context) -> None:
    """Send the requests in one write, each on a new stream."""
    variables, session = ctx.variables, session_of(ctx.connection)
    method = text(params.method, variables)
    fields: list[Pair] = [
        (b":method", method.encode()),
        (b":scheme", b"http" if ctx.connection.tls_options is None else b"https"),
        (b":authority", ctx.live.host.encode()),
        (b":path", text(params.path, variables).encode()),
        *rendered(params.headers, variables),
    ]
    if flag(params.call, variables):
        fields.append((ENGINE_HEADER, ctx.token().encode()))
    then, ends = text(params.then, variables), flag(params.end_stream, variables)
    sent: list[bytes] = []
    for _ in range(integer(params.count, variables, "count")):
        stream = session.next_stream()
        block = session.client.encoder.section([Field(name, value, PLAIN) for name, value in fields])
        session.requests[stream] = Request(method)
        session.client.opened(stream)
        session.current = stream
        sent += frames_of(stream, block, ends=ends, then=then)
    await emit(ctx, sent, b"")


@dataclass(frozen=True)
class Answers:
    """The number of streams to wait for, None for all."""

    ended: object = None


def parse_answers(node: Node, reader: NodeReader) -> Answers:
    """The parameters of a valid node."""
    ended = node.get("ended")
    return Answers(reader.value(ended) if ended else None)


class AnswersFacts(FactSet):
    """An observation of all streams of a connection."""

    def __init__(
        self,
        frames: Mapping[int, list[Frame]],
        states: Sequence[str],
        statuses: list[int],
        goaway: object,
        *,
        closed: bool,
    ) -> None:
        self._frames = frames
        self._states = states
        self._statuses = statuses
        self._goaway = goaway
        self._closed = closed

    def _count(self, kind: str) -> int:
        return self._states.count(kind)

    @fact("answered", INTEGER)
    def answered(self) -> object:
        """The number of streams with a complete response."""
        return self._count("answered")

    @fact("resets", INTEGER)
    def resets(self) -> object:
        """The number of streams that the server has reset before their end."""
        return self._count("reset")

    @fact("open", INTEGER)
    def open(self) -> object:
        """The number of streams that the server has not ended."""
        return self._count("open")

    @fact("bytes", SIZE)
    def bytes(self) -> object:
        """The size of the content that came, of all streams together."""
        return sum(len(one.content or b"") for frames in self._frames.values() for one in frames if one.type == DATA)

    @fact("statuses", list_of(INTEGER))
    def statuses(self) -> object:
        """The statuses of the responses, each once, in order."""
        return sorted(set(self._statuses))

    @fact("codes", list_of(NAME_OR_NUMBER))
    def codes(self) -> object:
        """The error codes of the resets, each once."""
        found = [one.error for frames in self._frames.values() for one in frames if one.type == RST_STREAM]
        return list(dict.fromkeys(found))

    @fact("goaway", NAME_OR_NUMBER)
    def goaway(self) -> object:
        """The error code of the first GOAWAY with an error, else of the first one; absent without one."""
        return ABSENT if self._goaway is None else self._goaway

    @fact("closed", FLAG)
    def closed(self) -> object:
        """True if the server has ended the connection."""
        return self._closed


def state_of(frames: Sequence[Frame], *, ended: bool) -> str:
    """The state of a stream: answered, reset or open. ``ended`` is true if the server has ended it, perhaps by frames
    that another assertion has taken."""
    if any(one.ends_stream for one in frames):
        return "answered"
    if any(one.type == RST_STREAM for one in frames):
        return "reset"
    return "answered" if ended else "open"


async def perform_answers(params: Answers, ctx: Context) -> Observation:
    """Wait until the server has ended all streams, or so many, or the connection, or the time is over; take all
    frames."""
    session = session_of(ctx.connection)
    ended = None if params.ended is None else integer(params.ended, ctx.variables, "ended")

    def enough() -> bool | None:
        streams = [session.client.opened(stream) for stream in session.requests]
        return (
            True
            if sum(one.ended or one.reset for one in streams) >= (len(streams) if ended is None else ended)
            else None
        )

    await wait(session.until(enough), ctx.step.checks.within)
    return taken(session)


def taken(session: Http2Session) -> AnswersFacts:
    """The frames of all streams, which are taken, with those that were taken before, and those of the connection that
    end it."""
    statuses = []
    for stream in session.requests:
        inbox = session.client.opened(stream).inbox
        session.counted.setdefault(stream, []).extend(inbox)
        inbox.clear()
    for arrival in (one for several in session.counted.values() for one in several if one.fields is not None):
        head = dict(arrival.fields or ()).get(b":status", b"")
        statuses += [int(head)] if head.isdigit() and head[:1] != b"1" else []
    codes = [one.frame.error for one in session.goaways]
    goaway = next((code for code in codes if code != "NO_ERROR"), codes[0] if codes else None)
    for one in session.goaways:
        if one in session.client.inbox:
            session.client.inbox.remove(one)
    frames = {stream: [one.frame for one in several] for stream, several in session.counted.items()}
    states = [state_of(several, ended=session.client.opened(stream).ended) for stream, several in frames.items()]
    return AnswersFacts(frames, states, statuses, goaway, closed=bool(session.ended))


STEP_TYPES = (
    StepType(
        name="burst",
        groups=("http2",),
        summary="Sends many requests in one write, each on a new stream.",
        schema=mapping(
            {
                "count": literal("count", "The number of requests."),
                "method": literal("text", ":method; GET by default."),
                "path": literal("text", ":path; / by default."),
                "headers": literal("headers", "Further fields."),
                "end_stream": scalar("boolean", description="Set END_STREAM; true by default."),
                "call": scalar("boolean", description="Add the field by which calls are found; true by default."),
                "then": literal("text", f"The frame behind each request: {', '.join(THEN)}."),
            },
            required=("count",),
        ),
        parse=parse,
        perform=perform,
    ),
    StepType(
        name="answers",
        awaits="the ends of all streams",
        groups=("http2",),
        summary="Waits until the server has ended all streams, and counts their ends.",
        schema=mapping({"ended": literal("count", "Wait until so many have ended; all by default.")}),
        parse=parse_answers,
        perform=perform_answers,
        facts=AnswersFacts.facts,
        observes=True,
        within="waits",
    ),
)
