"""What stays of a target of this machine when its process is started again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.model.boundary import AppCall
from engine.model.protocols import Boundary
from engine.model.target import Launch
from engine.targets import readiness
from engine.targets.environments import Environment
from engine.targets.gate import Gate, accepted


@dataclass(frozen=True, slots=True)
class Site:
    """Its launch, environment, log and scratch folder, the address where the server listens, what is spoken there, its
    boundary, and the gateway in front of it."""

    launch: Launch
    environment: Environment
    log: Path
    scratch: Path
    address: tuple[str, int]
    speaks: str
    boundary: Boundary
    gate: Gate | None = None

    async def ready(self, turn: int) -> AppCall:
        """Wait until the app answers, through the gateway where there is one. Raises readiness.NotReady."""
        target = self.launch.target
        if self.gate is None:
            return await readiness.ready(self.address, self.boundary, turn, any_status=target.interface == "wsgi")
        await accepted(self.address)
        return await readiness.ready(
            self.gate.address, self.boundary, turn, fronted=True, any_status=target.interface == "wsgi"
        )
