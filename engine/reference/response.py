"""A response, sans I/O: the application's events in, bytes out, in the order of the specification.

    waiting --start--> body --last body--> done, or, where trailers were announced, --> trailers --last--> done

The head is held until the first piece of the body, as the specification allows, so that an earlier error can
still become a 500. h11 does the framing: Content-Length as the application says, else chunks, or the end of the
connection for HTTP/1.0. A forbidden event is a Violation before a byte of it is written. The server itself
corrects what the clauses require it to correct (a body with HEAD, a Content-Length with 204).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

import h11

from .events import Event
from .fields import Fields, checked, fields_of, has, without
from .head import Request
from .refused import RequestRefused
from .violations import Remark, Violation

# A trailer comes too late to say these (RFC 9110, section 6.5.1).
NO_TRAILERS = (b"transfer-encoding", b"content-length", b"host", b"trailer", b"connection", b"content-encoding")


class ResponseStage(enum.Enum):
    """The progress of a response."""

    WAITING = "before http.response.start"
    BODY = "after http.response.start"
    TRAILERS = "before http.response.trailers"
    DONE = "after the end of the response"


class ResponseWriter:
    """The response to one request.

    ``closing`` may be set until it is sent: the connection ends after it. ``stage`` is the progress of the
    application. ``sent`` is true once the head is written; ``framed`` is False if the connection ends with the body.
    """

    def __init__(self, request: Request, remark: Remark, *, prefix: str = "http") -> None:
        """``prefix`` is the beginning of its event types: ``http``, or ``websocket.http`` for a refused handshake."""
        self._remark = remark
        self._protocol = request.protocol
        self._prefix = f"{prefix}.response."
        self._is_head = request.method == "HEAD"
        self._takes_trailers = request.version == "1.1" and "trailers" in request.words(b"te")
        self._takes_hints = request.version == "1.1"
        self._head: tuple[int, Fields] | None = None
        self._phrase: bytes | None = None  # the reason that a WSGI application has given
        self._announced = False
        self._bare = False
        self._left: int | None = None
        self._trailers: Fields = []
        self._begun = False  # a piece of the body has come
        self._filed = False  # the body is a file
        self.size = 0  # bytes of the content
        self.closing = False
        self.framed = True
        self.sent = False
        self.stage = ResponseStage.WAITING

    @property
    def done(self) -> bool:
        return self.stage is ResponseStage.DONE

    @property
    def persists(self) -> bool:
        """True if the response itself permits the connection to continue."""
        return self._protocol.our_state is h11.DONE

    def take(self, kind: str, event: Event) -> bytes:
        """The bytes of an event whose keys have been checked. Raises Violation."""
        word = kind.removeprefix(self._prefix)
        if self.done:  # to be ignored, says the specification of the last http.response.body
            self._remark("RESP-16", f"{kind} after the end of the response")
            return b""
        if word == "early_hint":
            return self._hint(event)
        if word == "start":
            return self._start(event)
        if word == "trailers":
            return self._take_trailers(event)
        if self.stage is ResponseStage.WAITING:
            raise Violation("RESP-18", f"{kind} before {self._prefix}start")
        if self.stage is ResponseStage.TRAILERS:
            raise Violation("EXT-22", f"{kind} where trailers come next")
        if self._filed:
            raise Violation("EXT-16", f"{kind} together with http.response.pathsend")
        self._begun = True
        return self.piece(event.get("body", b""), event.get("more_body", False))

    def begin_file(self) -> None:
        """Begin a body that is a file, whose pieces follow (the extension Path Send). Raises Violation."""
        if self.stage is not ResponseStage.BODY or self._begun or self._filed:
            raise Violation("EXT-16", f"http.response.pathsend {self._where()}")
        self._filed = True

    def _where(self) -> str:
        return "together with http.response.body" if self._begun else "twice" if self._filed else self.stage.value

    def piece(self, data: bytes, more: bool) -> bytes:
        """A piece of the body, and the end of it if no more follows. Raises Violation."""
        if self._bare:
            if data and not self._is_head:
                self._remark("FW-11", "a body with a status that has none")
            data = b""
        elif self._left is not None:
            if len(data) > self._left:
                raise Violation("RESP-19", f"the body is {len(data) - self._left} bytes longer than its Content-Length")
            if not more and len(data) < self._left:
                raise Violation(
                    "RESP-20", f"the body is {self._left - len(data)} bytes shorter than its Content-Length"
                )
            self._left -= len(data)
        out = self._begin()
        out += self._emit(h11.Data(data=data)) if data else b""
        self.size += 0 if self._bare else len(data)
        if more:
            return out
        if self._announced:
            self.stage = ResponseStage.TRAILERS
            return out
        return out + self._end()

    def _start(self, event: Event) -> bytes:
        if self.stage is not ResponseStage.WAITING:
            raise Violation("RESP-17", f"a second {self._prefix}start")
        status = int(event["status"])
        if 100 <= status < 200:
            raise Violation("SEM-08", f"status {status} is no final status")
        if not 200 <= status <= 599:
            raise Violation("RESP-23", f"there is no status {status}")
        given = fields_of(event, self._remark)
        length = _length_of(given)
        self._head = status, given
        self._phrase = getattr(event["status"], "phrase", None)
        self._bare = self._is_head or status in (204, 205, 304)
        self._left = None if self._bare else length
        self._announced = bool(event.get("trailers", False))
        self.stage = ResponseStage.BODY
        return b""

    def _begin(self) -> bytes:
        """The head, once."""
        if self._head is None:
            return b""
        (status, given), self._head = self._head, None
        phrase = reason(status) if self._phrase is None else self._phrase
        response = h11.Response(status_code=status, headers=self._own(given, status), reason=phrase)
        out = self._emit(response)
        lower = out.lower()
        self.framed = self._bare or b"\r\ncontent-length:" in lower or b"\r\ntransfer-encoding:" in lower
        self.sent = True
        return out

    def _own(self, given: Fields, status: int) -> Fields:
        """The application's fields as they are sent, and those that the server adds."""
        # The server frames the message: www, Response Start (RESP-07).
        headers = without(given, b"transfer-encoding")
        if status in (204, 205):  # RFC 9110, sections 8.6 and 15.3.6
            if status == 204 and has(given, b"content-length"):
                self._remark("FW-11", "a Content-Length with status 204")
            headers = without(headers, b"content-length")
            headers += [(b"content-length", b"0")] if status == 205 else []
        if not has(headers, b"date"):
            headers.append((b"date", formatdate(usegmt=True).encode()))
        if self.closing:
            headers.append((b"connection", b"close"))
        return headers

    def _hint(self, event: Event) -> bytes:
        """103 (Early Hints), before the head; HTTP/1.0 does not have it (EXT-21)."""
        if self.stage is not ResponseStage.BODY:
            raise Violation("EXT-19", f"http.response.early_hint {self.stage.value}")
        links = event.get("links")
        if isinstance(links, (str, bytes, dict)) or not isinstance(links, Iterable):
            raise Violation("CORE-14" if links is None else "CORE-15", "links of an early hint are a list of bytes")
        headers = [checked((b"link", link)) for link in links]
        if self.sent or not self._takes_hints:
            return b""
        return self._emit(h11.InformationalResponse(status_code=103, headers=headers, reason=b"Early Hints"))

    def _take_trailers(self, event: Event) -> bytes:
        if self.stage is not ResponseStage.TRAILERS:
            announced = self._announced or self.stage is ResponseStage.WAITING
            why = f"before the end of the body, {self.stage.value}" if announced else "that were not announced"
            raise Violation("EXT-22", f"http.response.trailers {why}")
        fields = fields_of(event, self._remark)
        for name, _ in fields:
            if name.lower() in NO_TRAILERS:
                raise Violation("EXT-25", f"{name!r} cannot be a trailer")
        self._trailers += fields
        return b"" if event.get("more_trailers", False) else self._end()

    def _end(self) -> bytes:
        # Trailers stand behind the last chunk, and go only to those who asked for them (EXT-23, EXT-25).
        chunked = self.framed and self._left is None and not self._bare
        out = self._emit(h11.EndOfMessage(headers=self._trailers if chunked and self._takes_trailers else []))
        self.stage = ResponseStage.DONE
        return out

    def _emit(self, event: h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage) -> bytes:
        data: bytes = self._protocol.send(event)
        return data


