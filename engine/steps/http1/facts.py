"""The facts of a response, called R in docs/language.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar

from engine.model.expectation import ABSENT, Mismatch, Unclear
from engine.model.facts import FLAG, INTEGER, OBJECT, SIZE, TEXT, TEXTS, TIME, WIRE_BYTES, list_of, one_of
from engine.model.phrasing import Worded
from engine.model.quantities import show_time
from engine.model.wire_bytes import WireBytes
from engine.protocols.sse import events
from engine.steps.api.comparison import fields
from engine.steps.api.facts import FactSet, fact
from engine.steps.http1.session import Response
from engine.steps.shared.paths import walk

# The facts that take a broken response, or none, upon themselves.
TAKES_BROKEN = frozenset({"outcome", "complete", "open"})

OUTCOME = one_of("response", "closed", "reset", "refused", "timeout", "malformed", "handshake", "endless")
FRAMING = one_of("content-length", "chunked", "until-close", "none")


class ResponseFacts(FactSet):
    """An observation of one response. Values are worked out when they are asked for."""

    compared: ClassVar[tuple[str, ...]] = (
        "outcome", "status", "reason", "version", "headers", "body", "trailers", "framing", "complete", "interim",
    )  # fmt: skip

    def __init__(self, response: Response, sent: bytes | None = None, *, abandoned: bool = False) -> None:
        """``sent`` is the body that was sent, for ``sent: true``. ``abandoned`` says that this side left early, so
        that a response that never came is no failure."""
        self.response = response
        self._sent = sent
        self._abandoned = abandoned
        self._json: object = ...
        self._body: WireBytes | None = None

    @property
    def sent(self) -> bytes | None:
        return self._sent

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No response, and a broken one, is a failure, unless a fact in TAKES_BROKEN is named."""
        response = self.response
        if response.outcome == "response" or named & TAKES_BROKEN:
            return ()
        if self._abandoned and response.outcome not in ("refused", "malformed", "handshake"):
            return ()
        return (no_response(response),)

    @property
    def body(self) -> WireBytes:
        """The body as far as it came."""
        # functools.cached_property takes a lock, at a cost above that of a short body. Facts are read when all came.
        if self._body is None:
            self._body = WireBytes(b"".join([data for data, _ in self.response.pieces]))
        return self._body

    def _parsed(self) -> object:
        if self._json is ...:
            self._json = ABSENT if self.response.status is None else parsed(self.body)
        return self._json

    def _answered(self, value: object) -> object:
        """A value that is there where a final response came."""
        return ABSENT if self.response.status is None else value

    def _since_sent(self, at: float | None) -> object:
        return ABSENT if at is None else at - self.response.sent_at

    @fact("status", INTEGER)
    def status(self) -> object:
        """The final status, a whole number; 101 counts as final."""
        return self._answered(self.response.status)

    @fact("reason", TEXT)
    def reason(self) -> object:
        """The reason phrase."""
        return self._answered(self.response.reason)

    @fact("version", TEXT)
    def version(self) -> object:
        """The version in the status line: 1.0 or 1.1."""
        return self._answered(self.response.version)

    @fact("header.*", TEXT)
    def header(self, name: str) -> object:
        """The value of a header that comes exactly once; absent where it does not come."""
        return ABSENT if self.response.status is None else one(self.response.values(name))

    @fact("headers.*", TEXTS)
    def header_lines(self, name: str) -> object:
        """The values of all lines of a header, in order; an empty list for none."""
        return ABSENT if self.response.status is None else self.response.values(name)

    @fact("headers", list_of(TEXTS))
    def headers(self) -> object:
        """Every header as a pair of name and value, in the order and case of the wire."""
        return self._answered([[name, value] for name, value in self.response.headers])

    @fact("trailer.*", TEXT)
    def trailer(self, name: str) -> object:
        """The value of a trailer that comes exactly once."""
        if self.response.status is None:
            return ABSENT
        values = [value for key, value in self.response.trailers if key.lower() == name.lower()]
        return one(values)

    @fact("trailers", list_of(TEXTS))
    def trailers(self) -> object:
        """Every trailer as a pair of name and value, in order."""
        return self._answered([[name, value] for name, value in self.response.trailers])

    def parts(self, fact: str) -> Mapping[str, object]:
        """Headers and trailers by name, any other fact as it is."""
        if fact in ("headers", "trailers") and self.response.status is not None:
            pairs = self.response.headers if fact == "headers" else self.response.trailers
            return fields("headers" if fact == "headers" else "trailer", list(pairs))
        return super().parts(fact)

    @fact("body", WIRE_BYTES)
    def whole_body(self) -> object:
        """The body without its chunked coding."""
        return ABSENT if self.response.status is None else self.body

    @fact("body.size", SIZE)
    def body_size(self) -> object:
        """The body's size."""
        return ABSENT if self.response.status is None else len(self.body)

    @fact("body.sha256", TEXT)
    def body_sha256(self) -> object:
        """The body's SHA-256, in hex."""
        return ABSENT if self.response.status is None else hashlib.sha256(self.body).hexdigest()

    @fact("json[.*]")
    def json(self, path: str) -> object:
        """The body as JSON, or a part of it; absent where it is no JSON."""
        return walk(self._parsed(), path)

    @fact("lines", TEXTS)
    def lines(self) -> object:
        """The body's lines as text, without their ends."""
        return ABSENT if self.response.status is None else lines(self.body)

    @fact("events", list_of(OBJECT))
    def events(self) -> object:
        """The body's server-sent events, each with event, data, id, and json where the data is JSON."""
        return ABSENT if self.response.status is None else [event.as_fact() for event in events(self.body)]

    @fact("chunks", INTEGER)
    def chunks(self) -> object:
        """The number of whole chunks of the body; without the chunked coding, of arrivals."""
        return self._answered(self.response.chunks)

    @fact("framing", FRAMING)
    def framing(self) -> object:
        """The framing of the body: content-length, chunked, until-close or none."""
        return self._answered(self.response.framing)

    @fact("complete", FLAG)
    def complete(self) -> object:
        """True if all of the response came."""
        return self.response.complete

    @fact("interim", list_of(INTEGER))
    def interim(self) -> object:
        """The statuses of the interim responses before it, in order."""
        return list(self.response.interim)

    @fact("wire", WIRE_BYTES)
    def wire(self) -> object:
        """Every byte that came for it."""
        return WireBytes(b"".join(self.response.wire))

    @fact("first_byte", TIME)
    def first_byte(self) -> object:
        """From the last byte sent to the first that came."""
        return self._since_sent(self.response.first_at)

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """From the last byte sent to the end of the response."""
        return self._since_sent(self.response.ended_at)

    @fact("spread", TIME)
    def spread(self) -> object:
        """From the first byte of the body to its last."""
        pieces = self.response.pieces
        return pieces[-1][1] - pieces[0][1] if pieces else ABSENT

    @fact("outcome", OUTCOME)
    def outcome(self) -> object:
        """The outcome: response, closed, reset, refused, timeout, malformed, handshake (TLS failed), or endless (more
        came than 64 MiB)."""
        return self.response.outcome

    @fact("open", FLAG)
    def open(self) -> object:
        """True if the connection is still open after it."""
        return ABSENT if self.response.open is None else self.response.open


