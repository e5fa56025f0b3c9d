"""Matchers from plain values, as the loader would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.matchers.base import Argument, Operator
from engine.matchers.matching import match
from engine.model.expectation import Literal, Matcher, Mismatch, OperatorCall, Operators, Situation
from engine.model.source_span import SourceSpan
from engine.model.wire_bytes import ByteString, plain
from engine.registry import Registry, found

OPERATORS = Registry("operator", [cast(Operator, one) for one in found("engine.matchers", "OPERATORS")])
PLACE = SourceSpan("case.yaml", 3, 5, 4)


def matcher(value: Any) -> Matcher:
    """A matcher: a mapping is operators, anything else the very value."""
    if not isinstance(value, Mapping):
        return Literal(value, PLACE)
    return Operators(tuple(OperatorCall(name, argument(name, inner), PLACE) for name, inner in value.items()), PLACE)


def argument(name: str, value: Any) -> Any:
    """An operator's argument from a plain value."""
    match OPERATORS[name].argument:
        case Argument.MATCHER:
            return matcher(value)
        case Argument.MATCHERS:
            return tuple(matcher(item) for item in value)
        case Argument.FIELDS:
            return {key: matcher(item) for key, item in value.items()}
        case Argument.BYTES:
            return value if isinstance(value, ByteString) else plain(value)
    return value


def check(observed: object, value: Any, *, sent: bytes | None = None, **variables: Any) -> Mismatch | None:
    """The mismatch, or None."""
    return match(observed, matcher(value), Situation(variables, sent), OPERATORS, "it")
