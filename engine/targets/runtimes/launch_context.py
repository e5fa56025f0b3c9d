"""What stays of a target of this machine when its process is started again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import ServerLaunch
from engine.model.tls import TlsCredentials
from engine.targets.catalog.gateways.base import split
from engine.targets.catalog.servers.tls import WORD, Files
from engine.targets.environments.packages import Environment
from engine.targets.runtimes import readiness
from engine.targets.runtimes.gateway_process import GatewayProcess, accepted
from engine.targets.runtimes.local.process import SupervisedProcess


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """Its launch, environment, log and scratch folder, the address where the server listens, what is spoken there, its
    boundary, the gateway in front of it, and for TLS what the server is given and what its clients need."""

    launch: ServerLaunch
    environment: Environment
    log: Path
    scratch: Path
    address: tuple[str, int]
    speaks: str
    boundary: Boundary
    gate: GatewayProcess | None = None
    files: Files | None = None
    tls: TlsCredentials | None = None

    @property
    def options(self) -> dict[str, object]:
        """The server's options, with the files for TLS in the place of the word for it."""
        options, _ = split(dict(self.launch.options))
        return options if self.files is None else {**options, WORD: self.files}

    async def ready(self, turn: int) -> AppCall:
        """Wait until the app answers, through the gateway where there is one. Raises readiness.NotReady."""
        target = self.launch.target
        ready = partial(readiness.ready, boundary=self.boundary, turn=turn, any_status=target.interface == "wsgi")
        if self.gate is None:
            return await ready(self.address, tls=self.tls)
        await accepted(self.address)
        return await ready(self.gate.address, fronted=True)


async def end(process: SupervisedProcess) -> None:
    """End a target that did not become ready: what it would still do in peace is of no use to anybody."""
    await process.stop(grace=0.5)
    await process.release()
