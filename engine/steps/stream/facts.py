"""The facts of the assertions ``read``, ``closed`` and ``flood``."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.expectation import ABSENT
from engine.model.facts import INTEGER, SIZE, TEXT, TIME, WIRE_BYTES, one_of
from engine.model.wire_bytes import WireBytes
from engine.protocols.websocket import Frame
from engine.steps.api.facts import FactSet, fact

# Bytes that were received together, and the time when they came.
Piece = tuple[bytes, float]


def joined(pieces: Sequence[Piece]) -> WireBytes:
    """The bytes of consecutive arrivals."""
    return WireBytes(b"".join([data for data, _ in pieces]))


class StreamFacts(FactSet):
    """Facts together with the bytes that were sent on the connection before."""

    def __init__(self, sent: bytes | None = None) -> None:
        self._sent = sent

    @property
    def sent(self) -> bytes | None:
        return self._sent


class ReadFacts(StreamFacts):
    """The facts of ``read``."""

    compared = ("bytes",)

    def __init__(self, data: bytes, sent: bytes | None = None) -> None:
        super().__init__(sent)
        self.data = WireBytes(data)

    @fact("bytes", WIRE_BYTES)
    def read(self) -> object:
        """The bytes that were read."""
        return self.data


class ClosedFacts(StreamFacts):
    """The facts of ``closed``, on a plain connection and on a WebSocket.

    ``how`` is how the connection itself ended (fin, tls or reset) and ``elapsed`` when it did, in seconds since the
    last byte was sent; both are None while it is open. ``frame`` is the peer's close frame, None without one.
    """

    compared = ("how", "code", "reason", "rest")

    def __init__(
        self,
        rest: Sequence[Piece],
        sent: bytes | None = None,
        *,
        how: str | None = None,
        elapsed: float | None = None,
        frame: Frame | None = None,
    ) -> None:
        super().__init__(sent)
        self._rest = joined(rest)
        self._how = how if frame is None else "close"
        self._elapsed = elapsed
        self._frame = frame

    @fact("how", one_of("close", "tls", "fin", "reset"))
    def how(self) -> object:
        """The end of the connection: close (a WebSocket close frame came), tls (a closure alert), fin or reset."""
        return ABSENT if self._how is None else self._how

    @fact("code", INTEGER)
    def code(self) -> object:
        """The code of the WebSocket close frame."""
        return ABSENT if self._frame is None or self._frame.code is None else self._frame.code

    @fact("reason", TEXT)
    def reason(self) -> object:
        """The reason of the WebSocket close frame."""
        return ABSENT if self._frame is None else self._frame.reason

    @fact("elapsed", TIME)
    def elapsed(self) -> object:
        """The time from the last byte sent to the end of the connection."""
        return ABSENT if self._elapsed is None else self._elapsed

    @fact("rest", WIRE_BYTES)
    def rest(self) -> object:
        """The bytes that no earlier step had read before the end; after a close frame, those that followed it."""
        return self._rest


class FloodFacts(FactSet):
    """The facts of ``flood``."""

    def __init__(self, accepted: int, rounds: int, ended: str) -> None:
        self._accepted = accepted
        self._rounds = rounds
        self._ended = ended

    @fact("accepted", SIZE)
    def accepted(self) -> object:
        """The number of bytes that were taken, in complete pieces."""
        return self._accepted

    @fact("rounds", INTEGER)
    def rounds(self) -> object:
        """The number of times that the bytes or frames were taken completely."""
        return self._rounds

    @fact("ended", one_of("blocked", "sent", "closed", "reset"))
    def ended(self) -> object:
        """The reason of the end: blocked, sent (all of it), closed or reset."""
        return self._ended
