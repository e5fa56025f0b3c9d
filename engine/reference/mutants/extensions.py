"""Faults in the extensions: denial responses, trailers, early hints, files, and compression of WebSockets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from websockets.exceptions import NegotiationError

from .. import exchange, response
from ..deflate import Deflates, ServerInflater
from ..response import ResponseWriter
from ..session import WebSocketConversation
from .base import Event, Install, Mutant, constant, replaced, scopes, sent
from .base_values import Wrong


def _begun(**attributes: object) -> Install:
    """Begin every response with these attributes, whatever the request says."""

    def wrong(right: Any) -> Any:
        def init(self: ResponseWriter, *given: Any, **more: Any) -> None:
            right(self, *given, **more)
            for name, value in attributes.items():
                setattr(self, name, value)

        return init

    return replaced(ResponseWriter, "__init__", wrong)


def _forbidden(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Event) -> None:
        right(self, kind, {**event, "status": 403} if "status" in event else event)

    return deny


def _in_one_piece(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Event) -> None:
        if event.get("more_body"):
            raise RuntimeError("a denial has its body in one piece")
        right(self, kind, event)

    return deny


def _bare(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Event) -> None:
        right(self, kind, {name: value for name, value in event.items() if name != "headers"})

    return deny


def _bodiless(right: Any) -> Any:
    def deny(self: WebSocketConversation, kind: str, event: Event) -> None:
        right(self, kind, {**event, "body": b""} if "body" in event else event)

    return deny


def _after_denial(right: Any) -> Any:
    """Accept although a denial has begun."""

    async def send(self: Any, event: Event) -> None:
        if event.get("type") == "websocket.accept" and self._stage.name == "DENYING":
            return
        await right(self, event)

    return send


def _empty(right: Any) -> Any:
    return lambda path: iter(()) if os.path.exists(path) else right(path)


def _never_missing(right: Any) -> Any:
    return lambda path: right(path) if os.path.exists(path) else iter(())


def _relative(right: Any) -> Any:
    return lambda path: right(os.path.abspath(path))


def _first_of_file(right: Any) -> Any:
    def pieces(path: str) -> Any:
        for piece in right(path):
            yield piece
            return

    return pieces


def _nothing(right: Any) -> Any:
    return lambda event: iter(())


def _event(without: tuple[str, ...] = (), **more: object) -> Wrong:
    """Send another part of an open file."""

    def wrong(right: Any) -> Any:
        return lambda event: right({**{key: event[key] for key in event if key not in without}, **more})

    return wrong


def _closes(right: Any) -> Any:
    def pieces(event: Event) -> Any:
        yield from right(event)
        os.close(event["file"].fileno())

    return pieces


def _of_file(event: Event) -> bool:
    return event.get("type") == "http.response.zerocopysend"


def _ends_with_file(call: Any, event: Event) -> Event:
    return {**event, "more_body": False} if _of_file(event) else event


def _once(call: Any, event: Event) -> Event:
    if _of_file(event):
        if getattr(call, "_has_file", False):
            raise RuntimeError("a file after another one")
        call._has_file = True
    return event


def _not_mixed(call: Any, event: Event) -> Event:
    if _of_file(event) and call._response.sent and not getattr(call, "_has_file", False):
        raise RuntimeError("a file after a piece of the body")
    call._has_file = getattr(call, "_has_file", False) or _of_file(event)
    return event


def _declined(right: Any) -> Any:
    def process_request_params(self: Deflates, params: Any, accepted: Any) -> Any:
        raise NegotiationError("no compression")

    return process_request_params


def _unnegotiated(right: Any) -> Any:
    """Agree on what the client did not offer."""

    def process_request_params(self: Deflates, params: Any, accepted: Any) -> Any:
        answer, agreed = right(self, params, accepted)
        return [*answer, ("client_max_window_bits", "8")], agreed

    return process_request_params


def _without_takeover(right: Any) -> Any:
    """Forget the window of the client between messages, though the client keeps it."""

    def decompress(self: Any, data: bytes, max_length: int = 0) -> bytes:
        out: bytes = right(self, data, max_length)
        self._stream = type(self)(self._bits)._stream
        return out

    return decompress


def _unlimited(right: Any) -> Any:
    return lambda self, data, max_length=0: right(self, data, 0)


def _trailers_as_headers(right: Any) -> Any:
    def take(self: ResponseWriter, event: Event) -> bytes:
        right(self, {**event, "more_trailers": True})
        if event.get("more_trailers"):
            return b""
        self._trailers = []
        return self._end()

    return take


def _one_event(right: Any) -> Any:
    def take(self: ResponseWriter, event: Event) -> bytes:
        data: bytes = right(self, {**event, "more_trailers": False})
        return data

    return take


def _no_hint(call: Any, event: Event) -> Event | None:
    return None if event.get("type") == "http.response.early_hint" else event


def _one_link(call: Any, event: Event) -> Event:
    if event.get("type") == "http.response.early_hint" and isinstance(event.get("links"), (list, tuple)):
        return {**event, "links": list(event["links"])[:1]}
    return event


def _unannounced(call: Any, event: Event) -> Event | None:
    return None if event.get("type") == "http.response.trailers" and not call._response._announced else event


MUTANTS: Mapping[str, Mutant] = {
    "denial-403": Mutant(
        "an application's own answer to a handshake has status 403",
        replaced(WebSocketConversation, "_deny", _forbidden),
    ),
    "denial-in-one-piece": Mutant(
        "send() raises for the first of several pieces of an answer to a handshake",
        replaced(WebSocketConversation, "_deny", _in_one_piece),
    ),
    "denial-without-headers": Mutant(
        "an application's own answer to a handshake loses its headers", replaced(WebSocketConversation, "_deny", _bare)
    ),
    "denial-without-body": Mutant(
        "an application's own answer to a handshake loses its body", replaced(WebSocketConversation, "_deny", _bodiless)
    ),
    "accept-after-denial-ignored": Mutant(
        "websocket.accept after the start of a denial is ignored",
        replaced(WebSocketConversation, "_send", _after_denial),
    ),
    "denial-not-offered": Mutant(
        "a WebSocket's scope does not name the extension websocket.http.response",
        scopes(lambda scope: scope["extensions"].pop("websocket.http.response", None) and None),
    ),
    "trailers-dropped": Mutant("trailers are not sent", _begun(_takes_trailers=False)),
    "trailers-to-all": Mutant("trailers go to clients that have not asked for them", _begun(_takes_trailers=True)),
    "trailers-in-one-event": Mutant(
        "the first http.response.trailers ends the response", replaced(ResponseWriter, "_take_trailers", _one_event)
    ),
    "trailers-lost": Mutant(
        "the fields of trailers are lost", replaced(ResponseWriter, "_take_trailers", _trailers_as_headers)
    ),
    "trailers-unannounced-ignored": Mutant("trailers that were not announced are ignored", sent(_unannounced)),
    "trailers-any-name": Mutant("every field may be a trailer", constant(response, "NO_TRAILERS", ())),
    "hints-to-all": Mutant("clients of HTTP/1.0 are sent early hints", _begun(_takes_hints=True)),
    "hints-dropped": Mutant("early hints are not sent", sent(_no_hint)),
    "hints-first-link": Mutant("only the first link of an early hint is sent", sent(_one_link)),
    "files-empty": Mutant("a file that is sent by its path is empty", replaced(exchange, "pieces", _empty)),
    "files-cut": Mutant("the first piece of a file is sent", replaced(exchange, "pieces", _first_of_file)),
    "missing-files-empty": Mutant(
        "a path that leads nowhere is sent as an empty file", replaced(exchange, "pieces", _never_missing)
    ),
    "files-relative": Mutant("a relative path is accepted", replaced(exchange, "pieces", _relative)),
    "descriptors-empty": Mutant(
        "a file that is sent by its descriptor is empty", replaced(exchange, "pieces_of_descriptor", _nothing)
    ),
    "descriptors-first-piece": Mutant(
        "the first piece of an open file is sent", replaced(exchange, "pieces_of_descriptor", _first_of_file)
    ),
    "descriptors-whole": Mutant(
        "the part of an open file that is sent is the whole of it",
        replaced(exchange, "pieces_of_descriptor", _event(without=("count",), offset=0)),
    ),
    "descriptors-without-offset": Mutant(
        "the offset in an open file is ignored",
        replaced(exchange, "pieces_of_descriptor", _event(without=("offset",))),
    ),
    "descriptors-without-count": Mutant(
        "the count of bytes of an open file is ignored",
        replaced(exchange, "pieces_of_descriptor", _event(without=("count",))),
    ),
    "descriptors-end": Mutant("a file that is sent by its descriptor ends the response", sent(_ends_with_file)),
    "descriptors-closed": Mutant(
        "the server closes the descriptor of a file", replaced(exchange, "pieces_of_descriptor", _closes)
    ),
    "descriptors-once": Mutant("send() raises for a second file in one response", sent(_once)),
    "descriptors-not-mixed": Mutant("send() raises for a file after a piece of the body", sent(_not_mixed)),
    "no-deflate": Mutant("permessage-deflate is declined", replaced(Deflates, "process_request_params", _declined)),
    "deflate-unasked": Mutant(
        "the answer has a parameter of compression that the client did not offer",
        replaced(Deflates, "process_request_params", _unnegotiated),
    ),
    "deflate-forgets": Mutant(
        "the window of compressed messages is forgotten", replaced(ServerInflater, "decompress", _without_takeover)
    ),
    "deflate-unlimited": Mutant(
        "a compressed message may become of any size", replaced(ServerInflater, "decompress", _unlimited)
    ),
}
