"""The targets of a run: the product of the selected servers, frameworks, loops and gateways."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from engine.errors import UsageError
from engine.model.target import DIRECT, H2, H2C, HTTP_1_1, HTTP_VERSIONS, LOOPS, Target
from engine.registry import Registry, nearest
from engine.targets.catalog.frameworks import ASGI, INTERFACES, WSGI, Framework
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.mutants import plain
from engine.targets.catalog.servers.base import Server
from engine.targets.matrix.fitting import GATEWAY, gateways_of, own_gateway, serves, spoken
from engine.targets.matrix.selection import ALL, DEFAULT, configured_frameworks

# A version for `uv python find`, with an implementation before it and a build behind it. A path has no version.
PYTHON = re.compile(r"(?:[a-z]+@?)?3(?:\.\d{1,2}){0,2}t?")
# The default server behind a gateway, by its protocol; and the default gateway, by the interface.
DEFAULTS = {"http": DEFAULT, "uwsgi": DEFAULT, "fastcgi": "fcgisgi"}
USUAL = {ASGI: DIRECT, WSGI: GATEWAY}


def targets(
    servers: Iterable[Server],
    frameworks: Registry[Framework],
    *,
    framework: Sequence[str] = (),
    loop: str = "auto",
    gateways: Sequence[str] = (),
    runtime: str = "local",
    named: Collection[str] = (),
    http: str = HTTP_1_1,
) -> list[Target]:
    """The targets, ordered by server as given, and by framework, loop and gateway as in the registries.

    ``servers`` are the selected ones, each in a release and a variant. ``framework`` are the words of ``--framework``,
    and by default every framework; ``gateways`` likewise, and by default each server's own; ALL stands for all that a
    server supports. ``named`` are the configurations of servers that were selected by name. ``loop`` is one of LOOPS;
    WSGI apps have none. ``http`` is one of HTTP_VERSIONS.

    Combinations that do not fit are omitted, unless both sides were selected by name. Such a combination, and a target
    whose server does not support its loop, is unsupported, which the run reports. Raises UsageError with the nearest
    name for an unknown name.
    """
    loops = loop_words(loop)
    known = known_gateways(gateways)
    return [
        Target(
            one.name,
            other.name,
            word,
            gateway,
            runtime,
            one.release.word,
            one.variant.name,
            interface=other.interface,
            source=one.release.source,
            given=("--variant", one.variant.declared) if one.variant.declared else (),
            framework_release=other.word,
            framework_source=other.release.source,
            answers=frozenset(other.answers) if other.own else None,
            http=version,
            upstream="" if gateway == DIRECT else load_gateways()[gateway].upstream,
        )
        for one in servers
        for other in configured_frameworks(frameworks, framework)
        if serves(one, other) or (one.configuration in named and framework)
        for word in (loops if other.interface == ASGI else ("auto",))
        for gateway in fitting_gateways(one, known, one.configuration in named)
        for version in versions_of(one, gateway, http, named=one.configuration in named)
    ]


def default_targets(
    servers: Registry[Server],
    frameworks: Registry[Framework],
    framework: Sequence[str] = (),
    loop: str = "auto",
    gateways: Sequence[str] = (),
    *,
    http: str = HTTP_1_1,
) -> list[Target]:
    """The targets where nobody names a server: ASGI apps under gunicorn and WSGI apps under fcgisgi behind nginx; or,
    behind gateways that are named, each app under the server that is usual there. Raises UsageError as ``targets``
    does."""
    names = known_gateways(gateways)
    wanted = [DIRECT, *load_gateways()] if ALL in names else names
    found: list[Target] = []
    for interface in INTERFACES:
        of_interface = Registry("framework", [one for one in frameworks.values() if one.interface == interface])
        words = framework or list(frameworks)
        mine = [word for word in words if configured_frameworks(frameworks, [word])[0].interface == interface]
        for gateway in (wanted or [USUAL[interface]]) if mine else ():
            server = servers.get(DEFAULTS[spoken(gateway)])
            if server is not None:
                found += targets([server], of_interface, framework=mine, loop=loop, gateways=[gateway], http=http)
    return found


def on_pythons(found: Sequence[Target], words: Sequence[str]) -> list[Target]:
    """The targets on each interpreter of ``--python``, one after the other; without any, as they are. Raises UsageError
    for a word that cannot stand in a target's id."""
    for word in words:
        if not PYTHON.fullmatch(word):
            raise UsageError(f"{word!r} is no version of Python", hint="like --python 3.12, 3.13t or pypy3.11")
    return [replace(one, interpreter=word) for one in found for word in dict.fromkeys(words or [""])]


def versions_of(server: Server, gateway: str, word: str, *, named: bool) -> list[str]:
    """The versions of HTTP that clients of a server, or of its gateway, speak, for a word of ``--http``. HTTP/2 is that
    with prior knowledge if there is such, else that over TLS; for H2 only the latter. A server without HTTP/2 has a
    target for it, which is unsupported, if it was selected by name and only HTTP/2 was asked for. Raises UsageError
    for an unknown word."""
    if word not in HTTP_VERSIONS:
        raise UsageError(f"there is no version of HTTP called {word!r}", hint=nearest(word, HTTP_VERSIONS))
    if word == HTTP_1_1:
        return [HTTP_1_1]
    found = [HTTP_1_1] if HTTP_1_1 in HTTP_VERSIONS[word] else []
    there = server.http2_ways if gateway == DIRECT else load_gateways()[gateway].fronts
    wanted = (H2,) if word == H2 else (H2C, H2)
    ways = [way for way in wanted if way in there]
    found += ways[:1] or (wanted[:1] if named and not found else [])
    return found


def known_gateways(names: Sequence[str]) -> list[str]:
    """The gateways of those names, each once and in the order of the registry, ALL by itself. Raises UsageError."""
    order = [ALL, DIRECT, *load_gateways()]
    for name in names:
        if name not in order and name not in load_gateways():
            raise UsageError(f"there is no gateway called {name!r}", hint=nearest(name, order))
    return [name for name in order if name in names] + [name for name in names if name not in order]


def fitting_gateways(server: Server, names: Sequence[str], named: bool) -> list[str]:
    """Of the named gateways those that a server can have; all of them if both the server and the gateways were selected
    by name."""
    if not names:
        return [own_gateway(server)]
    fit = gateways_of(server)
    wanted = (DIRECT, *load_gateways()) if ALL in names else names
    return [name for name in wanted if plain(name) in fit or (named and name in names)]


def loop_words(word: str) -> tuple[str, ...]:
    """The loops that a word of ``--loop`` stands for. Raises UsageError for any other word."""
    if word not in LOOPS:
        raise UsageError(f"there is no loop called {word!r}", hint=nearest(word, LOOPS))
    return LOOPS[word]
