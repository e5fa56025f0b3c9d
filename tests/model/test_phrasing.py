from __future__ import annotations

import pickle

import pytest

from engine.model.expectation import ABSENT, Mismatch, Unclear
from engine.model.phrasing import Seconds, Size, Worded, denial, got, headline, infinitive, literal, negation, sentence
from engine.model.showing import as_text
from engine.model.typed_value import typed


@pytest.mark.parametrize(
    ("phrase", "behind"),
    [
        ("is absent", "to be absent"),
        ("is at least 3", "at least 3"),
        ("is below 2 s", "below 2 s"),
        ("is not what this step sent", "not to be what this step sent"),
        ("does not contain 3", "not to contain 3"),
        ("has an item that is 3", "to have an item that is 3"),
        ("contains 'is 3'", "to contain 'is 3'"),
        ("400", "400"),
        ("'is'", "'is'"),
        ("to be absent", "to be absent"),
        ("", ""),
    ],
)
def test_a_phrase_behind_expected(phrase: str, behind: str) -> None:
    assert infinitive(phrase) == behind == infinitive(behind)


@pytest.mark.parametrize(
    ("phrase", "opposite"),
    [
        ("400", "other than 400"),
        ("to contain 'a'", "not to contain 'a'"),
        ("at least 3", "not at least 3"),
        ("not to be 3", "to be 3"),
    ],
)
def test_the_opposite_behind_expected(phrase: str, opposite: str) -> None:
    assert negation(phrase) == opposite


@pytest.mark.parametrize(
    ("phrase", "opposite"),
    [("is 3", "is not 3"), ("is not 3", "is 3"), ("contains 'a'", "does not contain 'a'"), ("a or b", "not: a or b")],
)
def test_the_opposite_behind_a_name(phrase: str, opposite: str) -> None:
    assert denial(phrase) == opposite


@pytest.mark.parametrize(
    ("value", "phrase"),
    [(400, "400"), ("a", "'a'"), (b"a", "bytes 'a'"), (True, "to be true"), (None, "to be null"), ([1], "to be [1]")],
)
def test_a_literal(value: object, phrase: str) -> None:
    assert literal(value) == phrase


@pytest.mark.parametrize(
    ("mismatch", "text", "short"),
    [
        (Mismatch("status", "400", 404), "expected status 400, got 404", "status: expected 400, got 404"),
        (
            Mismatch("header.date", "to be an HTTP date", ABSENT),
            "expected header.date to be an HTTP date, got none",
            "header.date: expected to be an HTTP date, got none",
        ),
        (
            Mismatch("header.date", "to be a single value", Unclear("2 of them: 'a', 'b'")),
            "expected header.date to be a single value, got 2 of them: 'a', 'b'",
            "header.date: expected to be a single value, got 2 of them: 'a', 'b'",
        ),
        (
            Mismatch("outcome", "a response", Worded("a timeout after 10 s", "timeout"), why="no byte", implicit=True),
            "expected a response, got a timeout after 10 s; no byte",
            "expected a response, got a timeout after 10 s; no byte",
        ),
    ],
)
def test_sentences(mismatch: Mismatch, text: str, short: str) -> None:
    assert (sentence(mismatch), headline(mismatch)) == (text, short)


@pytest.mark.parametrize("actual", [ABSENT, Unclear("2 of them"), "a", 3, Worded("no call"), Seconds(2.314)])
def test_a_recorded_value_reads_the_same(actual: object) -> None:
    assert got(Mismatch("x", "1", typed(actual))) == got(Mismatch("x", "1", actual))


def test_words_and_units_are_the_values_that_they_show() -> None:
    timeout, time, size = Worded("a timeout after 10 s", "timeout"), Seconds(2.314), Size(16 << 20)
    assert (timeout, time, size) == ("timeout", 2.314, 16 << 20)
    assert [as_text(one) for one in (timeout, time, size)] == ["a timeout after 10 s", "2.31 s", "16 MiB"]
    assert [typed(one).data for one in (timeout, time, size)] == ["timeout", 2.314, 16 << 20]
    assert [as_text(pickle.loads(pickle.dumps(one))) for one in (timeout, time, size)] == [
        "a timeout after 10 s",
        "2.31 s",
        "16 MiB",
    ]
