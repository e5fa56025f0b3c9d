"""Resource usage of the processes of a target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """One process at one moment: bytes of resident memory, open descriptors, seconds of processor time so far, threads.

    ``peak`` is the most resident memory, in bytes, since it was measured last; None where the system does not say.
    """

    pid: int
    memory: int
    files: int
    cpu: float
    threads: int = 1
    peak: int | None = None
