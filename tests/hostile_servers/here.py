"""Registers the hostile server with the engine in this process; import it before anything is started.

The server needs only the standard library, so the interpreter of the tests is its environment. Nothing is probed, since
a probe is not a case, and starts each server once more. The engine gives up sooner on one that never becomes ready, and
on one that no longer answers.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import engine.targets.catalog.servers
from engine.app import wiring
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.packages import Environment, Environments
from engine.targets.runtimes import liveness
from engine.targets.runtimes.starter import Starter

# Seconds: a small server starts in a tenth of one, on a machine with much else to do in some.
READY_WITHIN = 12.0
# Seconds between the questions to a server that may be silent: a quarter of the engine's own, for a server that has
# nothing else to do.
PAUSES = (0.5, 0.5, 0.75, 1.0, 1.0, 1.25)


class Here(Environments):
    """One environment for all: this interpreter."""

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        return Environment(Path(sys.executable), platform.python_version(), {})


DEFAULTS = Starter.__init__.__kwdefaults__ or {}
engine.targets.catalog.servers.__path__.append(str(Path(__file__).with_name("declared")))
setattr(wiring, "Environments", Here)  # noqa: B010
setattr(wiring, "probes", lambda places: None)  # noqa: B010
liveness.PAUSES = PAUSES
Starter.__init__.__kwdefaults__ = {**DEFAULTS, "ready_within": READY_WITHIN}
