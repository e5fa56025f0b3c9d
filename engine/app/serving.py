"""Serving one target until somebody stops it: as it is, or as a case has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.app import wiring
from engine.app.engine import ALL, Engine, RunOptions
from engine.errors import UsageError
from engine.execution.planning.plan import not_meant, options, reason
from engine.execution.runner.script import script
from engine.model.case import Case
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target
from engine.targets.runtimes import ports

# The job whose script is played. Every call without the engine's header is its own, so the script stays in force.
JOB = "served"
HIGHEST = 65535


@dataclass(frozen=True, slots=True)
class Serving:
    """A service to run: a target, the server's options, the port (0 for any free one), and the case whose script the
    application plays, if any."""

    target: Target
    options: tuple[tuple[str, object], ...] = ()
    port: int = 0
    case: Case | None = None

    @property
    def launch(self) -> ServerLaunch:
        """The launch of the target. A script of the case is installed for each call, lifespan calls included."""
        plays = self.case is not None and self.case.scripted
        return ServerLaunch(self.target, self.options, lifespan_of=JOB if plays else "", port=self.port)

    @property
    def prepare(self) -> Callable[[Boundary], None] | None:
        """Installs the script before the process starts; None where there is none."""
        case = self.case
        if case is None or case.body.application is None:
            return None
        application, variables = case.body.application, self.variables(case)

        def install(boundary: Boundary) -> None:
            boundary.stage(JOB, script(application, JOB, variables))

        return install

    def variables(self, case: Case) -> Mapping[str, object]:
        """The variables for the text of the script."""
        return {
            "run": JOB,
            "host": f"{ports.HERE}:{self.port}",
            **self.launch.protocol_variables,
            **case.body.variables,
        }


def serving(engine: Engine, target: Target, port: int, *, case: Case | None = None, tls: bool = False) -> Serving:
    """Check what is to be served. Raises UsageError for a port that there is not, for a case that is not meant for the
    target, and for options that its server does not have."""
    if not 0 <= port <= HIGHEST:
        raise UsageError(f"port {port} is out of range", hint=f"use 0 to {HIGHEST}; 0 takes any free port")
    if case is not None and (why := not_meant(case, target)):
        raise UsageError(f"{case.address} is not meant for {target.id}: {why}", hint="`engine show CASE` lists targets")
    of_case = options(case) if case is not None else ()
    if tls and "tls" not in dict(of_case):
        of_case = (*of_case, ("tls", True))
    if reasons := engine.unsupported(target, dict(of_case)):
        hint = "name another target" if case is not None or not tls else "leave --tls out, or name another target"
        raise UsageError(reasons[0], hint=hint)
    return Serving(target, of_case, port, case)


def target_for(
    engine: Engine,
    case: Case,
    servers: Sequence[str] = (),
    variants: Sequence[str] = (),
    frameworks: Sequence[str] = (),
) -> Target:
    """The first target on which a case runs: of the servers that were asked for, or of the default one, or of any; of
    the frameworks that were asked for, or of any. One without a framework goes first. Raises UsageError where there is
    none."""
    for words in (servers, engine.every_server):
        found = engine.targets(
            RunOptions(
                servers=tuple(words),
                frameworks=tuple(frameworks),
                variants=tuple(variants) if servers else (),
                gateways=(ALL,),
            )
        )
        for target in sorted(found, key=lambda target: not target.is_control):
            if not (not_meant(case, target) or reason(case, target, engine.offers(target), engine.unsupported)):
                return target
        if servers:
            break
    raise UsageError(f"{case.address} runs on no such target", hint="`engine show CASE` says why")


@asynccontextmanager
async def started(engine: Engine, what: Serving, folder: Path) -> AsyncIterator[LiveTarget]:
    """While the block runs, the target does; its log is in ``folder``. Raises what starting raises."""
    live = await wiring.runtime(engine, folder).start(what.launch, what.prepare)
    try:
        yield live
    finally:
        await live.stop()
