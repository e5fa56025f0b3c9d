"""Starting targets: from a launch to a target that answers, on any host.

Theory of operation
===================

The states of a launch, in order; ``Starter.start`` goes through all of them or leaves nothing behind::

    environment   the packages, or the image, exist (cached, shared by all targets with the same ones)
    probed        the server's capabilities on that loop are known (once a run, by starting the bare app likewise)
    laid out      a scratch folder with the spool exists; the scripts of the job are staged
    placed        the target has an address; a socket may already listen there
    begun         the main process runs; a launch that is *held* skips this, and a step of its job begins it
    fronted       the gateway, if there is one, accepts connections
    ready         GET /health was answered, and this target's own observer recorded that call

Ownership:

* The scratch folder belongs to the starter until a process is begun. From then on the last supervisor deletes it, even
  if the engine is killed. On Docker the reaper knows it from the beginning.
* The boundary (the engine's side of the spool), the place and the processes belong to the starter until ``ready``, and
  then to the ``StartedTarget``, which ends them in its ``stop``. The log stays in the run's folder.
* The place keeps the address while the server is down: a restarted target has the same one.
* Launches share only the environment, the findings of the prober, and the names of logs.

The server gets its address in one of two ways. Either it inherits a listening socket: no other process can take the
port, and connections wait in its queue. Or it binds an address that the place keeps for it. A server that is dedicated
to one job does so, since the supervisor would keep a copy of an inherited socket open, and no client could see that the
server has closed it.

Possible failures:

* The process ends before it is ready: StartError with its exit, the last lines of its log, and a hint. If the
  connection breaks first, the exit is known a moment later; the starter waits for it (``LAST_WORDS``).
* Another process took the port: the log says that the address is in use, or a stranger answers GET /health, in a call
  that no observer of this target recorded. Then everything is taken down and started again, up to ``TRIES`` times. A
  *held* launch is not, since its job already knows the address.
* It never answers: StartError after ``ready_within`` seconds. It answers with an error, or runs on another loop than
  requested: StartError at once. It runs apps on a loop other than asyncio's: Unfit, which is not the server's fault.
* The gateway ends first: StartError with the gateway's output.
* The start is cancelled, at any await: everything is taken down behind ``asyncio.shield``, and then it is cancelled.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.errors import StartError, Unfit
from engine.model.boundary import AppCall
from engine.model.network import IPV4, LOCALHOST, Address, unix_path
from engine.model.protocols import Boundary
from engine.model.target import DIRECT, ExitStatus, ServerLaunch, Target, TargetInfo
from engine.model.tls import TlsCredentials
from engine.targets.catalog.capabilities import WORDS as OFFERS
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.frameworks import ASGI, Framework, offered
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import FoundProgram, Gateway, split
from engine.targets.catalog.servers.base import LISTEN, Server
from engine.targets.catalog.servers.tls import NOWHERE, WORD, Files, requires_certificate
from engine.targets.environments.packages import Environment
from engine.targets.matrix.fitting import speaks, through, unsupported
from engine.targets.runtimes import hints, readiness
from engine.targets.runtimes.base import Host, LaunchContext, ServerPlace
from engine.targets.runtimes.gateway_process import GatewayProcess, failed, open_gateway
from engine.targets.runtimes.live import Relaunch, StartedTarget
from engine.targets.runtimes.logfile import read_log
from engine.targets.runtimes.offers import Prober, ServerOffers
from engine.targets.runtimes.ports import PortTaken
from engine.targets.runtimes.process_handle import ProcessHandle, abandon

READY_WITHIN = 30.0
# For servers that bind their address: the port was free a moment ago, and somebody else may have been quicker.
TRIES = 3
# A server that dies drops its connections first; its exit status is known a moment later.
LAST_WORDS = 0.5
# The observer's word for a loop other than asyncio's.
OTHER_LOOPS = ("", "trio")


class Starter:
    """Starts the targets of a run on a host. It keeps ``engine.app.session.Runtime``."""

    def __init__(
        self,
        host: Host,
        frameworks: Mapping[str, Framework],
        servers: Mapping[str, Server],
        boundary_of: Callable[[Path], Boundary],
        folder: Path,
        *,
        ready_within: float = READY_WITHIN,
        prober: Prober | None = None,
        nginx: str = "",
        gateways: Mapping[str, Gateway] | None = None,
    ) -> None:
        """``servers`` are by ``Target.configuration``. ``boundary_of`` makes a target's spool in a folder. Logs go to
        ``folder``/logs. ``ready_within`` is in seconds. ``prober`` finds out what servers offer; without one, claims
        are believed. ``nginx`` names the program for gateways; ``gateways`` are those of the catalog by default."""
        self.host = host
        self.frameworks = frameworks
        self.servers = servers
        self._boundary_of = boundary_of
        self._logs = folder.absolute() / "logs"
        self._ready_within = ready_within
        self._prober = prober
        self._nginx = nginx
        self._gateways = gateways
        self._offers = ServerOffers(frameworks, servers, prober)
        self._log_names: set[str] = set()

    @property
    def name(self) -> str:
        """The runtime's name."""
        return self.host.name

    def unsupported(self, launch: ServerLaunch) -> tuple[str, ...]:
        """The reasons why the server cannot be started so: a sentence for each option and loop that it lacks."""
        return unsupported(self._server(launch.target), launch.target, dict(launch.options))

    def _pair(self, target: Target) -> tuple[Framework, Server]:
        """The framework and the server of a target, each in its release."""
        return self.frameworks[target.framework_configuration], self._server(target)

    def _server(self, target: Target) -> Server:
        """The server of a target, as it is over the version of HTTP that it speaks there."""
        return self.servers[target.configuration].over(target.server_http)

    async def prepare(self, target: Target) -> Environment:
        """The target's environment, made where it is missing. Raises EnvironmentFailed."""
        return await self.host.environment(*self._pair(target), target.interpreter)

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> StartedTarget:
        """Start a target, and wait until it is ready. ``prepare`` gets its boundary before the process starts.

        Raises EnvironmentFailed, StartError (with the log's last lines and a hint), and UsageError for an option that
        ``unsupported`` would have named, and for a port that is not available. Cancelling ends everything that was
        started. A target whose launch is held is prepared, but not started.
        """
        environment = await self.prepare(launch.target)
        if launch.target.interface == ASGI:  # what is looked for are words about ASGI apps
            await self.probe(launch.target, environment)
        await self._probe_options(launch, environment)
        return await self._retried(launch, environment, self._log_for(launch), prepare)

    async def probe(self, target: Target, environment: Environment) -> Probed:
        """Probe the target's server on its loop, once a run. Raises EnvironmentFailed."""

        async def control(launch: ServerLaunch) -> StartedTarget:
            return await self._retried(launch, environment, self._log_for(launch, "probe-"), None)

        return await self._offers.probe(target, self.host.servers_part, control)

    async def _probe_options(self, launch: ServerLaunch, environment: Environment) -> None:
        """Probe the options of the server of a launch that has some. Raises EnvironmentFailed."""

        async def control(probed: ServerLaunch) -> StartedTarget:
            return await self._retried(probed, environment, self._log_for(probed, "options-"), None)

        await self._offers.probe_options(launch, self.host.servers_part, control, self.host.listens)

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """The capabilities and protocols among ``words`` that the target's server does not claim, but that a probe
        finds. Raises EnvironmentFailed."""
        server = self._server(target)
        wanted = frozenset(words) if self.host.runs_help else frozenset(words) - server.asks.keys()
        found = frozenset[str]()
        if self._prober is not None and server.asks.keys() & wanted:
            environment = await self.prepare(target)
            part = await self.host.servers_part(server, target.interpreter)
            found = await self._prober.spoken(server, part, environment.python) & wanted
        doubtful = through(wanted & OFFERS.keys() - server.claims, target)
        if not doubtful:
            return found
        probed = await self.probe(target, await self.prepare(target))
        return found | doubtful & offered(probed.found, self.frameworks[target.framework_configuration])

    # One start

    async def _retried(
        self, launch: ServerLaunch, environment: Environment, log: Path, prepare: Callable[[Boundary], None] | None
    ) -> StartedTarget:
        """Start, and again where somebody else had the port."""
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
    ) -> StartedTarget:
        """One try. Raises what ``start`` does, and PortTaken."""
        # Before anything is started that would be started in vain.
        chosen = self._chosen(launch.target.gateway)
        program = chosen.program.find(self._nginx) if chosen is not None else None
        scratch = self.host.scratch()
        process: ProcessHandle | None = None
        gateway: GatewayProcess | None = None
        place: ServerPlace | None = None
        boundary: Boundary | None = None
        try:
            boundary = self._boundary_of(scratch / "desk")
            if prepare is not None:
                prepare(boundary)
            place = await self._place(launch, scratch)
            files, tls = self._secured(launch, scratch, place.address)
            framework, server = self._pair(launch.target)
            context = LaunchContext(
                launch, server, framework, environment, log, scratch, place, speaks(launch.target), boundary,
                files=files if chosen is None else None, tls=tls,
            )  # fmt: skip
            if not launch.held:
                process = await self._begin(context)
            if chosen is not None and program is not None:
                gateway = await self._gateway(context, chosen, program)
                context = replace(context, gateway=gateway)
            relaunch = Relaunch(
                partial(self._begin, context), partial(self._ready, context), partial(self.host.drive, context)
            )
            found = self._offers.info(launch.target, environment)
            if process is not None:
                found = await relaunch.ready(process, 1)
        except BaseException:
            if place is not None:
                place.close()
            if boundary is not None:
                boundary.close()
            if gateway is not None:
                await asyncio.shield(gateway.close())
            if process is None:
                shutil.rmtree(scratch, ignore_errors=True)
            else:
                await asyncio.shield(abandon(process))
            raise
        return StartedTarget(
            launch, place.address, boundary, found,
            process=process, log_file=log, scratch=scratch, relaunch=relaunch, place=place,
            speaks=context.speaks, gateway=gateway, tls=context.tls,
        )  # fmt: skip

    def _hands_down(self, launch: ServerLaunch) -> bool:
        """True if the server is handed a listening socket. A dedicated server is not: the supervisor keeps a copy of
        what it hands down, so connections would be accepted until the process is gone."""
        server = self._server(launch.target)
        return self.host.hands_down and server.takes_descriptor(dict(launch.options)) and not launch.lifespan_of

    async def _place(self, launch: ServerLaunch, scratch: Path) -> ServerPlace:
        # Behind a gateway it is the gateway that clients connect to.
        port = launch.port if launch.target.gateway == DIRECT else 0
        listen = str(dict(launch.options).get(LISTEN, IPV4))
        return await self.host.place(
            *self._pair(launch.target), scratch, port=port, listening=self._hands_down(launch), listen=listen
        )

    def _secured(
        self, launch: ServerLaunch, scratch: Path, address: Address
    ) -> tuple[Files | None, TlsCredentials | None]:
        """For TLS: what the server at an address is given, or its gateway, and what their clients need."""
        asks = requires_certificate(dict(launch.options).get(WORD, False))
        if asks is None:
            return None, None
        return self.host.secure(scratch, LOCALHOST if unix_path(address) else address[0], asks)

    @staticmethod
    async def _begin(context: LaunchContext) -> ProcessHandle:
        """Start the main process. Raises StartError."""
        return await context.place.begin(context, context.command())

    def _chosen(self, name: str) -> Gateway | None:
        """The gateway of that name, None for none."""
        if name == DIRECT:
            return None
        return (load_gateways() if self._gateways is None else self._gateways)[name]

    async def _gateway(self, context: LaunchContext, gateway: Gateway, program: FoundProgram) -> GatewayProcess:
        """Start the gateway that stands in front of the server. Raises StartError and PortTaken."""
        _, options = split(dict(context.launch.options))
        log = context.log.with_name(f"{context.log.name.removesuffix('.log')}.gateway.log")
        # The gateway is a process of this machine: it reads the files where the clients do.
        files = None if context.tls is None else NOWHERE.at(context.tls.ca.parent)
        return await open_gateway(
            gateway, program, context.place.address, options,
            scratch=context.scratch, log=log, port=context.launch.port, http=context.launch.target.http, files=files,
        )  # fmt: skip

    async def _ready(self, context: LaunchContext, process: ProcessHandle, turn: int) -> TargetInfo:
        """Wait until the target answers; what it is. Raises StartError, Unfit, or PortTaken for another try."""
        target = context.launch.target
        try:
            call = await self._answered(context, process, turn)
        except PortTaken as taken:
            if context.launch.held:  # it is to have this very port
                raise taken.error from None
            raise
        if target.interface == ASGI and call.loop in OTHER_LOOPS:
            raise unfit(target, call.loop)
        found = self._offers.info(target, context.environment, call.loop)
        if target.loop not in ("auto", found.loop_name):
            raise not_started(f"{target.id} was started on {target.loop}, but runs on {found.loop}", context)
        return found

    async def _answered(self, context: LaunchContext, process: ProcessHandle, turn: int) -> AppCall:
        """The call by which the target answers with its own token. Raises StartError, or PortTaken for another try."""
        target, gateway = context.launch.target, context.gateway
        binds = not self._hands_down(context.launch)
        asking = asyncio.ensure_future(context.ready(turn))
        exiting = asyncio.ensure_future(process.wait())
        ends = [exiting, *([asyncio.ensure_future(gateway.process.wait())] if gateway is not None else [])]
        try:
            await asyncio.wait([asking, *ends], timeout=self._ready_within, return_when=asyncio.FIRST_COMPLETED)
            if gateway is not None and gateway.ended is not None and not exiting.done():
                raise failed(gateway, f"{target.gateway} ended before {target.id} was ready")
            if asking.done() and not exiting.done() and asking.exception() is not None:
                await asyncio.wait([exiting], timeout=LAST_WORDS)
            if exiting.done():
                error = not_started(
                    f"{target.id} ended before it was ready", replace(context, gateway=None), exiting.result()
                )
                if binds and hints.port_taken(read_log(context.log)):
                    raise PortTaken(error)
                raise error
            if not asking.done():
                raise not_started(f"{target.id} was not ready within {self._ready_within:g} s", context)
            return asking.result()
        except readiness.NotReady as trouble:
            error = not_started(f"{target.id} is not ready: {trouble}", context)
            if trouble.stranger and binds:
                raise PortTaken(error) from None
            raise error from None
        finally:
            for task in (asking, *ends):
                task.cancel()
            await asyncio.wait([asking, *ends])

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


def not_started(what: str, context: LaunchContext, ended: ExitStatus | None = None) -> StartError:
    """The error for a target that did not start, with the reason from its log and its gateway's."""
    gateway = context.gateway
    text = read_log(context.log) + (gateway.complaints() if gateway is not None else "")
    how = str(ended) if ended else ""
    hint = hints.hint(text)
    if gateway is not None and not hint:
        spec = gateway.gateway
        hint = f"{spec.name} passed GET /health on, and speaks {spec.speaks}: does the server?"
    return StartError(f"{what} ({how})" if how else what, hint=hint, log=hints.tail(text), exit=how)


def unfit(target: Target, loop: str) -> Unfit:
    """The error about a server that runs apps on a loop for which the engine's apps and player are not written. It
    serves well, but any failure there would be held against it."""
    where = "on Trio" if loop == "trio" else "on no loop of asyncio's"
    return Unfit(f"{target.configuration} runs apps {where}, and the apps of the services are written for asyncio")
