"""Which targets a run has: the product of servers, frameworks and loops that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from engine.errors import UsageError
from engine.model.target import DIRECT, Target
from engine.registry import Named, Registry, nearest
from engine.targets.frameworks import Framework
from engine.targets.servers.base import Server

LOOPS = {"auto": ("auto",), "asyncio": ("asyncio",), "uvloop": ("uvloop",), "both": ("asyncio", "uvloop")}

T = TypeVar("T", bound=Named)


def targets(
    servers: Iterable[Server],
    frameworks: Registry[Framework],
    *,
    framework: Sequence[str] = (),
    loop: str = "auto",
    gateways: Sequence[str] = (DIRECT,),
    runtime: str = "local",
) -> list[Target]:
    """The targets, ordered by server as they are given, and by framework, loop and gateway as the registries have them.

    ``servers`` are those chosen, each in a release and a variant. ``framework`` are the names asked for, all where none
    is given. ``loop`` is one of LOOPS. A target whose server does not offer its loop is among them: it is unsupported,
    which the run says. Raises UsageError, which names the nearest, for a name that there is not.
    """
    return [
        Target(one.name, other.name, word, gateway, runtime, one.release.word, one.variant.name)
        for one in servers
        for other in chosen(frameworks, framework)
        for word in loop_words(loop)
        for gateway in gateways
    ]


def chosen(registry: Registry[T], names: Sequence[str]) -> list[T]:
    """The things of those names, in the registry's order and each once; all of them for no name."""
    wanted = {registry.pick(name).name for name in names}
    return [thing for thing in registry.values() if not wanted or thing.name in wanted]


def loop_words(word: str) -> tuple[str, ...]:
    """The loops that a word of ``--loop`` stands for. Raises UsageError for any other word."""
    if word not in LOOPS:
        raise UsageError(f"there is no loop called {word!r}", hint=nearest(word, LOOPS))
    return LOOPS[word]
