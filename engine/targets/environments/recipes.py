"""Recipes of environments: the locks of a server and a framework, or the requirements of a release in place of one.

A pinned server's lock fits the lock of every framework as it is. Any other release of one of them is resolved when its
environment is made: its own pin is replaced, the other lock constrains the result, and the pins of its own lock stay if
they fit. If both have another release, both are resolved together without constraints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from engine.errors import EnvironmentFailed
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import Checkout, Pinned
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.sources import ReleaseSource

WANTED, FRAMEWORK_WANTED = "server.in", "framework.in"
SERVER_LOCK = "server.lock"
FRAMEWORK_LOCK = "framework.lock"

NO_VERSION = re.compile(r"there (?:is|are) no versions? of (\S+?)==(\S+?)[\s,]")
BUILT = re.compile(r"Failed to build `?([A-Za-z0-9._-]+)")
NO_SOURCE = ReleaseSource("", "")
OTHER_PROJECT = re.compile(r"name `?([\w.-]+)`? does not match (?:given|the) (?:package )?name `?([\w.-]+)`?")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A framework under a server. ``source`` is where the server's release comes from, ``framework_source`` where the
    framework's does; ``server_lock`` and ``framework_lock`` are the texts of both locks, each line a pin."""

    framework: Framework
    server: Server
    source: ReleaseSource
    server_lock: tuple[str, ...]
    framework_lock: tuple[str, ...]
    framework_source: ReleaseSource = NO_SOURCE

    @property
    def name(self) -> str:
        """The name in messages: ``starlette under gunicorn==26.2.0``."""
        return f"{self.framework.configuration} under {self.server.configuration}"

    @property
    def is_locked(self) -> bool:
        """True if both locks are used as they are."""
        return self.server_is_locked and framework_as_locked(self.framework)

    @property
    def server_is_locked(self) -> bool:
        """True if the server's lock is used as it is. The requirements of an application are not known to fit it, so
        both are resolved together."""
        return as_locked(self.server) and not self.framework.requires

    @property
    def servers_part(self) -> list[str]:
        """The identity of the server's part of an environment."""
        return servers_part(self.server, self.source, self.server_lock)

    @property
    def frameworks_part(self) -> list[str]:
        """The identity of the framework's part of an environment."""
        locked = framework_as_locked(self.framework)
        more = [self.framework_source.identity, *self.framework.requires]
        return [*self.framework_lock] if locked else [*self.framework_lock, *more]

    def write(self, folder: Path) -> None:
        """Write the files that ``resolve`` and ``locks`` name. Raises EnvironmentFailed for a line that is no
        requirement."""
        pins = self.server.variant.pins
        try:
            # A bare app has no distribution, and the engine's own server has none either.
            of_server = names_of([*([self.server.package] if self.server.package else []), *pins])
            named = framework_as_locked(self.framework) or not self.framework.package
            of_framework = set() if named else names_of([self.framework.package])
            own = (set() if self.server_is_locked else of_server) | of_framework
            # uv prefers the pins of a file that is there, if they fit.
            put(folder / SERVER_LOCK, without(self.server_lock, own))
            put(folder / FRAMEWORK_LOCK, without(self.framework_lock, own))
            if not self.server_is_locked:
                rest = without(requirements_of(self.server), own)
                if self.server.package and canonicalize_name(self.server.package) not in names_of(pins):
                    rest = [self.requirement, *rest]
                put(folder / WANTED, [*rest, *pins])
            if not framework_as_locked(self.framework):
                rest = without(requirements_of(self.framework), of_framework)
                release = [self.framework_source.requirement] if self.framework.package else []
                put(folder / FRAMEWORK_WANTED, [*release, *rest])
                if not self.server_is_locked:
                    both = sorted({*self.server_lock, *self.framework_lock})
                    put(folder / SERVER_LOCK, without(both, own))
        except InvalidRequirement as error:
            hint = "see the requirements of the server and the framework, and --variant"
            raise EnvironmentFailed(f"{self.name}: {error}", hint=hint) from None

    @property
    def requirement(self) -> str:
        """The requirement in place of the server's own pin."""
        if not isinstance(self.server.release, Pinned):
            return self.source.requirement
        own = canonicalize_name(self.server.package)
        lines = self.server.requires if self.server.own else self.server_lock
        named = (line for line in lines if canonicalize_name(Requirement(line).name) == own)
        return next(named, self.server.package)

    def resolve(self, uv: str, folder: Path, python: Path) -> list[str]:
        """The command that pins what ``write`` wrote."""
        server, framework = self.server_is_locked, framework_as_locked(self.framework)
        out, bounds = (FRAMEWORK_LOCK, SERVER_LOCK) if server else (SERVER_LOCK, FRAMEWORK_LOCK)
        wanted = [*([] if server else [WANTED]), *([] if framework else [FRAMEWORK_WANTED])]
        constraint = ["--constraint", str(folder / bounds)] if server or framework else []
        return [
            uv, "pip", "compile", "--quiet", "--python", str(python), "--no-header", "--no-annotate",
            "--no-emit-index-url", "--no-emit-find-links", *constraint,
            "--output-file", str(folder / out), *(str(folder / name) for name in wanted),
        ]  # fmt: skip

    def locks(self, folder: Path) -> list[Path]:
        """The files of requirements to install, which are complete and agree."""
        if self.is_locked:
            both = [(self.server.lock, self.server_lock), (self.framework.lock, self.framework_lock)]
            return [lock for lock, lines in both if lines]
        if not self.server_is_locked and not framework_as_locked(self.framework):
            return [folder / SERVER_LOCK]
        return [folder / SERVER_LOCK, folder / FRAMEWORK_LOCK]

    def failure(self, output: str) -> tuple[str, str]:
        """The reason why uv could not resolve or install it, and a hint, from uv's output; both "" for an unknown
        one."""
        words = " ".join(output.split())
        missing = NO_VERSION.search(words)
        if missing and "was not found in the cache" not in words:
            package, version = missing[1], missing[2].rstrip(",.")
            return f"there is no {package} {version}", f"python -m pip index versions {package} lists what there is"
        other = OTHER_PROJECT.search(words)
        if other:
            of = self._called(other[2])
            where = of.release.folder if isinstance(of.release, Checkout) else of.configuration
            return f"{where} is not {of.package} but {other[1]}", f"name a checkout of {of.package}"
        if "build backend" in words or "Failed to build" in words:
            failed = BUILT.search(words)
            of = self._called(failed[1] if failed else "")
            return f"{of.configuration} cannot be built", "the output of uv is below"
        if "unsatisfiable" in words and "network was disabled" not in words:
            hint = "the output of uv is below: try another version, another framework, or pins in a variant"
            return f"{self.server.configuration} cannot be installed with {self.framework.configuration}", hint
        return "", ""

    def _called(self, package: str) -> Server | Framework:
        """Of the server and the framework, the one of that distribution; without one, the one with another release
        than its pin."""
        ours = package and self.framework.package and canonicalize_name(package) == self.framework.package
        if ours or (as_locked(self.server) and not framework_as_locked(self.framework)):
            return self.framework
        return self.server


