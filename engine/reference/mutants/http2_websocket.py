"""Faults of WebSockets over HTTP/2: their announcement, their handshake, and the stream as a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from websockets.utils import accept_key

from .. import session
from ..http2 import frames, settings
from ..http2.connection import Http2Connection
from ..http2.conversation import Http2Conversation, Http2WebSocket
from ..http2.faults import ConnectionFault, ErrorCode, StreamFault
from ..http2.protocol import BY_SERVER, Content, Http2Protocol
from ..http2.request import PROTOCOL, WEBSOCKET
from ..http2.settings import CONNECT_PROTOCOL, MOST_STREAMS, SECTION, STREAMS
from ..http2.tunnel import StreamTunnel
from ..opening import VERSION
from .base import Install, Mutant, Scope, replaced, scopes
from .http2_requests import taken

Fields = list[tuple[bytes, bytes]]
# The fields that RFC 8441 adds to those of CONNECT, in its place.
DEFAULTS: Mapping[bytes, bytes] = {b":scheme": b"http", b":path": b"/", b":authority": b"a"}


def _announced(value: int | None) -> Install:
    """Announce another value of SETTINGS_ENABLE_CONNECT_PROTOCOL, None for none."""

    def wrong(right: Any) -> Any:
        def own(section: int) -> bytes:
            pairs = [(STREAMS, MOST_STREAMS), (SECTION, section)]
            pairs += [] if value is None else [(CONNECT_PROTOCOL, value)]
            payload = b"".join(number.to_bytes(2, "big") + one.to_bytes(4, "big") for number, one in pairs)
            return frames.written(frames.SETTINGS, 0, 0, payload)

        return own

    return replaced(settings, "own", wrong)


def _taken_back(right: Any) -> Any:
    """Say 0 in further SETTINGS after those of the client."""

    def take(self: Http2Protocol, frame: frames.WireFrame) -> None:
        right(self, frame)
        if not frame.has(frames.ACK):
            payload = CONNECT_PROTOCOL.to_bytes(2, "big") + bytes(4)
            self.out += frames.written(frames.SETTINGS, 0, 0, payload)

    return take


def _heeded(right: Any) -> Any:
    """Open no WebSocket for a client whose SETTINGS say 0."""

    def take(self: Http2Protocol, frame: frames.WireFrame) -> None:
        right(self, frame)
        if dict(settings.entries(frame.payload)).get(CONNECT_PROTOCOL, 1) == 0:
            self._final = 0

    return take


def _setting_refused(right: Any) -> Any:
    def take(self: Http2Protocol, frame: frames.WireFrame) -> None:
        if CONNECT_PROTOCOL in dict(settings.entries(frame.payload)):
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2WS-03", "a client has no such setting")
        right(self, frame)

    return take


def _is_extended(fields: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name == PROTOCOL for name, _ in fields)


def _filled(*names: bytes) -> Install:
    """Fill in pseudo-header fields of a handshake that are missing or empty."""

    def change(fields: Fields) -> Fields:
        found = dict(fields)
        if not _is_extended(fields):
            return fields
        missing = [(name, DEFAULTS[name]) for name in names if not found.get(name)]
        return [*missing, *(field for field in fields if field[1] or field[0] not in names)]

    return taken(change)


def _protocol_once(fields: Fields) -> Fields:
    if not _is_extended(fields):
        return fields
    return [(PROTOCOL, dict(fields)[PROTOCOL]), *(field for field in fields if field[0] != PROTOCOL)]


def _protocol_dropped(fields: Fields) -> Fields:
    """Answer a request with a protocol that is no CONNECT as one without."""
    if dict(fields).get(b":method") == b"CONNECT":
        return fields
    return [field for field in fields if field[0] != PROTOCOL]


def _method_ignored(fields: Fields) -> Fields:
    if not _is_extended(fields):
        return fields
    return [(name, b"CONNECT" if name == b":method" else value) for name, value in fields]


def _any_protocol(of: Callable[[bytes], bool]) -> Install:
    """Take protocols that ``of`` accepts for WebSocket."""

    def change(fields: Fields) -> Fields:
        return [(name, WEBSOCKET if name == PROTOCOL and of(value) else value) for name, value in fields]

    return taken(change)


def _any_version(fields: Fields) -> Fields:
    if not _is_extended(fields):
        return fields
    return [*(field for field in fields if field[0] != VERSION[0]), VERSION]


def _accepted(
    change: Callable[[StreamTunnel, Fields], Fields], *, status: bytes = b"200", ends: bool = False
) -> Install:
    """Change the fields of the response that opens the WebSocket, its status, or its flags."""

    def wrong(right: Any) -> Any:
        def accept(self: StreamTunnel, fields: Fields) -> None:
            shown = [(name.lower(), value) for name, value in change(self, list(fields))]
            self.status = 200
            self._finished = ends
            self._wire.head(self._number, [(b":status", status), *shown], ends=ends)

        return accept

    return replaced(StreamTunnel, "accept", wrong)


def _upgrade_fields(tunnel: StreamTunnel, fields: Fields) -> Fields:
    return [*fields, (b"sec-websocket-accept", accept_key("").encode())]


def _key_answered(right: Any) -> Any:
    def agree(self: Http2Conversation, fields: Fields) -> None:
        keys = self._request.values(b"sec-websocket-key")
        more = [(b"sec-websocket-accept", accept_key(keys[0].decode()).encode())] if keys else []
        right(self, [*fields, *more])

    return agree


def _subprotocol_lost(tunnel: StreamTunnel, fields: Fields) -> Fields:
    return [field for field in fields if field[0].lower() != b"sec-websocket-protocol"]


def _scope(**changes: Any) -> Install:
    """Change keys of the scope of a WebSocket over HTTP/2."""

    def change(scope: Scope) -> None:
        if scope["type"] == "websocket" and scope["http_version"] == "2":
            scope.update(changes)

    return scopes(change)


def _pseudo_in_scope(scope: Scope) -> None:
    if scope["type"] == "websocket" and scope["http_version"] == "2":
        scope["headers"] = [(PROTOCOL, WEBSOCKET), *scope["headers"]]


def _no_headers(scope: Scope) -> None:
    if scope["type"] == "websocket" and scope["http_version"] == "2":
        scope["headers"] = [field for field in scope["headers"] if field[0] not in (b"x-a", b"origin")]


def _whole_frames(right: Any) -> Any:
    """Take each DATA frame for whole frames of WebSocket."""

    def take(self: StreamTunnel, data: bytes, *, ended: bool) -> None:
        short = data and (len(data) < 2 or len(data) < 6 + (data[1] & 0x7F))
        right(self, b"" if short and data[:1] in (b"\x81", b"\x85", b"h", b"l") else data, ended=ended)

    return take


def _first_only(right: Any) -> Any:
    """Take the first frame of WebSocket in each DATA frame only."""

    def take(self: StreamTunnel, data: bytes, *, ended: bool) -> None:
        size = 6 + (data[1] & 0x7F) if len(data) > 2 and data[0] & 0x80 and data[1] & 0x7F < 126 else len(data)
        right(self, data[:size], ended=ended)

    return take


def _empty_is_the_end(right: Any) -> Any:
    def take(self: StreamTunnel, data: bytes, *, ended: bool) -> None:
        if not self._client_ended:
            right(self, data, ended=ended or not data)

    return take


def _never_ended(right: Any) -> Any:
    """Leave the stream open after the end of the WebSocket."""

    async def close(self: StreamTunnel, linger: float = 1.0) -> None:
        if self.status != 200:
            await right(self, linger)

    return close


def _reset_in_place_of_the_end(right: Any) -> Any:
    async def close(self: StreamTunnel, linger: float = 1.0) -> None:
        if self.status == 200 and not self._gone:
            self._wire.reset(self._number, ErrorCode.CANCEL)
            self.leave()
        await right(self, linger)

    return close


def _connection_ends(right: Any) -> Any:
    async def run(self: Http2WebSocket) -> None:
        await right(self)
        self._tunnel._stream.reset()

    return run


def _end_unheard(right: Any) -> Any:
    def take(self: Http2WebSocket, data: bytes, *, ended: bool) -> None:
        if data or not ended:
            right(self, data, ended=ended)

    return take


def _ignored(right: Any) -> Any:
    return lambda self: None


def _reset_without_error_ignored(right: Any) -> Any:
    def reset(self: Http2Protocol, frame: frames.WireFrame) -> Any:
        stream = self.streams.get(frame.stream)
        if stream is not None and stream.tunnel and not any(frame.payload):
            return
        yield from right(self, frame)

    return reset


def _reset_ends_all(right: Any) -> Any:
    def reset(self: Http2Protocol, frame: frames.WireFrame) -> Any:
        stream = self.streams.get(frame.stream)
        if stream is not None and stream.tunnel:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2WS-10", "a WebSocket was reset")
        yield from right(self, frame)

    return reset


def _sections_ignored(only: Callable[[bool], bool]) -> Install:
    """Ignore a field section in a tunnel, if ``only`` is true of its END_STREAM."""

    def wrong(right: Any) -> Any:
        def trailers(self: Http2Protocol, number: int, stream: Any, fields: Any, *, ends: bool) -> Any:
            if stream.tunnel and only(ends):
                return
            yield from right(self, number, stream, fields, ends=ends)

        return trailers

    return replaced(Http2Protocol, "_trailers", wrong)


def _refused_in_tunnels(kind: int) -> Install:
    """Take a frame of this type in a tunnel for an error."""

    def wrong(right: Any) -> Any:
        def take(self: Http2Protocol, frame: frames.WireFrame) -> Any:
            stream = self.streams.get(frame.stream)
            if frame.type == kind and stream is not None and stream.tunnel:
                raise StreamFault(frame.stream, ErrorCode.PROTOCOL_ERROR, "H2WS-09", "no frame for a tunnel")
            yield from right(self, frame)

        return take

    return replaced(Http2Protocol, "_frame", wrong)


def _crossed(right: Any) -> Any:
    """Give the content of one WebSocket to the last one on the connection."""

    def happen(self: Http2Connection, happening: Any) -> None:
        if isinstance(happening, Content) and happening.data:
            sockets = [number for number, one in self._exchanges.items() if isinstance(one, Http2WebSocket)]
            if happening.stream in sockets:
                happening = Content(max(sockets), happening.data, happening.ended)
        right(self, happening)

    return happen


def _late_is_fatal(right: Any) -> Any:
    """End the connection for a frame on a stream that the server has reset."""

    def late(self: Http2Protocol, number: int, name: str) -> None:
        if self._closed.get(number) == BY_SERVER:
            raise ConnectionFault(ErrorCode.STREAM_CLOSED, "H2-25", f"{name} on a closed stream")
        right(self, number, name)

    return late


def _refusal_open(right: Any) -> Any:
    """Leave the stream of a refused handshake open."""

    def grow(self: StreamTunnel) -> None:
        refused = self._ending and self.status not in (0, 200)
        self._ending = self._ending and not refused
        right(self)
        self._ending = self._ending or refused
        self._finished = self._finished or refused

    return grow


def _refusal_status(right: Any) -> Any:
    return lambda request, status, text, *fields: right(request, 500 if status == 403 else status, text, *fields)


def _windows_ignored(right: Any) -> Any:
    def grow(self: StreamTunnel) -> None:
        while self._waiting and not self._gone:
            piece = bytes(self._waiting[:16384])
            del self._waiting[:16384]
            self._wire.data(self._number, piece, ends=False)
        right(self)

    return grow


def _at_once(right: Any) -> Any:
    async def drain(self: StreamTunnel) -> None:
        await asyncio.sleep(0)

    return drain


def _credited_at_once(right: Any) -> Any:
    """Give the window back before anything is read, and keep all."""

    def take(self: StreamTunnel, data: bytes, *, ended: bool) -> None:
        right(self, data, ended=ended)
        self._wire.credit(self._number, len(data))

    return take


def _reader_waits(right: Any) -> Any:
    """Stop reading the connection while a WebSocket has messages that its application has not received."""

    async def fill(stream: Any) -> bool:
        while any(isinstance(one, Http2WebSocket) and len(one._tunnel._arrived) > 16384 for one in stream.all.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return bool(await stream.fill_right())

    def init(self: Http2Connection, stream: Any, service: Any) -> None:
        right(self, stream, service)
        stream.all = self._exchanges
        stream.fill_right = stream.fill
        stream.fill = lambda: fill(stream)

    return init


MUTANTS: Mapping[str, Mutant] = {
    "h2ws-no-setting": Mutant("SETTINGS do not have ENABLE_CONNECT_PROTOCOL", _announced(None)),
    "h2ws-setting-0": Mutant("SETTINGS have ENABLE_CONNECT_PROTOCOL with 0", _announced(0)),
    "h2ws-setting-2": Mutant("SETTINGS have ENABLE_CONNECT_PROTOCOL with 2", _announced(2)),
    "h2ws-setting-taken-back": Mutant(
        "later SETTINGS have ENABLE_CONNECT_PROTOCOL with 0", replaced(Http2Protocol, "_settings", _taken_back)
    ),
    "h2ws-setting-heeded": Mutant(
        "no WebSocket is opened for a client whose ENABLE_CONNECT_PROTOCOL is 0",
        replaced(Http2Protocol, "_settings", _heeded),
    ),
    "h2ws-setting-refused": Mutant(
        "ENABLE_CONNECT_PROTOCOL of a client ends the connection",
        replaced(Http2Protocol, "_settings", _setting_refused),
    ),
    "h2ws-no-scheme": Mutant("a handshake over HTTP/2 needs no scheme", _filled(b":scheme")),
    "h2ws-no-path": Mutant("a handshake over HTTP/2 needs no path", _filled(b":path")),
    "h2ws-no-target": Mutant("a handshake over HTTP/2 needs neither scheme nor path", _filled(b":scheme", b":path")),
    "h2ws-no-authority": Mutant("a handshake over HTTP/2 needs no authority", _filled(b":authority")),
    "h2ws-protocol-anywhere": Mutant("the protocol may stand twice, and behind other fields", taken(_protocol_once)),
    "h2ws-protocol-dropped": Mutant("a protocol is ignored with another method", taken(_protocol_dropped)),
    "h2ws-any-method": Mutant("a protocol opens a WebSocket with any method", taken(_method_ignored)),
    "h2ws-any-protocol": Mutant("any protocol is WebSocket", _any_protocol(bool)),
    "h2ws-empty-protocol": Mutant("an empty protocol is WebSocket", _any_protocol(lambda value: not value)),
    "h2ws-protocol-begins": Mutant(
        "a protocol that begins as websocket is WebSocket", _any_protocol(lambda value: value.startswith(WEBSOCKET))
    ),
    "h2ws-any-version": Mutant("any version of WebSocket is accepted over HTTP/2", taken(_any_version)),
    "h2ws-ends-with-200": Mutant(
        "the response that opens a WebSocket ends the stream", _accepted(lambda _, f: f, ends=True)
    ),
    "h2ws-accept-field": Mutant("Sec-WebSocket-Accept is sent over HTTP/2", _accepted(_upgrade_fields)),
    "h2ws-key-answered": Mutant(
        "Sec-WebSocket-Key is answered over HTTP/2", replaced(Http2Conversation, "_agree", _key_answered)
    ),
    "h2ws-status-101": Mutant("a WebSocket over HTTP/2 is opened by 101", _accepted(lambda _, f: f, status=b"101")),
    "h2ws-subprotocol-lost": Mutant("the subprotocol is not sent over HTTP/2", _accepted(_subprotocol_lost)),
    "h2ws-scheme-http": Mutant("the scheme of a WebSocket over HTTP/2 is http", _scope(scheme="http")),
    "h2ws-version-1": Mutant("http_version of a WebSocket over HTTP/2 is 1.1", _scope(http_version="1.1")),
    "h2ws-path-lost": Mutant("the path of a WebSocket over HTTP/2 is /", _scope(path="/")),
    "h2ws-query-lost": Mutant("the query of a WebSocket over HTTP/2 is lost", _scope(query_string=b"")),
    "h2ws-no-subprotocols": Mutant(
        "the subprotocols over HTTP/2 do not reach the application", _scope(subprotocols=[])
    ),
    "h2ws-pseudo-in-scope": Mutant("the scope has :protocol among the headers", scopes(_pseudo_in_scope)),
    "h2ws-headers-lost": Mutant("fields of a handshake over HTTP/2 are lost", scopes(_no_headers)),
    "h2ws-whole-frames": Mutant(
        "a frame of WebSocket is in one DATA frame", replaced(StreamTunnel, "take", _whole_frames)
    ),
    "h2ws-first-frame-only": Mutant(
        "a DATA frame has one frame of WebSocket", replaced(StreamTunnel, "take", _first_only)
    ),
    "h2ws-empty-data-ends": Mutant(
        "an empty DATA frame is the end of a WebSocket", replaced(StreamTunnel, "take", _empty_is_the_end)
    ),
    "h2ws-never-ended": Mutant(
        "the stream stays open after the end of its WebSocket", replaced(StreamTunnel, "close", _never_ended)
    ),
    "h2ws-reset-as-end": Mutant(
        "a WebSocket ends by a reset of its stream", replaced(StreamTunnel, "close", _reset_in_place_of_the_end)
    ),
    "h2ws-ends-all": Mutant(
        "the end of a WebSocket ends the connection", replaced(Http2WebSocket, "run", _connection_ends)
    ),
    "h2ws-end-unheard": Mutant(
        "END_STREAM without content does not reach a WebSocket", replaced(Http2WebSocket, "take", _end_unheard)
    ),
    "h2ws-reset-unheard": Mutant("a reset does not reach a WebSocket", replaced(Http2WebSocket, "leave", _ignored)),
    "h2ws-reset-no-error": Mutant(
        "a reset with NO_ERROR is ignored for a WebSocket",
        replaced(Http2Protocol, "_reset", _reset_without_error_ignored),
    ),
    "h2ws-reset-ends-all": Mutant(
        "a reset of a WebSocket ends the connection", replaced(Http2Protocol, "_reset", _reset_ends_all)
    ),
    "h2ws-trailers": Mutant("trailers in a tunnel are ignored", _sections_ignored(lambda ends: ends)),
    "h2ws-fields": Mutant("fields in a tunnel are ignored", _sections_ignored(lambda ends: not ends)),
    "h2ws-window-refused": Mutant("WINDOW_UPDATE in a tunnel is an error", _refused_in_tunnels(frames.WINDOW_UPDATE)),
    "h2ws-priority-refused": Mutant("PRIORITY in a tunnel is an error", _refused_in_tunnels(frames.PRIORITY)),
    "h2ws-unknown-refused": Mutant("a frame of an unknown type in a tunnel is an error", _refused_in_tunnels(0xFA)),
    "h2ws-crossed": Mutant(
        "the messages of one WebSocket reach another one on the connection",
        replaced(Http2Connection, "_happen", _crossed),
    ),
    "h2ws-late-data": Mutant(
        "content behind the end of a WebSocket ends the connection",
        replaced(Http2Protocol, "_late", _late_is_fatal),
    ),
    "h2ws-refusal-open": Mutant(
        "the stream of a refused handshake stays open", replaced(StreamTunnel, "grow", _refusal_open)
    ),
    "h2ws-refusal-500": Mutant(
        "a handshake that the application refuses gets 500", replaced(session, "answer", _refusal_status)
    ),
    "h2ws-windows-ignored": Mutant(
        "messages are sent whatever the windows are", replaced(StreamTunnel, "grow", _windows_ignored)
    ),
    "h2ws-send-at-once": Mutant("send() of a WebSocket waits for no window", replaced(StreamTunnel, "drain", _at_once)),
    "h2ws-unread-unbounded": Mutant(
        "the window is given back before messages are read", replaced(StreamTunnel, "take", _credited_at_once)
    ),
    "h2ws-reader-waits": Mutant(
        "the connection waits for the application of a WebSocket", replaced(Http2Connection, "__init__", _reader_waits)
    ),
}
