"""The offers of a run's servers: their declarations, corrected by the findings of a prober.

The prober is passed in. It needs the bare app on the server, which only a runtime can start; so a runtime passes a
function that starts it, and imports nothing from the prober.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from engine.model.network import IPV4
from engine.model.target import CGI, CONTROL, DIRECT, HTTP_1_1, WSGI_CONTROL, ServerLaunch, Target, TargetInfo
from engine.targets.catalog import capabilities
from engine.targets.catalog.capabilities import NOTHING, Probed
from engine.targets.catalog.frameworks import ASGI, Framework, offered
from engine.targets.catalog.servers.base import LISTEN, Server
from engine.targets.catalog.servers.tls import WORD
from engine.targets.environments.packages import Environment
from engine.targets.matrix.fitting import directly, own_gateway, through, unsupported
from engine.targets.runtimes.live import StartedTarget


class StartControl(Protocol):
    """Starts the bare app on a server, ``secure`` with TLS. Raises StartError."""

    def __call__(self, secure: bool = False) -> Awaitable[StartedTarget]: ...


class Prober(Protocol):
    """Finds out what servers offer, and remembers it. ``servers_part`` names what a server is made from: a finding
    holds for that. Raises EnvironmentFailed where the cache cannot be written."""

    async def of(
        self, server: Server, servers_part: str, loop: str, begin: StartControl, *, workers: int = 1, http: str = ...
    ) -> Probed:
        """The offers of a server on a loop to clients of a version of HTTP, probed with the bare app that ``begin``
        starts with that many workers."""
        ...

    @property
    def option_words(self) -> frozenset[str]:
        """The words of ``server:`` whose effects it can probe."""
        ...

    async def without_effect(
        self,
        server: Server,
        servers_part: str,
        loop: str,
        begin: Callable[[tuple[tuple[str, object], ...]], Awaitable[StartedTarget]],
        *,
        unsupported: Callable[[Mapping[str, object]], Collection[str]],
        offers: Collection[str],
    ) -> tuple[str, ...]:
        """The options whose translation has no effect, a sentence each. ``begin`` starts the bare app with options,
        ``unsupported`` has the reasons why it cannot be started so, ``offers`` are the server's capabilities."""
        ...

    async def spoken(self, server: Server, servers_part: str, python: Path) -> frozenset[str]:
        """The words of ``server.asks`` that the server has, by its own ``--help``."""
        ...


class ServerOffers:
    """The findings of this run so far, by server, loop and version of HTTP."""

    def __init__(
        self, frameworks: Mapping[str, Framework], servers: Mapping[str, Server], prober: Prober | None
    ) -> None:
        """``servers`` are by ``Target.configuration``. Without a prober the servers' claims are believed."""
        self._frameworks = frameworks
        self._servers = servers
        self._prober = prober
        self._probed: dict[tuple[str, ...], Probed] = {}
        self._without_effect: dict[tuple[str, ...], tuple[str, ...]] = {}

    async def probe(
        self,
        target: Target,
        servers_part: Callable[[Server, str], Awaitable[str]],
        start: Callable[[ServerLaunch], Awaitable[StartedTarget]],
    ) -> Probed:
        """Probe the target's server on its loop; the result is empty without a prober, and if the server runs no ASGI
        apps, since the words are about those. ``start`` starts the bare app. Raises EnvironmentFailed."""
        key = _key(target)
        server = self._server(target)
        if key not in self._probed and self._prober and CONTROL in self._frameworks and ASGI in server.interfaces:
            # Properties of workers only show with several of them.
            workers = 1 if server.unsupported({"workers": 2}) else 2
            options = (("workers", workers),) if workers > 1 else ()
            launch = ServerLaunch(self._control_target(target, ASGI), options)

            async def control(secure: bool = False) -> StartedTarget:
                return await start(replace(launch, options=((WORD, True),)) if secure else launch)

            part = await servers_part(server, target.interpreter)
            probed = await self._prober.of(server, part, target.loop, control, workers=workers, http=launch.target.http)
            self._probed[key] = Probed(through(probed.looked, launch.target), through(probed.found, launch.target))
        return self._known(target)

    async def probe_options(
        self,
        launch: ServerLaunch,
        servers_part: Callable[[Server, str], Awaitable[str]],
        start: Callable[[ServerLaunch], Awaitable[StartedTarget]],
        listens: Collection[str],
    ) -> None:
        """Probe the effects of the server's options if the launch has one of them and the bare app is there: that for
        ASGI must have been probed. ``listens`` are the kinds of addresses of the host. Raises EnvironmentFailed."""
        target = launch.target
        key = (*_key(target), target.interface)
        if self._prober is None or key in self._without_effect:
            return
        if not self._prober.option_words & dict(launch.options).keys():
            return
        server, control = self._server(target), self._control_target(target, target.interface)
        found = frozenset({target.interface})
        if target.interface == ASGI:
            # Without a finding the bare app did not start.
            if not self._known(target).looked:
                return
            found |= self._known(target).found
        elif control.framework not in self._frameworks:
            return

        def lacks(options: Mapping[str, object]) -> Collection[str]:
            listen = str(options.get(LISTEN, IPV4))
            return unsupported(server, control, options) or (() if listen in listens else (listen,))

        async def begin(options: tuple[tuple[str, object], ...]) -> StartedTarget:
            return await start(ServerLaunch(control, options))

        self._without_effect[key] = await self._prober.without_effect(
            server, await servers_part(server, target.interpreter), target.loop, begin, unsupported=lacks, offers=found
        )

    def _control_target(self, target: Target, interface: str) -> Target:
        """The bare app of an interface on the target's server. A server that speaks no HTTP is probed through its
        gateway."""
        gateway = own_gateway(self._servers[target.configuration])
        app = CONTROL if interface == ASGI else WSGI_CONTROL
        found = directly(target) if gateway == DIRECT else replace(target, gateway=gateway, http=HTTP_1_1, upstream=CGI)
        return replace(found, framework=app, framework_release="", interface=interface)

    def info(self, target: Target, environment: Environment, loop: str = "") -> TargetInfo:
        """The facts of a target that runs on that loop, "" where it does not run yet."""
        server, framework = self._server(target), self._frameworks[target.framework_configuration]
        found = target_info(server, framework, environment, loop, self._known(target))
        without = self._without_effect.get((*_key(target), target.interface), ())
        offers = tuple(sorted(through(frozenset(found.offers), target)))
        return replace(found, offers=offers, refuted=(*found.refuted, *without))

    def _known(self, target: Target) -> Probed:
        return self._probed.get(_key(target), NOTHING)

    def _server(self, target: Target) -> Server:
        """The server of a target, as it is over the version of HTTP that it speaks there."""
        return self._servers[target.configuration].over(target.server_http)


def _key(target: Target) -> tuple[str, ...]:
    """The key of a finding: server, loop, its version of HTTP and Python."""
    return target.configuration, target.loop, target.server_http, target.interpreter


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
