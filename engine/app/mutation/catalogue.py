"""The mutants that exist, and the targets that have them.

A mutant is named by the word that selects it on the command line: ``reference~no-date`` for ``--server``,
``control~echo-cut`` for ``--framework``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.app.engine import Engine, RunOptions
from engine.app.mutation.choosing import sampled as sampled_names
from engine.errors import UsageError
from engine.model.target import CONTROL, CONTROLS, Target
from engine.reference.mutants import by_family, generated
from engine.targets.catalog.gateways.mutants import FAULTS
from engine.targets.matrix.selection import near_mutant

REFERENCE, FASTCGI = "reference", "reference-fastcgi"
NGINX_HTTP = "nginx-http"
GENERATED = "generated"
LOOP = "asyncio"
WSGI_CONTROL = CONTROLS[1]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutant: ``part`` is the server or app, ``name`` the fault, ``what`` the fault in one clause, ``family`` the
    family of a mutant of the reference server, "" for others."""

    part: str
    name: str
    what: str
    family: str = ""

    @property
    def word(self) -> str:
        """The word that selects it: ``reference~no-date``."""
        return f"{self.part}~{self.name}"

    @property
    def group(self) -> str:
        """The word that selects it together with similar ones: its family, or its part if it has none."""
        return self.family or self.part

    @property
    def names(self) -> frozenset[str]:
        """The words of the command line that mean it: its own, and those of its part and its family."""
        return frozenset({self.word, self.name, self.part, self.family} - {""})


def every(engine: Engine) -> list[Mutation]:
    """All mutants, by part and in the order of their families."""
    servers = (*engine.servers.values(), *engine.hidden.values())
    of_servers = [(server.name, server.mutants()) for server in servers]
    of_gateways = [(name, {fault: one.what for fault, one in faults.items()}) for name, faults in FAULTS.items()]
    of_frameworks = [(framework.name, framework.mutants()) for framework in engine.frameworks.values()]
    families = {name: family for family, names in by_family().items() for name in names}
    return [
        Mutation(part, name, what, families.get(name, "") if part == REFERENCE else "")
        for part, found in (*of_servers, *of_frameworks, *of_gateways)
        for name, what in found.items()
    ]


def sampled(count: int, seed: int) -> list[Mutation]:
    """Random generated mutants of the reference server, the same for a seed; all for a count of 0."""
    names = generated.every_name()
    picked = names if not count else sampled_names(names, count, seed)
    return [Mutation(REFERENCE, name, generated.summary(name), GENERATED) for name in picked]


def chosen(known: Sequence[Mutation], words: Sequence[str]) -> list[Mutation]:
    """The mutants that some words name: in full, by the fault, or all of a part (``control``) or a family (``scope``).
    Without words, all of them. Raises UsageError for a word that names none."""
    if not words:
        return list(known)
    for word in words:
        if not any(word in one.names for one in known):
            names = sorted({name for one in known for name in one.names})
            raise UsageError(f"there is no mutant called {word!r}", hint=near_mutant(word, names))
    return [one for one in known if not one.names.isdisjoint(words)]


def targets(engine: Engine, mutations: Sequence[Mutation]) -> dict[Target, str]:
    """The target of each mutant, with the mutant's word. A mutant of the reference server has the bare app, and one of
    the bare app runs on the reference server; one of the WSGI app, and of a gateway that speaks FastCGI, has the strict
    FastCGI server."""
    servers = tuple(one.word for one in mutations if one.part in engine.servers)
    hidden = tuple(one.word for one in mutations if one.part in engine.hidden)
    over_fastcgi = tuple(one.word for one in mutations if one.part in FAULTS and one.part != NGINX_HTTP)
    over_http = tuple(one.word for one in mutations if one.part == NGINX_HTTP)
    apps = [one for one in mutations if one.part in engine.frameworks]
    asgi = tuple(one.word for one in apps if one.part == CONTROL)
    wsgi = tuple(one.word for one in apps if one.part != CONTROL)
    found: dict[Target, str] = {}
    if servers:
        of_servers = engine.targets(RunOptions(servers=servers, frameworks=(CONTROL,), loop=LOOP))
        found |= {target: target.configuration for target in of_servers}
    if asgi:
        of_apps = engine.targets(RunOptions(servers=(REFERENCE,), frameworks=asgi, loop=LOOP))
        found |= {target: target.framework_configuration for target in of_apps}
    if wsgi:
        of_apps = engine.targets(RunOptions(servers=(FASTCGI,), frameworks=wsgi))
        found |= {target: target.framework_configuration for target in of_apps}
    if hidden:
        both = tuple(word for word in hidden if word.startswith(FASTCGI))
        of_servers = engine.targets(RunOptions(servers=hidden, frameworks=(WSGI_CONTROL,)))
        of_servers += engine.targets(RunOptions(servers=both, frameworks=(CONTROL,), loop=LOOP)) if both else []
        found |= {target: target.configuration for target in of_servers}
    if over_fastcgi:
        of_gateways = engine.targets(RunOptions(servers=(FASTCGI,), frameworks=(WSGI_CONTROL,), gateways=over_fastcgi))
        found |= {target: target.gateway for target in of_gateways}
    if over_http:
        options = RunOptions(servers=(REFERENCE,), frameworks=(CONTROL,), loop=LOOP, gateways=over_http)
        found |= {target: target.gateway for target in engine.targets(options)}
    return found
