"""The assertion ``error`` of a script on HTTP/2: the server's answer to something that the standard forbids.

A server may answer an error of a stream with one of the connection (RFC 9113, section 5.4.1), and a malformed request
with a status (section 8.1.1). So one assertion takes whichever comes, and the expectation names those that are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import FLAG, INTEGER, NAME_OR_NUMBER, TEXTS, TIME, one_of
from engine.model.phrasing import Worded
from engine.model.quantities import show_time
from engine.protocols.http2.frames import RST_STREAM, Frame
from engine.steps.api.context import Context
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.observation import Observation
from engine.steps.api.schema import mapping
from engine.steps.api.step_type import StepType
from engine.steps.http2.assertions import OfStream, parse_stream
from engine.steps.http2.session import Http2Session, session_of, stream_of
from engine.steps.http2.shared import STREAM
from engine.steps.shared.endings import Ending, wait
from engine.steps.shared.implicit_failures import ImplicitFailure, violation

STREAM_ERROR, CONNECTION_ERROR, STATUS, RESPONSE = "stream", "connection", "status", "response"
# Statuses that a server sends in place of an error, apart from 4xx: no such method, no such version.
_REFUSALS = (501, 505)


@dataclass(frozen=True)
class ServerError:
    """The server's reaction: its outcome, the code of RST_STREAM or GOAWAY, the status, the violated rules, when, and
    whether the connection has ended."""

    outcome: str
    code: str | int | None = None
    status: int | None = None
    faults: tuple[str, ...] = ()
    at: float = 0.0
    closed: bool = False


class ErrorFacts(FactSet):
    """An observation of an error."""

    def __init__(self, error: ServerError, sent: bytes | None, since: float) -> None:
        self._error = error
        self._sent = sent
        self._since = since

    @property
    def sent(self) -> bytes | None:
        return self._sent

    @fact("outcome", one_of(STREAM_ERROR, CONNECTION_ERROR, STATUS, RESPONSE))
    def outcome(self) -> object:
        """The answer: stream (RST_STREAM), connection (GOAWAY, or the end of the connection), status (a response
        with 4xx, 501 or 505) or response (any other one)."""
        return self._error.outcome

    @fact("code", NAME_OR_NUMBER)
    def code(self) -> object:
        """The error code of RST_STREAM or GOAWAY, by name; absent without one."""
        return ABSENT if self._error.code is None else self._error.code

    @fact("status", INTEGER)
    def status(self) -> object:
        """The status of the response; absent without one."""
        return ABSENT if self._error.status is None else self._error.status

    @fact("closed", FLAG)
    def closed(self) -> object:
        """True if the server has ended the connection."""
        return self._error.closed

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules that the frames break; any fails the step unless this fact is named."""
        return list(self._error.faults)

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """The time from the last byte sent to the error."""
        return self._error.at - self._since

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """A response in place of an error, unless `outcome` or `status` is named, and each rule that was broken."""
        found = []
        if self._error.outcome == RESPONSE and not named & {"outcome", "status"}:
            actual = Worded(f"a response with status {self._error.status}", RESPONSE)
            found.append(Mismatch("outcome", "an error", actual, implicit=True))
        if "faults" not in named:
            found += [violation("error", "an error", "HTTP/2", fault) for fault in self._error.faults]
        return found


def found(session: Http2Session, stream: int) -> ServerError | None:
    """The error among the frames that have come, None before there is one. Frames of an error are taken."""
    goaways = [one for one in session.goaways if one.frame.error != "NO_ERROR"]
    if goaways or session.ended:
        last = goaways[0] if goaways else session.goaways[-1] if session.goaways else None
        code, at = (last.frame.error, last.at) if last else (None, 0.0)
        broken = tuple(fault for one in session.goaways for fault in one.faults)
        return ServerError(CONNECTION_ERROR, code, faults=broken, at=at, closed=bool(session.ended))
    if not stream:
        return None
    inbox = session.client.opened(stream).inbox
    status, ended, reset = None, False, None
    faults: tuple[str, ...] = ()
    for one in inbox:
        faults += one.faults
        if one.fields is not None and status is None:
            text = dict(one.fields).get(b":status", b"")
            status = int(text) if text.isdigit() and text[:1] != b"1" else None
        ended = ended or one.frame.ends_stream
        reset = one if one.frame.type == RST_STREAM else reset
    if reset is None and not ended:
        return None
    outcome = RESPONSE
    if status is not None and (400 <= status < 500 or status in _REFUSALS):
        outcome = STATUS
    elif reset is not None and not ended:
        outcome = STREAM_ERROR
    code = reset.frame.error if reset is not None else None
    return ServerError(outcome, code, status, faults, (reset or inbox[-1]).at)


def _drop(session: Http2Session, stream: int, error: ServerError) -> None:
    """Drop the frames that an error consists of. An error of the connection takes all of it with it."""
    everything = error.outcome == CONNECTION_ERROR

    def belongs(frame: Frame) -> bool:
        return everything or frame.stream == stream

    for inbox in [session.client.inbox, *(one.inbox for one in session.client.streams.values())]:
        for one in [one for one in inbox if belongs(one.frame)]:
            inbox.remove(one)


async def perform(params: OfStream, ctx: Context) -> Observation:
    """Wait for an error of a stream or of the connection, or for a response in its place. After an error of the
    connection, wait for its end as well."""
    connection, within = ctx.connection, ctx.step.checks.within
    session = session_of(connection)
    stream = stream_of(params.stream, session, ctx.variables)
    began = ctx.now()
    got = await wait(session.until(lambda: found(session, stream)), within)
    if isinstance(got, Ending) and got.outcome != "timeout":
        got = found(session, stream) or ServerError(CONNECTION_ERROR, at=ctx.now(), closed=True)
    if isinstance(got, Ending):
        actual = Worded(f"none after {show_time(within or 0.0)}", "timeout")
        return ImplicitFailure("error", "an error of the stream or the connection", actual)
    if got.outcome == CONNECTION_ERROR and not got.closed:
        left = None if within is None else max(began + within - ctx.now(), 0.1)
        await wait(session.until(lambda: None), left)
        got = ServerError(got.outcome, got.code, faults=got.faults, at=got.at, closed=bool(session.ended))
    _drop(session, stream, got)
    return ErrorFacts(got, connection.sent, connection.since)


STEP_TYPES = (
    StepType(
        name="error",
        awaits="an error",
        groups=("http2",),
        summary="Waits for the server's error: of a stream, of the connection, or a status in place of it.",
        schema=mapping({"stream": {**STREAM, "description": "The stream; 0 is the connection."}}),
        parse=parse_stream,
        perform=perform,
        facts=ErrorFacts.facts,
        observes=True,
        within="waits",
    ),
)
