"""What the answer to a FastCGI request shows: its streams, how it ended, and the CGI response in its STDOUT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import INTEGER, NAME_OR_NUMBER, OBJECT, TEXTS, WIRE_BYTES, list_of, one_of
from engine.model.wire_bytes import WireBytes
from engine.protocols.cgi import ResponseParser
from engine.protocols.fastcgi import END_REQUEST, STDERR, STDOUT, FastcgiRecord, MalformedRecord, decode_end
from engine.steps.api.facts import Fact
from engine.steps.http1.facts import OUTCOME, RESPONSE_FACTS, TAKES_BROKEN, ResponseFacts
from engine.steps.http1.session import Response

# Facts of HTTP that a CGI response does not have.
_OF_HTTP = frozenset({"version", "framing", "interim", "trailer.*"})
_OF_CGI = {
    "status": "The Status field's; without it 302 where the Location is a URI, else 200.",
    "reason": "The phrase in the Status field.",
    "headers": "Every field as a pair of name and value, Status among them, in order.",
    "body": "What follows the head in STDOUT.",
    "chunks": "In how many STDOUT records the body came.",
    "complete": "Whether all of the response came, and END_REQUEST after it.",
    "wire": "Every byte of the records that came for the request.",
    "outcome": "What it came to: response, rejected (by the protocol status), empty (nothing on STDOUT), closed, "
    "reset, timeout or malformed.",
}

ANSWER_FACTS = (
    Fact("stdout", "All of STDOUT: the head of the CGI response, and its body.", WIRE_BYTES),
    Fact("stderr", "All of STDERR.", WIRE_BYTES),
    Fact("app_status", "The application's status in END_REQUEST, a whole number.", INTEGER),
    Fact(
        "protocol_status", "request_complete, cant_mpx_conn, overloaded or unknown_role; another one's number.",
        NAME_OR_NUMBER,
    ),
    Fact("records", "The records in order, each with type, length and padding.", list_of(OBJECT)),
    Fact("types", "The records' types in order.", list_of(NAME_OR_NUMBER)),
    Fact("ended", "The streams that an empty record ended, in order: stdout, stderr.", TEXTS),
    Fact(
        "faults", "The rules that the records and the head break; any fails the step unless this fact is named.",
        TEXTS,
    ),
    *(replace(fact, summary=_OF_CGI.get(fact.name, fact.summary)) for fact in RESPONSE_FACTS
      if fact.name not in (*_OF_HTTP, "outcome")),
    Fact("outcome", _OF_CGI["outcome"], one_of(*OUTCOME.words, "rejected", "empty")),
)  # fmt: skip

# Facts that take an answer without a response upon themselves: a rejected request has none, and an aborted one need
# not have one.
TAKES_NONE = TAKES_BROKEN | {"stdout", "app_status", "protocol_status", "records", "types"}


class FastcgiAnswer:
    """The records that came for one request, filled in while they come."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.records: list[FastcgiRecord] = []
        self.stdout: list[bytes] = []
        self.stderr: list[bytes] = []
        self.ended: list[str] = []
        self.end: tuple[int, int | str] | None = None
        self.faults: list[str] = []
        self._parser = ResponseParser()
        self._malformed = ""

    def take(self, record: FastcgiRecord, raw: bytes, at: float) -> None:
        """Take the next record of the request; with END_REQUEST the response has an outcome."""
        response = self.response
        self.records.append(record)
        self.faults += record.faults
        response.wire.append(raw)
        response.ended_at = at
        if response.first_at is None:
            response.first_at = at
        if record.type in (STDOUT, STDERR):
            self._stream(record, at)
        elif record.type == END_REQUEST:
            self.end = decode_end(record.content)
            self._finish()

    def _stream(self, record: FastcgiRecord, at: float) -> None:
        name = "stdout" if record.type == STDOUT else "stderr"
        if name in self.ended:
            self.faults.append(f"{name} goes on after it was ended (FastCGI 1.0, 3.3)")
        if record.ends:
            self.ended.append(name)
        elif name == "stderr":
            self.stderr.append(record.content)
        else:
            self.stdout.append(record.content)
            self._cgi(record.content, at)

    def _cgi(self, data: bytes, at: float) -> None:
        if self._malformed:
            return
        parser, response = self._parser, self.response
        had_head = parser.headers is not None
        try:
            piece = parser.feed(data)
        except MalformedRecord as error:
            self._malformed = str(error)
            piece = b""
        if parser.headers is not None and not had_head:
            response.status, response.reason = parser.status, parser.reason
            response.headers = parser.headers
            self.faults += parser.faults
        if piece:
            response.pieces.append((piece, at))
            response.chunks += 1

    def _finish(self) -> None:
        response = self.response
        if self.end is None:
            response.outcome, response.detail = "malformed", "END_REQUEST is too short for its statuses"
        elif self.end[1] != "request_complete":
            response.outcome, response.detail = "rejected", f"the protocol status is {self.end[1]}"
        elif not self.stdout:
            response.outcome, response.detail = "empty", "the request ended with nothing on STDOUT"
        elif self._malformed:
            response.outcome, response.detail = "malformed", self._malformed
        elif self._parser.headers is None:
            response.outcome, response.detail = "malformed", "the head on STDOUT does not end (RFC 3875, 6.3)"
        else:
            response.outcome, response.complete = "response", True

    def broken(self, outcome: str, detail: str) -> None:
        """Nothing more comes of it."""
        response = self.response
        response.outcome = outcome
        if self.records:
            detail += f", after {len(self.records)} records and before END_REQUEST"
        response.detail = detail


class AnswerFacts(ResponseFacts):
    """An observation of one answer."""

    def __init__(self, answer: FastcgiAnswer, sent: bytes | None = None) -> None:
        """``sent`` is what went out on STDIN, for ``sent: true``."""
        super().__init__(answer.response, sent)
        self.answer = answer

    def fact(self, name: str) -> object:
        """The value of a fact of ANSWER_FACTS, ABSENT where it is not there."""
        answer = self.answer
        match name:
            case "stdout":
                return WireBytes(b"".join(answer.stdout))
            case "stderr":
                return WireBytes(b"".join(answer.stderr))
            case "app_status":
                return ABSENT if answer.end is None else answer.end[0]
            case "protocol_status":
                return ABSENT if answer.end is None else answer.end[1]
            case "records":
                return [
                    {"type": one.name, "length": len(one.content), "padding": one.padding} for one in answer.records
                ]
            case "types":
                return [one.name for one in answer.records]
            case "ended":
                return list(answer.ended)
            case "faults":
                return list(answer.faults)
        return super().fact(name)

    def unmet(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No response, unless a fact takes that upon itself, and every rule that was broken on the way."""
        response, found = self.response, []
        takes = TAKES_NONE if response.outcome in ("rejected", "empty") else TAKES_BROKEN
        if response.outcome != "response" and not named & takes:
            found.append(Mismatch("outcome", "is 'response'", response.outcome, why=response.detail))
        if "faults" not in named:
            found += [Mismatch("response", "keeps to FastCGI", fault) for fault in self.answer.faults]
        return found
