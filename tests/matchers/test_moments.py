"""Moments: dates of HTTP and of ISO 8601, seconds since 1970, and `now`; and tolerances around amounts."""

from __future__ import annotations

from typing import Any

import pytest

from engine.matchers.matching import match
from engine.model.expectation import Mismatch, Situation
from engine.model.moments import moment_of, show_moment
from engine.model.phrasing import Seconds, sentence
from engine.model.variables import Variable
from tests.matchers.helpers import OPERATORS, matcher

# The step lasted from 10 to 13 s after 1000 s.
BEGAN, ENDED = 1010.0, 1013.0


def date(moment: float) -> str:
    return show_moment(moment)


def check(observed: object, value: Any, **variables: Any) -> Mismatch | None:
    return match(observed, matcher(value), Situation(variables, None, (BEGAN, ENDED)), OPERATORS, "it")


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "1994-11-06T08:49:37Z",
        "1994-11-06 09:49:37+01:00",
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        784111777,
    ],
)
def test_every_form_of_a_moment(text: object) -> None:
    assert moment_of(text) == 784111777


@pytest.mark.parametrize("value", ["", "yesterday", "99999-01-01", True, None, [], "Sun, 99 Nov 1994 08:49:37 GMT"])
def test_other_values_name_no_moment(value: object) -> None:
    assert moment_of(value) is None


@pytest.mark.parametrize(
    ("moment", "within", "holds"),
    [
        (BEGAN, None, True),
        (ENDED, None, True),
        (BEGAN - 5, None, True),
        (ENDED + 5, None, True),
        (BEGAN - 6, None, False),
        (ENDED + 6, None, False),
        (BEGAN - 6, Seconds(6.0), True),
        (ENDED + 2, Seconds(1.0), False),
    ],
)
def test_near_now_is_around_the_time_of_the_step(moment: float, within: object, holds: bool) -> None:
    argument = {"to": "now"} | ({} if within is None else {"within": within})
    assert (check(date(moment), {"near": argument}) is None) == holds
    assert (check(moment, {"near": argument}) is None) == holds


def test_a_date_that_is_far_from_now_is_shown_with_its_distance() -> None:
    mismatch = check(date(BEGAN - 3600), {"near": {"to": "now"}})
    assert mismatch is not None
    assert sentence(mismatch) == "expected it to be within 5 s of now, got 'Wed, 31 Dec 1969 23:16:50 GMT'"
    assert mismatch.why == "it is 3600 s earlier than Thu, 01 Jan 1970 00:16:53 GMT"


def test_near_an_amount_needs_no_clock() -> None:
    assert check(0.55, {"near": {"to": Seconds(0.5), "within": Seconds(0.1)}}) is None
    mismatch = check(0.7, {"near": {"to": Seconds(0.5), "within": Seconds(0.1)}})
    assert mismatch is not None
    assert sentence(mismatch) == "expected it to be within 100 ms of 500 ms, got 700 ms"


def test_later_and_earlier_than_a_captured_date() -> None:
    then = {"then": date(1000)}
    assert check(date(1001), {"later_than": Variable("then")}, **then) is None
    assert check(date(999), {"earlier_than": Variable("then")}, **then) is None
    for word in ("later_than", "earlier_than"):
        mismatch = check(date(1000), {word: Variable("then")}, **then)
        assert mismatch is not None
        assert mismatch.why == "both are the same moment"


def test_plus_counts_seconds_from_a_captured_date() -> None:
    then = {"then": date(1000)}
    assert check(date(1002), {"later_than": Variable("then", 2)}, **then) is not None
    assert check(date(1003), {"later_than": Variable("then", 2)}, **then) is None


def test_later_than_now_is_after_the_step() -> None:
    assert check(date(ENDED + 1), {"later_than": "now"}) is None
    assert check(date(ENDED), {"later_than": "now"}) is not None
    assert check(date(BEGAN - 1), {"earlier_than": "now"}) is None
    assert check(date(BEGAN), {"earlier_than": "now"}) is not None


@pytest.mark.parametrize("word", ["near", "later_than", "earlier_than"])
def test_a_value_that_is_no_date_never_matches(word: str) -> None:
    argument: Any = {"to": "now"} if word == "near" else "now"
    mismatch = check("soon", {word: argument})
    assert mismatch is not None
    assert mismatch.why == "the value is neither a date nor a number"
