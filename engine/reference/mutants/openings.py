"""Faults in the forms of a handshake, in its answer, and in an application's refusal, as servers have had them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from .. import response, session
from ..connection import ServerConnection
from ..opening import Opening, is_handshake, opened
from ..response import ResponseWriter
from ..scope import subprotocols
from ..session import WebSocketConversation, WebSocketStage
from ..violations import Violation
from .base import (
    Event,
    Install,
    Mutant,
    everywhere,
    heads,
    replaced,
    scopes,
    sent_by_websockets,
    together,
    written,
)


def _handshakes(wrong: Callable[[Any], bool]) -> Install:
    """Take a request for a handshake only if ``wrong`` also holds."""
    return everywhere(is_handshake, lambda right: lambda request: right(request) and wrong(request))


def _connection_line(number: int) -> Callable[[Any], bool]:
    return lambda request: b"upgrade" in request.values(b"connection")[number].lower()


def _any_method(right: Any) -> Any:
    return lambda request: right(replace(request, method=request.method.upper()))


def _other_protocols(right: Any) -> Any:
    return lambda request: (
        right(request)
        or ("upgrade" in request.words(b"connection") and any("web" in word for word in request.words(b"upgrade")))
    )


def _only_first(right: Any) -> Any:
    """Take a handshake for a request, unless it is the first on its connection."""

    async def serve(self: ServerConnection, request: Any) -> bool:
        later = self._served
        return bool(await right(self, replace(request, version="1.0") if later else request))

    return serve


def _last_key(data: bytes) -> bytes:
    """Keep the last of several keys and versions."""
    for name in (b"key", b"version"):
        lines = re.findall(rb"(?i)\r\nsec-websocket-" + name + rb":[^\r]*", data)
        for line in lines[:-1]:
            data = data.replace(line, b"", 1)
    return data


def _any_number(data: bytes) -> bytes:
    return re.sub(rb"(?i)(\r\nsec-websocket-version:)[ \t]*\+?0*13(?:\.0)?[ \t]*\r", rb"\1 13\r", data)


def _without_absolute(data: bytes) -> bytes:
    return re.sub(rb"\A(GET )http://([^ ]*)", rb"\1/http:/\2", data) if b"pgrade: websocket" in data else data


def _shared(right: Any) -> Any:
    """Give each handshake the answer that the first one got."""
    kept: list[Opening] = []

    def found(request: Any, limit: int) -> Opening:
        mine: Opening = right(request, limit)
        kept.append(mine)
        return Opening(mine.protocol, kept[0].fields)

    return found


def _echoed(right: Any) -> Any:
    """Agree to every extension that the client offers."""

    def found(request: Any, limit: int) -> Opening:
        mine: Opening = right(request, limit)
        offered = request.values(b"sec-websocket-extensions") or [b"permessage-deflate"]
        own = [field for field in mine.fields if field[0].lower() != b"sec-websocket-extensions"]
        return Opening(mine.protocol, [*own, (b"Sec-WebSocket-Extensions", offered[0])])

    return found


def _with_length(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\r\nContent-Length: 0\r\n", 1) if data.startswith(b"HTTP/1.1 101") else data


def _dated_twice(data: bytes) -> bytes:
    return re.sub(rb"(?i)(\r\ndate: [^\r]*)", rb"\1\1", data, count=1) if data.startswith(b"HTTP/1.1 101") else data


def _accepts(change: Callable[[list[Any]], list[Any]]) -> Install:
    """Change the headers of each websocket.accept."""

    def changed(call: Any, event: Event) -> Event:
        if event.get("type") == "websocket.accept" and event.get("headers"):
            return {**event, "headers": change(list(event["headers"]))}
        return event

    return sent_by_websockets(changed)


def _kept() -> Install:
    """Send the headers of all earlier answers too."""
    earlier: list[Any] = []

    def changed(call: Any, event: Event) -> Event:
        if event.get("type") != "websocket.accept":
            return event
        before = list(earlier)
        earlier.extend(event.get("headers", ()))
        return {**event, "headers": [*before, *event.get("headers", ())]}

    return sent_by_websockets(changed)


def _unchecked(right: Any) -> Any:
    """Send headers with any characters."""

    def fields_of(event: Event, remark: Any) -> Any:
        return [(bytes(name), bytes(value)) for name, value in event.get("headers", ())]

    return fields_of


def _lenient(names: tuple[bytes, ...]) -> Install:
    """Send some headers of websocket.accept although they are the server's."""

    def wrong(right: Any) -> Any:
        def accept(self: Any, event: Event) -> None:
            given = [field for field in event.get("headers", ()) if field[0].lower() in names]
            rest = [field for field in event.get("headers", ()) if field[0].lower() not in names]
            stream, put = self._stream, self._stream.put
            lines = b"".join(b"%s: %s\r\n" % tuple(field) for field in given)
            stream.put = lambda data: put(data[:-2] + lines + b"\r\n")
            try:
                right(self, {**event, "headers": rest})
            finally:
                stream.put = put

        return accept

    return replaced(WebSocketConversation, "_accept", wrong)