def _length_of(fields: Fields) -> int | None:
    """The application's Content-Length. Raises Violation for an invalid one."""
    values = [value for name, value in fields if name.lower() == b"content-length"]
    if not values:
        return None
    # Twenty digits are the most that h11 writes.
    if len(values) > 1 or not values[0].isdigit() or len(values[0]) > 20:
        raise Violation("RESP-19", f"Content-Length is one number, and this is {b', '.join(values)!r}")
    return int(values[0])


def reason(status: int) -> bytes:
    """The reason phrase of a status, b"" for an unknown one."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def answer(request: Request | None, status: int, text: str, *fields: tuple[bytes, bytes]) -> bytes:
    """A complete answer of the server itself, after which the connection ends (SEM-44).

    ``text`` is its body. ``request`` is None if none could be read.
    """
    protocol = h11.Connection(h11.SERVER) if request is None else request.protocol
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    headers += [(b"date", formatdate(usegmt=True).encode()), *fields, (b"connection", b"close")]
    out = protocol.send(h11.Response(status_code=status, headers=headers, reason=reason(status)))
    if request is None or request.method != "HEAD":
        out += protocol.send(h11.Data(data=body)) + protocol.send(h11.EndOfMessage())
    return out


def refusal(request: Request | None, error: RequestRefused) -> bytes:
    """The answer to a refused request; its body names the clause."""
    return answer(request, error.status, f"{error.clause}: {error.why}", *error.fields)
