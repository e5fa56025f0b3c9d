"""Finding the target that a command line names by its id."""

from __future__ import annotations

from collections.abc import Sequence

from engine.app.engine import Engine, RunOptions
from engine.errors import UsageError
from engine.model.commands import served
from engine.model.target import LOOPS, Target
from engine.registry import nearest
from engine.targets.catalog.gateways import load_gateways
from engine.targets.matrix.selection import ALL

# A server's name alone has none of these; what asks for a release or a variant has.
BEYOND = "=@~"


def target_called(engine: Engine, name: str, servers: Sequence[str] = (), variants: Sequence[str] = ()) -> Target:
    """The target of that id: of a pinned server, of one that ``servers`` and ``variants`` ask for as ``--server`` and
    ``--variant`` do, or of the one that the id itself asks for (``gunicorn==26.2.0-control-auto``,
    ``gunicorn@../gunicorn-control-auto``).

    Raises UsageError, which names the nearest, where there is none.
    """
    spec = spec_of(name, list(engine.frameworks))
    more = [spec] if any(letter in spec for letter in BEYOND) else []
    asked = RunOptions(servers=(ALL, *servers, *more), variants=tuple(variants), gateways=(ALL, *gateways_in(name)))
    found = engine.every(asked)
    known = {served(target): target for target in found if target.source} | {target.id: target for target in found}
    if name not in known:
        raise UsageError(f"there is no target {name!r}", hint=nearest(name, known))
    return known[name]


def gateways_in(name: str) -> tuple[str, ...]:
    """The gateway at the end of a target's id, which its server need not be known to have."""
    return tuple(gateway for gateway in load_gateways() if name.endswith(f"-{gateway}"))


def spec_of(name: str, frameworks: Sequence[str]) -> str:
    """The part of a target's id before framework and loop, "" if the id has no such end."""
    gateways = ["", *(f"-{gateway}" for gateway in load_gateways())]
    ends = [f"-{framework}-{loop}{gateway}" for framework in frameworks for loop in LOOPS for gateway in gateways]
    return next((name.removesuffix(end) for end in ends if name.endswith(end)), "")
