"""Matchers in words: "is at least 400" behind a fact's name, "at least 400" behind "expected NAME"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from engine.matchers.base import Argument, Operators
from engine.model.expectation import Literal, Matcher, OperatorCall
from engine.model.moments import NOW, TOLERANCE
from engine.model.phrasing import Seconds, denial, infinitive, literal, negation
from engine.model.quantities import show_size
from engine.model.variables import Variable

# Given an argument or a literal: its text, with variables filled in where they are known.
Show = Callable[[object], str]

# The operators that name a value, as a literal does.
NAMING = ("equals", "var", "bytes")


def requirement(matcher: Matcher, operators: Operators, show: Show) -> str:
    """The matcher behind "expected NAME": "400", "at least 400", "not to contain 'a'"."""
    if isinstance(matcher, Literal):
        return literal(matcher.value, show(matcher.value))
    return " and ".join(requirement_of(call, operators, show) for call in matcher.calls)


def requirement_of(call: OperatorCall, operators: Operators, show: Show) -> str:
    """The same for one operator with its argument."""
    argument: object = call.argument
    if call.operator in NAMING:
        return literal(argument, show(argument))
    if call.operator == "not":
        return negation(requirement(_matcher(argument), operators, show))
    if call.operator in ("any_of", "all_of"):
        parts = [requirement(matcher, operators, show) for matcher in _matchers(argument)]
        return joined(parts, "or" if call.operator == "any_of" else "and")
    return infinitive(indicative_of(call, operators, show))


def indicative(matcher: Matcher, operators: Operators, show: Show) -> str:
    """The matcher behind a name: "is 400", "is at least 400", "contains 'a'"."""
    if isinstance(matcher, Literal):
        return f"is {show(matcher.value)}"
    return ", and ".join(indicative_of(call, operators, show) for call in matcher.calls)


def indicative_of(call: OperatorCall, operators: Operators, show: Show) -> str:
    """The same for one operator with its argument, as its ``phrase`` says."""
    if call.operator == "not":
        return denial(indicative(_matcher(call.argument), operators, show))
    operator = operators[call.operator]
    texts = operator.phrase or (f"{operator.name.replace('_', ' ')} {{}}",)
    if operator.argument is Argument.FLAG:
        return texts[0] if call.argument or len(texts) < 2 else texts[1]
    plain = False
    match operator.argument:
        case Argument.MATCHER:
            text = indicative(_matcher(call.argument), operators, show)
        case Argument.MATCHERS:
            matchers = _matchers(call.argument)
            plain = all(isinstance(matcher, Literal) for matcher in matchers)
            if plain:
                text = ", ".join(show(matcher.value) for matcher in matchers if isinstance(matcher, Literal))
            else:
                joint = {"any_of": ", or ", "all_of": ", and "}.get(operator.name, "; ")
                text = joint.join(indicative(matcher, operators, show) for matcher in matchers)
        case Argument.FIELDS if isinstance(call.argument, Mapping):
            fields = call.argument.items()
            text = ", ".join(f"{name} {indicative(matcher, operators, show)}" for name, matcher in fields)
        case Argument.SIZE if isinstance(call.argument, int) and not isinstance(call.argument, Variable):
            text = show_size(call.argument)
        case Argument.NEAR | Argument.MOMENT:
            text = _moment(call.argument, show)
        case Argument.WORD:
            word = str(call.argument)
            text = dict(zip(operator.words, operator.nouns, strict=False)).get(word, word)
        case Argument.NAME:
            text = str(call.argument)
        case _:
            text = show(call.argument)
    return (texts[-1] if plain else texts[0]).replace("{}", text)


def _moment(argument: object, show: Show) -> str:
    """A moment behind "later than", or a tolerance with its middle behind "within"."""
    if isinstance(argument, Mapping):
        return f"{show(argument.get('within', Seconds(TOLERANCE)))} of {_moment(argument['to'], show)}"
    return NOW if argument == NOW else show(argument)


def joined(parts: Sequence[str], word: str) -> str:
    """Requirements of one list: "200, 204 or 206"; "to be 200 or to contain 'a'"."""
    if any(part.startswith(("to ", "not ")) for part in parts):
        parts = [part if part.startswith(("to ", "not ")) else f"to be {part}" for part in parts]
    *first, last = parts
    return f"{', '.join(first)} {word} {last}" if first else last


def _matcher(argument: object) -> Matcher:
    return cast("Matcher", argument)  # the loader parses an argument in the operator's form


def _matchers(argument: object) -> tuple[Matcher, ...]:
    return cast("tuple[Matcher, ...]", argument)
