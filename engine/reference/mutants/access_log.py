"""Faults in the access log."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .. import connection, log
from ..connection import ServerConnection
from ..exchange import Exchange
from ..opening import is_handshake
from ..stream import ServerStream
from .base import Install, Mutant, replaced, served_with, together


def _twice(right: Any) -> Any:
    def access(*given: Any) -> None:
        right(*given)
        right(*given)

    return access


def _again_without_status(right: Any) -> Any:
    def access(client: Any, request: str, version: str, status: int, size: int) -> None:
        right(client, request, version, status, size)
        right(client, request, version, 0, 0)

    return access


def _in_ascii(right: Any) -> Any:
    """Read the fields of a request that is logged as ASCII, and its path as UTF-8."""

    async def serve(self: ServerConnection, request: Any) -> bool:
        going = bool(await right(self, request))
        if self._service.options.access_log:
            for _, value in request.fields:
                value.decode("ascii")
        return going

    return serve


def _written_in_ascii(right: Any) -> Any:
    def put(self: ServerStream, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 203"):
            data.partition(b"\r\n\r\n")[0].decode("ascii")
        right(self, data)

    return put


def _size(change: Any) -> Install:
    """Change the size that is logged."""

    def wrong(right: Any) -> Any:
        return lambda client, request, version, status, size: right(client, request, version, status, change(size))

    return replaced(log, "access", wrong)


def _first_of_a_connection(right: Any) -> Any:
    async def serve(self: ServerConnection, request: Any) -> bool:
        if not self._served:
            return bool(await right(self, request))
        access, log.access = log.access, lambda *given: None
        try:
            return bool(await right(self, request))
        finally:
            log.access = access

    return serve


def _without_websockets(right: Any) -> Any:
    async def serve(self: ServerConnection, request: Any) -> bool:
        if not is_handshake(request):
            return bool(await right(self, request))
        access, log.access = log.access, lambda *given: None
        try:
            return bool(await right(self, request))
        finally:
            log.access = access

    return serve


def _complete_only() -> Install:
    """Log a request only if its response was complete."""
    complete: list[bool] = [True]

    def noting(right: Any) -> Any:
        async def run(self: Exchange) -> bool:
            found = bool(await right(self))
            complete[0] = self._response.done
            return found

        return run

    def wrong(right: Any) -> Any:
        return lambda *given: right(*given) if complete[0] else None

    return together(replaced(Exchange, "run", noting), replaced(log, "access", wrong))


def _decoded() -> Install:
    """Log the request with its target decoded, and nothing escaped."""

    def wrong(right: Any) -> Any:
        def access(client: Any, request: str, version: str, status: int, size: int) -> None:
            log._write(f'reference: "{unquote(request)} HTTP/{version}" {status or "-"} {size}\n')

        return access

    return replaced(log, "access", wrong)


def _fields_logged(*names: bytes) -> Install:
    """Log some fields of each head, also of one that is refused, and nothing escaped."""
    line = re.compile(rb"\r\n(%s): (.*?)\r\n(?![ \t])" % b"|".join(names), re.DOTALL | re.IGNORECASE)

    def wrong(right: Any) -> Any:
        def take(buffer: bytearray, *more: Any) -> Any:
            if b"\r\n\r\n" in buffer:
                for name, value in line.findall(bytes(buffer)):
                    log._write(f'reference: "{_shown(name, value)}"\n')
            return right(buffer, *more)

        return take

    return replaced(connection, "take", wrong)


def _shown(name: bytes, value: bytes) -> str:
    """A value as text; of credentials it is the user's name."""
    if name.lower() == b"authorization":
        try:
            value = base64.b64decode(value.partition(b" ")[2]).partition(b":")[0]
        except binascii.Error:
            return "-"
    return value.decode(errors="replace")


def _query_logged(right: Any) -> Any:
    async def serve(self: ServerConnection, request: Any) -> bool:
        log._write(f"reference: {unquote(request.target.query.decode('latin-1'))}\n")
        return bool(await right(self, request))

    return serve


MUTANTS: Mapping[str, Mutant] = {
    "access-log-twice": Mutant("a request has two lines in the access log", replaced(log, "access", _twice)),
    "access-log-of-a-call-as-well": Mutant(
        "the access log has a second line without a status", replaced(log, "access", _again_without_status)
    ),
    "access-log-of-ascii": Mutant(
        "a field of a request that is not ASCII breaks the access log", replaced(ServerConnection, "_serve", _in_ascii)
    ),
    "access-log-of-ascii-responses": Mutant(
        "a field of a response that is not ASCII breaks the access log",
        replaced(ServerStream, "put", _written_in_ascii),
    ),
    "access-log-without-size": Mutant("the access log has no size", _size(lambda size: "-")),
    "access-log-size-is-cut": Mutant("the access log has the size modulo 1,000", _size(lambda size: size % 1000)),
    "access-log-per-connection": Mutant(
        "the access log has only the first request of a connection",
        replaced(ServerConnection, "_serve", _first_of_a_connection),
    ),
    "access-log-without-websockets": Mutant(
        "the access log has no WebSockets", replaced(ServerConnection, "_serve", _without_websockets)
    ),
    "access-log-complete-only": Mutant("the access log has only requests with a complete response", _complete_only()),
    "access-log-always": Mutant("requests are logged without the option, too", served_with(access_log=True)),
    "access-log-raw-query": Mutant(
        "the log has the query decoded, and nothing escaped", replaced(ServerConnection, "_serve", _query_logged)
    ),
    "access-log-decoded": Mutant("the access log has the request decoded, and nothing escaped", _decoded()),
    "access-log-raw-fields": Mutant(
        "the log has User-Agent and Referer as they came", _fields_logged(b"user-agent", b"referer")
    ),
    "access-log-raw-user": Mutant(
        "the log has the user's name of Basic credentials as it came", _fields_logged(b"authorization")
    ),
}
