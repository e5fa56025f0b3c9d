"""Finding the target that a command line names by its id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from engine.app.engine import Engine, RunOptions
from engine.errors import UsageError
from engine.model.commands import served
from engine.model.target import CONTROLS, DIRECT, H2, H2C, HTTP_1_1, LOOPS, Target, python_word
from engine.registry import nearest
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.releases import FRAMEWORK, NAME, Pinned, wanted
from engine.targets.matrix.matrix import PYTHON
from engine.targets.matrix.selection import ALL

# The name of a server has none of these; the selection of a release or a variant has.
BEYOND = "=@~"


def target_called(
    engine: Engine,
    name: str,
    servers: Sequence[str] = (),
    variants: Sequence[str] = (),
    frameworks: Sequence[str] = (),
) -> Target:
    """The target of that id: of a pinned server and framework, of those that ``servers``, ``variants`` and
    ``frameworks`` ask for as ``--server``, ``--variant`` and ``--framework`` do, or of those that the id itself names
    (``gunicorn==26.2.0-control-auto``, ``gunicorn-starlette@../starlette-auto``, ``gunicorn-control~echo-cut-auto``).

    Raises UsageError, which names the nearest, where there is none.
    """
    plain, interpreter = without_python(name)
    names = {word for server in engine.servers.values() for word in (server.name, server.package)}
    spec, framework = words_of(plain, names, list(engine.frameworks))
    more = [spec] if any(letter in spec for letter in BEYOND) else []
    released = [*frameworks, framework] if framework else list(frameworks)
    options = RunOptions(
        servers=(*engine.every_server, *servers, *more),
        variants=tuple(variants),
        gateways=(ALL, *gateways_in(plain)),
        http="all" if plain.endswith((f"-{H2C}", f"-{H2}")) else HTTP_1_1,
        pythons=(interpreter,) if interpreter else (),
    )
    found = engine.every(options)
    asked = [wanted(word, FRAMEWORK) for word in released]
    if any(one.variant or not isinstance(one.release, Pinned) for one in asked):
        found += engine.every(replace(options, frameworks=tuple(dict.fromkeys(released))))
    sourced = {served(target): target for target in found if target.source or target.framework_source}
    known = sourced | {target.id: target for target in found}
    if name not in known:
        raise UsageError(f"there is no target {name!r}", hint=near(name, known))
    return known[name]


def without_python(name: str) -> tuple[str, str]:
    """A target's id without its Python, and the Python; "" where it has none."""
    rest, _, last = name.rpartition("-")
    version = last.removeprefix(python_word(""))
    return (rest, version) if version != last and PYTHON.fullmatch(version) else (name, "")


def near(name: str, known: Mapping[str, Target]) -> str:
    """A hint with some targets whose ids contain the name, without a gateway if there are such and those of the bare
    apps first, or else with the nearest."""
    lists = "`engine list targets` lists them"
    containing = [one for one in known if name in one]
    holding = [one for one in containing if known[one].gateway == DIRECT] or containing
    holding.sort(key=lambda one: known[one].framework not in CONTROLS)
    if holding:
        return f"did you mean {' or '.join(map(repr, holding[:3]))}? {lists}"
    close = nearest(name, known)
    return f"{close} {lists}" if close.startswith("did") else lists


def gateways_in(name: str) -> tuple[str, ...]:
    """The gateway at the end of a target's id, which its server need not be known to have."""
    return tuple(gateway for gateway in load_gateways() if name.endswith(f"-{gateway}"))


def words_of(name: str, servers: Collection[str], frameworks: Sequence[str]) -> tuple[str, str]:
    """The words of ``--server`` and ``--framework`` in a target's id, both "" if the id has no framework and loop."""
    gateways = ["", *(f"-{gateway}" for gateway in load_gateways())]
    versions = ("", f"-{H2C}", f"-{H2}")
    all_ends = (f"-{loop}{gateway}{http}" for loop in LOOPS for gateway in gateways for http in versions)
    ends = [end for end in all_ends if name.endswith(end)]
    rest = name.removesuffix(max(ends, key=len)) if ends else ""
    # A name may have hyphens, and a folder's path anything. The longest framework that leaves a server's name is meant.
    found: list[tuple[str, str]] = []
    for framework in sorted(frameworks, key=len, reverse=True):
        for sign in ("", "==", "@", "~"):
            server, there, release = rest.rpartition(f"-{framework}{sign}")
            if there and bool(sign) == bool(release):
                found.append((server, f"{framework}{sign}{release}"))
    of_servers = [words for words in found if (of := NAME.match(words[0])) is not None and of[0] in servers]
    return next(iter(of_servers or found), ("", ""))
