"""Variables: ``$(name)`` inside text, and ``{var: name}`` as a value with its own type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.source_span import NOWHERE, SourceSpan

_pattern = re.compile(r"\$\$\(|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
BUILT_IN = ("run", "host")
_SCALARS = (int, bool, float, bytes, type(None))


class Unknown(Exception):
    """A variable that has no value here. A case that passes the linter never raises it."""

    def __init__(self, name: str, known: Mapping[str, object]) -> None:
        super().__init__(f"there is no variable {name!r} here; known: {', '.join(sorted(known)) or 'none'}")
        self.name = name


@dataclass(frozen=True)
class Variable:
    """``{var: name}`` or ``{var: name, plus: number}``: the value itself, with its own type."""

    name: str
    plus: float | int | None = None
    place: SourceSpan = NOWHERE


def names_in(text: str) -> list[str]:
    """The variables that a text names, in order."""
    return [match[1] for match in _pattern.finditer(text) if match[1]]


def lookup(name: str, known: Mapping[str, object]) -> object:
    """The value of ``name``, or of ``name.part`` where a variable is a mapping or a list. Raises Unknown."""
    if name in known:
        return known[name]
    head, dot, rest = name.partition(".")
    if not dot or head not in known:
        raise Unknown(name, known)
    value = known[head]
    for part in rest.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise Unknown(name, known)
    return value


def as_text(value: object) -> str:
    """How a value reads inside text: JSON's words for true, false and null; bytes as latin-1."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def fill(text: str, known: Mapping[str, object]) -> str:
    """Replace each ``$(name)``; ``$$(`` is a literal ``$(``. Raises Unknown."""
    if "$(" not in text:
        return text
    return _pattern.sub(lambda match: as_text(lookup(match[1], known)) if match[1] else "$(", text)


def resolve(value: object, known: Mapping[str, object]) -> object:
    """A value with every variable in it replaced, at any depth. Raises Unknown, or TypeError for a bad ``plus``."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, str):
        return fill(value, known)
    if isinstance(value, Variable):
        found = lookup(value.name, known)
        if value.plus is None:
            return found
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise TypeError(f"{value.name} is {found!r}, and `plus` needs a number")
        return found + value.plus
    if isinstance(value, (list, tuple)):
        return [resolve(item, known) for item in value]
    if isinstance(value, Mapping):
        return {fill(key, known): resolve(item, known) for key, item in value.items()}
    return value
