"""Findings about the project: its folders, locks, environments, schemas and documents."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from engine.app.engine import Engine
from engine.app.health.base import HealthFinding, missing, ok, warn
from engine.app.health.machine import unwritable
from engine.app.lists.services import pinned
from engine.app.probing import options_probed, probed
from engine.app.project_paths import CHECKOUT, EDITABLE, INSTALLATION, displayed, find, relative
from engine.app.vocabulary import schemas
from engine.errors import EngineError
from engine.loading.schema.compose import rendered
from engine.model.quantities import show_size
from engine.results.analysis.summary import plural
from engine.targets.catalog.capabilities import NOTHING, refuted
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.cache import default_cache, size_of
from engine.targets.environments.packages import Environments, completed
from engine.targets.matrix.fitting import serves
from engine.targets.matrix.selection import DEFAULT
from engine.targets.probing.options import refuted as without_effect

LEAST_SPACE = 1024**3
OWNERS = {
    CHECKOUT: "the checkout",
    INSTALLATION: "the installed package, in",
    EDITABLE: "the checkout of this editable install,",
}


@dataclass(frozen=True)
class Project:
    """The project as the options name it. Everything is read on first use."""

    named_results: str = ""
    named_frameworks: str = ""

    @cached_property
    def engine(self) -> Engine:
        """The engine on this project. Raises UsageError where there is no project here."""
        return Engine(find(self.named_results, self.named_frameworks))

    def data(self) -> HealthFinding:
        """The suites and frameworks that are used, and the version of the corpus."""
        found = self.engine.project_paths
        corpus = f"corpus {found.corpus}" if found.corpus else "a corpus without a version"
        return ok(f"{corpus}, of {OWNERS[found.origin]} {found.root}")

    def folders(self) -> HealthFinding:
        """The folders of frameworks and suites."""
        project_paths = self.engine.project_paths
        count = len(self.engine.frameworks)
        if not project_paths.specs.is_dir():
            return missing(f"there are no suites in {project_paths.specs}", "install the engine again")
        frameworks, specs = displayed(project_paths.frameworks), displayed(project_paths.specs)
        return ok(f"{plural(count, 'framework')} in {frameworks}, suites in {specs}")

    def cache(self) -> HealthFinding:
        """Check the folder of environments."""
        folder = default_cache()
        if trouble := unwritable(folder):
            return missing(f"{folder}: {trouble}", "ENGINE_CACHE names another folder")
        if not folder.exists():
            return ok(f"{folder}, which the first run makes")
        kept = folder / "environments"
        made = [path for path in sorted(kept.iterdir()) if path.is_dir()] if kept.is_dir() else []
        whole = sum(completed(path) is not None for path in made)
        free = shutil.disk_usage(folder).free
        taken = show_size(round_size(size_of(folder)))
        text = f"{folder}: {plural(whole, 'environment')}, {taken}, {show_size(free)} free"
        if free < LEAST_SPACE:
            return warn(text, "engine clean --cache empties it, and ENGINE_CACHE names another folder")
        return ok(text)

    def results(self) -> HealthFinding:
        """Check the folder of runs and grids."""
        folder = self.engine.project_paths.results
        if trouble := unwritable(folder):
            return missing(f"{folder}: {trouble}", "--results names another folder")
        runs = folder / "runs"
        count = sum(1 for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else 0
        return ok(f"{relative(folder)} is writable, with {plural(count, 'run')}")

    def locks(self) -> HealthFinding:
        """Check that each server and framework has a lock, and that any framework can be installed with any server."""
        engine = self.engine
        if self.unlocked:
            names = [one.name for one in self.unlocked]
            few = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            lacking = warn if self.pairs_of_default else missing
            return lacking(f"no lock for {few}: what needs one cannot run", f"engine lock {' '.join(names)}")
        servers = {f"server {one.name}": pinned(one.lock) for one in engine.servers.values()}
        frameworks = {f"framework {one.name}": pinned(one.lock) for one in engine.frameworks.values()}
        found = disagreements(servers, frameworks)
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            return missing(f"{found[0]}{more}", "engine lock --all makes all locks again")
        return ok(f"{len(servers) + len(frameworks)} locks agree with each other")

    @cached_property
    def unlocked(self) -> list[Server | Framework]:
        """The servers and frameworks that have no lock."""
        every: list[Server | Framework] = [*self.engine.servers.values(), *self.engine.frameworks.values()]
        return [one for one in every if not one.lock.is_file()]

    @property
    def pairs(self) -> list[tuple[Server, Framework]]:
        """The servers and frameworks that go together, of those that have their locks."""
        servers = [one for one in self.engine.servers.values() if one not in self.unlocked]
        frameworks = [one for one in self.engine.frameworks.values() if one not in self.unlocked]
        return [(one, other) for one in servers for other in frameworks if serves(one, other)]

    @property
    def pairs_of_default(self) -> list[tuple[Server, Framework]]:
        """Those of the server that is taken without ``--server``."""
        return [pair for pair in self.pairs if pair[0].name == DEFAULT]

    @cached_property
    def unmade(self) -> list[str]:
        """The frameworks under servers whose environment has yet to be made."""
        kept = Environments(self.engine.project_paths.cache)
        return [
            f"{framework.name} under {server.name}"
            for server, framework in self.pairs
            if not kept.made(framework, server)
        ]

    @property
    def all_made(self) -> bool:
        """True if every environment is there that a run needs which asks for no server."""
        try:
            return not any(name.endswith(f" under {DEFAULT}") for name in self.unmade)
        except EngineError:
            return False

    def environments(self) -> HealthFinding:
        """Check which environments exist for this Python."""
        count = len(self.pairs)
        if not self.unmade:
            return ok(f"all {count} are made for this Python")
        mine = [name for name in self.unmade if name.endswith(f" under {DEFAULT}")]
        names = mine or self.unmade
        text = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        when = f"the next run makes {text}" if mine else f"`--server all` makes {text}"
        return ok(f"{count - len(self.unmade)} of {count} are made; {when}")

    def claims(self) -> HealthFinding:
        """Check the claims of servers against the findings of probes, as far as there are any."""
        servers = [one for one in self.engine.servers.values() if one not in self.unlocked]
        wrong, seen = [], set()
        for server in servers:
            for loop in server.loops:
                found = probed(self.engine.project_paths, server, loop)
                of_options = [
                    one
                    for interface in sorted(server.interfaces)
                    if (one := options_probed(self.engine.project_paths, server, loop, interface)) is not None
                ]
                if found is not None or of_options:
                    seen.add(server.name)
                claims = [*refuted(server.claims, found or NOTHING), *chain(*map(without_effect, of_options))]
                wrong += [f"{server.name} on {loop}: {claim}" for claim in dict.fromkeys(claims)]
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            return warn(f"{wrong[0]}{more}", "see `offers` and `options` in its file in engine/targets/catalog/servers")
        return ok(f"{len(seen)} of {plural(len(servers), 'server')} probed; all match their declarations")

    def schemas(self) -> HealthFinding:
        """Check that the schemas in the project are those of the code."""
        folder = self.engine.project_paths.schemas
        old = []
        for name, schema in schemas(self.engine.words).items():
            path = folder / f"{name}.json"
            if not path.is_file() or path.read_text("utf-8") != rendered(schema):
                old.append(path.name)
        if old:
            return warn(f"out of date in {displayed(folder)}: {', '.join(old)}", "engine schemas")
        return ok(f"the schemas in {displayed(folder)} are up to date")

    def specs(self) -> HealthFinding:
        """Check the documents for errors."""
        folder = relative(self.engine.project_paths.specs)
        text = displayed(folder)
        loaded = self.engine.load([folder])
        cases = sum(len(suite.cases) for suite in loaded.suites)
        warnings = len(loaded.diagnostics) - loaded.errors
        if loaded.errors:
            return missing(
                f"{plural(loaded.errors, 'error')} in {text}; suites with errors do not run", f"engine lint {text}"
            )
        if warnings:
            return warn(f"{plural(warnings, 'warning')} in {text}", f"engine lint {text}")
        return ok(f"{plural(loaded.files, 'file')} with {plural(cases, 'case')} and no errors")


def disagreements(servers: Mapping[str, Mapping[str, str]], frameworks: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Packages of which a server's lock has another version than a framework's, a sentence each."""
    return [
        f"{server} has {package} {version}, and {framework} has {theirs[package]}"
        for server, ours in servers.items()
        for framework, theirs in frameworks.items()
        for package, version in ours.items()
        if theirs.get(package, version) != version
    ]


def round_size(size: int) -> int:
    """A size to whole mebibytes, beyond one."""
    return size // 1024**2 * 1024**2 or size
