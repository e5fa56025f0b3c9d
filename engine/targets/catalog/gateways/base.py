"""The definition of a gateway: its protocol towards the server, and its configuration for a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.model.target import CGI, H2, H2C, HTTP_1_1
from engine.registry import nearest
from engine.targets.catalog.options import load_options
from engine.targets.catalog.options.gateway import OPTIONS
from engine.targets.catalog.servers.tls import Files

WORDS = frozenset(option.name for option in OPTIONS)
"""The engine's own gateway options; all are true or false."""

# The capabilities of a server that also hold behind a gateway: those that depend only on server and app.
CARRIED = frozenset({"disconnect", "lifespan", "reload", "state", "uvloop", "pathsend", "zerocopysend"})

ALL_VERSIONS = frozenset({HTTP_1_1, H2C, H2})
"""Every version of HTTP, for a gateway whose clients may speak any."""


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """The values of a configuration: the addresses of the gateway and of the server, the gateway options of a case, and
    the user and group of its workers, "" for those of the starting process. ``http`` is the version of HTTP that its
    clients speak, ``files`` are its certificate and key, None without TLS."""

    listen: tuple[str, int]
    upstream: tuple[str, int]
    options: Mapping[str, object] = field(default_factory=dict)
    user: str = ""
    http: str = HTTP_1_1
    files: Files | None = None

    def on(self, word: str, default: bool) -> bool:
        """The value of an option, or its default."""
        return bool(self.options.get(word, default))


@dataclass(frozen=True, slots=True)
class FoundProgram:
    """A program that can be started: its file, and where it comes from, for people."""

    path: Path
    source: str


class GatewayProgram(Protocol):
    """The program that a gateway runs, such as nginx."""

    @property
    def name(self) -> str:
        """Its name in messages."""
        ...

    @property
    def hint(self) -> str:
        """The way to get it, for a machine without it."""
        ...

    def find(self, named: str) -> FoundProgram:
        """The program to use. ``named`` is the value of ``--nginx``, which other programs ignore. Raises StartError,
        with a hint, where there is none."""
        ...

    def lay_out(self, prefix: Path, gateway: Gateway, config: GatewayConfig) -> None:
        """Write its configuration below a folder, which is made if missing. Raises OSError."""
        ...

    def command(self, program: FoundProgram, prefix: Path) -> Sequence[str]:
        """The command line, for a process in ``prefix``. It must stay in the foreground."""
        ...

    def complaints(self, log: str) -> Sequence[str]:
        """Its own warnings and errors among the lines of its log."""
        ...

    def lacks(self, program: FoundProgram, gateway: Gateway, config: GatewayConfig) -> str:
        """The reason why this release of it cannot run that configuration, "" if it can."""
        ...


Location = Callable[[GatewayConfig], Sequence[str]]


def no_location(config: GatewayConfig) -> Sequence[str]:
    """No lines: the program's own configuration says how requests are passed on."""
    del config
    return ()


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway in front of servers.

    ``speaks`` is what it speaks to the server: ``http``, ``fastcgi`` or ``uwsgi``; ``http`` is the version of HTTP, if
    it speaks that. ``fronts`` are the versions of HTTP that its clients may speak. ``program`` is what runs it.
    ``location`` makes the lines of its configuration that say how requests are passed on; ``options`` are the gateway
    options that it has.
    """

    name: str
    title: str
    speaks: str
    program: GatewayProgram
    location: Location = no_location
    options: frozenset[str] = WORDS
    http: str = HTTP_1_1
    fronts: frozenset[str] = frozenset({HTTP_1_1})

    @property
    def upstream(self) -> str:
        """``Target.upstream`` of its targets: the version of HTTP to the server, or CGI."""
        return self.http if self.speaks == "http" else CGI

    def unsupported(self, options: Mapping[str, object]) -> tuple[str, ...]:
        """The reasons why this gateway cannot be configured so, one for each option and value that it lacks."""
        reasons = []
        for name, value in options.items():
            if name not in self.options:
                reasons.append(f"{self.name} does not support the option {name!r} ({nearest(name, self.options)})")
            elif not isinstance(value, bool):
                reasons.append(f"{self.name} cannot use {name}: {value!r} is neither true nor false")
        return tuple(reasons)


def split(options: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """A launch's options as those of the server and those of the gateway, without those that the runtime applies."""
    known = load_options() if options else {}
    of_gateway = {name: value for name, value in options.items() if name in known and known[name].gateway}
    of_runtime = {name for name in options if name in known and known[name].runtime}
    of_server = {name: value for name, value in options.items() if name not in of_gateway and name not in of_runtime}
    return of_server, of_gateway
