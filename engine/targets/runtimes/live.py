"""A started target: its address, its boundary, its processes and its end. It is the same on every host."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.model.network import Address, authority
from engine.model.protocols import Boundary
from engine.model.target import ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.model.usage import Usage
from engine.model.variables import WrongValue
from engine.targets.runtimes import liveness, readiness, usage
from engine.targets.runtimes.base import ServerPlace
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.gateway_process import GatewayProcess
from engine.targets.runtimes.greeting import greeting
from engine.targets.runtimes.logfile import read_log
from engine.targets.runtimes.process_handle import GRACE, ProcessHandle

# The job of whoever asks a server whether it still answers.
ASKED = "asked"
MAX_REQUESTS = "max_requests"


@dataclass(frozen=True)
class Relaunch:
    """The means to start a target's process again, for steps that do so.

    ``begin`` starts the process. ``ready`` waits until it answers; it takes the number of starts so far, this one
    included, and returns the facts of the target. ``drive`` starts the process that calls the app without a server.
    All raise StartError.
    """

    begin: Callable[[], Awaitable[ProcessHandle]]
    ready: Callable[[ProcessHandle, int], Awaitable[TargetInfo]]
    drive: Callable[[], Awaitable[Driving]]


class StartedTarget:
    """A target that runs, or that a step will start. It keeps ``engine.model.protocols.LiveTarget``.

    ``scratch`` is its folder, in which ``desk/records`` has a file for each worker process, named after its pid.
    ``process`` is its main process, None where a step will start it; ``place`` keeps its address.
    ``address`` is where the server listens and speaks ``speaks``; where a gateway stands in front, clients connect to
    ``gateway``'s. ``tls`` is what they need for its TLS, None where it has none.
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
        place: ServerPlace | None = None,
        speaks: str = "http",
        gateway: GatewayProcess | None = None,
        tls: TlsCredentials | None = None,
    ) -> None:
        self.launch = launch
        self.log_file = log_file
        self._log_name = str(log_file)
        self.tls = tls
        self._upstream = address
        self._address = gateway.address if gateway is not None else address
        self._speaks = speaks
        self._gateway = gateway
        self._boundary = boundary
        self._facts = facts
        self._processes = [process] if process is not None else []
        self._scratch = scratch
        self._relaunch = relaunch
        self._place = place
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
        return authority(self._address)

    @property
    def upstream(self) -> tuple[str, int]:
        """The host and port of the server itself, behind a gateway too."""
        return self._upstream

    @property
    def speaks(self) -> str:
        """The protocol at ``upstream``: ``http``, ``fastcgi`` or ``uwsgi``."""
        return self._speaks

    def greeting(self, own: Address) -> bytes:
        return greeting(dict(self.launch.options), own, self._address)

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
        """The exit of its main process, or of the gateway's; None while they run, and before the first start."""
        ended = self._process.ended if self._process else None
        return ended or (self._gateway.process.ended if self._gateway else None)

    @property
    def ended_at(self) -> float:
        """The time at which that end was seen, in seconds on the engine's clock; 0.0 while they run."""
        at = self._process.ended_at if self._process else 0.0
        return at or (self._gateway.process.ended_at if self._gateway else 0.0)

    async def check(self) -> ExitStatus | None:
        """As ``ended``, found by asking the supervisors now."""
        processes = [*self._processes[-1:], *([self._gateway.process] if self._gateway else [])]
        for process in processes:
            await process.check()
        return self.ended

    async def answers(self) -> bool:
        """True if the server answers GET /health, asked patiently (``liveness``); always True for a dedicated server,
        which is not asked."""
        if self.launch.lifespan_of:
            return True
        self._boundary.finish(ASKED)  # nobody reads these calls
        return await liveness.answers(self._answers_once, lambda: self.ended is not None)

    async def _answers_once(self) -> bool:
        """True if the server itself answers one GET /health; waits as long as the connection is open."""
        self._asked += 1
        token = self._boundary.token(ASKED, self._asked)
        try:
            context = readiness.context_of(self.tls) if self.tls is not None else None
            answer = await readiness.ask(self._address, token, tls=context, greeting=self.greeting)
        except readiness.NotReady:  # that is an answer, if a strange one
            return True
        except (OSError, EOFError):
            return False
        return self._gateway is None or answer.status not in readiness.NOT_YET

    @property
    def workers_lost(self) -> Sequence[int]:
        """Pids of processes that served calls and are gone; after a stop, those that were gone before it. None of a
        server that replaces its workers after some requests, since those end on purpose."""
        if MAX_REQUESTS in dict(self.launch.options):
            return ()
        if not self._over:
            served = recorded(self._scratch / "desk" / "records")
            self._lost = tuple(pid for pid in served if not alive(pid))
        return self._lost

    def log(self, since: int = 0) -> str:
        """The target's output after its first ``since`` bytes; a long log lacks its middle."""
        return read_log(self.log_file, since)

    @property
    def logged(self) -> int:
        """The size of its output so far, in bytes."""
        try:  # asked for with every job, so it takes as little as can be
            return os.stat(self._log_name).st_size
        except OSError:
            return 0

    def usage(self) -> Sequence[Usage]:
        """The resources that its processes use now, the main process first; empty if none runs."""
        return usage.usage(self.pid) if self.pid and self.ended is None else ()

    async def start(self, *, ready: bool = True) -> None:
        """Start it by a step, the first time or after it ended. Raises StartError, and ValueError where it runs."""
        if self._processes and self.ended is None:
            raise WrongValue("the server runs already, and is not started twice")
        if self._over or self._stopping is not None:
            raise WrongValue("the target is being stopped")
        process = await self._relaunch.begin()
        self._processes.append(process)
        if ready:
            self._facts = await self._relaunch.ready(process, len(self._processes))

    def signal(self, number: int, pid: int = 0) -> bool:
        """Send a signal to the main process, or to the one of its processes with that pid. Returns True if there was
        one."""
        process = self._process
        if process is None or process.ended is not None:
            return False
        if pid in (0, process.pid):
            process.signal(number)
            return True
        return usage.signal(process.pid, pid, number)

    async def wait(self) -> ExitStatus:
        """Wait for the end of the main process, and return its exit. Raises ValueError before the first start."""
        if self._process is None:
            raise WrongValue("the server has not been started")
        return await self._process.wait()

    async def prepare_driving(self) -> None:
        """Load the app in the process in which ``drive`` calls it. Raises StartError."""
        await self._loaded()

    async def drive(self, order: Mapping[str, object]) -> str:
        """Call the app without a server. Returns the part of the script that was not done, "" for none. Raises
        StartError."""
        return await (await self._loaded()).drive(order)

    async def _loaded(self) -> Driving:
        if self._driving is None:
            self._driving = asyncio.ensure_future(self._relaunch.drive())
        return await asyncio.shield(self._driving)

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        """TERM first, KILL after ``grace`` seconds, and nothing left behind. Safe to call twice, and concurrently.

        The observers' records are read before they are deleted; the log is kept. Cancelling does not interrupt it.
        """
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(grace))
        await asyncio.shield(self._stopping)
        return self.ended

    async def _stop(self, grace: float) -> None:
        _ = self.workers_lost
        self._over = True
        if self._place is not None:
            self._place.close()
        gateways = [self._gateway] if self._gateway is not None else []
        stopping = [*(process.stop(grace) for process in self._processes), *(one.stop(grace) for one in gateways)]
        await asyncio.gather(*stopping, self._end_driving())
        self._boundary.refresh()
        self._boundary.close()
        for process in (*self._processes, *(one.process for one in gateways)):
            await process.release()
        # The last supervisor has deleted it, where there was any.
        shutil.rmtree(self._scratch, ignore_errors=True)

    async def _end_driving(self) -> None:
        if self._driving is not None:
            with suppress(Exception):
                await (await self._driving).stop()


def recorded(records: Path) -> list[int]:
    """The pids of the processes of a server that wrote records, in order. The files of those in which the app was
    called without a server have another ending: their ends mean nothing."""
    return sorted(int(path.stem) for path in records.glob("*.ndjson") if path.stem.isdigit())


def alive(pid: int) -> bool:
    """True if a process runs; a zombie does not."""
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
