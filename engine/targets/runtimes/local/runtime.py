"""The runtime that starts targets as processes of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.errors import StartError, Unfit
from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import DIRECT, ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.targets.catalog.capabilities import WORDS as OFFERS
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.frameworks import ASGI, Framework, offered
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import split
from engine.targets.catalog.gateways.nginx import Nginx, find
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.tls import WORD, Files, asked
from engine.targets.environments import inside
from engine.targets.environments.layout import APPS
from engine.targets.environments.packages import Environment, Environments
from engine.targets.environments.services import Services
from engine.targets.matrix.fitting import speaks, through, unsupported
from engine.targets.runtimes import hints, ports, readiness
from engine.targets.runtimes.certificates import Certificates
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.gateway_process import GatewayProcess, failed, open_gate
from engine.targets.runtimes.launch_context import LaunchContext, end
from engine.targets.runtimes.live import LocalTarget, PortReservation, Starter
from engine.targets.runtimes.local.process import GRACE, ProcessSpec, SupervisedProcess
from engine.targets.runtimes.logfile import read_log
from engine.targets.runtimes.offers import Prober, ServerOffers
from engine.targets.runtimes.ports import PortTaken

READY_WITHIN = 30.0
# For servers that take no socket: the port was free a moment ago, and somebody else may have been quicker.
TRIES = 3
# A server that dies drops its connections first; its exit status is known a moment later.
LAST_WORDS = 0.5


# What the observer tells of a loop that is none of asyncio's.
OTHER_LOOPS = ("", "trio")


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
        prober: Prober | None = None,
        nginx: str = "",
    ) -> None:
        """``servers`` are by ``Target.configuration``. ``boundary_of`` makes a target's desk in a folder. Logs go to
        ``folder``/logs. ``python`` is the interpreter of the services, the engine's own where none is given; ``source``
        the package that goes into each. ``prober`` finds out what servers offer; without one, claims are believed.
        ``nginx`` names the one for gateways."""
        self.environments = environments
        self.frameworks = frameworks
        self.servers = servers
        self._boundary_of = boundary_of
        self._logs = folder.absolute() / "logs"
        self._python = python
        self._ready_within = ready_within
        self._grace = grace
        self._services = Services(environments.cache, source)
        self._log_names: set[str] = set()
        self._prober = prober
        self._offers = ServerOffers(frameworks, servers, prober)
        self._nginx = nginx
        self._certificates = Certificates()

    def unsupported(self, launch: ServerLaunch) -> tuple[str, ...]:
        """Why the target's server cannot be started so: a sentence for each option and loop that it does not have."""
        return unsupported(self.servers[launch.target.configuration], launch.target, dict(launch.options))

    async def prepare(self, target: Target) -> Environment:
        """The target's environment, made where it is not there yet. Raises EnvironmentFailed."""
        return await self.environments.ensure(
            self.frameworks[target.framework], self.servers[target.configuration], self._python
        )

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LocalTarget:
        """Start a target, and wait until it is ready. ``prepare`` is called with its desk before the process starts.

        Raises EnvironmentFailed, StartError (with the log's last lines and a hint), and UsageError for an option that
        ``unsupported`` would have named, and for a port that cannot be had. Cancelling ends what was started. A target
        whose launch is held is made ready to be started, and not started.
        """
        environment = await self.prepare(launch.target)
        if launch.target.interface == ASGI:  # what is looked for are words about ASGI apps
            await self._probe(launch.target, environment)
        return await self._tried(launch, environment, self._log_for(launch), prepare)

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """Those of some capabilities and protocols that the target's server does not claim, and that a probe finds
        there all the same. Raises EnvironmentFailed."""
        server = self.servers[target.configuration]
        found = frozenset[str]()
        if self._prober is not None and server.asks.keys() & frozenset(words):
            environment = await self.prepare(target)
            found = await self._prober.spoken(server, await self._servers_part(server), environment.python)
            found &= frozenset(words)
        doubtful = through(frozenset(words) & OFFERS.keys() - server.claims, target)
        if not doubtful:
            return found
        probed = await self._probe(target, await self.prepare(target))
        return found | doubtful & offered(probed.found, self.frameworks[target.framework])

    async def _probe(self, target: Target, environment: Environment) -> Probed:
        """What a probe finds of the target's server on its loop. Raises EnvironmentFailed."""

        async def control(launch: ServerLaunch) -> LocalTarget:
            return await self._tried(launch, environment, self._log_for(launch, "probe-"), None)

        return await self._offers.probe(target, self._servers_part, control)

    async def _servers_part(self, server: Server) -> str:
        return await self.environments.servers_part(server, self._python)

    async def _tried(
        self, launch: ServerLaunch, environment: Environment, log: Path, prepare: Callable[[Boundary], None] | None
    ) -> LocalTarget:
        """Start, and once more where the port is taken in between."""
        tries = 1 if self._hands_down(launch) and launch.target.gateway == DIRECT else TRIES
        while True:
            tries -= 1
            try:
                return await self._start(launch, environment, log, prepare)
            except PortTaken as taken:
                if tries <= 0:
                    raise taken.error from None

    async def _start(
        self, launch: ServerLaunch, environment: Environment, log: Path, prepare: Callable[[Boundary], None] | None
    ) -> LocalTarget:
        """One try."""
        # Before anything is started that would be started in vain.
        program = find(self._nginx) if launch.target.gateway != DIRECT else None
        scratch = self._scratch()
        process: SupervisedProcess | None = None
        gate: GatewayProcess | None = None
        listener: socket.socket | None = None
        keeper: PortReservation | None = None
        boundary: Boundary | None = None
        try:
            boundary = self._boundary_of(scratch / "desk")
            if prepare is not None:
                prepare(boundary)
            address, listener, keeper = await self._place(launch)
            files, tls = self._secured(launch, scratch, address[0])
            spoken = speaks(launch.target)
            site = LaunchContext(launch, environment, log, scratch, address, spoken, boundary, files=files, tls=tls)
            if not launch.held:
                process = await self._begin(site, listener)
            gate = await self._gate(site, program) if program is not None else None
            site = replace(site, gate=gate)
            starter = Starter(partial(self._begin, site), partial(self._found, site), partial(self._drive, site))
            found = self._offers.info(launch.target, environment)
            if process is not None:
                found = await starter.ready(process, 1)
        except BaseException:
            if keeper is not None:
                keeper.close()
            if boundary is not None:
                boundary.close()
            if gate is not None:
                await asyncio.shield(gate.close())
            if process is None:
                shutil.rmtree(scratch, ignore_errors=True)
            else:
                await asyncio.shield(end(process))
            raise
        return LocalTarget(
            launch, site.address, boundary, found,
            process=process, log_file=log, scratch=scratch, starter=starter, keeper=keeper,
            speaks=site.speaks, front=gate, tls=site.tls,
        )  # fmt: skip

    def _scratch(self) -> Path:
        """A new folder for a target. Raises OSError."""
        return Path(tempfile.mkdtemp(prefix="engine-"))

    def _secured(self, launch: ServerLaunch, folder: Path, host: str) -> tuple[Files | None, TlsCredentials | None]:
        """For TLS: what the server at an address is given and what its clients need, in a target's folder. Raises
        StartError and OSError."""
        asks = asked(dict(launch.options).get(WORD, False))
        return (None, None) if asks is None else self._certificates.write(folder, host, asks)

    async def _place(
        self, launch: ServerLaunch
    ) -> tuple[tuple[str, int], socket.socket | None, PortReservation | None]:
        """Where the server is to listen; the socket that it is handed, if it is, and what keeps its port."""
        # Behind a gateway it is the gateway that clients connect to.
        port = launch.port if launch.target.gateway == DIRECT else 0
        if self._hands_down(launch):
            listener = ports.listening(port)
            return (ports.HERE, int(listener.getsockname()[1])), listener, None
        port, keeper = ports.reserved(port)
        return (ports.HERE, port), None, keeper

    def _hands_down(self, launch: ServerLaunch) -> bool:
        """Whether the server is handed a socket that listens. One that a case has for itself binds its port itself: of
        what is handed down a copy stays open that the server knows nothing of, and connections would be taken until
        its process is gone."""
        server = self.servers[launch.target.configuration]
        return server.takes_descriptor(dict(launch.options)) and not launch.lifespan_of

    @staticmethod
    async def _gate(site: LaunchContext, program: Nginx) -> GatewayProcess:
        """Start the gateway that stands in front of the server. Raises StartError and PortTaken."""
        gateway = load_gateways()[site.launch.target.gateway]
        _, options = split(dict(site.launch.options))
        log = site.log.with_name(f"{site.log.name.removesuffix('.log')}.gateway.log")
        return await open_gate(
            gateway, program, site.address, options, scratch=site.scratch, log=log, port=site.launch.port
        )

    async def _begin(self, site: LaunchContext, listener: socket.socket | None = None) -> SupervisedProcess:
        """Start the process, which has the listener from then on alone."""
        launch, python = site.launch, site.environment.python
        with contextlib.closing(listener) if listener else contextlib.nullcontext():
            descriptor = listener.fileno() if listener else None
            version = self._offers.info(launch.target, site.environment).version
            interface = launch.target.interface
            start = Start(
                python, APPS[interface], launch.target.loop, site.address, descriptor, site.options, version,
                site.speaks, interface,
            )  # fmt: skip
            spec = ProcessSpec(
                argv=tuple(self.servers[launch.target.configuration].command(start)),
                env=self._variables(launch, site.environment, site.scratch),
                cwd=site.scratch,
                log=site.log,
                fds=(descriptor,) if descriptor is not None else (),
                grace=self._grace,
                remove=site.scratch,
            )
            return await SupervisedProcess.start(spec)

    async def _found(self, site: LaunchContext, process: SupervisedProcess, turn: int) -> TargetInfo:
        """Wait until the target answers; what it is."""
        target, environment = site.launch.target, site.environment
        try:
            call = await self._ready(site, process, turn)
        except PortTaken as taken:
            if site.launch.held:  # it is to have this very port
                raise taken.error from None
            raise
        if target.interface == ASGI and call.loop in OTHER_LOOPS:
            raise unfit(target, call.loop)
        found = self._offers.info(target, environment, call.loop)
        self._check_loop(target, found, site.log)
        return found

    async def _drive(self, site: LaunchContext) -> Driving:
        """Start the process in which the app is called without a server."""
        env = self._variables(site.launch, site.environment, site.scratch)
        argv = (str(site.environment.python),)
        return await Driving.start(ProcessSpec(argv, env, cwd=site.scratch, log=site.log, grace=self._grace))

    def _variables(self, launch: ServerLaunch, environment: Environment, scratch: Path) -> dict[str, str]:
        """The whole environment of a service."""
        target = launch.target
        server, framework = self.servers[target.configuration], self.frameworks[target.framework]
        return self._services.variables(launch, server, framework, environment, scratch)

    async def _ready(self, site: LaunchContext, process: SupervisedProcess, turn: int) -> AppCall:
        """Wait until the target answers with its own token. Raises StartError, or PortTaken for another try."""
        target, log, gate = site.launch.target, site.log, site.gate
        hands = self._hands_down(site.launch)
        asking = asyncio.ensure_future(site.ready(turn))
        exiting = asyncio.ensure_future(process.wait())
        ends = [exiting, *([asyncio.ensure_future(gate.process.wait())] if gate is not None else [])]
        try:
            await asyncio.wait([asking, *ends], timeout=self._ready_within, return_when=asyncio.FIRST_COMPLETED)
            if gate is not None and gate.ended is not None and not exiting.done():
                raise failed(gate, f"{target.gateway} ended before {target.id} was ready")
            if asking.done() and not exiting.done() and asking.exception() is not None:
                await asyncio.wait([exiting], timeout=LAST_WORDS)
            if exiting.done():
                error = self._failed(f"{target.id} ended before it was ready", log, exiting.result())
                if not hands and "port" in error.hint:
                    raise PortTaken(error)
                raise error
            if not asking.done():
                raise self._failed(f"{target.id} was not ready within {self._ready_within:g} s", log, gate=gate)
            return asking.result()
        except readiness.NotReady as trouble:
            error = self._failed(f"{target.id} is not ready: {trouble}", log, gate=gate)
            if trouble.stranger and not hands:
                raise PortTaken(error) from None
            raise error from None
        finally:
            for task in (asking, *ends):
                task.cancel()
            await asyncio.wait([asking, *ends])

    def _check_loop(self, target: Target, facts: TargetInfo, log: Path) -> None:
        """See to it that the loop that was asked for runs. Raises StartError."""
        if target.loop not in ("auto", facts.loop_name):
            raise self._failed(f"{target.id} was to run on {target.loop}, and runs on {facts.loop}", log)

    def _failed(
        self, what: str, log: Path, ended: ExitStatus | None = None, gate: GatewayProcess | None = None
    ) -> StartError:
        """The error about a target that did not start, with what its log and its gateway's tell."""
        text = read_log(log) + (gate.said() if gate is not None else "")
        how = str(ended) if ended else ""
        hint = hints.hint(text)
        if gate is not None and not hint:
            hint = f"{gate.gateway.name} passed GET /health on, and speaks {gate.gateway.speaks}: does the server?"
        return StartError(f"{what} ({how})" if how else what, hint=hint, log=hints.tail(text), exit=how)

    def _log_for(self, launch: ServerLaunch, before: str = "") -> Path:
        """A log file that no other launch of this run has: named after the target, with a number from the second on."""
        name, number = before + launch.target.id, 1
        while name in self._log_names:
            number += 1
            name = f"{before}{launch.target.id}.{number}"
        self._log_names.add(name)
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{name}.log"
        for old in (path, path.with_name(f"{name}.gateway.log")):
            old.unlink(missing_ok=True)
        return path


def unfit(target: Target, loop: str) -> Unfit:
    """That a server runs apps on a loop for which the engine's apps and its player are not written. It serves well, but
    whatever fails there would be held against it."""
    where = "on Trio" if loop == "trio" else "on no loop of asyncio's"
    return Unfit(f"{target.configuration} runs apps {where}, and the apps of the services are written for asyncio")
