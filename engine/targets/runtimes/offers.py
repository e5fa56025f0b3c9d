"""The offers of a run's servers: their declarations, corrected by the findings of a prober.

The prober is passed in. It needs the bare app on the server, which only a runtime can start; so a runtime passes a
function that starts it, and imports nothing from the prober.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.model.target import CONTROL, ServerLaunch, Target, TargetInfo
from engine.targets.catalog import capabilities
from engine.targets.catalog.capabilities import NOTHING, Probed
from engine.targets.catalog.frameworks import ASGI, Framework, offered
from engine.targets.catalog.servers.base import Server
from engine.targets.catalog.servers.tls import WORD
from engine.targets.environments.packages import Environment
from engine.targets.matrix.fitting import own_gateway, through
from engine.targets.runtimes.live import StartedTarget


class StartControl(Protocol):
    """Starts the bare app on a server, ``secure`` with TLS. Raises StartError."""

    def __call__(self, secure: bool = False) -> Awaitable[StartedTarget]: ...


class Prober(Protocol):
    """Finds out what servers offer, and remembers it. ``servers_part`` names what a server is made from: a finding
    holds for that. Raises EnvironmentFailed where the cache cannot be written."""

    async def of(self, server: Server, servers_part: str, loop: str, begin: StartControl, workers: int = 1) -> Probed:
        """The offers of a server on a loop, probed with the bare app that ``begin`` starts with that many workers."""
        ...

    async def spoken(self, server: Server, servers_part: str, python: Path) -> frozenset[str]:
        """The words of ``server.asks`` that the server has, by its own ``--help``."""
        ...


class ServerOffers:
    """The findings of this run so far, by server and loop."""

    def __init__(
        self, frameworks: Mapping[str, Framework], servers: Mapping[str, Server], prober: Prober | None
    ) -> None:
        """``servers`` are by ``Target.configuration``. Without a prober the servers' claims are believed."""
        self._frameworks = frameworks
        self._servers = servers
        self._prober = prober
        self._probed: dict[tuple[str, str], Probed] = {}

    async def probe(
        self,
        target: Target,
        servers_part: Callable[[Server], Awaitable[str]],
        start: Callable[[ServerLaunch], Awaitable[StartedTarget]],
    ) -> Probed:
        """Probe the target's server on its loop; the result is empty without a prober, and if the server runs no ASGI
        apps, since the words are about those. ``start`` starts the bare app. Raises EnvironmentFailed."""
        key = target.configuration, target.loop
        server = self._servers[target.configuration]
        if key not in self._probed and self._prober and CONTROL in self._frameworks and ASGI in server.interfaces:
            # Properties of workers only show with several of them.
            workers = 1 if server.unsupported({"workers": 2}) else 2
            options = (("workers", workers),) if workers > 1 else ()
            # A server that speaks no HTTP is probed through its gateway.
            gateway = own_gateway(server)
            control_target = replace(target, framework=CONTROL, framework_release="", interface=ASGI, gateway=gateway)
            launch = ServerLaunch(control_target, options)

            async def control(secure: bool = False) -> StartedTarget:
                return await start(replace(launch, options=((WORD, True),)) if secure else launch)

            probed = await self._prober.of(server, await servers_part(server), target.loop, control, workers)
            self._probed[key] = Probed(through(probed.looked, launch.target), through(probed.found, launch.target))
        return self._known(target)

    def info(self, target: Target, environment: Environment, loop: str = "") -> TargetInfo:
        """The facts of a target that runs on that loop, "" where it does not run yet."""
        server, framework = self._servers[target.configuration], self._frameworks[target.framework_configuration]
        found = target_info(server, framework, environment, loop, self._known(target))
        return replace(found, offers=tuple(sorted(through(frozenset(found.offers), target))))

    def _known(self, target: Target) -> Probed:
        return self._probed.get((target.configuration, target.loop), NOTHING)


def target_info(
    server: Server, framework: Framework, environment: Environment, loop: str, probed: Probed
) -> TargetInfo:
    """The facts of a framework's app under a server on that loop, "" where it does not run yet. Pure."""
    return TargetInfo(
        environment.version,
        loop,
        environment.versions,
        version=environment.version_of(server.package),
        commit=environment.commit,
        framework_version=environment.version_of(framework.package) if framework.package else "",
        framework_commit=environment.framework_commit,
        offers=tuple(sorted(offered(capabilities.real(server.claims, probed), framework))),
        refuted=capabilities.refuted(server.claims, probed),
    )
