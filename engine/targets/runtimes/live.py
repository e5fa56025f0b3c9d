"""A started target: where it listens, what it does at its boundary, and its end. It is the same on every host."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.model.protocols import Boundary
from engine.model.target import ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.usage import Usage
from engine.targets.runtimes import liveness, readiness, usage
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.logfile import read_log
from engine.targets.runtimes.process_handle import GRACE, ProcessHandle

# The job of whoever asks a server whether it still answers.
ASKED = "asked"


@dataclass(frozen=True)
class Relaunch:
    """How a target's process is started by a step, as often as it is.

    ``begin`` starts the process. ``ready`` waits until it answers, and says what it is; it is given how often the
    target has been started. ``drive`` starts the process in which the app is called without a server. All raise
    StartError.
    """

    begin: Callable[[], Awaitable[ProcessHandle]]
    ready: Callable[[ProcessHandle, int], Awaitable[TargetInfo]]
    drive: Callable[[], Awaitable[Driving]]


class PortReservation(Protocol):
    """What keeps a target's address for it until it is closed: its place on the host."""

    def close(self) -> None: ...


class GatewayHandle(Protocol):
    """A gateway that runs in front of a target."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        ...

    @property
    def process(self) -> ProcessHandle:
        """Its main process."""
        ...

    async def stop(self, grace: float) -> None: ...


class StartedTarget:
    """A target that runs, or that a step will start. It keeps ``engine.model.protocols.LiveTarget``.

    ``scratch`` is its folder, in which ``desk/records`` has a file for each worker process, named after its pid.
    ``process`` is its main process, None where a step will start it; ``reservation`` keeps its address.
    ``address`` is where the server listens and speaks ``speaks``; where a gateway stands in front, clients connect to
    ``front``'s. ``tls`` is what they need for its TLS, None where it has none.
    """

    def __init__(
        self,
        launch: ServerLaunch,
        address: tuple[str, int],
        boundary: Boundary,
        facts: TargetInfo,
        *,
        process: ProcessHandle | None,
        log_file: Path,
        scratch: Path,
        relaunch: Relaunch,
        reservation: PortReservation | None = None,
        speaks: str = "http",
        front: GatewayHandle | None = None,
        tls: TlsCredentials | None = None,
    ) -> None:
        self.launch = launch
        self.log_file = log_file
        self._log_name = str(log_file)
        self.tls = tls
        self._upstream = address
        self._address = front.address if front is not None else address
        self._speaks = speaks
        self._front = front
        self._boundary = boundary
        self._facts = facts
        self._processes = [process] if process is not None else []
        self._scratch = scratch
        self._relaunch = relaunch
        self._reservation = reservation
        self._lost: tuple[int, ...] = ()
        self._driving: asyncio.Task[Driving] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._over = False
        self._asked = 0

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
    def upstream(self) -> tuple[str, int]:
        """Where the server itself listens."""
        return self._upstream

    @property
    def speaks(self) -> str:
        """What is spoken there."""
        return self._speaks

    @property
    def boundary(self) -> Boundary:
        return self._boundary

    @property
    def facts(self) -> TargetInfo:
        return self._facts

    @property
    def _process(self) -> ProcessHandle | None:
        return self._processes[-1] if self._processes else None

    @property
    def pid(self) -> int:
        """The main process's pid; 0 where it has not been started."""
        return self._process.pid if self._process else 0

    @property
    def ended(self) -> ExitStatus | None:
        """How its main process ended, or the gateway's; None while they run, and before it is started."""
        ended = self._process.ended if self._process else None
        return ended or (self._front.process.ended if self._front else None)

    @property
    def ended_at(self) -> float:
        """When that process was seen to have ended, in seconds on the engine's clock; 0.0 if it has not."""
        at = self._process.ended_at if self._process else 0.0
        return at or (self._front.process.ended_at if self._front else 0.0)

    async def check(self) -> ExitStatus | None:
        """How its main process, or the gateway's, has ended by now, None while they run."""
        processes = [*self._processes[-1:], *([self._front.process] if self._front else [])]
        for process in processes:
            await process.check()
        return self.ended

    async def answers(self) -> bool:
        """Whether the server answers GET /health, asked patiently (``liveness``). Not asked of a server that one case
        has for itself."""
        if self.launch.lifespan_of:
            return True
        self._boundary.finish(ASKED)  # nobody looks at these calls
        return await liveness.answers(self._answers_once, lambda: self.ended is not None)

    async def _answers_once(self) -> bool:
        """Whether one GET /health is answered, and by the server itself; waits as long as the connection is open."""
        self._asked += 1
        token = self._boundary.token(ASKED, self._asked)
        try:
            context = readiness.context_of(self.tls) if self.tls is not None else None
            answer = await readiness.ask(self._address, token, tls=context)
        except readiness.NotReady:  # that is an answer, if a strange one
            return True
        except (OSError, EOFError):
            return False
        return self._front is None or answer.status not in readiness.NOT_YET

    @property
    def workers_lost(self) -> Sequence[int]:
        """Pids of processes that served calls and are gone; after a stop, those that were gone before it."""
        if not self._over:
            driven = self._driven()
            served = recorded(self._scratch / "desk" / "records")
            self._lost = tuple(pid for pid in served if pid not in driven and not alive(pid))
        return self._lost

    def _driven(self) -> frozenset[int]:
        """Pids of processes in which the app was called without a server: their ends mean nothing."""
        task = self._driving
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return frozenset()
        return frozenset(task.result().pids)

    def log(self, since: int = 0) -> str:
        """What the target has written so far, after the first ``since`` bytes; without its middle where it is long."""
        return read_log(self.log_file, since)

    @property
    def logged(self) -> int:
        """How many bytes it has written so far."""
        try:  # asked for with every job, so it takes as little as can be
            return os.stat(self._log_name).st_size
        except OSError:
            return 0

    def usage(self) -> Sequence[Usage]:
        """What its processes use now, the main process first; empty where none runs."""
        return usage.usage(self.pid) if self.pid and self.ended is None else ()

    async def start(self, *, ready: bool = True) -> None:
        """Start it by a step, the first time or after it ended. Raises StartError, and ValueError where it runs."""
        if self._processes and self.ended is None:
            raise ValueError("the server runs already, and is not started twice")
        if self._over or self._stopping is not None:
            raise ValueError("the target is being stopped")
        process = await self._relaunch.begin()
        self._processes.append(process)
        if ready:
            self._facts = await self._relaunch.ready(process, len(self._processes))

    def signal(self, number: int, pid: int = 0) -> bool:
        """Send a signal to the main process, or to the one of its processes with that pid. Whether there was one."""
        process = self._process
        if process is None or process.ended is not None:
            return False
        if pid in (0, process.pid):
            process.signal(number)
            return True
        return usage.signal(process.pid, pid, number)

    async def wait(self) -> ExitStatus:
        """How the main process ended, waiting for it. Raises ValueError where it was never started."""
        if self._process is None:
            raise ValueError("the server has not been started")
        return await self._process.wait()

    async def drive(self, order: Mapping[str, object]) -> str:
        """Have the app called without a server. What the script could not do, "" if all was done. Raises StartError."""
        if self._driving is None:
            self._driving = asyncio.ensure_future(self._relaunch.drive())
        driving = await asyncio.shield(self._driving)
        return await driving.drive(order)

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        """TERM first, KILL after ``grace`` seconds, and nothing left behind. Safe to call twice, and at once.

        What the observers wrote is taken in before it is deleted; the log is kept. Cancelling does not interrupt it.
        """
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(grace))
        await asyncio.shield(self._stopping)
        return self.ended

    async def _stop(self, grace: float) -> None:
        _ = self.workers_lost
        self._over = True
        if self._reservation is not None:
            self._reservation.close()
        front = [self._front] if self._front is not None else []
        stopping = [*(process.stop(grace) for process in self._processes), *(one.stop(grace) for one in front)]
        await asyncio.gather(*stopping, self._end_driving())
        self._boundary.refresh()
        self._boundary.close()
        for process in (*self._processes, *(one.process for one in front)):
            await process.release()
        # The last supervisor has deleted it, where there was any.
        shutil.rmtree(self._scratch, ignore_errors=True)

    async def _end_driving(self) -> None:
        if self._driving is not None:
            with suppress(Exception):
                await (await self._driving).stop()


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
