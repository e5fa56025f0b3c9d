"""Applying a matcher: a literal is the very value, operators must all hold, and what is absent matches one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.errors import Defect
from engine.matchers.base import Operator, Question
from engine.matchers.phrases import requirement, requirement_of
from engine.model.boundary import OpaqueValue
from engine.model.expectation import (
    ABSENT,
    Absent,
    Literal,
    Matcher,
    Mismatch,
    OperatorCall,
    Operators,
    Situation,
    Unclear,
)
from engine.model.phrasing import Seconds, Size, literal
from engine.model.showing import as_text
from engine.model.variables import Unknown, resolve
from engine.model.wire_bytes import ByteString, TruncatedBytes, WireBytes

# The operator that a literal stands for.
EQUALS = "equals"

Vocabulary = Mapping[str, Operator]


def match(
    observed: object, matcher: Matcher, situation: Situation, operators: Vocabulary, where: str = ""
) -> Mismatch | None:
    """The first thing in which ``observed`` differs from ``matcher``, or None.

    ``where`` is the name under which the reader knows the value. Raises Defect for an operator that is not known.
    """
    if isinstance(observed, Unclear):
        return _at(Mismatch("", "to be a single value", observed, matcher.place, observed.why), where)
    if isinstance(matcher, Literal):
        return _at(_literal(observed, matcher, situation), where)
    for call in matcher.calls:
        found = _call(observed, call, situation, operators)
        if found is not None:
            return _at(found, where)
    return None


def same(observed: object, expected: object) -> bool:
    """Equality in the language: a tuple equals a list, text never equals bytes (but bytes on the wire equal the UTF-8
    of a text), true is not 1, 1 equals 1.0, and a member of an IntEnum its number."""
    if type(observed) is type(expected) and type(observed) in (int, str):
        return observed == expected
    if isinstance(observed, TruncatedBytes):
        return isinstance(expected, (bytes, str)) and observed.same_as(_octets(expected))
    if isinstance(observed, WireBytes):
        return isinstance(expected, (bytes, str)) and bytes(observed) == _octets(expected)
    if isinstance(observed, bytes) or isinstance(expected, bytes):
        return isinstance(observed, bytes) and isinstance(expected, bytes) and observed == expected
    if isinstance(observed, bool) or isinstance(expected, bool):
        return observed is expected
    if isinstance(observed, (list, tuple)):
        return (
            isinstance(expected, (list, tuple))
            and len(observed) == len(expected)
            and all(same(left, right) for left, right in zip(observed, expected, strict=True))
        )
    if isinstance(observed, Mapping):
        return (
            isinstance(expected, Mapping)
            and observed.keys() == expected.keys()
            and all(same(value, expected[key]) for key, value in observed.items())
        )
    if isinstance(observed, OpaqueValue):
        # A member of an IntEnum is an int in all that an application may do with it.
        return isinstance(observed.value, int) and same(observed.value, expected)
    return (type(observed) is type(expected) and observed == expected) or _numbers(observed, expected)


def _numbers(observed: object, expected: object) -> bool:
    return isinstance(observed, (int, float)) and isinstance(expected, (int, float)) and observed == expected


def _octets(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def render(value: object, situation: Situation) -> object:
    """An argument with its variables filled in: a byte string becomes bytes."""
    if isinstance(value, ByteString):
        return value.render(situation.variables)
    return resolve(value, situation.variables)


def _literal(observed: object, matcher: Literal, situation: Situation) -> Mismatch | None:
    try:
        expected = render(matcher.value, situation)
    except (Unknown, TypeError, ValueError) as error:
        return Mismatch("", "a value that can be evaluated", observed, matcher.place, str(error), operator=EQUALS)
    if not isinstance(observed, Absent) and same(observed, expected):
        return None
    why = "" if isinstance(observed, Absent) else _why(observed, expected)
    actual = with_unit(observed, matcher.value)
    return Mismatch("", literal(expected), actual, matcher.place, why, operator=EQUALS, expected_value=expected)


def with_unit(observed: object, expected: object) -> object:
    """A number, with the unit of the amount that it is compared with."""
    if isinstance(observed, bool) or not isinstance(observed, (int, float)):
        return observed
    if isinstance(expected, Seconds):
        return Seconds(observed)
    return Size(observed) if isinstance(expected, Size) and isinstance(observed, int) else observed


def _why(observed: object, expected: object) -> str:
    """A remark on a difference that the two values do not show: a difference of only the type, or the position of the
    first difference of long values."""
    if isinstance(observed, bytes) and not isinstance(observed, WireBytes) and isinstance(expected, str):
        return "text never equals bytes; write {bytes: ...}" if observed == expected.encode() else ""
    if isinstance(observed, str) and isinstance(expected, (int, float)) and observed == str(expected):
        return "the observed value is text, the expected one a number"
    if isinstance(observed, (int, float)) and isinstance(expected, str) and str(observed) == expected:
        return "the observed value is a number, the expected one text"
    if isinstance(observed, (bytes, str)) and isinstance(expected, (bytes, str)):
        left, right = _octets(observed), _octets(expected)
        if max(len(left), len(right)) > 80:
            at = next(
                (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
            )
            return f"{len(left)} B, expected {len(right)} B; the first difference is at byte {at}"
    return ""


def _call(observed: object, call: OperatorCall, situation: Situation, operators: Vocabulary) -> Mismatch | None:
    operator = operators.get(call.operator)
    if operator is None:
        raise Defect(f"there is no operator {call.operator!r}")

    def inner(observed: object, matcher: Matcher, where: str) -> Mismatch | None:
        return match(observed, matcher, situation, operators, where)

    def show(value: object) -> str:
        return _as_text(value, situation)

    question = Question(
        observed, call.argument, situation, inner, call.place, lambda matcher: requirement(matcher, operators, show)
    )
    try:
        absent = isinstance(observed, Absent) and not operator.takes_absent
        found = question.differs() if absent else operator.answer(question)
    except (Unknown, ValueError, TypeError) as error:
        found = Mismatch("", f"a value that `{call.operator}` can be applied to", observed, call.place, str(error))
    if found is None or found.operator:
        return found
    if not found.expected:
        found = replace(found, expected=requirement_of(call, operators, show))
    return _stated(found, call, situation)


def _as_text(value: object, situation: Situation) -> str:
    """An argument as a reader sees it: with its variables filled in, as far as they are known."""
    try:
        return as_text(render(value, situation))
    except (Unknown, ValueError, TypeError):
        return as_text(value)


def _stated(mismatch: Mismatch, call: OperatorCall, situation: Situation) -> Mismatch:
    """The mismatch with the operator and its argument."""
    value = mismatch.expected_value
    if isinstance(value, Absent):
        try:
            value = argument_value(call.argument, situation)
        except (Unknown, ValueError, TypeError):
            value = ABSENT
    return replace(mismatch, operator=call.operator, expected_value=value)


def argument_value(argument: object, situation: Situation) -> object:
    """An operator's argument as a value: variables filled in, and an inner matcher as its literal, or as a mapping of
    its operators. Raises Unknown, ValueError and TypeError, as ``render`` does."""
    if isinstance(argument, Literal):
        return render(argument.value, situation)
    if isinstance(argument, Operators):
        return {call.operator: argument_value(call.argument, situation) for call in argument.calls}
    if isinstance(argument, tuple):
        return [argument_value(item, situation) for item in argument]
    if isinstance(argument, Mapping):
        return {key: argument_value(item, situation) for key, item in argument.items()}
    return render(argument, situation)


def _at(mismatch: Mismatch | None, where: str) -> Mismatch | None:
    return mismatch.inside(where) if mismatch is not None and where else mismatch
