"""The engine in this process starts services in the tests' own interpreter, and probes none of them."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from engine.app import wiring
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.packages import Environment, Environments


class Here(Environments):
    """One environment for all: this interpreter."""

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        return Environment(Path(sys.executable), platform.python_version(), {})


setattr(wiring, "Environments", Here)  # noqa: B010
setattr(wiring, "probes", lambda places: None)  # noqa: B010
