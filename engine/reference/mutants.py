"""The reference server with one deliberate fault, to prove that a case can fail.

Each is a fault that a real server has or had. ``--mutant NAME`` enables it before the server starts, and a target has
it as a variant of the reference server: ``--server reference~no-date``. A mutant is built by replacing one function, so
the code of the server contains nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from websockets.exceptions import NegotiationError

from . import connection, exchange, response, session
from .deflate import Deflates
from .fields import Fields
from .frames import ClientFrames
from .lifespan import Lifespan
from .session import WebSocketConversation
from .stream import ServerStream
from .violations import Disconnected

Scope = dict[str, Any]
Install = Callable[[], None]
"""Puts a fault in, in this process."""


def install(name: str) -> None:
    """Enable the fault of that name. Raises KeyError for an unknown name."""
    MUTANTS[name]()


def _replace(owner: ModuleType | type, name: str, wrong: Callable[[Any], Any]) -> Install:
    """A mutation that replaces a function, a method or a property by ``wrong(right)``."""

    def put() -> None:
        setattr(owner, name, wrong(getattr(owner, name)))

    return put


def _scopes(change: Callable[[Scope], None]) -> Install:
    """A mutation that changes every scope before the call of the application."""

    def wrong(right: Any) -> Any:
        def scope_of(*given: Any, **more: Any) -> Scope:
            scope: Scope = right(*given, **more)
            change(scope)
            return scope

        return scope_of

    def put() -> None:
        for module in (exchange, session):
            _replace(module, "scope_of", wrong)()

    return put


def _heads(change: Callable[[bytes], bytes]) -> Install:
    """A mutation that changes every head before it is read."""

    def wrong(right: Any) -> Any:
        def take(buffer: bytearray, *more: Any) -> Any:
            end = buffer.find(b"\r\n\r\n")
            if end >= 0:
                buffer[: end + 4] = change(bytes(buffer[: end + 4]))
            return right(buffer, *more)

        return take

    return _replace(connection, "take", wrong)


def _written(change: Callable[[bytes], bytes]) -> Install:
    """A mutation that changes all written bytes."""

    def wrong(right: Any) -> Any:
        return lambda self, data: right(self, change(data))

    return _replace(ServerStream, "put", wrong)


def _port_as_text(scope: Scope) -> None:
    host, port = scope["client"]
    scope["client"] = (host, str(port))


def _swapped_ends(scope: Scope) -> None:
    scope["client"], scope["server"] = scope["server"], scope["client"]


def _short_version(scope: Scope) -> None:
    scope["http_version"] = scope["http_version"].removesuffix(".0")


def _without_query(scope: Scope) -> None:
    if scope["type"] == "websocket":
        del scope["query_string"]


def _decoded_twice(scope: Scope) -> None:
    scope["path"] = unquote(scope["path"])


def _padded(scope: Scope) -> None:
    own = b"x-engine-call"
    scope["headers"] = [(name, value if name == own else value + b" ") for name, value in scope["headers"]]


def _shared(right: Any) -> Any:
    def scope_of(request: Any, kind: str, ends: Any, state: Any, *rest: Any, **more: Any) -> Scope:
        scope: Scope = right(request, kind, ends, state, *rest, **more)
        return {**scope, "state": state} if state is not None else scope

    return scope_of


def _share_state() -> None:
    for module in (exchange, session):
        _replace(module, "scope_of", _shared)()


def _with_a_host(head: bytes) -> bytes:
    return head if b"\nhost:" in head.lower() else head[:-2] + b"Host: made.up\r\n\r\n"


def _without_a_length(head: bytes) -> bytes:
    chunked = b"\ntransfer-encoding:" in head.lower()
    return re.sub(rb"(?i)\r\ncontent-length:[^\r]*", b"", head) if chunked else head


def _undated(data: bytes) -> bytes:
    return re.sub(rb"(?i)^(HTTP/1.1 .*?)\r\ndate:[^\r]*", rb"\1", data, flags=re.DOTALL)


def _without_pongs(data: bytes) -> bytes:
    return b"" if data[:1] == b"\x8a" else data


def _an_hour_off(right: Any) -> Any:
    return lambda timeval=None, **more: right(time.time() - 3600, **more)


def _stuck(right: Any) -> Any:
    first = right(usegmt=True)
    return lambda *given, **more: first


def _with_length_0(scope: Scope) -> None:
    scope["headers"] = [(name, b"0" if name == b"content-length" else value) for name, value in scope["headers"]]


def _put_silently(right: Any) -> Any:
    def put(self: ServerStream, data: bytes) -> None:
        with contextlib.suppress(Disconnected):
            right(self, data)

    return put


def _drained_silently(right: Any) -> Any:
    async def drain(self: ServerStream) -> None:
        with contextlib.suppress(Disconnected):
            await right(self)

    return drain


def _silence() -> None:
    _replace(ServerStream, "put", _put_silently)()
    _replace(ServerStream, "drain", _drained_silently)()


def _regrouped(right: Any) -> Any:
    def fields_of(*given: Any) -> Fields:
        return sorted(right(*given))

    return fields_of


def _never(right: Any) -> Any:
    async def gone(self: ServerStream) -> None:
        await asyncio.Event().wait()

    return gone


def _lost(right: Any) -> Any:
    return property(lambda self: (1006, ""))


def _coarse(right: Any) -> Any:
    def close(self: ClientFrames, code: int, reason: str = "") -> None:
        right(self, code if code == 1000 else 1011, reason)

    return close


def _begun(**attributes: object) -> Install:
    """A mutation that begins every response with these attributes, whatever the request says."""

    def wrong(right: Any) -> Any:
        def init(self: response.ResponseWriter, *given: Any, **more: Any) -> None:
            right(self, *given, **more)
            for name, value in attributes.items():
                setattr(self, name, value)

        return init

    return _replace(response.ResponseWriter, "__init__", wrong)


def _forbidden(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Scope) -> None:
        right(self, kind, {**event, "status": 403} if "status" in event else event)

    return deny


def _in_one_piece(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Scope) -> None:
        if event.get("more_body"):
            raise RuntimeError("a denial has its body in one piece")
        right(self, kind, event)

    return deny


def _empty(right: Any) -> Any:
    return lambda path: iter(()) if os.path.exists(path) else right(path)


def _never_missing(right: Any) -> Any:
    return lambda path: right(path) if os.path.exists(path) else iter(())


def _declined(right: Any) -> Any:
    def process_request_params(self: Deflates, params: Any, accepted: Any) -> Any:
        raise NegotiationError("no compression")

    return process_request_params


def _refused(right: Any) -> Any:
    def close_as(self: WebSocketConversation, event: Scope) -> None:
        if event.get("code", 1000) != 1000:
            raise ValueError("a close code that cannot be sent")
        right(self, event)

    return close_as


def _not_asked(right: Any) -> Any:
    async def start(self: Lifespan) -> None:
        """It has none."""

    return start


MUTANTS: dict[str, Install] = {
    "client-port-text": _scopes(_port_as_text),
    "ends-swapped": _scopes(_swapped_ends),
    "version-1": _scopes(_short_version),
    "websocket-without-query": _scopes(_without_query),
    "path-decoded-twice": _scopes(_decoded_twice),
    "values-padded": _scopes(_padded),
    "state-shared": _share_state,
    "missing-host-served": _heads(_with_a_host),
    "both-lengths-served": _heads(_without_a_length),
    "no-date": _written(_undated),
    "date-an-hour-off": _replace(response, "formatdate", _an_hour_off),
    "date-stuck": _replace(response, "formatdate", _stuck),
    "length-passed-on-as-0": _scopes(_with_length_0),
    "no-pong": _written(_without_pongs),
    "send-never-raises": _silence,
    "headers-regrouped": _replace(response, "fields_of", _regrouped),
    "no-disconnect": _replace(ServerStream, "gone", _never),
    "disconnect-1006": _replace(ClientFrames, "closed_with", _lost),
    "close-1011": _replace(ClientFrames, "close", _coarse),
    "close-refused": _replace(WebSocketConversation, "_close_as", _refused),
    "denial-403": _replace(WebSocketConversation, "_deny", _forbidden),
    "denial-in-one-piece": _replace(WebSocketConversation, "_deny", _in_one_piece),
    "trailers-dropped": _begun(_takes_trailers=False),
    "trailers-to-all": _begun(_takes_trailers=True),
    "hints-to-all": _begun(_takes_hints=True),
    "files-empty": _replace(exchange, "pieces", _empty),
    "missing-files-empty": _replace(exchange, "pieces", _never_missing),
    "no-deflate": _replace(Deflates, "process_request_params", _declined),
    "no-lifespan": _replace(Lifespan, "start", _not_asked),
}
