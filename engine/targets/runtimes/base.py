"""The interface of hosts, where targets run: processes of this machine, or containers.

A host knows nothing of readiness, probes, gateways or retries: it makes environments and folders, gives a server a
place to listen at, and starts processes. ``Starter`` has the algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import DIRECT, ServerLaunch
from engine.model.tls import TlsCredentials
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.gateways.base import split
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.tls import WORD, Files
from engine.targets.environments.layout import APPS
from engine.targets.environments.packages import Environment
from engine.targets.runtimes import readiness
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.gateway_process import GatewayProcess, accepted
from engine.targets.runtimes.greeting import greeting
from engine.targets.runtimes.process_handle import ProcessHandle


class ServerPlace(Protocol):
    """The address of one target's server. It is the target's until it is closed, also while no server runs."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the host is an IP address."""
        ...

    @property
    def descriptor(self) -> int | None:
        """The listening socket that the next process is handed down, None where the server binds the address."""
        ...

    async def begin(self, context: LaunchContext, argv: list[str]) -> ProcessHandle:
        """Start a command there, as often as the target is started. Raises StartError, and then nothing is left."""
        ...

    def close(self) -> None:
        """Give the address back: no other server will be started there. Safe to call again."""
        ...


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """All that stays of a target when its process is started again.

    ``log`` and ``scratch`` are the target's own file and folder. ``speaks`` is what is spoken at the place: ``http``,
    ``fastcgi`` or ``uwsgi``. ``gateway`` is the one in front, None where there is none. For TLS the server is given
    ``files``, whose paths are as the server sees them, and clients need ``tls``. Behind a gateway it has no TLS.
    """

    launch: ServerLaunch
    server: Server
    framework: Framework
    environment: Environment
    log: Path
    scratch: Path
    place: ServerPlace
    speaks: str
    boundary: Boundary
    gateway: GatewayProcess | None = None
    files: Files | None = None
    tls: TlsCredentials | None = None

    @property
    def options(self) -> dict[str, object]:
        """The server's options, with the files for TLS in the place of the word for it, which a gateway takes away."""
        options, _ = split(dict(self.launch.options))
        if self.launch.target.gateway != DIRECT:
            options.pop(WORD, None)
        return options if self.files is None else {**options, WORD: self.files}

    def command(self) -> list[str]:
        """The server's command line. Raises UsageError for an option that it does not have."""
        target = self.launch.target
        version = self.environment.version_of(self.server.package)
        start = Start(
            self.environment.python, APPS[target.interface], target.loop, self.place.address, self.place.descriptor,
            self.options, version, self.speaks, target.interface,
        )  # fmt: skip
        return self.server.command(start)

    async def ready(self, turn: int) -> AppCall:
        """Wait until the app answers, through the gateway where there is one. Raises readiness.NotReady."""
        target = self.launch.target
        any_status = target.interface == "wsgi" or self.framework.own
        ready = partial(
            readiness.ready, boundary=self.boundary, turn=turn, any_status=any_status, path=self.framework.ready
        )
        if self.gateway is None:
            address, options = self.place.address, dict(self.launch.options)
            return await ready(address, tls=self.tls, greeting=lambda own: greeting(options, own, address))
        await accepted(self.place.address)
        return await ready(self.gateway.address, fronted=True, tls=self.tls)


class Host(Protocol):
    """A kind of place where targets run. One host serves all targets of a run, at the same time."""

    @property
    def name(self) -> str:
        """The runtime's name: ``local`` or ``docker``."""
        ...

    @property
    def hands_down(self) -> bool:
        """True if a listening socket can be handed down to a process."""
        ...

    @property
    def runs_help(self) -> bool:
        """True if the interpreter of an environment runs on this machine, so that a server's ``--help`` can be read."""
        ...

    @property
    def listens(self) -> frozenset[str]:
        """The kinds of addresses on which a server can listen here: ``ipv4``, ``ipv6`` and ``unix``."""
        ...

    async def environment(self, framework: Framework, server: Server, interpreter: str = "") -> Environment:
        """The environment of a framework under a server, made where it is missing. ``interpreter`` is its Python in the
        words of ``--python``, "" for the engine's own. Raises EnvironmentFailed."""
        ...

    async def servers_part(self, server: Server, interpreter: str = "") -> str:
        """The name of what a server is made from, for findings that hold for it. Raises EnvironmentFailed."""
        ...

    def scratch(self) -> Path:
        """A new folder for a target. Raises OSError."""
        ...

    async def place(
        self, framework: Framework, server: Server, scratch: Path, *, port: int, listening: bool, listen: str
    ) -> ServerPlace:
        """A place for a server: on that port if the host allows a choice, any for 0; ``listening`` asks for a socket to
        pass on. ``listen`` is a word of the option of that name; a Unix socket is in the folder ``scratch``. Raises
        UsageError for a port that is not available, StartError for an address that the host lacks, and
        EnvironmentFailed."""
        ...

    def secure(self, scratch: Path, address: str, asks: str) -> tuple[Files, TlsCredentials]:
        """Write certificates for a server at an IP address into a target's folder; ``asks`` is the mode of client
        certificates. Returns the server's files, and the client's options. Raises StartError and OSError."""
        ...

    async def drive(self, context: LaunchContext) -> Driving:
        """Start the process in which a target's app is called without a server. Raises StartError."""
        ...
