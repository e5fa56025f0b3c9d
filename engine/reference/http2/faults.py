"""Errors of HTTP/2 (RFC 9113, sections 5.4 and 7)."""

from __future__ import annotations

import enum


class ErrorCode(enum.IntEnum):
    """The codes of RST_STREAM and GOAWAY that this server sends."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    ENHANCE_YOUR_CALM = 11


class ConnectionFault(Exception):
    """An error after which the connection ends with GOAWAY. ``clause`` is the id of the clause that it violates."""

    def __init__(self, code: ErrorCode, clause: str, why: str) -> None:
        super().__init__(f"{clause}: {why}")
        self.code = code
        self.clause = clause
        self.why = why


class StreamFault(Exception):
    """An error of one stream, which ends with RST_STREAM; the others go on."""

    def __init__(self, stream: int, code: ErrorCode, clause: str, why: str) -> None:
        super().__init__(f"{clause}: {why} (stream {stream})")
        self.stream = stream
        self.code = code
        self.clause = clause
        self.why = why
