"""The runtime that starts targets as processes of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.errors import EnvironmentFailed, StartError
from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import Ended, Facts, Launch, Target
from engine.targets import hints, inside, readiness
from engine.targets.environments import Environment, Environments
from engine.targets.frameworks import Framework
from engine.targets.live import LocalTarget, read_log
from engine.targets.process import GRACE, Process, Spec
from engine.targets.servers.base import Server, Start

HERE = "127.0.0.1"
APP = "engine_inside.service:app"
READY_WITHIN = 30.0
BACKLOG = 2048
# For servers that take no socket: the port was free a moment ago, and somebody else may have been quicker.
TRIES = 3
# A server that dies drops its connections first; its exit status is known a moment later.
LAST_WORDS = 0.5
# Where an interpreter finds its own shared library, on machines that need to be told.
KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class PortTaken(Exception):
    """Somebody else has the port: another try with another one."""

    def __init__(self, error: StartError) -> None:
        super().__init__(str(error))
        self.error = error


class LocalRuntime:
    """Starts targets here. Every target has a scratch folder of its own, which is gone when it is; the run's folder
    keeps the logs."""

    name = "local"

    def __init__(
        self,
        environments: Environments,
        frameworks: Mapping[str, Framework],
        servers: Mapping[str, Server],
        boundary_of: Callable[[Path], Boundary],
        folder: Path,
        *,
        python: Path | None = None,
        ready_within: float = READY_WITHIN,
        grace: float = GRACE,
        source: Path = inside.SOURCE,
    ) -> None:
        """``boundary_of`` makes a target's desk in a folder. Logs go to ``folder``/logs. ``python`` is the interpreter
        of the services, the engine's own where none is given; ``source`` the package that goes into each."""
        self.environments = environments
        self.frameworks = frameworks
        self.servers = servers
        self._boundary_of = boundary_of
        self._logs = folder.absolute() / "logs"
        self._python = python
        self._ready_within = ready_within
        self._grace = grace
        self._source = source
        self._inside: Path | None = None
        self._log_names: set[str] = set()

    def unsupported(self, launch: Launch) -> tuple[str, ...]:
        """Why the target's server cannot be started so: a sentence for each option and loop that it does not have."""
        return self.servers[launch.target.server].unsupported(dict(launch.options), launch.target.loop)

    async def prepare(self, target: Target) -> Environment:
        """The target's environment, made where it is not there yet. Raises EnvironmentFailed."""
        return await self.environments.ensure(
            self.frameworks[target.framework], self.servers[target.server], self._python
        )

    async def start(self, launch: Launch, prepare: Callable[[Boundary], None] | None = None) -> LocalTarget:
        """Start a target, and wait until it is ready. ``prepare`` is called with its desk before the process starts.

        Raises EnvironmentFailed, StartError (with the log's last lines and a hint), and UsageError for an option that
        ``unsupported`` would have named. Cancelling ends what was started.
        """
        environment = await self.prepare(launch.target)
        log = self._log_for(launch)
        tries = 1 if self.servers[launch.target.server].hands_descriptor else TRIES
        while True:
            tries -= 1
            try:
                return await self._start(launch, environment, log, prepare)
            except PortTaken as taken:
                if not tries:
                    raise taken.error from None

    async def _start(
        self, launch: Launch, environment: Environment, log: Path, prepare: Callable[[Boundary], None] | None
    ) -> LocalTarget:
        """One try."""
        server = self.servers[launch.target.server]
        scratch = Path(tempfile.mkdtemp(prefix="engine-"))
        process: Process | None = None
        try:
            boundary = self._boundary_of(scratch / "desk")
            if prepare is not None:
                prepare(boundary)
            listener = listening() if server.hands_descriptor else None
            with contextlib.closing(listener) if listener else contextlib.nullcontext():
                address = (HERE, listener.getsockname()[1] if listener else free_port())
                descriptor = listener.fileno() if listener else None
                start = Start(environment.python, APP, launch.target.loop, address, descriptor, dict(launch.options))
                spec = Spec(
                    argv=tuple(server.command(start)),
                    env=self._variables(launch, environment, scratch),
                    cwd=scratch,
                    log=log,
                    fds=(descriptor,) if descriptor is not None else (),
                    grace=self._grace,
                    remove=scratch,
                )
                process = await Process.start(spec)
            call = await self._ready(launch.target, address, boundary, process, log)
            facts = Facts(environment.version, call.loop, environment.versions)
            self._check_loop(launch.target, facts, log)
        except BaseException:
            if process is None:
                shutil.rmtree(scratch, ignore_errors=True)
            else:
                await asyncio.shield(end(process))
            raise
        records = scratch / "desk" / "records"
        return LocalTarget(launch, address, boundary, facts, process=process, log_file=log, records=records)

    def _variables(self, launch: Launch, environment: Environment, scratch: Path) -> dict[str, str]:
        """The whole environment of a service, and the folders that it speaks of."""
        framework = self.frameworks[launch.target.framework]
        if self._inside is None:
            try:
                self._inside = inside.laid_out(self.environments.cache, self._source)
            except OSError as error:
                raise EnvironmentFailed(f"the cache cannot be used: {error.strerror}: {error.filename}") from None
        for name in ("home", "tmp"):
            (scratch / name).mkdir()
        variables = {
            "PATH": f"{environment.python.parent}:{os.defpath}",
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": f"{self._inside}:{framework.folder}",
            "ENGINE_DESK": str(scratch / "desk"),
            "ENGINE_APP": framework.app,
        }
        if launch.target.is_control:
            variables["ENGINE_PLAYS"] = "1"
        if launch.lifespan_of:
            variables["ENGINE_LIFESPAN_OF"] = launch.lifespan_of
        return variables | {name: os.environ[name] for name in KEPT if name in os.environ}

    async def _ready(
        self, target: Target, address: tuple[str, int], boundary: Boundary, process: Process, log: Path
    ) -> AppCall:
        """Wait until the target answers with its own token. Raises StartError, or PortTaken for another try."""
        hands = self.servers[target.server].hands_descriptor
        asking = asyncio.ensure_future(readiness.ready(address, boundary))
        exiting = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait([asking, exiting], timeout=self._ready_within, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and not exiting.done() and asking.exception() is not None:
                await asyncio.wait([exiting], timeout=LAST_WORDS)
            if exiting.done():
                error = self._failed(f"{target.id} ended before it was ready", log, exiting.result())
                if not hands and "port" in error.hint:
                    raise PortTaken(error)
                raise error
            if not asking.done():
                raise self._failed(f"{target.id} was not ready within {self._ready_within:g} s", log)
            return asking.result()
        except readiness.NotReady as trouble:
            error = self._failed(f"{target.id} is not ready: {trouble}", log)
            if trouble.stranger and not hands:
                raise PortTaken(error) from None
            raise error from None
        finally:
            asking.cancel()
            exiting.cancel()
            await asyncio.wait([asking, exiting])

    def _check_loop(self, target: Target, facts: Facts, log: Path) -> None:
        """See to it that the loop that was asked for runs. Raises StartError."""
        if target.loop not in ("auto", facts.loop_name):
            raise self._failed(f"{target.id} was to run on {target.loop}, and runs on {facts.loop}", log)

    def _failed(self, what: str, log: Path, ended: Ended | None = None) -> StartError:
        """The error about a target that did not start, with what its log tells."""
        text = read_log(log)
        how = str(ended) if ended else ""
        return StartError(f"{what} ({how})" if how else what, hint=hints.hint(text), log=hints.tail(text), exit=how)

    def _log_for(self, launch: Launch) -> Path:
        """A log file that no other launch of this run has: named after the target, with a number from the second on."""
        name, number = launch.target.id, 1
        while name in self._log_names:
            number += 1
            name = f"{launch.target.id}.{number}"
        self._log_names.add(name)
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        path.unlink(missing_ok=True)
        return path


async def end(process: Process) -> None:
    """End a target that did not become ready: what it would still do in peace is of no use to anybody."""
    await process.stop(grace=0.5)
    await process.release()


def listening() -> socket.socket:
    """A socket that listens on a port of the system's choice; connections wait in its queue for the server."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Accepted connections inherit it. A server that is handed a descriptor may not set it itself, and then
        # answers wait for the client's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((HERE, 0))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def free_port() -> int:
    """A port that nobody has at this moment."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])