def as_locked(server: Server) -> bool:
    """True if a server's lock is used as it is."""
    return isinstance(server.release, Pinned) and not server.variant.pins and not server.requires


def framework_as_locked(framework: Framework) -> bool:
    """True if a framework's lock is used as it is."""
    return isinstance(framework.release, Pinned) and not framework.requires


def requirements_of(one: Server | Framework) -> list[str]:
    """The requirements before pinning. Raises EnvironmentFailed."""
    return list(one.requires) if one.own else lines_in(one.source)


def lines_in(source: Path) -> list[str]:
    """The requirements that a lock was made from. Raises EnvironmentFailed."""
    try:
        text = source.read_text("utf-8")
    except OSError as error:
        raise EnvironmentFailed(f"cannot read {error.filename}: {error.strerror}") from None
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def servers_part(server: Server, source: ReleaseSource, lock: Sequence[str]) -> list[str]:
    """The identity of a server's part of an environment: its lock, and the requirements in place of its pins."""
    more = [source.identity, *server.variant.pins, *server.requires]
    return list(lock) if as_locked(server) else [*lock, *more]


def names_of(requirements: Sequence[str]) -> set[str]:
    """The packages that some requirements name. Raises InvalidRequirement."""
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def without(lines: Sequence[str], packages: set[str]) -> list[str]:
    """The lines of a lock that pin other packages. Raises InvalidRequirement."""
    return [line for line in lines if canonicalize_name(Requirement(line).name) not in packages]


def put(file: Path, lines: Sequence[str]) -> None:
    """Write lines."""
    file.write_text("".join(line + "\n" for line in lines), "utf-8")
