"""Scalars that a case may leave to a variable: their schema, and their value once the run knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.model.nodes import Node
from engine.model.variables import Unknown, Variable, WrongValue, fill, resolve
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema

T = TypeVar("T")
N = TypeVar("N")

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


def checked(make: Callable[[], T], node: Node, reader: NodeReader, hint: str = "") -> T | None:
    """Return the result of ``make``; None if a variable of the run is missing, or it raises a ValueError, which is then
    noted as an error at ``node``. A value that can never work is found before the run."""
    try:
        return make()
    except Unknown:
        return None
    except ValueError as error:
        reader.mistake(node, str(error), hint)
        return None


def positive(node: Node, found: N, reader: NodeReader, what: str, least: str) -> N:
    """An amount, with an error noted if it is 0 or less; a Variable is left to the run. ``least`` is a small amount
    for the hint."""
    if isinstance(found, (int, float)) and found <= 0:
        reader.mistake(node, f"`{what}` is more than 0", f"write {least} or more")
    return found


def integer(value: object, variables: Mapping[str, object], what: str) -> int:
    """A whole number, or a variable's. Raises ValueError where it is none; ``what`` names it for the message."""
    found = resolve(value, variables)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise WrongValue(f"{what} is {found!r}, and should be a whole number")
    return found


def seconds(value: float | Variable, variables: Mapping[str, object]) -> float:
    """A time in seconds, or a variable's. Raises ValueError where that is no number."""
    found = resolve(value, variables)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise WrongValue(f"{found!r} is not a time in seconds")
    return float(found)


def flag(value: object, variables: Mapping[str, object]) -> bool:
    """True or false, or a variable's. Raises ValueError where it is neither."""
    found = resolve(value, variables)
    if not isinstance(found, bool):
        raise WrongValue(f"{found!r} is neither true nor false")
    return found


def text(value: object, variables: Mapping[str, object]) -> str:
    """A text with its variables filled in; a number is written as it reads."""
    return fill(value, variables) if isinstance(value, str) else str(resolve(value, variables))
