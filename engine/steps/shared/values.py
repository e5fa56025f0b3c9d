"""Scalars that a case may leave to a variable: their schema, and their value once the run knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model.variables import Variable, fill, resolve
from engine.steps.api.schema import Schema

VARIABLE_KEYS: Mapping[str, Schema] = {
    "var": {"type": "string", "minLength": 1, "description": "The variable's name; its value keeps its own type."},
    "plus": {"type": "number", "description": "Added to the variable's value."},
}


def scalar(*types: str, description: str, **constraints: Any) -> Schema:
    """The schema of a scalar of these types, or of ``{var: name}`` for it.

    ``constraints`` are keywords that leave a mapping alone: ``pattern``, ``minimum``, ``maximum``. Object keywords
    ignore scalars in turn, so no union of schemas is needed.
    """
    return {
        "type": [*types, "object"],
        "properties": dict(VARIABLE_KEYS),
        "required": ["var"],
        "additionalProperties": False,
        "description": description,
        **constraints,
    }


def integer(value: object, variables: Mapping[str, object], what: str) -> int:
    """A whole number, or a variable's. Raises ValueError where it is none; ``what`` names it for the message."""
    found = resolve(value, variables)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise ValueError(f"{what} is {found!r}, and should be a whole number")
    return found


def seconds(value: float | Variable, variables: Mapping[str, object]) -> float:
    """A time in seconds, or a variable's. Raises ValueError where that is no number."""
    found = resolve(value, variables)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise ValueError(f"{found!r} is not a time in seconds")
    return float(found)


def flag(value: object, variables: Mapping[str, object]) -> bool:
    """True or false, or a variable's. Raises ValueError where it is neither."""
    found = resolve(value, variables)
    if not isinstance(found, bool):
        raise ValueError(f"{found!r} is neither true nor false")
    return found


def text(value: object, variables: Mapping[str, object]) -> str:
    """A text with its variables filled in; a number is written as it reads."""
    return fill(value, variables) if isinstance(value, str) else str(resolve(value, variables))
