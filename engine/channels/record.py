"""The record of the bytes on a channel, bounded in memory."""

from __future__ import annotations

from engine.model.transcript import Side, TraceEvent

# The bytes up to which a channel keeps pieces in full, by reference; of later pieces it keeps the beginning.
KEPT_BYTES = 4 * 1024 * 1024
KEPT_HEAD = 256
# The number of pieces after which no more are recorded one by one; the end of the stream always is.
KEPT_PIECES = 10_000


class Trace:
    """The events of one channel, in order."""

    __slots__ = ("_kept", "_noted", "_pieces", "label")

    def __init__(self, label: str) -> None:
        """``label`` is the short name of the connection in a transcript."""
        self.label = label
        # As plain tuples: most jobs pass, and then nobody asks for their events.
        self._noted: list[tuple[float, str, str, bytes, int]] = []
        self._kept = 0
        self._pieces = 0

    @property
    def events(self) -> list[TraceEvent]:
        """The events so far, in order."""
        return [
            TraceEvent(at, Side.WIRE, self.label, what, detail, data, size)
            for at, what, detail, data, size in self._noted
        ]

    def data(self, at: float, what: str, data: bytes) -> None:
        """Record bytes that were ``sent`` or ``received``, as ``what`` says."""
        self._pieces += 1
        size = len(data)
        if self._pieces < KEPT_PIECES and self._kept + size <= KEPT_BYTES:
            self._kept += size
            self._noted.append((at, what, "", data, size))
        elif self._pieces < KEPT_PIECES:
            self._noted.append((at, what, "", bytes(data[:KEPT_HEAD]), size))
        elif self._pieces == KEPT_PIECES:
            self.event(at, what, "and later pieces, which are not listed")

    def event(self, at: float, what: str, detail: str = "") -> None:
        """Record an event other than bytes: ``connected``, ``closed``, ``reset``, ..."""
        self._noted.append((at, what, detail, b"", 0))
