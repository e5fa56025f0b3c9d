"""A response over HTTP/2: the application's events in, parts of a response out.

The checks are those of HTTP/1.1 (``..response``); what differs is the framing: there are no chunks, no connection to
close, and no fields about it.
"""

from __future__ import annotations

from email.utils import formatdate

import h11

from ..fields import Fields, without
from ..head import Request
from ..response import ResponseWriter
from ..violations import Remark

Part = h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage
OF_THE_CONNECTION = (b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade")


class Parts:
    """The parts of a response that were not sent yet, in order."""

    our_state: object = h11.DONE

    def __init__(self) -> None:
        self._waiting: list[Part] = []

    def send(self, event: Part) -> bytes:
        """Keep a part. Returns no bytes: frames depend on windows."""
        self._waiting.append(event)
        return b""

    def taken(self) -> list[Part]:
        """The parts since the last call."""
        found, self._waiting = self._waiting, []
        return found


class Http2Response(ResponseWriter):
    """The response to one request; its parts are in the request's ``protocol``."""

    def __init__(self, request: Request, remark: Remark) -> None:
        super().__init__(request, remark)
        self._takes_trailers = "trailers" in request.words(b"te")
        self._takes_hints = True
        self.status = 0

    def _begin(self) -> bytes:
        if self._head is not None:
            self.status = self._head[0]
        super()._begin()
        self.framed = True
        return b""

    def _own(self, given: Fields, status: int) -> Fields:
        return without(super()._own(given, status), *OF_THE_CONNECTION)

    def _end(self) -> bytes:
        self._left = None  # a Content-Length is no reason to leave trailers out
        self._trailers = without(self._trailers, *OF_THE_CONNECTION)
        return super()._end()


def plain(status: int, text: str, *, bare: bool = False) -> list[Part]:
    """A complete answer of the server itself, whose body is a line of text; without the body if ``bare``."""
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    headers.append((b"date", formatdate(usegmt=True).encode()))
    found: list[Part] = [h11.Response(status_code=status, headers=headers)]
    return [*found, *([] if bare else [h11.Data(data=body)]), h11.EndOfMessage()]


def fields_of(part: h11.Response | h11.InformationalResponse) -> list[tuple[bytes, bytes]]:
    """The field section of a head: the status, and the fields in lower case."""
    fields = [(bytes(name).lower(), bytes(value)) for name, value in part.headers]
    return [(b":status", b"%d" % part.status_code), *fields]
