"""The facts of an answer to a FastCGI request: its streams, its end, and the CGI response in its STDOUT."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import INTEGER, NAME_OR_NUMBER, OBJECT, TEXTS, WIRE_BYTES, list_of, one_of
from engine.model.wire_bytes import WireBytes
from engine.protocols.cgi import ResponseParser
from engine.protocols.fastcgi import END_REQUEST, STDERR, STDOUT, FastcgiRecord, MalformedRecord, decode_end
from engine.steps.api.facts import fact
from engine.steps.http1.facts import OUTCOME, TAKES_BROKEN, ResponseFacts, no_response
from engine.steps.http1.session import Response
from engine.steps.shared.endings import Ending
from engine.steps.shared.implicit_failures import violation

# The facts of HTTP that a CGI response does not have.
_OF_HTTP = frozenset({"version", "framing", "interim", "trailer.*"})
_OF_CGI = {
    "status": "The Status field's; without it 302 where the Location is a URI, else 200.",
    "reason": "The phrase in the Status field.",
    "headers": "Every field as a pair of name and value, Status among them, in order.",
    "body": "The part of STDOUT after the head.",
    "chunks": "In how many STDOUT records the body came.",
    "complete": "The response was complete, and END_REQUEST followed.",
    "wire": "Every byte of the records that came for the request.",
}

# The facts that take an answer without a response upon themselves: a rejected request has none, and an aborted one need
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

    def broken(self, ended: Ending) -> None:
        """Note that no further record comes."""
        response, count = self.response, len(self.records)
        response.outcome, response.waited = ended.outcome, ended.within
        came = f"received {count} record{'s' if count != 1 else ''} and no END_REQUEST"
        response.detail = f"{ended.detail}; {came}" if ended.detail else came


class AnswerFacts(ResponseFacts, without=_OF_HTTP, summaries=_OF_CGI):
    """An observation of one answer."""

    def __init__(self, answer: FastcgiAnswer, sent: bytes | None = None) -> None:
        """``sent`` is what went out on STDIN, for ``sent: true``."""
        super().__init__(answer.response, sent)
        self.answer = answer

    @fact("outcome", one_of(*OUTCOME.words, "rejected", "empty"))
    def outcome(self) -> object:
        """The outcome: response, rejected (by the protocol status), empty (nothing on STDOUT), closed, reset, timeout
        or malformed."""
        return self.response.outcome

    @fact("stdout", WIRE_BYTES)
    def stdout(self) -> object:
        """All of STDOUT: the head of the CGI response, and its body."""
        return WireBytes(b"".join(self.answer.stdout))

    @fact("stderr", WIRE_BYTES)
    def stderr(self) -> object:
        """All of STDERR."""
        return WireBytes(b"".join(self.answer.stderr))

    @fact("app_status", INTEGER)
    def app_status(self) -> object:
        """The application's status in END_REQUEST, a whole number."""
        return ABSENT if self.answer.end is None else self.answer.end[0]

    @fact("protocol_status", NAME_OR_NUMBER)
    def protocol_status(self) -> object:
        """request_complete, cant_mpx_conn, overloaded or unknown_role; another one's number."""
        return ABSENT if self.answer.end is None else self.answer.end[1]

    @fact("records", list_of(OBJECT))
    def records(self) -> object:
        """The records in order, each with type, length and padding."""
        records = self.answer.records
        return [{"type": one.name, "length": len(one.content), "padding": one.padding} for one in records]

    @fact("types", list_of(NAME_OR_NUMBER))
    def types(self) -> object:
        """The records' types in order."""
        return [one.name for one in self.answer.records]

    @fact("ended", TEXTS)
    def ended(self) -> object:
        """The streams that an empty record ended, in order: stdout, stderr."""
        return list(self.answer.ended)

    @fact("faults", TEXTS)
    def faults(self) -> object:
        """The rules that the records and the head break; any fails the step unless this fact is named."""
        return list(self.answer.faults)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """No response, unless a fact takes that upon itself, and every rule that was broken on the way."""
        response, found = self.response, []
        takes = TAKES_NONE if response.outcome in ("rejected", "empty") else TAKES_BROKEN
        if response.outcome != "response" and not named & takes:
            found.append(no_response(response))
        if "faults" not in named:
            found += [violation("response", "a response", "FastCGI", fault) for fault in self.answer.faults]
        return found
