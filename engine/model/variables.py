"""Variables: ``$(name)`` inside text, ``{var: name}`` as a value of its own type. docs/language.md has the syntax."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.source_span import NOWHERE, SourceSpan

_pattern = re.compile(r"\$\$\(|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
BUILT_IN = ("run", "host", "http_version", "scheme", "websocket_scheme")
# The variables in a server's own flags: where it listens.
PLACES = ("address", "port")
_SCALARS = (int, bool, float, bytes, type(None))


class WrongValue(ValueError):
    """A value that a case gives, or that a variable has, and that a step cannot use. The message is for its author."""


class Unknown(Exception):
    """A variable without a value. A case that passed the linter never raises it."""

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
    """The names of the variables in a text, in order, with repetitions."""
    return [match[1] for match in _pattern.finditer(text) if match[1]]


def lookup(name: str, known: Mapping[str, object]) -> object:
    """The value of ``name``; of ``name.key`` or ``name.0`` inside a mapping or a list. Raises Unknown."""
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
    """A value inside text: true, false and null as in JSON, bytes as latin-1, everything else by ``str``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def fill(text: str, known: Mapping[str, object]) -> str:
    """Replace each ``$(name)`` in a text; ``$$(`` yields ``$(``. Raises Unknown."""
    if "$(" not in text:
        return text
    return _pattern.sub(lambda match: as_text(lookup(match[1], known)) if match[1] else "$(", text)


def resolve(value: object, known: Mapping[str, object]) -> object:
    """Replace every variable in a value, at any depth; tuples become lists. Raises Unknown, and TypeError for ``plus``
    on a value that is no number."""
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
