"""A mutant as a value, and the replacement of functions and constants. It imports nothing of the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

PROBE = "/health"
"""The path of the engine's own readiness check."""

Install = Callable[[], None]
Wrong = Callable[[Any], Any]
"""Makes the wrong function from the right one."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``what`` is the fault as one clause; ``install`` puts it into the server of this process."""

    what: str
    install: Install


def replaced(owner: ModuleType | type, name: str, wrong: Wrong) -> Install:
    """Replace a function of a module, or a method or a property of a class, by ``wrong(right)``."""

    def put() -> None:
        setattr(owner, name, wrong(getattr(owner, name)))

    return put


def constant(owner: ModuleType | type, name: str, value: object) -> Install:
    """Replace a constant of a module or a class."""
    return lambda: setattr(owner, name, value)


def together(*installs: Install) -> Install:
    """Put several parts of one fault in."""

    def put() -> None:
        for install in installs:
            install()

    return put
