"""What a response shows: the facts called R in docs/language.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from engine.model.expectation import ABSENT, Mismatch, Unclear
from engine.model.facts import FLAG, INTEGER, OBJECT, SIZE, TEXT, TEXTS, TIME, WIRE_BYTES, list_of, one_of
from engine.model.wire_bytes import WireBytes
from engine.protocols.sse import events
from engine.steps.api.facts import Fact
from engine.steps.http1.session import Response
from engine.steps.shared.paths import walk

# Facts that take a broken response, or none, upon themselves.
TAKES_BROKEN = frozenset({"outcome", "complete", "open"})

OUTCOME = one_of("response", "closed", "reset", "refused", "timeout", "malformed", "handshake", "endless")
FRAMING = one_of("content-length", "chunked", "until-close", "none")

RESPONSE_FACTS = (
    Fact("status", "The final status, a whole number; 101 counts as final.", INTEGER),
    Fact("reason", "The reason phrase.", TEXT),
    Fact("version", "The version in the status line: 1.0 or 1.1.", TEXT),
    Fact("header.*", "The value of a header that comes exactly once; absent where it does not come.", TEXT),
    Fact("headers.*", "The values of all lines of a header, in order; an empty list for none.", TEXTS),
    Fact("headers", "Every header as a pair of name and value, in the order and case of the wire.", list_of(TEXTS)),
    Fact("trailer.*", "The value of a trailer that comes exactly once.", TEXT),
    Fact("body", "The body without its chunked coding.", WIRE_BYTES),
    Fact("body.size", "The body's size.", SIZE),
    Fact("body.sha256", "The body's SHA-256, in hex.", TEXT),
    Fact("json[.*]", "The body as JSON, or a part of it; absent where it is no JSON."),
    Fact("lines", "The body's lines as text, without their ends.", TEXTS),
    Fact(
        "events",
        "The body's server-sent events, each with event, data, id, and json where the data is JSON.",
        list_of(OBJECT),
    ),
    Fact(
        "chunks", "How many whole chunks the body came in; without the chunked coding, in how many arrivals.", INTEGER
    ),
    Fact("framing", "How the body's end is told: content-length, chunked, until-close or none.", FRAMING),
    Fact("complete", "Whether all of the response came.", FLAG),
    Fact("interim", "The statuses of the interim responses before it, in order.", list_of(INTEGER)),
    Fact("wire", "Every byte that came for it.", WIRE_BYTES),
    Fact("first_byte", "From the last byte sent to the first that came.", TIME),
    Fact("elapsed", "From the last byte sent to the end of the response.", TIME),
    Fact("spread", "From the first byte of the body to its last.", TIME),
    Fact(
        "outcome",
        "What it came to: response, closed, reset, refused, timeout, malformed, handshake (TLS failed), or endless "
        "(more came than 64 MiB).",
        OUTCOME,
    ),
    Fact("open", "Whether the connection is still open after it.", FLAG),
)


class ResponseFacts:
    """An observation of one response. Values are worked out when they are asked for."""

    def __init__(self, response: Response, sent: bytes | None = None, *, abandoned: bool = False) -> None:
        """``sent`` is the body that was sent, for ``sent: true``. ``abandoned`` says that this side left early, so
        that a response that never came is no failure."""
        self.response = response
        self._sent = sent
        self._abandoned = abandoned
        self._body: WireBytes | None = None
        self._json: object = ...

    @property
    def sent(self) -> bytes | None:
        return self._sent

    def fact(self, name: str) -> object:
        """The value of a fact of RESPONSE_FACTS, ABSENT where it is not there."""
        simple = _SIMPLE.get(name)
        if simple is not None:
            return simple(self)
        family, _, rest = name.partition(".")
        if family == "json":
            return walk(self._parsed(), rest)
        if self.response.status is None:
            return ABSENT
        if family == "header":
            return one(self.response.values(rest), name)
        if family == "headers":
            return self.response.values(rest)
        if family == "trailer":
            rest = rest.lower()
            return one([value for key, value in self.response.trailers if key.lower() == rest], name)
        return ABSENT

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No response, and a broken one, is a failure, unless a fact in TAKES_BROKEN is named."""
        response = self.response
        if response.outcome == "response" or named & TAKES_BROKEN:
            return ()
        if self._abandoned and response.outcome not in ("refused", "malformed", "handshake"):
            return ()
        return (Mismatch("outcome", "is 'response'", response.outcome, why=response.detail),)

    @property
    def body(self) -> WireBytes:
        """The body as far as it came."""
        if self._body is None:
            self._body = WireBytes(b"".join([data for data, _ in self.response.pieces]))
        return self._body

    def _parsed(self) -> object:
        if self._json is ...:
            self._json = ABSENT if self.response.status is None else parsed(self.body)
        return self._json

    # One method a fact that has no part.

    def _text(self, value: str) -> object:
        return ABSENT if self.response.status is None else value

    def _status(self) -> object:
        return ABSENT if self.response.status is None else self.response.status

    def _pairs(self) -> object:
        if self.response.status is None:
            return ABSENT
        return [[name, value] for name, value in self.response.headers]

    def _of_body(self, make: Callable[[WireBytes], object]) -> object:
        return ABSENT if self.response.status is None else make(self.body)

    def _since_sent(self, at: float | None) -> object:
        return ABSENT if at is None else at - self.response.sent_at

    def _spread(self) -> object:
        pieces = self.response.pieces
        return pieces[-1][1] - pieces[0][1] if pieces else ABSENT

    def _open(self) -> object:
        return ABSENT if self.response.open is None else self.response.open


_SIMPLE: Mapping[str, Callable[[ResponseFacts], object]] = {
    "status": ResponseFacts._status,
    "reason": lambda facts: facts._text(facts.response.reason),
    "version": lambda facts: facts._text(facts.response.version),
    "headers": ResponseFacts._pairs,
    "body": lambda facts: facts._of_body(lambda body: body),
    "body.size": lambda facts: facts._of_body(len),
    "body.sha256": lambda facts: facts._of_body(lambda body: hashlib.sha256(body).hexdigest()),
    "lines": lambda facts: facts._of_body(lines),
    "events": lambda facts: facts._of_body(lambda body: [event.as_fact() for event in events(body)]),
    "chunks": lambda facts: facts._of_body(lambda _: facts.response.chunks),
    "framing": lambda facts: facts._text(facts.response.framing),
    "complete": lambda facts: facts.response.complete,
    "interim": lambda facts: list(facts.response.interim),
    "wire": lambda facts: WireBytes(b"".join(facts.response.wire)),
    "first_byte": lambda facts: facts._since_sent(facts.response.first_at),
    "elapsed": lambda facts: facts._since_sent(facts.response.ended_at),
    "spread": ResponseFacts._spread,
    "outcome": lambda facts: facts.response.outcome,
    "open": ResponseFacts._open,
}


def one(values: Sequence[object], what: str) -> object:
    """The only value; ABSENT for none, and for several a value that matches nothing and says so."""
    if len(values) == 1:
        return values[0]
    if not values:
        return ABSENT
    return Unclear(f"{what} comes {len(values)} times: {', '.join(map(repr, values))}")


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
