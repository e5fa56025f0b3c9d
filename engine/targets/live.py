"""A started target: where it listens, what it does at its boundary, and its end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.model.protocols import Boundary
from engine.model.target import Ended, Facts, Launch, Target
from engine.targets.process import GRACE, Process


class LocalTarget:
    """A target that runs on this machine under a warden. It keeps ``engine.model.protocols.LiveTarget``.

    ``records`` is the folder where each worker process keeps a file named after its pid.
    """

    def __init__(
        self,
        launch: Launch,
        address: tuple[str, int],
        boundary: Boundary,
        facts: Facts,
        *,
        process: Process,
        log_file: Path,
        records: Path,
    ) -> None:
        self.launch = launch
        self.log_file = log_file
        self._address = address
        self._boundary = boundary
        self._facts = facts
        self._process = process
        self._records = records
        self._lost: tuple[int, ...] = ()
        self._stopping: asyncio.Task[None] | None = None
        self._over = False

    @property
    def target(self) -> Target:
        return self.launch.target

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    @property
    def host(self) -> str:
        """The Host header's value."""
        return f"{self._address[0]}:{self._address[1]}"

    @property
    def boundary(self) -> Boundary:
        return self._boundary

    @property
    def facts(self) -> Facts:
        return self._facts

    @property
    def ended(self) -> Ended | None:
        """How its main process ended, or None while it runs."""
        return self._process.ended

    @property
    def pid(self) -> int:
        """The main process's pid."""
        return self._process.pid

    @property
    def workers_lost(self) -> Sequence[int]:
        """Pids of processes that served calls and are gone; after a stop, those that were gone before it."""
        if not self._over:
            self._lost = tuple(pid for pid in recorded(self._records) if not alive(pid))
        return self._lost

    def log(self) -> str:
        """Everything that the target has written so far."""
        return read_log(self.log_file)

    def signal(self, number: int) -> None:
        """Send the main process a signal."""
        self._process.signal(number)

    async def wait(self) -> Ended:
        """How the main process ended, waiting for it."""
        return await self._process.wait()

    async def stop(self, grace: float = GRACE) -> Ended | None:
        """TERM first, KILL after ``grace`` seconds, and nothing left behind. Safe to call twice, and at once.

        What the observers wrote is taken in before it is deleted; the log is kept. Cancelling leaves the rest to the
        warden, which goes on by itself.
        """
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(grace))
        await asyncio.shield(self._stopping)
        return self.ended

    async def _stop(self, grace: float) -> None:
        _ = self.workers_lost
        self._over = True
        await self._process.stop(grace)
        self._boundary.refresh()
        await self._process.release()


def read_log(path: Path) -> str:
    """A log's text; "" where there is none yet."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def recorded(records: Path) -> list[int]:
    """The pids of the processes that wrote records, in order."""
    return sorted(int(path.stem) for path in records.glob("*.ndjson") if path.stem.isdigit())


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return True
