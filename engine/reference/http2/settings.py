"""The settings of both sides (RFC 9113, section 6.5)."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import ConnectionFault, ErrorCode
from .frames import LARGEST_WINDOW, LONGEST, SETTINGS, written

TABLE, PUSH, STREAMS, WINDOW, FRAME, SECTION, CONNECT_PROTOCOL = 1, 2, 3, 4, 5, 6, 8
LARGEST_FRAME = 2**24 - 1
DEFAULT_WINDOW = 65535
ENTRY = 6  # bytes
MOST_STREAMS = 100


class ClientSettings:
    """The client's settings, as far as they matter to a server."""

    def __init__(self) -> None:
        self.table = 4096
        self.window = DEFAULT_WINDOW
        self.frame = LONGEST

    def take(self, payload: bytes) -> Iterator[tuple[int, int]]:
        """Take the settings of a frame, and return them in order; unknown ones are ignored. Raises ConnectionFault."""
        for number, value in entries(payload):
            if number == TABLE:
                self.table = value
            elif number == PUSH and value > 1:
                raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-41", "ENABLE_PUSH is 0 or 1")
            elif number == WINDOW:
                if value > LARGEST_WINDOW:
                    raise ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, "H2-42", "a window has at most 2^31-1 bytes")
                self.window = value
            elif number == FRAME:
                if not LONGEST <= value <= LARGEST_FRAME:
                    raise ConnectionFault(ErrorCode.PROTOCOL_ERROR, "H2-43", "a frame has 2^14 to 2^24-1 bytes")
                self.frame = value
            yield number, value


def entries(payload: bytes) -> Iterator[tuple[int, int]]:
    """The settings of a payload of SETTINGS: number and value."""
    for at in range(0, len(payload), ENTRY):
        yield int.from_bytes(payload[at : at + 2], "big"), int.from_bytes(payload[at + 2 : at + ENTRY], "big")


def own(section: int) -> bytes:
    """The SETTINGS frame of this server. ``section`` is the largest field section that it reads, in bytes."""
    values = ((STREAMS, MOST_STREAMS), (SECTION, section), (CONNECT_PROTOCOL, 1))
    payload = b"".join(number.to_bytes(2, "big") + value.to_bytes(4, "big") for number, value in values)
    return written(SETTINGS, 0, 0, payload)
