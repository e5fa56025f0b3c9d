"""The engine: everything that a command or pytest needs before a run. Language, cases, targets, jobs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.app.activity import Activity
from engine.app.baselines import baselines
from engine.app.own_code import engine_key
from engine.app.project_paths import ProjectPaths, framework_names
from engine.documents.files import SourceText
from engine.documents.roots import Roots
from engine.errors import DocumentError, UsageError
from engine.execution.job import Job
from engine.execution.planning.deliveries import OWN, delivered
from engine.execution.planning.plan import Selection, plan
from engine.execution.planning.reach import EVERYTHING, RuntimeCapabilities, within
from engine.loading import clause_files
from engine.loading.cache import DocumentCache, fingerprint, unchanged
from engine.loading.loaded import Loaded
from engine.model.baseline import KnownFailure
from engine.model.case import CaseHeader
from engine.model.clause import Clause
from engine.model.network import IPV4, UNIX
from engine.model.target import DIRECT, DOCKER, HTTP_1_1, LOCAL, RUNNING, Target
from engine.registry import Registry
from engine.targets.catalog import contract
from engine.targets.catalog.frameworks import Framework, load_frameworks, offered
from engine.targets.catalog.own_applications import own_application
from engine.targets.catalog.releases import FRAMEWORK, Pinned, wanted
from engine.targets.catalog.servers import load_hidden, load_servers
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import cache
from engine.targets.matrix.fitting import through, unsupported
from engine.targets.matrix.matrix import default_targets, on_pythons, targets
from engine.targets.matrix.selection import ALL, configured, configured_frameworks
from engine.targets.runtimes import ports
from engine.targets.runtimes.external import URL_FORM

if TYPE_CHECKING:
    from engine.app.vocabulary import EngineVocabulary
    from engine.targets.runtimes.external.runtime import RunningService

# Modules that start targets or read changed documents are imported on first use: pytest needs neither in its own
# process, and each import costs time at every start.
# ruff: noqa: PLC0415

# Names the folder in which services that run already have their spools, each under its framework's name.
SPOOLS = "ENGINE_DESK"


@dataclass(frozen=True)
class RunOptions:
    """The selection of a run, in the words of the command line. An empty tuple selects everything; of servers, the
    default one; of gateways, each server's own. ``variants`` declare named sets of a server's own options. ``loop`` is
    one of LOOPS, ``http`` one of HTTP_VERSIONS. ``pythons`` are interpreters for uv, none for the engine's own.
    ``extended`` includes the extended cases, which are left out by default."""

    servers: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    loop: str = "auto"
    http: str = HTTP_1_1
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keyword: str = ""
    extended: bool = False
    pythons: tuple[str, ...] = ()

    @property
    def selection(self) -> Selection:
        """The part that selects cases."""
        return Selection(self.categories, self.levels, self.tags, self.keyword)


@dataclass(frozen=True)
class Engine:
    """The engine with its settings, for commands and for pytest. Every part is made on first use.

    ``project_paths`` are the folders of the project. ``nginx`` is the path of an nginx, "" for the one that is found.
    ``way`` is the runtime's name, one of RUNTIMES; ``urls`` locate services that run already
    (``framework=http://host:port``). ``baseline`` is a file that replaces the baselines of the suites, "" for those.
    ``clauses`` are documents of clauses in addition to the engine's own. Cases that came after the version ``corpus``
    are held back as warnings; "" holds none back. ``deliveries`` are those of a run, in the words of
    ``execution.planning.deliveries``; without any, each case has those that it declares. ``client`` is one of
    its CLIENTS. ``activity`` is called with the environments that are made; it is no setting, so equal engines may
    differ in it.
    """

    project_paths: ProjectPaths
    nginx: str = ""
    way: str = "local"
    urls: tuple[str, ...] = ()
    baseline: str = ""
    clauses: tuple[Path, ...] = ()
    corpus: str = ""
    deliveries: tuple[str, ...] = ()
    client: str = OWN
    activity: Activity = field(default_factory=Activity, compare=False)

    @cached_property
    def words(self) -> EngineVocabulary:
        """The language, the contract and the clauses."""
        from engine.app import vocabulary

        return vocabulary.load(self.project_paths, self.catalogue)

    @cached_property
    def catalogue(self) -> dict[str, Clause]:
        """The clauses that cases may cite, by id: the engine's own, and those next to the suites."""
        from engine.loading.catalogue import clauses_in

        return self.kept.clauses(self._clause_documents, clauses_in)

    @cached_property
    def _clause_documents(self) -> tuple[SourceText, ...]:
        return tuple(clause_files.sources([self.project_paths.specs, *self.clauses]))

    @cached_property
    def frameworks(self) -> Registry[Framework]:
        """The frameworks, by name."""
        own = self.project_paths.own
        applications = [own_application(one) for one in own.applications]
        return load_frameworks(self.project_paths.frameworks, [Path(one) for one in own.frameworks], applications)

    @cached_property
    def servers(self) -> Registry[Server]:
        """The servers, by name, each as its lock pins it."""
        return load_servers(self.project_paths.own.servers)

    @cached_property
    def hidden(self) -> Registry[Server]:
        """The servers that are only selected by name."""
        return load_hidden()

    @cached_property
    def configured(self) -> dict[str, Server]:
        """The servers by ``Target.configuration``: the pinned ones, and those that ``targets`` was called with."""
        return dict(self.servers)

    def baselines(self, files: Iterable[str]) -> tuple[Path, ...]:
        """The baselines for the suites in some files. Raises UsageError where the one that was named is not there."""
        return baselines(files, self.baseline)

    def known(self, paths: Iterable[Path]) -> tuple[KnownFailure, ...]:
        """The entries of some baselines. Raises DocumentError if one has errors, or is no baseline."""
        found: list[KnownFailure] = []
        for path in paths:
            loaded = self.load([path])
            for mistake in loaded.diagnostics:
                if mistake.is_error:
                    raise DocumentError(mistake.what, hint=mistake.hint, place=mistake.place)
            if loaded.suites or loaded.clauses:
                raise DocumentError(
                    f"{path} is not a baseline", hint="a baseline begins with `known-failures:` and a title"
                )
            found += loaded.known_failures
        return tuple(found)

    def beside(self, paths: Sequence[Path]) -> Engine:
        """The engine for the suites under some paths: they may cite the clauses of documents next to them, too."""
        clauses = self._clauses_beside.of(paths)
        if clauses == self.clauses:
            return self
        if clauses not in self._beside:
            self._beside[clauses] = replace(self, clauses=clauses)
        return self._beside[clauses]

    @cached_property
    def _clauses_beside(self) -> clause_files.ClausesBeside:
        return clause_files.ClausesBeside(self.project_paths.specs)

    @cached_property
    def _beside(self) -> dict[tuple[Path, ...], Engine]:
        return {}

    def load(self, paths: Sequence[Path], roots: Roots | None = None, *, whole: bool = False) -> Loaded:
        """The suites under some paths, and every error in them. ``roots`` gives their addresses, by default those of
        these paths. ``whole`` ones can be performed; headers cost less."""
        engine = self.beside(paths)
        found = unchanged(paths, engine.kept, roots, whole=whole)
        if found is None:
            from engine.loading.documents import load_paths

            found = load_paths(paths, engine.words.loading, engine.kept, roots)
        if not self.deliveries and self.client == OWN:
            return found
        suites = (replace(one, cases=tuple(delivered(one.cases, self.deliveries, self.client))) for one in found.suites)
        return replace(found, suites=tuple(suites))

    @cached_property
    def kept(self) -> DocumentCache:
        """The cache of documents without errors."""
        contracts = [self.project_paths.frameworks / name for name in (contract.FILE, contract.WSGI_FILE)]
        facts = [
            *(path.read_text(errors="replace") for path in contracts if path.is_file()),
            *framework_names(self.project_paths),
            *(one.name for one in self.project_paths.own.servers),
            *(f"{source.address}\0{source.text}" for source in self._clause_documents),
        ]
        found = DocumentCache(self.project_paths.cache / "documents", fingerprint(engine_key(), facts))
        with suppress(OSError):
            found.folder.mkdir(parents=True, exist_ok=True)
        cache.hold(found.folder)
        cache.prune_daily(self.project_paths.cache)
        return found

    @cached_property
    def configured_frameworks(self) -> dict[str, Framework]:
        """The frameworks by ``Target.framework_configuration``: the pinned ones, and those that ``targets`` was called
        with."""
        return dict(self.frameworks)

    def targets(self, options: RunOptions) -> list[Target]:
        """The targets that were asked for. Raises UsageError for a name that there is not."""
        if self.urls and self.way != RUNNING:
            raise UsageError("--url is only for running services", hint=f"add --runtime {RUNNING}")
        if options.pythons and self.way != LOCAL:
            hint = "a container and a running service have the Python that they have"
            raise UsageError("--python is only for processes of this machine", hint=hint)
        if self.way == RUNNING:
            return self._running(options)
        found = self._targets(options)
        if self.way == DOCKER:
            self._check_images(found)
        return [replace(target, runtime=self.way, given=self._given(target)) for target in found]

    def _check_images(self, found: Iterable[Target]) -> None:
        """Raise UsageError for a target that no image is made for."""
        for target in found:
            for one in (
                self.configured[target.configuration],
                self.configured_frameworks[target.framework_configuration],
            ):
                if one.own:
                    hint = "it runs as a process of this machine: omit --runtime"
                    raise UsageError(
                        f"--runtime {DOCKER} has no image of {one.name}, which a project declares", hint=hint
                    )

    def _given(self, target: Target, *more: str) -> tuple[str, ...]:
        """The options that a command must have to name a target again."""
        nginx = ("--nginx", self.nginx) if self.nginx and target.gateway != DIRECT else ()
        return (*target.given, *nginx, *self.project_paths.given, *more)

    def _running(self, options: RunOptions) -> list[Target]:
        """The services that run already, as targets. Raises UsageError where one would be several."""
        names = tuple(self.services)
        for name in options.frameworks:
            one = wanted(name, FRAMEWORK)
            if not isinstance(one.release, Pinned):
                hint = f"a service that runs already has the release that it has: --framework {one.name}"
                raise UsageError(f"--runtime {RUNNING} starts no {name}", hint=hint)
            if self.frameworks.pick(name).name not in names:
                raise UsageError(f"no --url says where {name} is", hint=URL_FORM)
        chosen = [name for name in names if not options.frameworks or name in options.frameworks]
        found = self._targets(replace(options, frameworks=tuple(chosen)))
        for name in chosen:
            if [target.framework for target in found].count(name) != 1:
                raise UsageError(
                    f"the service of {name} at {self.services[name].url} is one server on one loop behind one gateway",
                    hint="name it with one --server, one --gateway and no --loop both",
                )
        urls = {text.partition("=")[0]: text for text in self.urls}
        return [
            replace(target, runtime=RUNNING, given=self._given(target, "--url", urls[target.framework]))
            for target in found
        ]

    @cached_property
    def services(self) -> dict[str, RunningService]:
        """The services that run already, by framework. Raises UsageError."""
        from engine.targets.runtimes.external.runtime import services

        return services(self.urls, self.frameworks, os.environ.get(SPOOLS, ""))

    def _targets(self, options: RunOptions) -> list[Target]:
        """The targets that were asked for, as local processes."""
        hidden = [word for word in options.servers if wanted(word).name in self.hidden]
        shown = [word for word in options.servers if word not in hidden]
        servers = configured(self.servers, shown, options.variants) if shown or not hidden else []
        servers += configured(self.hidden, hidden) if hidden else []
        self.configured.update({server.configuration: server for server in servers})
        frameworks = configured_frameworks(self.frameworks, options.frameworks)
        self.configured_frameworks.update({framework.configuration: framework for framework in frameworks})
        words, http = (options.frameworks, options.loop, options.gateways), options.http
        pythons = options.pythons
        if not options.servers:
            return on_pythons(default_targets(self.servers, self.frameworks, *words, http=http), pythons)
        every = [one.name for one in configured(self.servers, [ALL])] if ALL in options.servers else []
        named = [one.configuration for one in servers if one.configuration not in every]
        found = targets(
            servers, self.frameworks, framework=words[0], loop=words[1], gateways=words[2], http=http, named=named
        )
        return on_pythons(found, pythons)

    @property
    def every_server(self) -> list[str]:
        """The words of ``--server`` for every server, those that are selected by name only included."""
        return [ALL, *(one.name for one in self.servers.values() if one.by_name_only)]

    def every(self, options: RunOptions) -> list[Target]:
        """The targets that were asked for on every loop, by server and framework."""
        found = {target: target for loop in ("auto", "both") for target in self.targets(replace(options, loop=loop))}
        return sorted(found, key=lambda target: (target.configuration, target.framework_configuration))

    def plan(self, cases: Sequence[CaseHeader], chosen: Sequence[Target]) -> list[Job]:
        """The jobs of some cases on some targets."""
        jobs = plan(cases, chosen, self.offers, self.unsupported)
        return within(jobs, {target: self.reach(target) for target in chosen})

    def reach(self, target: Target) -> RuntimeCapabilities:
        """The capabilities of the runtime for cases on a target."""
        if self.way == DOCKER:
            return replace(EVERYTHING, listens=frozenset({IPV4}))
        if self.way != RUNNING:
            return EVERYTHING if ports.has_ipv6() else replace(EVERYTHING, listens=frozenset({IPV4, UNIX}))
        observer = self.services[target.framework].spool is not None
        return RuntimeCapabilities(processes=False, observer=observer, ports=False, drives=False)

    def offers(self, target: Target) -> frozenset[str]:
        """The capabilities of a target: declared by its server and framework, and the protocols that the server
        speaks."""
        server = self.configured[target.configuration].over(target.server_http)
        return self._words(server, target) | server.protocols | self.spoken(server, target.gateway)

    def declared(self, target: Target) -> frozenset[str]:
        """The capabilities of a target by its declarations only, which are the same on every machine. Every protocol
        that some releases of its server speak is among them."""
        server = self.configured[target.configuration].over(target.server_http)
        return self._words(server, target) | server.protocols | frozenset(server.asks)

    def _words(self, server: Server, target: Target) -> frozenset[str]:
        return through(offered(server.claims, self.configured_frameworks[target.framework_configuration]), target)

    def spoken(self, server: Server, gateway: str) -> frozenset[str]:
        """The protocols that a server was found to speak when it was asked, as far as the cache knows. None but HTTP is
        spoken without a gateway, and so nothing is looked up."""
        if gateway == DIRECT or not server.asks:
            return frozenset()
        from engine.app.probing import spoken

        return spoken(self.project_paths, server)

    def unsupported(self, target: Target, options: Mapping[str, object]) -> Sequence[str]:
        """The reasons why a target cannot be started with these ``server:`` options; empty if it can."""
        return unsupported(self.configured[target.configuration], target, options)


__all__ = ["ALL", "Engine", "Loaded", "Roots", "RunOptions"]
