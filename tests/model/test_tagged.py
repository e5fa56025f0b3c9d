"""Every value that a case can hand to the application arrives there as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.boundary import OpaqueValue
from engine.model.iterables import AppIterable
from engine.model.tagged import Ready, tagged
from engine.model.wire_bytes import TruncatedBytes
from engine.observer.inside import tagged as inside
from tests.observer.inside.test_tagged import exact, values


def arrived(value: object) -> Any:
    """A value as read by the application's side."""
    return inside.decode(json.loads(json.dumps(tagged(value))))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_any_value_arrives_as_it_was(value: object) -> None:
    assert exact(arrived(value), value)


TAGS = st.sampled_from(["$b", "$t", "$d", "$o", "$blob", "$", "$line", "class", "repr"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TAGS, values | st.dictionaries(TAGS, values)))
def test_no_key_is_taken_for_a_tag(value: dict[str, object]) -> None:
    assert exact(arrived(value), value)


def test_long_bytes_are_not_shortened() -> None:
    data = bytes(range(256)) * 4096
    assert arrived({"body": data}) == {"body": data}


def test_an_iterator_arrives_as_one_that_yields_its_items_once() -> None:
    pairs = AppIterable("once", (AppIterable("tuple", (b"a", b"b")),))
    found = arrived({"headers": pairs})["headers"]
    assert iter(found) is found
    assert (list(found), list(found)) == ([(b"a", b"b")], [])


def test_what_is_ready_is_not_tagged_again() -> None:
    assert tagged([Ready({"act": "send", "arg": {"$b": "a"}})]) == [{"act": "send", "arg": {"$b": "a"}}]


@pytest.mark.parametrize(
    "value", [OpaqueValue("State", "<State>", None), TruncatedBytes(5000, "0" * 64, b"a"), {1, 2}, object()]
)
def test_a_value_that_the_application_cannot_be_given_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="cannot be handed to the application"):
        tagged({"a": [value]})