def _unoffered(right: Any) -> Any:
    """Send the subprotocol of the application, whatever the client offered."""

    def accept(self: Any, event: Event) -> None:
        chosen = event.get("subprotocol")
        put = self._stream.put
        line = b"Sec-WebSocket-Protocol: %s\r\n" % chosen.encode() if chosen else b""
        self._stream.put = lambda data: put(data[:-2] + line + b"\r\n")
        try:
            right(self, {**event, "subprotocol": None})
        finally:
            self._stream.put = put

    return accept


def _first_only(right: Any) -> Any:
    """Raise in send() for another subprotocol than the first."""

    def accept(self: Any, event: Event) -> None:
        if event.get("subprotocol") not in (None, *subprotocols(self._request)[:1]):
            raise ValueError("not the preferred subprotocol")
        right(self, event)

    return accept


def _offers(change: Callable[[list[str]], list[str]]) -> Install:
    return everywhere(subprotocols, lambda right: lambda request: change(right(request)))


def _split(request: Any) -> list[str]:
    values = b",".join(request.values(b"sec-websocket-protocol")).decode("latin-1")
    return [word.strip(" \t") for word in values.split(",")] if values else []


def _ascii_only(right: Any) -> Any:
    """End the connection of a client that offers a subprotocol beyond ASCII."""

    async def run(self: Any) -> None:
        if any(not value.isascii() for value in self._request.values(b"sec-websocket-protocol")):
            self._stream.reset()
            return
        await right(self)

    return run


def _left_waiting(right: Any) -> Any:
    """Leave the client waiting if the application returned without an answer."""

    def left(self: Any, failed: bool) -> None:
        if failed or self._stage is not WebSocketStage.CONNECTING:
            right(self, failed)

    return left


def _held_open(right: Any) -> Any:
    """Keep the connection open after a refusal, without reading from it."""

    async def run(self: Any) -> None:
        await right(self)
        if self._frames is None:
            await asyncio.sleep(30)

    return run


