"""Bytes and matchers before a run."""

from __future__ import annotations

import pytest

from engine.app.describe.before import LARGEST, Placeholders, in_words, lengths_aside, size
from engine.app.describe.phrases import Phrases, time_in_words
from engine.matchers.base import Argument, Operator
from engine.model.expectation import Literal, Matcher, OperatorCall, Operators
from engine.model.phrasing import Seconds, Size
from engine.model.source_span import NOWHERE
from engine.model.variables import Variable, fill, lookup
from engine.model.wire_bytes import ByteString, ByteStringPart, plain
from engine.registry import Registry, found

OPERATORS = Registry("operator", [one for one in found("engine.matchers", "OPERATORS") if isinstance(one, Operator)])
PHRASES = Phrases(OPERATORS, {"known": 3})


def literal(value: object) -> Literal:
    return Literal(value, NOWHERE)


def operators(**calls: object) -> Operators:
    return Operators(tuple(OperatorCall(name, argument, NOWHERE) for name, argument in calls.items()), NOWHERE)


def test_placeholders_stand_for_what_only_the_run_knows() -> None:
    variables = Placeholders({"target": {"sent": "/a"}})
    assert fill("$(target.sent) $(host) $(seen.0)", variables) == "/a $(host) $(seen.0)"
    assert lookup("run", Placeholders({}, "*")) == "$(run)*"


def test_numbers_that_depend_on_a_placeholder_are_not_made_up() -> None:
    one, two = b"Length: 12\nHost: $(host)\nFixed: 7\n", b"Length: 13\nHost: $(host)*\nFixed: 7\n"
    assert lengths_aside(one, two) == b"Length: $(length)\nHost: $(host)\nFixed: 7\n"
    assert lengths_aside(b"a\nb", b"a") == b"a\nb"


def test_bytes_that_are_too_many_are_told_of() -> None:
    huge = ByteString((ByteStringPart("fill", {"of": plain("ab"), "size": 64 * 1024**2}),))
    assert size(huge) > LARGEST
    assert in_words(huge, {}) == "fill of text 'ab', size 64 MiB"
    assert in_words(ByteString((ByteStringPart("hex", "$(x)"),)), {}) == "hex '$(x)'"
    assert in_words(plain("$(known)"), {"known": 3}) == b"3"


@pytest.mark.parametrize(
    ("matcher", "dimension", "phrase"),
    [
        (literal(200), "", "is 200"),
        (literal("$(known) $(run)"), "", "is '3 $(run)'"),
        (literal(Variable("seen", 1)), "", "is $(seen) + 1"),
        (literal(Seconds(0.25)), "time", "is 250 ms"),
        (operators(at_least=Seconds(2.0), less_than=Seconds(3.5)), "time", "is at least 2 s, and is below 3.5 s"),
        (operators(at_least=Size(65536)), "size", "is at least 64 KiB"),
        (operators(present=False), "", "is absent"),
        (operators(sent=False), "", "is not what this step sent"),
        (operators(any_of=(literal(1), literal(2))), "", "is one of 1, 2"),
        (operators(any_of=(literal(None), operators(present=False))), "", "is null, or is absent"),
        (operators(**{"not": operators(contains="x")}), "", "does not contain 'x'"),
        (operators(length=literal(3)), "time", "has a length that is 3"),
        (operators(each=operators(type="text")), "", "has items, each of which is of type text"),
        (operators(items=(literal(1), operators(type="list"))), "", "has exactly these items: is 1; is of type list"),
        (
            operators(fields={"a": literal(True), "b": operators(present=True)}),
            "",
            "is an object in which a is true, b is present",
        ),
        (operators(bytes=plain("a\0")), "", "is bytes 'a\\x00'"),
        (operators(var=Variable("seen")), "", "is $(seen)"),
        (operators(contains="x" * 200), "", f"contains '{'x' * 40}'… (200 characters)"),
    ],
)
def test_matchers_in_words(matcher: Matcher, dimension: str, phrase: str) -> None:
    assert PHRASES.phrase(matcher, dimension) == phrase


@pytest.mark.parametrize("operator", list(OPERATORS.values()), ids=list(OPERATORS))
def test_every_operator_has_a_phrase_with_room_for_its_argument(operator: Operator) -> None:
    for text in operator.phrase:
        assert ("{}" in text) is (operator.argument is not Argument.FLAG)
    if operator.argument is Argument.FLAG:
        assert len(operator.phrase) == 2
    else:
        assert len(operator.phrase) <= (2 if operator.argument is Argument.MATCHERS else 1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0015, "1.5 ms"), (0.2, "200 ms"), (1.0, "1 s"), (90, "90 s"), (0, "0 s")]
)
def test_times(seconds: float, words: str) -> None:
    assert time_in_words(seconds) == words
