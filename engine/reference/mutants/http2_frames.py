"""Faults of HTTP/2: the beginning of a connection, frames and their forms, padding, settings, PING and GOAWAY."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .. import connection as connections
from ..connection import ServerConnection
from ..http2 import frames, protocol, settings
from ..http2.connection import Http2Connection
from ..http2.faults import ConnectionFault, ErrorCode
from ..http2.frames import ACK, PADDED, WireFrame, written
from ..http2.protocol import Http2Protocol
from .base import Install, Mutant, everywhere, replaced, together

KINDS = {"DATA": 0, "HEADERS": 1, "PRIORITY": 2, "RST_STREAM": 3, "SETTINGS": 4, "PING": 6, "GOAWAY": 7, "WINDOW": 8}


def checks(passes: Callable[[Any, WireFrame], bool]) -> Install:
    """Leave out the checks of the form and the place of some frames."""

    def wrong(right: Any) -> Any:
        def check(self: Http2Protocol, frame: WireFrame) -> None:
            if not passes(self, frame):
                right(self, frame)

        return check

    return replaced(Http2Protocol, "_check", wrong)


def incoming(change: Callable[[Any, WireFrame], WireFrame | None]) -> Install:
    """Change each frame of the client before it is processed; None drops it."""

    def wrong(right: Any) -> Any:
        def frame(self: Http2Protocol, given: WireFrame) -> Iterator[Any]:
            changed = change(self, given)
            return right(self, changed) if changed is not None else iter(())

        return frame

    return replaced(Http2Protocol, "_frame", wrong)


def _sized(kind: int) -> Install:
    """Accept any length of a type: what is missing is zeros, what is too much is dropped."""

    def change(self: Any, frame: WireFrame) -> WireFrame:
        size = {**protocol.FIXED, frames.GOAWAY: 8}.get(kind, len(frame.payload) // 6 * 6)
        return replace(frame, payload=frame.payload[:size].ljust(size, b"\0")) if frame.type == kind else frame

    return together(checks(lambda self, frame: frame.type == kind and self._section is None), incoming(change))


def _strict_flags(self: Any, frame: WireFrame) -> WireFrame:
    known = {0: 0x09, 1: 0x2D, 2: 0, 3: 0, 4: 1, 6: 1, 7: 0, 8: 0, 9: 4}
    if frame.flags & ~known.get(frame.type, 0xFF):
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-06", "a flag without a meaning")
    return frame


def _no_unknown(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type > frames.CONTINUATION:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-05", "a frame of an unknown type")
    return frame


def _reserved_bit(right: Any) -> Any:
    def take(buffer: bytearray, longest: int = frames.LONGEST) -> WireFrame | None:
        reserved = len(buffer) >= frames.HEAD and buffer[5] & 0x80
        frame: WireFrame | None = right(buffer, longest)
        if frame is not None and reserved:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-07", "the reserved bit is set")
        return frame

    return take


def _longest(size: int) -> Install:
    def wrong(right: Any) -> Any:
        return lambda buffer, longest=size: right(buffer, size)

    return replaced(frames, "take", wrong)


def _greeted_by_any(self: Any, frame: WireFrame) -> bool:
    first, self._greeted = not self._greeted, True
    return first


def _of_wrong_stream(kinds: tuple[int, ...], *, on_zero: bool) -> Install:
    """Accept frames on the wrong stream, and drop them."""

    def passes(self: Any, frame: WireFrame) -> bool:
        return frame.type in kinds and (not frame.stream) == on_zero and self._section is None

    return together(
        checks(passes), incoming(lambda self, frame: None if passes(self, frame) else frame)
    )  # fmt: skip


# padding


def _content(change: Callable[[Any, WireFrame], bytes]) -> Install:
    return everywhere(frames.content, lambda right: lambda frame: change(right, frame))


def _padding_kept(right: Any, frame: WireFrame) -> bytes:
    if frame.has(PADDED) and frame.type == frames.DATA:
        right(frame)
        return frame.payload[1:]
    return bytes(right(frame))


def _padding_of_headers_kept(right: Any, frame: WireFrame) -> bytes:
    if frame.has(PADDED) and frame.type == frames.HEADERS and frame.payload:
        padding = frame.payload[0]
        return bytes(right(frame)) + bytes(padding)
    return bytes(right(frame))


def _padding_unchecked(right: Any, frame: WireFrame) -> bytes:
    try:
        return bytes(right(frame))
    except ConnectionFault as fault:
        if fault.clause != "H2-34" or not frame.payload:
            raise
        return b""


def _padding_without_length(right: Any, frame: WireFrame) -> bytes:
    return b"" if frame.has(PADDED) and not frame.payload else bytes(right(frame))


def _padding_not_credited(right: Any) -> Any:
    def data(self: Http2Protocol, frame: WireFrame) -> Iterator[Any]:
        stream = self.streams.get(frame.stream)
        owed = stream.owed if stream is not None else 0
        found = list(right(self, frame))
        if stream is not None and frame.has(PADDED):
            stream.owed = owed
            self._owed = 0
        return iter(found)

    return data


def _padded_refused(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.DATA and frame.has(PADDED) and frame.payload[:1] == b"\xff":
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-35", "too much padding")
    return frame


def _cut_priority(right: Any, frame: WireFrame) -> bytes:
    if frame.type == frames.HEADERS and frame.has(frames.WITH_PRIORITY) and len(frame.payload) < 5:
        return bytes.fromhex("82 86 84 41 01 61")
    return bytes(right(frame))


# settings


def _settings_taken(change: Callable[[list[tuple[int, int]]], list[tuple[int, int]]]) -> Install:
    """Change the settings of the client before they are processed."""

    def wrong(right: Any) -> Any:
        return lambda payload: iter(change(list(right(payload))))

    return replaced(settings, "entries", wrong)


def _without_bad(number: int, least: int, most: int) -> Install:
    return _settings_taken(
        lambda found: [(key, value) for key, value in found if key != number or least <= value <= most]
    )


def _first_holds(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return list({key: value for key, value in reversed(found)}.items())


def _unknown_refused(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if any(not 1 <= key <= 9 or key == 7 for key, _ in found):
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-45", "an unknown setting")
    return found


def _limits_refused(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if any(value in (2**31 - 1, 2**24 - 1, 2**32 - 1) or (key == 3 and not value) for key, value in found):
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-40", "a value at its limit")
    return found


def _without_acknowledgement(when: Callable[[Any], bool]) -> Install:
    def wrong(right: Any) -> Any:
        def take(self: Http2Protocol, frame: WireFrame) -> None:
            size = len(self.out)
            right(self, frame)
            self.acknowledged = getattr(self, "acknowledged", 0) + 1  # type: ignore[attr-defined]
            if when(self):
                del self.out[size:]

        return take

    return replaced(Http2Protocol, "_settings", wrong)


def _answers_settings_of_nobody(self: Any, frame: WireFrame) -> WireFrame:
    return replace(frame, flags=0) if frame.type == frames.SETTINGS else frame


def _acknowledgement_needed(right: Any) -> Any:
    def complete(self: Http2Protocol) -> Iterator[Any]:
        if not getattr(self, "heard", False) and self.last:
            raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-04", "the settings are not acknowledged")
        return right(self)  # type: ignore[no-any-return]  # it is one

    return complete


def _hearing(right: Any) -> Any:
    def take(self: Http2Protocol, frame: WireFrame) -> None:
        self.heard = getattr(self, "heard", False) or frame.has(ACK)  # type: ignore[attr-defined]
        right(self, frame)

    return take


def _pushes(right: Any) -> Any:
    def own(section: int) -> bytes:
        frame = bytes(right(section))
        return (len(frame) - frames.HEAD + 6).to_bytes(3, "big") + frame[3:] + b"\0\2\0\0\0\1"

    return own


# the beginning, PING, GOAWAY, the end


def _any_preface(right: Any) -> Any:
    def taken(self: ServerConnection) -> Any:
        start = bytes(self._stream.buffer[:7])
        if not self._served and start == b"PRI * H":
            end = self._stream.buffer.find(b"\0\0\0\4")
            if end < 0:
                return None
            self._stream.buffer[:end] = frames.PREFACE
        return right(self)

    return taken


def _ends_at_goaway(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.GOAWAY:
        raise ConnectionFault(ErrorCode.NO_ERROR, "H2-52", "the client leaves")
    return frame


def _pings(change: Callable[[WireFrame], WireFrame | None]) -> Install:
    return incoming(lambda self, frame: change(frame) if frame.type == frames.PING else frame)


def _ends_after(count: int) -> Install:
    def wrong(right: Any) -> Any:
        def begin(self: Http2Connection, *given: Any, **more: Any) -> None:
            self.count = getattr(self, "count", 0) + 1  # type: ignore[attr-defined]
            if self.count > count:  # type: ignore[attr-defined]
                self._stream.reset()
                self._over.set()
            else:
                right(self, *given, **more)

        return begin

    return replaced(Http2Connection, "_begin", wrong)


def _never_idle(right: Any) -> Any:
    async def idle(self: Http2Connection) -> None:
        return None

    return idle


def _no_goaway(right: Any) -> Any:
    return lambda self, code, text="", *, final=True: setattr(self, "_final", self.last if final else 2**31 - 1)


def _stays_open(right: Any) -> Any:
    """Say GOAWAY after an error of the connection, and go on as if nothing had been."""

    async def read(self: Http2Connection) -> float:
        while True:
            linger = float(await right(self))
            if not linger or self._protocol.client_leaves:
                return linger
            self._stream.buffer.clear()
            self._protocol._section = None
            if not await self._stream.fill():
                return linger
            self._stream.buffer.clear()

    return read


def _priority_refused(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.PRIORITY and frame.stream not in self.streams:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-90", "PRIORITY on a stream that is not open")
    return frame


def _priority_fields_kept(right: Any, frame: WireFrame) -> bytes:
    if frame.type == frames.HEADERS and frame.has(frames.WITH_PRIORITY):
        frame = replace(frame, flags=frame.flags & ~frames.WITH_PRIORITY)
    return bytes(right(frame))


def _on_itself(self: Any, frame: WireFrame) -> WireFrame:
    if frame.type == frames.PRIORITY and int.from_bytes(frame.payload[:4], "big") & 0x7FFFFFFF == frame.stream:
        raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-91", "a stream depends on itself")
    return frame


MUTANTS: Mapping[str, Mutant] = {
    "h2-ping-before-settings": Mutant(
        "over HTTP/2 the server begins with a frame other than SETTINGS",
        replaced(settings, "own", lambda right: lambda section: written(6, 0, 0, b"greeting") + right(section)),
    ),
    "h2-push-enabled": Mutant("the server's own settings permit push to it", replaced(settings, "own", _pushes)),
    "h2-preface-unchecked": Mutant(
        "any connection whose first letters are PRI is one of HTTP/2",
        replaced(ServerConnection, "_taken", _any_preface),
    ),
    "h2-preface-only-alone": Mutant(
        "bytes in the same packet as the preface of HTTP/2 are lost",
        replaced(
            connections,
            "Http2Connection",
            lambda right: lambda stream, service: stream.buffer.clear() or right(stream, service),
        ),
    ),
    "h2-any-frame-first": Mutant(
        "the first frame of a client of HTTP/2 may be any",
        checks(_greeted_by_any),
    ),
    **{
        f"h2-any-size-of-{name.lower().replace('_', '-')}": Mutant(f"{name} may have any length", _sized(kind))
        for name, kind in KINDS.items()
        if kind in (2, 3, 4, 6, 7, 8)
    },
    "h2-long-frames-accepted": Mutant("frames of HTTP/2 may have any length", _longest(2**24)),
    "h2-frames-of-8-kib": Mutant("the longest frame of HTTP/2 has 8 KiB", _longest(8192)),
    "h2-unknown-types-refused": Mutant("a frame of an unknown type ends the connection", incoming(_no_unknown)),
    "h2-flags-checked": Mutant("a flag without a meaning ends the connection", incoming(_strict_flags)),
    "h2-reserved-bit-checked": Mutant(
        "the reserved bit of a frame ends the connection", replaced(frames, "take", _reserved_bit)
    ),
    "h2-connection-frames-anywhere": Mutant(
        "frames of the connection on a stream are ignored", _of_wrong_stream((4, 6, 7), on_zero=False)
    ),
    "h2-stream-frames-on-zero": Mutant(
        "frames of a stream on stream 0 are ignored", _of_wrong_stream((0, 1, 2, 3, 9), on_zero=True)
    ),
    "h2-promises-ignored": Mutant(
        "PUSH_PROMISE of a client is ignored", checks(lambda self, frame: frame.type == 5 and self._section is None)
    ),
    "h2-padding-kept": Mutant("padding is a part of the content", _content(_padding_kept)),
    "h2-padding-of-headers-kept": Mutant("padding is a part of the field section", _content(_padding_of_headers_kept)),
    "h2-padding-unchecked": Mutant("padding may be longer than its frame", _content(_padding_unchecked)),
    "h2-padding-without-length": Mutant("a padded frame without a payload is empty", _content(_padding_without_length)),
    "h2-padding-not-credited": Mutant(
        "the window of padded frames is not given back", replaced(Http2Protocol, "_data", _padding_not_credited)
    ),
    "h2-255-bytes-of-padding-refused": Mutant("255 bytes of padding end the connection", incoming(_padded_refused)),
    "h2-push-setting-unchecked": Mutant("ENABLE_PUSH may have any value", _without_bad(2, 0, 1)),
    "h2-window-setting-unchecked": Mutant("INITIAL_WINDOW_SIZE may have any value", _without_bad(4, 0, 2**31 - 1)),
    "h2-frame-setting-unchecked": Mutant("MAX_FRAME_SIZE may have any value", _without_bad(5, 2**14, 2**24 - 1)),
    "h2-first-setting-holds": Mutant(
        "of several values of a setting the first one holds", _settings_taken(_first_holds)
    ),
    "h2-unknown-settings-refused": Mutant("an unknown setting ends the connection", _settings_taken(_unknown_refused)),
    "h2-limits-of-settings-refused": Mutant(
        "a setting at the limit of its values ends the connection", _settings_taken(_limits_refused)
    ),
    "h2-settings-not-acknowledged": Mutant(
        "the client's settings are not acknowledged", _without_acknowledgement(lambda self: True)
    ),
    "h2-first-settings-acknowledged": Mutant(
        "only the first SETTINGS frame of a client is acknowledged",
        _without_acknowledgement(lambda self: bool(self.acknowledged > 1)),
    ),
    "h2-acknowledgements-acknowledged": Mutant(
        "SETTINGS with ACK is acknowledged", incoming(_answers_settings_of_nobody)
    ),
    "h2-acknowledgement-needed": Mutant(
        "a client that has not acknowledged the settings has one request",
        together(
            replaced(Http2Protocol, "_settings", _hearing),
            replaced(Http2Protocol, "_complete", _acknowledgement_needed),
        ),
    ),
    "h2-client-frame-size-ignored": Mutant(
        "frames are longer than the client's MAX_FRAME_SIZE", _settings_taken(lambda found: [*found, (5, 40_000)])
    ),
    "h2-ping-unanswered": Mutant("PING is not answered", _pings(lambda frame: None)),
    "h2-ping-with-zeros": Mutant("PING is answered with zeros", _pings(lambda frame: replace(frame, payload=bytes(8)))),
    "h2-ping-ack-answered": Mutant("PING with ACK is answered", _pings(lambda frame: replace(frame, flags=0))),
    "h2-goaway-ends-all": Mutant("GOAWAY of a client ends its streams", incoming(_ends_at_goaway)),
    "h2-error-without-close": Mutant(
        "after an error of the connection it stays open", replaced(Http2Connection, "_read", _stays_open)
    ),
    "h2-never-idle": Mutant(
        "an idle connection of HTTP/2 is never ended", replaced(Http2Connection, "_end_if_idle", _never_idle)
    ),
    "h2-no-goaway": Mutant("a connection of HTTP/2 ends without GOAWAY", replaced(Http2Protocol, "goaway", _no_goaway)),
    "h2-200-requests": Mutant("a connection of HTTP/2 is cut off after 200 requests", _ends_after(200)),
    "h2-1000-requests": Mutant("a connection of HTTP/2 is cut off after 1,000 requests", _ends_after(1000)),
    "h2-priority-refused": Mutant(
        "PRIORITY on a stream that is not open ends the connection", incoming(_priority_refused)
    ),
    "h2-priority-fields-kept": Mutant(
        "the priority fields of HEADERS are a part of the field section", _content(_priority_fields_kept)
    ),
    "h2-priority-fields-cut": Mutant(
        "HEADERS that end inside their priority fields are a request for the root", _content(_cut_priority)
    ),
    "h2-priority-on-itself": Mutant("PRIORITY on its own stream ends the connection", incoming(_on_itself)),
}