def _answered_twice(right: Any) -> Any:
    """Complete the handshake behind the answer that refused it."""

    async def run(self: Any) -> None:
        await right(self)
        if self._frames is None and self._opening is not None and not self._stream.lost:
            lines = b"".join(b"%s: %s\r\n" % field for field in self._opening.fields)
            self._stream.put(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n")

    return run


def _timed(right: Any) -> Any:
    """End a WebSocket when its connection would be idle for too long, whatever happens on it."""

    async def run(self: Any) -> None:
        timer = asyncio.get_running_loop().call_later(self._service.options.keep_alive, self._stream.reset)
        await right(self)
        timer.cancel()

    return run


def _told_never(right: Any) -> Any:
    def disconnect(self: Any) -> None:
        if self._stage is not WebSocketStage.CONNECTING:
            right(self)

    return disconnect


def _raises_after_end(right: Any) -> Any:
    """Raise another error than OSError for the accept of a client that has left."""

    def accept(self: Any, event: Event) -> None:
        if self._stage is WebSocketStage.OVER or self._stream.lost:
            raise Violation("WSA-46", "the connection is upgraded already")
        right(self, event)

    return accept


def _needs_connect(right: Any) -> Any:
    """Raise for an accept of an application that has not received websocket.connect."""

    def accept(self: Any, event: Event) -> None:
        if self._events.qsize():
            raise ValueError("receive websocket.connect first")
        right(self, event)

    return accept


def _greeted(right: Any) -> Any:
    """Deliver an empty message before the handshake is complete."""

    def queue_event(self: Any, event: Event) -> None:
        right(self, event)
        if event["type"] == "websocket.connect":
            right(self, {"type": "websocket.receive", "text": ""})

    return queue_event


def _cancelled(right: Any) -> Any:
    """Give a task that waits in receive() a disconnect when the application accepts."""

    def accept(self: Any, event: Event) -> None:
        right(self, event)
        if getattr(self._events, "_getters", None):
            self._queue_event({"type": "websocket.disconnect", "code": 1006, "reason": ""})

    return accept


def _starts(change: Callable[[list[Any]], list[Any]]) -> Install:
    """Change the headers of each denial response."""

    def changed(call: Any, event: Event) -> Event:
        if event.get("type") == "websocket.http.response.start":
            return {**event, "headers": change(list(event.get("headers", ())))}
        return event

    return sent_by_websockets(changed)


def _with_own_content(right: Any) -> Any:
    """Add the content headers of the server's own refusals to a denial response."""

    def own(self: ResponseWriter, given: Any, status: int) -> Any:
        found = right(self, given, status)
        if self._prefix.startswith("websocket"):
            found = [(b"content-type", b"text/plain; charset=utf-8"), *found]
        return found

    return own


def _denied_without_date(data: bytes) -> bytes:
    return re.sub(rb"(?i)\A(HTTP/1.1 [345][^\0]*?)\r\ndate: [^\r]*", rb"\1", data, count=1)


def _text_only(right: Any) -> Any:
    def deny(self: Any, kind: str, event: Event) -> None:
        event.get("body", b"").decode()
        right(self, kind, event)

    return deny


def _all_keys(right: Any) -> Any:
    def deny(self: Any, kind: str, event: Event) -> None:
        event["headers" if kind.endswith("start") else "body"]  # it raises KeyError
        right(self, kind, event)

    return deny


def _completed(right: Any) -> Any:
    """Complete a denial response that the application left incomplete."""

    def left(self: Any, failed: bool) -> None:
        if self._stage is WebSocketStage.DENYING and not self._response.done:
            missing = self._response._left or 0
            self._stream.put(self._response.piece(b" " * missing, more=False))
        right(self, failed)

    return left


def _known_statuses(right: Any) -> Any:
    def deny(self: Any, kind: str, event: Event) -> None:
        known = (200, 400, 401, 403, 404, 500, 503)
        right(self, kind, event if event.get("status", 403) in known else {**event, "status": 403})

    return deny


def _ignored(stage: WebSocketStage, *kinds: str) -> Install:
    def changed(call: Any, event: Event) -> Event | None:
        return None if call._stage is stage and str(event.get("type")).startswith(kinds) else event

    return sent_by_websockets(changed)


def _last_start(right: Any) -> Any:
    def deny(self: Any, kind: str, event: Event) -> None:
        if kind.endswith("start"):
            self._response.stage = response.ResponseStage.WAITING
        right(self, kind, event)

    return deny


def _begun_raw(right: Any) -> Any:
    """Send the lines that no header may have behind the others."""

    def begin(self: ResponseWriter) -> bytes:
        if self._head is None:
            return bytes(right(self))
        status, given = self._head
        bad = [field for field in given if re.search(rb"[\r\n]", b"".join(field))]
        self._head = status, [field for field in given if field not in bad]
        lines = b"".join(b"%s: %s\r\n" % field for field in bad)
        head, _, rest = bytes(right(self)).partition(b"\r\n\r\n")
        return head + b"\r\n" + lines + b"\r\n" + rest

    return begin


def _of_websockets(change: Callable[[dict[str, Any]], None]) -> Install:
    """Change the scope of each WebSocket."""
    return scopes(lambda scope: change(scope) if scope["type"] == "websocket" else None)


def _without_own(scope: dict[str, Any]) -> None:
    scope["headers"] = [pair for pair in scope["headers"] if not pair[0].startswith((b"sec-", b"upgrade"))]


def _joined(scope: dict[str, Any]) -> None:
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = b",".join([found[name], value]) if name in found else value
    scope["headers"] = list(found.items())


def _small_values(scope: dict[str, Any]) -> None:
    scope["headers"] = [(name, value.lower()) for name, value in scope["headers"]]


def _no_bytes(scope: dict[str, Any]) -> None:
    scope["headers"] = [(name, value.decode("ascii", "replace").encode()) for name, value in scope["headers"]]


def _decoded_raw(scope: dict[str, Any]) -> None:
    scope["raw_path"] = scope["path"].encode()


def _decoded_twice(scope: dict[str, Any]) -> None:
    scope["path"] = unquote(scope["path"])


def _query_decoded(scope: dict[str, Any]) -> None:
    scope["query_string"] = unquote(scope["query_string"].decode()).encode()


def _parameters_cut(scope: dict[str, Any]) -> None:
    scope["path"] = scope["path"].partition(";")[0]


def _target_cut(scope: dict[str, Any]) -> None:
    scope["path"], scope["query_string"] = scope["path"][:1024], scope["query_string"][:1024]


def _port_as_text(scope: dict[str, Any]) -> None:
    scope["client"] = (scope["client"][0], str(scope["client"][1]))


MUTANTS: Mapping[str, Mutant] = {
    "ws-upgrade-in-lower-case": Mutant(
        "Upgrade names WebSocket only in lower case",
        _handshakes(lambda request: b"websocket" in b",".join(request.values(b"upgrade"))),
    ),
    "ws-connection-alone": Mutant(
        "Connection may have no other option than upgrade",
        _handshakes(lambda request: request.words(b"connection") == ["upgrade"]),
    ),
    "ws-connection-first-line": Mutant("only the first line of Connection counts", _handshakes(_connection_line(0))),
    "ws-connection-last-line": Mutant("only the last line of Connection counts", _handshakes(_connection_line(-1))),
    "ws-any-letter-case-of-get": Mutant("a handshake may have the method get", everywhere(is_handshake, _any_method)),
    "ws-longer-names": Mutant(
        "every protocol whose name contains web is WebSocket", everywhere(is_handshake, _other_protocols)
    ),
    "ws-first-request-only": Mutant(
        "a handshake behind another request is a request", replaced(ServerConnection, "_serve", _only_first)
    ),
    "ws-last-of-several": Mutant("the last of several keys and versions counts", heads(_last_key)),
    "ws-version-as-a-number": Mutant("the version is compared as a number", heads(_any_number)),
    "ws-absolute-form-as-path": Mutant("an absolute URI of a handshake is its path", heads(_without_absolute)),
    "ws-answers-shared": Mutant("every handshake gets the answer of the first", everywhere(opened, _shared)),
    "ws-extensions-echoed": Mutant("every offered extension is agreed to", everywhere(opened, _echoed)),
    "ws-101-with-length": Mutant("the 101 has a Content-Length", written(_with_length)),
    "ws-101-with-two-dates": Mutant("the 101 has two Date lines", written(_dated_twice)),
    "ws-accept-values-lower": Mutant(
        "values of the headers of websocket.accept are in lower case",
        _accepts(lambda given: [(name, value.lower()) for name, value in given]),
    ),
    "ws-accept-last-value": Mutant(
        "one header of each name in websocket.accept is sent", _accepts(lambda given: list(dict(given).items()))
    ),
    "ws-accept-sorted": Mutant("the headers of websocket.accept are sorted", _accepts(sorted)),
    "ws-accept-headers-kept": Mutant("the headers of earlier answers are sent again", _kept()),
    "ws-accept-unchecked": Mutant(
        "the headers of websocket.accept may have line ends", replaced(session, "fields_of", _unchecked)
    ),
    "ws-accept-own-accept": Mutant(
        "the application may send a Sec-WebSocket-Accept of its own", _lenient((b"sec-websocket-accept",))
    ),
    "ws-accept-own-protocol": Mutant(
        "the application may send Sec-WebSocket-Protocol as a header", _lenient((b"sec-websocket-protocol",))
    ),
    "ws-accept-own-extensions": Mutant(
        "the application may send Sec-WebSocket-Extensions", _lenient((b"sec-websocket-extensions",))
    ),
    "ws-accept-own-framing": Mutant(
        "the application may send Content-Length and Transfer-Encoding with a 101",
        _lenient((b"content-length", b"transfer-encoding")),
    ),
    "ws-accept-own-connection": Mutant(
        "the application may send Connection and Upgrade with a 101", _lenient((b"connection", b"upgrade"))
    ),
    "ws-unoffered-subprotocol": Mutant(
        "a subprotocol that the client did not offer is sent", replaced(WebSocketConversation, "_accept", _unoffered)
    ),
    "ws-preferred-subprotocol-only": Mutant(
        "only the first subprotocol may be selected", replaced(WebSocketConversation, "_accept", _first_only)
    ),
    "ws-subprotocols-sorted": Mutant("offered subprotocols are sorted", _offers(sorted)),
    "ws-subprotocols-decoded": Mutant(
        "percent signs in offered subprotocols are decoded", _offers(lambda offered: [unquote(one) for one in offered])
    ),
    "ws-subprotocols-at-most-64": Mutant("64 subprotocols are read", _offers(lambda offered: offered[:64])),
    "ws-subprotocols-with-empty-ones": Mutant(
        "empty members are subprotocols", everywhere(subprotocols, lambda right: _split)
    ),
    "ws-subprotocol-panics": Mutant(
        "a subprotocol beyond ASCII ends the connection", replaced(WebSocketConversation, "run", _ascii_only)
    ),
    "ws-left-waiting": Mutant(
        "a client waits forever if the application returns without an answer",
        replaced(WebSocketConversation, "_left", _left_waiting),
    ),
    "ws-refused-and-open": Mutant(
        "the connection stays open and unread after a refusal", replaced(WebSocketConversation, "run", _held_open)
    ),
    "ws-refused-and-accepted": Mutant(
        "a 101 follows the answer that refused the handshake", replaced(WebSocketConversation, "run", _answered_twice)
    ),
    "ws-keep-alive-timer": Mutant(
        "the timer of idle connections goes on in a WebSocket", replaced(WebSocketConversation, "run", _timed)
    ),
    "ws-leaving-not-told": Mutant(
        "no websocket.disconnect reports a client that left before the answer",
        replaced(WebSocketConversation, "_disconnect", _told_never),
    ),
    "ws-late-accept-raises": Mutant(
        "the accept of a client that has left raises a RuntimeError",
        replaced(WebSocketConversation, "_accept", _raises_after_end),
    ),
    "ws-accept-after-connect-only": Mutant(
        "send() raises before the application has received websocket.connect",
        replaced(WebSocketConversation, "_accept", _needs_connect),
    ),
    "ws-message-at-once": Mutant(
        "a message is delivered before the handshake is complete",
        replaced(WebSocketConversation, "_queue_event", _greeted),
    ),
    "ws-accept-ends-receive": Mutant(
        "a task that waits in receive() gets a disconnect when the application accepts",
        replaced(WebSocketConversation, "_accept", _cancelled),
    ),
    "denial-values-lower": Mutant(
        "values of the headers of a denial response are in lower case",
        _starts(lambda given: [(name, value.lower()) for name, value in given]),
    ),
    "denial-last-value": Mutant(
        "one header of each name in a denial response is sent", _starts(lambda given: list(dict(given).items()))
    ),
    "denial-content-type-twice": Mutant(
        "a denial response has a second Content-Type", replaced(ResponseWriter, "_own", _with_own_content)
    ),
    "denial-without-date": Mutant("a denial response has no Date", written(_denied_without_date)),
    "denial-as-text": Mutant(
        "send() raises for a denial response that is no UTF-8", replaced(WebSocketConversation, "_deny", _text_only)
    ),
    "denial-needs-all-keys": Mutant(
        "headers and body of a denial response are required", replaced(WebSocketConversation, "_deny", _all_keys)
    ),
    "denial-completed": Mutant(
        "a denial response that the application left incomplete is filled up",
        replaced(WebSocketConversation, "_left", _completed),
    ),
    "denial-known-statuses": Mutant(
        "the status of a denial response is one of a few", replaced(WebSocketConversation, "_deny", _known_statuses)
    ),
    "denial-then-messages-ignored": Mutant(
        "websocket.send and websocket.close after the start of a denial response are ignored",
        _ignored(WebSocketStage.DENYING, "websocket.send", "websocket.close"),
    ),
    "denial-after-accept-ignored": Mutant(
        "a denial response after websocket.accept is ignored", _ignored(WebSocketStage.OPEN, "websocket.http.")
    ),
    "denial-last-start": Mutant(
        "the last of several starts of a denial response counts",
        replaced(WebSocketConversation, "_deny", _last_start),
    ),
    "denial-unchecked": Mutant(
        "the headers of a denial response may have line ends",
        together(
            replaced(response, "fields_of", _unchecked),
            replaced(ResponseWriter, "_begin", _begun_raw),
        ),
    ),
    "ws-scope-without-own-fields": Mutant(
        "a WebSocket's headers lack those of the handshake", _of_websockets(_without_own)
    ),
    "ws-scope-headers-joined": Mutant("lines of one header are joined in a WebSocket's scope", _of_websockets(_joined)),
    "ws-scope-values-lower": Mutant(
        "values of headers are in lower case in a WebSocket's scope", _of_websockets(_small_values)
    ),
    "ws-scope-ascii-only": Mutant(
        "bytes beyond ASCII are replaced in a WebSocket's headers", _of_websockets(_no_bytes)
    ),
    "ws-scope-raw-path-decoded": Mutant("a WebSocket's raw_path is decoded", _of_websockets(_decoded_raw)),
    "ws-scope-path-decoded-twice": Mutant("a WebSocket's path is decoded twice", _of_websockets(_decoded_twice)),
    "ws-scope-query-decoded": Mutant("a WebSocket's query_string is decoded", _of_websockets(_query_decoded)),
    "ws-scope-parameters-cut": Mutant("a WebSocket's path ends at a semicolon", _of_websockets(_parameters_cut)),
    "ws-scope-target-cut": Mutant("a WebSocket's path and query are cut at 1 KiB", _of_websockets(_target_cut)),
    "ws-scope-port-as-text": Mutant("the client's port is text in a WebSocket's scope", _of_websockets(_port_as_text)),
}