# The outcomes other than a response, behind "expected a response, got".
_INSTEAD = {
    "closed": "a closed connection",
    "reset": "a reset connection",
    "refused": "a refused connection",
    "malformed": "a malformed one",
    "handshake": "a failed TLS handshake",
    "endless": "one that is too long to read",
    "rejected": "a rejected request",
    "empty": "an empty one",
}


def no_response(response: Response) -> Mismatch:
    """The implicit failure of a missing or malformed response, with its outcome."""
    outcome, waited = response.outcome, response.waited
    if outcome == "timeout":
        text = "a timeout" if waited is None else f"a timeout after {show_time(waited)}"
    else:
        text = _INSTEAD.get(outcome, outcome or "nothing")
    return Mismatch("outcome", "a response", Worded(text, outcome), why=response.detail, implicit=True)


def one(values: Sequence[object]) -> object:
    """The only value; ABSENT for none, and for several a value that matches nothing and says so."""
    if len(values) == 1:
        return values[0]
    if not values:
        return ABSENT
    return Unclear(f"{len(values)} of them: {', '.join(map(repr, values))}")


def parsed(body: bytes) -> object:
    """A body as JSON, ABSENT where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return ABSENT


def lines(body: bytes) -> list[str]:
    """The lines of a body as text, each without its LF or CR LF; what is not UTF-8 is replaced."""
    rows = body.decode("utf-8", "replace").split("\n")
    if rows[-1] == "":
        rows.pop()
    return [row.removesuffix("\r") for row in rows]
