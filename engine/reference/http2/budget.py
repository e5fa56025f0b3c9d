"""A limit of what costs a client nothing and a server work (RFC 9113, section 10.5)."""

from __future__ import annotations

from collections.abc import Callable

from .faults import ConnectionFault, ErrorCode

MOST = 400
PERIOD = 10.0  # seconds


class NuisanceBudget:
    """Counts resets, empty frames and frames that only ask for an answer: MOST in each PERIOD. ``now`` is a clock in
    seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began = now()
        self._count = 0

    def spend(self, what: str) -> None:
        """Count one. Raises ConnectionFault beyond the limit."""
        self._count += 1
        if self._count <= MOST:
            return
        if (now := self._now()) - self._began > PERIOD:
            self._began, self._count = now, 1
            return
        raise ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, "H2-80", f"too many frames of one kind: {what}")
