"""Removing what the engine left: containers whose engine is gone, and the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.targets.environments import cache
from engine.targets.runtimes.docker.docking import Left, connect, lives, sweep


@dataclass(frozen=True, slots=True)
class Emptied:
    """An emptied cache: its ``folder``, how many entries are ``gone`` and how many bytes that is, and the entries that
    stay because an engine uses them."""

    folder: Path
    gone: int
    size: int
    in_use: tuple[Path, ...]


def clean(make: Callable[[], Any] = connect) -> Left:
    """Remove the containers and networks of runs whose engine is gone. Raises EnvironmentFailed where no Docker engine
    can be used."""
    return sweep(make(), lambda run: not lives(run))


def empty_cache() -> Emptied:
    """Empty the cache of all that no engine uses."""
    folder = cache.default_cache()
    before = cache.size_of(folder)
    gone, in_use = cache.clear(folder)
    return Emptied(folder, len(gone), before - cache.size_of(folder), tuple(in_use))
