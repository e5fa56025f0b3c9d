"""The host of local targets: processes of this machine, each under a supervisor."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from pathlib import Path

from engine.model.network import IPV4, IPV6, UNIX, Address
from engine.model.target import LOCAL
from engine.model.tls import TlsCredentials
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.catalog.servers.tls import Files
from engine.targets.environments.packages import Environment, Environments
from engine.targets.environments.services import Services
from engine.targets.runtimes import ports
from engine.targets.runtimes.base import LaunchContext
from engine.targets.runtimes.certificates import Certificates
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.local.process import ProcessSpec, SupervisedProcess
from engine.targets.runtimes.local.scratch import scratch_root
from engine.targets.runtimes.ports import PortReservation
from engine.targets.runtimes.process_handle import GRACE, ProcessHandle


class LocalHost:
    """Keeps ``engine.targets.runtimes.base.Host``. Every target has a scratch folder of its own, which its supervisor
    deletes."""

    name = LOCAL
    hands_down = True
    runs_help = True
    listens = frozenset({IPV4, UNIX, *([IPV6] if ports.has_ipv6() else [])})

    def __init__(
        self,
        environments: Environments,
        *,
        python: Path | None = None,
        grace: float = GRACE,
        services: Services | None = None,
    ) -> None:
        """``python`` is the interpreter of the services, the engine's own where none is given. ``grace`` is what a
        supervisor gives its process where the engine is gone, in seconds. ``services`` says what variables a service
        has."""
        self._environments = environments
        self._python = python
        self._grace = grace
        self._services = services or Services(environments.cache)
        self._certificates = Certificates()

    async def environment(self, framework: Framework, server: Server, interpreter: str = "") -> Environment:
        return await self._environments.ensure(framework, server, await self._found(interpreter))

    async def servers_part(self, server: Server, interpreter: str = "") -> str:
        return await self._environments.servers_part(server, await self._found(interpreter))

    async def _found(self, interpreter: str) -> Path | None:
        return await self._environments.interpreter(interpreter) if interpreter else self._python

    def scratch(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="engine-", dir=scratch_root()))

    async def place(
        self, framework: Framework, server: Server, scratch: Path, *, port: int, listening: bool, listen: str
    ) -> LocalPlace:
        del framework, server
        if listen == UNIX:
            return LocalPlace(self, (ports.socket_in(scratch), 0))
        if listening:
            listener = ports.listening(port)
            return LocalPlace(self, (ports.HERE, int(listener.getsockname()[1])), listener=listener)
        host = ports.HERE_IPV6 if listen == IPV6 else ports.HERE
        reservation = ports.reserve(port, host)
        return LocalPlace(self, (host, reservation.port), reservation=reservation)

    def secure(self, scratch: Path, address: str, asks: str) -> tuple[Files, TlsCredentials]:
        return self._certificates.write(scratch, address, asks)

    async def drive(self, context: LaunchContext) -> Driving:
        return await Driving.start(
            ProcessSpec(
                (str(context.environment.python),), self._variables(context), cwd=self._folder(context),
                log=context.log, grace=self._grace,
            )
        )  # fmt: skip

    async def begin(self, context: LaunchContext, argv: list[str], descriptor: int | None) -> ProcessHandle:
        """Start a main process, which is handed a descriptor. Raises StartError."""
        return await SupervisedProcess.start(
            ProcessSpec(
                argv=tuple(argv),
                env=self._variables(context),
                cwd=self._folder(context),
                log=context.log,
                fds=(descriptor,) if descriptor is not None else (),
                grace=self._grace,
                remove=context.scratch,
            )
        )

    @staticmethod
    def _folder(context: LaunchContext) -> Path:
        """The working directory of a service: an application of a project may read files of its own."""
        return context.framework.folder if context.framework.own else context.scratch

    def _variables(self, context: LaunchContext) -> dict[str, str]:
        """The whole environment of a service."""
        return self._services.variables(
            context.launch, context.server, context.framework, context.environment, context.scratch
        )


class LocalPlace:
    """An address of this machine: a listening socket, which only the first process then has, a reserved port, for a
    server that binds it itself, or the path of a Unix socket in the target's own folder."""

    def __init__(
        self,
        host: LocalHost,
        address: Address,
        *,
        listener: socket.socket | None = None,
        reservation: PortReservation | None = None,
    ) -> None:
        self.address = address
        self._host = host
        self._listener = listener
        self._reservation = reservation

    @property
    def descriptor(self) -> int | None:
        return self._listener.fileno() if self._listener is not None else None

    async def begin(self, context: LaunchContext, argv: list[str]) -> ProcessHandle:
        listener, self._listener = self._listener, None
        with contextlib.closing(listener) if listener else contextlib.nullcontext():
            return await self._host.begin(context, argv, listener.fileno() if listener else None)

    def close(self) -> None:
        for one in (self._listener, self._reservation):
            if one is not None:
                one.close()
