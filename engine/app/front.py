"""What both fronts need before a run: the words, the cases, the targets, the runtime."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

from engine.app import vocabulary
from engine.app.grids import relative
from engine.app.places import Places
from engine.app.plan import Selection, plan
from engine.app.reach import EVERYTHING, Reach, within
from engine.app.session import Runtime, runner
from engine.app.vocabulary import Words
from engine.errors import DocumentError, UsageError
from engine.execution.job import Job
from engine.execution.runner import Runner
from engine.execution.schedule import Limits
from engine.loading.cache import Kept, fingerprint
from engine.loading.documents import Loaded, load_paths
from engine.model.baseline import KnownFailure
from engine.model.case import Case
from engine.model.target import Target
from engine.observation.desk import FOLDERS, Desk
from engine.registry import Registry
from engine.targets.environments import Environments
from engine.targets.fitting import through, unsupported
from engine.targets.frameworks import Framework, load_frameworks, offered
from engine.targets.matrix import LOOPS, default_targets, targets
from engine.targets.offers import Probed
from engine.targets.probes import Probes
from engine.targets.runtimes import running
from engine.targets.runtimes.local import LocalRuntime
from engine.targets.runtimes.running import RunningRuntime, Service, services
from engine.targets.selection import ALL, configured
from engine.targets.servers import load_servers
from engine.targets.servers.base import Server

BASELINE = "known-failures.yaml"
LOCAL, DOCKER = "local", "docker"
RUNTIMES = (LOCAL, DOCKER, running.NAME)
# Names the folder in which services that run already have their desks, each under its framework's name.
DESKS = "ENGINE_DESK"


@dataclass(frozen=True)
class Asked:
    """What a user asked for, in the words of the options. Empty tuples ask for all, but of servers for the default one;
    ``variants`` are declarations of sets of servers' own options; ``loop`` is one of LOOPS. Without ``gateways`` each
    server has its own."""

    servers: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    loop: str = "auto"
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()

    @property
    def selection(self) -> Selection:
        """What was asked for of the cases."""
        return Selection(self.categories, self.levels)


@dataclass(frozen=True)
class Front:
    """The engine as both fronts use it. Everything is made when it is first needed. ``nginx`` names the one that
    gateways are, "" for the one that is found. ``way`` is the runtime's name, one of RUNTIMES, and ``urls`` are where
    services are that run already."""

    places: Places
    nginx: str = ""
    way: str = "local"
    urls: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[type[Front], tuple[object, ...]]:
        """A front goes to another process by what it was made from; the rest is made there."""
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @cached_property
    def words(self) -> Words:
        """The language, the contract and the clauses."""
        return vocabulary.load(self.places)

    @cached_property
    def frameworks(self) -> Registry[Framework]:
        """The frameworks, by name."""
        return load_frameworks(self.places.frameworks)

    @cached_property
    def servers(self) -> Registry[Server]:
        """The servers, by name, each as its lock pins it."""
        return load_servers()

    @cached_property
    def configured(self) -> dict[str, Server]:
        """The servers by ``Target.configuration``: each as it is pinned, and as ``targets`` was asked for it."""
        return dict(self.servers)

    @cached_property
    def known(self) -> tuple[KnownFailure, ...]:
        """The baseline: specs/known-failures.yaml, if it is there. Raises DocumentError where it has mistakes."""
        path = relative(self.places.specs / BASELINE)
        if not path.exists():
            return ()
        loaded = load_paths([path], self.words.loading)
        for mistake in loaded.diagnostics:
            if mistake.is_error:
                raise DocumentError(mistake.what, hint=mistake.hint, place=mistake.place)
        return loaded.known_failures

    def load(self, paths: Sequence[Path]) -> Loaded:
        """The suites under some paths, and every mistake in them."""
        return load_paths(paths, self.words.loading, self.kept)

    @cached_property
    def kept(self) -> Kept:
        """Documents without mistakes, as they were read the last time."""
        package = Path(__file__).resolve().parent.parent
        code = [package / name for name in ("loading", "drivers", "matchers", "model")]
        words = self.words
        facts = [
            str(words.contract),
            str(words.wsgi_contract),
            *(f"{clause.id}" for clause in words.loading.clauses.values()),
        ]
        return Kept(self.places.cache / "documents", fingerprint(code, facts))

    def targets(self, asked: Asked) -> list[Target]:
        """The targets that were asked for. Raises UsageError for a name that there is not."""
        if self.urls and self.way != running.NAME:
            raise UsageError("--url says where services run already", hint=f"add --runtime {running.NAME}")
        if self.way == running.NAME:
            return self._running(asked)
        return [replace(target, runtime=self.way) for target in self._targets(asked)]

    def _running(self, asked: Asked) -> list[Target]:
        """The services that run already, as targets. Raises UsageError where one would be several."""
        names = tuple(self.services)
        for name in asked.frameworks:
            if self.frameworks.pick(name).name not in names:
                raise UsageError(f"no --url says where {name} is", hint=running.FORM)
        chosen = [name for name in names if not asked.frameworks or name in asked.frameworks]
        found = self._targets(replace(asked, frameworks=tuple(chosen)))
        for name in chosen:
            if [target.framework for target in found].count(name) != 1:
                raise UsageError(
                    f"what serves {name} at {self.services[name].url} is one server, on one loop, behind one gateway",
                    hint="say which with one --server, one --gateway and no --loop both",
                )
        return [replace(target, runtime=running.NAME) for target in found]

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services that run already, by framework. Raises UsageError."""
        return services(self.urls, self.frameworks, os.environ.get(DESKS, ""))

    def _targets(self, asked: Asked) -> list[Target]:
        """The targets that were asked for, as local processes."""
        servers = configured(self.servers, asked.servers, asked.variants)
        self.configured.update({server.configuration: server for server in servers})
        words = asked.frameworks, asked.loop, asked.gateways
        if not asked.servers:
            return default_targets(self.servers, self.frameworks, *words)
        every = self.servers if ALL in asked.servers else {}
        named = [one.configuration for one in servers if one.configuration not in every]
        return targets(servers, self.frameworks, framework=words[0], loop=words[1], gateways=words[2], named=named)

    def every(self, asked: Asked) -> list[Target]:
        """The targets that were asked for on every loop, by server and framework."""
        found = {target: target for loop in ("auto", "both") for target in self.targets(replace(asked, loop=loop))}
        return sorted(found, key=lambda target: (target.configuration, target.framework))

    def plan(self, cases: Sequence[Case], chosen: Sequence[Target]) -> list[Job]:
        """The jobs of some cases on some targets."""
        jobs = plan(cases, chosen, self.offers, self.unsupported)
        reaches = {target: self.reach(target) for target in chosen}
        return within(jobs, self.words.kinds, reaches)

    def reach(self, target: Target) -> Reach:
        """What the runtime can do for cases on a target."""
        if self.way != running.NAME:
            return EVERYTHING
        observer = self.services[target.framework].desk is not None
        return Reach(processes=False, observer=observer, ports=False, drives=False)

    def offers(self, target: Target) -> frozenset[str]:
        """What a target offers, as its server and its framework declare it, and what its server speaks."""
        server = self.configured[target.configuration]
        words = through(offered(server.claims, self.frameworks[target.framework]), target)
        return words | server.protocols | self.spoken(server)

    def spoken(self, server: Server) -> frozenset[str]:
        """The protocols that a server was found to speak when it was asked, as far as the cache knows."""
        part = Environments(self.places.cache).servers_part_now(server) if server.asks else ""
        return (self.probes.spoken_now(server, part) if part else None) or frozenset()

    def probed(self, server: Server, loop: str) -> Probed | None:
        """What a probe found of a server on a loop, None where the cache does not know."""
        part = Environments(self.places.cache).servers_part_now(server)
        return self.probes.known(self.probes.name(server, part, loop)) if part else None

    @cached_property
    def probes(self) -> Probes:
        """What probes found, in the cache."""
        return Probes(self.places.cache, Environments(self.places.cache).alone)

    def unsupported(self, target: Target, options: Mapping[str, object]) -> Sequence[str]:
        """Why a target cannot be started with these options."""
        return unsupported(self.configured[target.configuration], target, options)

    @property
    def limits(self) -> Limits:
        """How much goes on at a time. Starting and ending a container costs the machine far more than a process, and
        the limits of time of cases with a server of their own must hold all the same."""
        return Limits(targets=3, starting=2, own=3) if self.way == DOCKER else Limits()

    def runner(self, run_id: str, *, keep_all: bool = False, keep_calls: bool = False) -> Runner:
        """A runner of jobs; ``keep_all`` keeps the transcripts of what passes as well, ``keep_calls`` the calls."""
        return runner(self.words.kinds, self.words.match, run_id, keep_all=keep_all, keep_calls=keep_calls)

    def runtime(self, folder: Path) -> Runtime:
        """What starts targets, or finds them; logs go into ``folder``/logs. Raises UsageError where this system cannot
        run them."""
        if sys.platform == "win32":
            raise UsageError("Windows is not supported", hint="use Linux, macOS, or WSL")
        if self.way == running.NAME:
            return RunningRuntime(self.services, self.frameworks, self.configured, boundary_of=open_desk)
        if self.way == DOCKER:
            # The client of Docker costs a tenth of a second, and most runs need none.
            from engine.targets.runtimes.docker import DockerRuntime  # noqa: PLC0415

            return DockerRuntime(
                self.frameworks,
                self.configured,
                Desk.create,
                folder,
                cache=self.places.cache,
                root=self.places.frameworks.parent,
                probes=self.probes,
                nginx=self.nginx,
                on_progress=lambda text: print(f"engine: {text}", file=sys.stderr, flush=True),
            )
        return LocalRuntime(
            Environments(self.places.cache),
            self.frameworks,
            self.configured,
            boundary_of=Desk.create,
            folder=folder,
            probes=self.probes,
            nginx=self.nginx,
        )


def open_desk(folder: Path) -> Desk:
    """The engine's side of a desk that a service of another user writes to as well. Raises OSError."""
    desk = Desk.create(folder)
    for name in FOLDERS:
        # Whoever made it has seen to that already, where it is not the engine's.
        with suppress(PermissionError):
            (folder / name).chmod(0o777)
    return desk


__all__ = ["ALL", "LOOPS", "RUNTIMES", "Asked", "Front"]
