"""Removing what runs in containers left, where nobody could any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.targets.containers.docking import Left, connect, lives, sweep


def clean(make: Callable[[], Any] = connect) -> Left:
    """Remove the containers and networks of runs whose engine is gone. Raises EnvironmentFailed where no Docker engine
    can be used."""
    return sweep(make(), lambda run: not lives(run))
