"""Recipes of environments: a framework's lock, and the server's, or the requirements of a release in its place.

A pinned server's lock fits every framework's as it is. Any other release is resolved when its environment is made: the
server's own pin is replaced, and the framework's lock constrains the rest.
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
from engine.targets.environments.sources import ServerSource

WANTED = "server.in"
SERVER_LOCK = "server.lock"
FRAMEWORK_LOCK = "framework.lock"

NO_VERSION = re.compile(r"there (?:is|are) no versions? of (\S+?)==(\S+?)[\s,]")
OTHER_PROJECT = re.compile(r"name `?([\w.-]+)`? does not match (?:given|the) (?:package )?name `?([\w.-]+)`?")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A framework under a server. ``source`` is where the server's release comes from; ``server_lock`` and
    ``framework_lock`` are the texts of both locks, each line a pin."""

    framework: Framework
    server: Server
    source: ServerSource
    server_lock: tuple[str, ...]
    framework_lock: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name in messages: ``starlette under gunicorn==26.2.0``."""
        return f"{self.framework.name} under {self.server.configuration}"

    @property
    def is_locked(self) -> bool:
        """True if both locks are used as they are."""
        return as_locked(self.server)

    @property
    def servers_part(self) -> list[str]:
        """The identity of the server's part of an environment."""
        return servers_part(self.server, self.source, self.server_lock)

    def write(self, folder: Path) -> None:
        """Write what ``resolve`` and ``install`` name. Raises EnvironmentFailed for a line that is no requirement."""
        try:
            own = names_of([self.server.package, *self.server.variant.pins])
            rest = without(self.source_lines(), own)
            if canonicalize_name(self.server.package) not in names_of(self.server.variant.pins):
                rest = [self.requirement, *rest]
            put(folder / WANTED, [*rest, *self.server.variant.pins])
            # What is there already is what uv prefers, where it fits.
            put(folder / SERVER_LOCK, without(self.server_lock, own))
            put(folder / FRAMEWORK_LOCK, without(self.framework_lock, own))
        except InvalidRequirement as error:
            raise EnvironmentFailed(
                f"{self.name}: {error}", hint="see the server's requirements and --variant"
            ) from None

    @property
    def requirement(self) -> str:
        """The requirement in place of the server's own pin."""
        if not isinstance(self.server.release, Pinned):
            return self.source.requirement
        own = canonicalize_name(self.server.package)
        return next(line for line in self.server_lock if canonicalize_name(Requirement(line).name) == own)

    def source_lines(self) -> list[str]:
        """The requirements that the server's lock was made from. Raises EnvironmentFailed."""
        try:
            text = self.server.source.read_text("utf-8")
        except OSError as error:
            raise EnvironmentFailed(f"cannot read {error.filename}: {error.strerror}") from None
        return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    @staticmethod
    def resolve(uv: str, folder: Path, python: Path) -> list[str]:
        """The command that pins what ``write`` wrote."""
        return [
            uv, "pip", "compile", "--quiet", "--python", str(python), "--no-header", "--no-annotate",
            "--no-emit-index-url", "--no-emit-find-links", "--constraint", str(folder / FRAMEWORK_LOCK),
            "--output-file", str(folder / SERVER_LOCK), str(folder / WANTED),
        ]  # fmt: skip

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
            where = (
                self.server.release.folder if isinstance(self.server.release, Checkout) else self.server.configuration
            )
            return f"{where} is not {self.server.package} but {other[1]}", f"name a checkout of {self.server.package}"
        if "build backend" in words or "Failed to build" in words:
            return f"{self.server.configuration} cannot be built", "uv's own words are below"
        if "unsatisfiable" in words and "network was disabled" not in words:
            hint = "uv's own words are below: another version, another framework, or pins in a variant"
            return f"{self.server.configuration} cannot be installed beside {self.framework.name}", hint
        return "", ""


def as_locked(server: Server) -> bool:
    """True if a server's lock is used as it is."""
    return isinstance(server.release, Pinned) and not server.variant.pins


def servers_part(server: Server, source: ServerSource, lock: Sequence[str]) -> list[str]:
    """The identity of a server's part of an environment: its lock, and the requirements in place of its pins."""
    return list(lock) if as_locked(server) else [*lock, source.identity, *server.variant.pins]


def names_of(requirements: Sequence[str]) -> set[str]:
    """The packages that some requirements name. Raises InvalidRequirement."""
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def without(lines: Sequence[str], packages: set[str]) -> list[str]:
    """The lines of a lock that pin other packages. Raises InvalidRequirement."""
    return [line for line in lines if canonicalize_name(Requirement(line).name) not in packages]


def put(file: Path, lines: Sequence[str]) -> None:
    """Write lines."""
    file.write_text("".join(line + "\n" for line in lines), "utf-8")
