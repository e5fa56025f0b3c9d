from __future__ import annotations

import builtins

from engine.model.exceptions import EXCEPTIONS
from engine.observer.inside.commands import exception


def makes(name: str) -> bool:
    try:
        exception(name, "why")
    except ValueError:
        return False
    return True


def test_they_are_those_that_the_player_makes() -> None:
    assert {name for name in dir(builtins) if makes(name)} == set(EXCEPTIONS)
    assert "RuntimeError" in EXCEPTIONS
