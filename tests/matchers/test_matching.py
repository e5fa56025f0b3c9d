"""The rules of equality and of absence."""

from __future__ import annotations

import pytest

from engine.errors import Defect
from engine.matchers.matching import same
from engine.model.boundary import OpaqueValue
from engine.model.expectation import ABSENT, OperatorCall, Operators, Situation
from engine.model.variables import Variable
from engine.model.wire_bytes import TruncatedBytes, WireBytes
from tests.matchers.helpers import PLACE, check

SHA_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (1, 1),
        (1, 1.0),
        ("a", "a"),
        (None, None),
        ((1, "a"), [1, "a"]),
        ({"a": (1,)}, {"a": [1]}),
        (b"a", b"a"),
        (WireBytes(b"\xc3\xbc"), "ü"),
        (TruncatedBytes(5, SHA_OF_HELLO, b"hel"), "hello"),
        (OpaqueValue("CloseCode", "<CloseCode: 1006>", 1006), 1006),
        (True, True),
    ],
)
def test_same(observed: object, expected: object) -> None:
    assert same(observed, expected)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (1, True),
        (0, False),
        (True, 1),
        ("1", 1),
        (1, "1"),
        (b"a", "a"),
        ("a", b"a"),
        (None, ""),
        ([1], [1, 2]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"b": 1}),
        (TruncatedBytes(5, SHA_OF_HELLO, b"hel"), "hellO"),
        (OpaqueValue("Text", "'a'", "a"), "a"),
        (OpaqueValue("CloseCode", "<CloseCode: 1006>", 1006), 1005),
        (OpaqueValue("CloseCode", "<CloseCode: 1006>", 1006), "1006"),
        (WireBytes(b"1"), 1),
    ],
)
def test_not_same(observed: object, expected: object) -> None:
    assert not same(observed, expected)


def test_absent_matches_present_false_and_nothing_else() -> None:
    assert check(ABSENT, {"present": False}) is None
    assert check(ABSENT, None) is not None
    assert check(ABSENT, {"not": "x"}) is not None
    assert check(ABSENT, {"present": True}) is not None
    assert check(ABSENT, {"any_of": [{"present": False}, "x"]}) is None


def test_a_mismatch_names_the_way_and_the_place() -> None:
    mismatch = check({"list": [{"n": 1}, {"n": 2}]}, {"fields": {"list": {"each": {"fields": {"n": 1}}}}})
    assert mismatch is not None
    assert mismatch.where == "it.list[1].n"
    assert (mismatch.expected, mismatch.actual, mismatch.place) == ("1", 2, PLACE)


def test_all_operators_must_hold() -> None:
    assert check("abc", {"starts_with": "a", "ends_with": "c"}) is None
    assert check("abd", {"starts_with": "a", "ends_with": "c"}) is not None


def test_a_difference_of_type_alone_is_explained() -> None:
    assert "text" in (check("200", 200) or pytest.fail("matched")).why
    assert "bytes" in (check(b"a", "a") or pytest.fail("matched")).why


def test_long_values_say_where_they_part() -> None:
    mismatch = check(WireBytes(b"a" * 100 + b"b"), "a" * 101)
    assert mismatch is not None
    assert "byte 100" in mismatch.why


def test_variables_keep_their_type() -> None:
    assert check(3, Variable("n"), n=3) is None
    assert check(3, {"var": Variable("n", 1)}, n=2) is None
    assert check("3", {"var": Variable("n")}, n=3) is not None
    assert check("a-1", "a-$(n)", n=1) is None


def test_an_unknown_variable_is_a_mismatch_that_says_so() -> None:
    mismatch = check("x", "$(nowhere)", n=1)
    assert mismatch is not None
    assert "nowhere" in mismatch.why


def test_an_unknown_operator_is_a_defect() -> None:
    from engine.matchers.matching import match

    with pytest.raises(Defect):
        match(1, Operators((OperatorCall("nonsense", 1, PLACE),), PLACE), Situation({}), {}, "it")


@pytest.mark.parametrize(
    ("observed", "value", "stated"),
    [
        (500, 200, ("it", "equals", 200, 500)),
        (ABSENT, None, ("it", "equals", None, ABSENT)),
        (ABSENT, {"at_least": 3}, ("it", "at_least", 3, ABSENT)),
        (1, {"at_least": Variable("n")}, ("it", "at_least", 7, 1)),
        ({"a": [1, 2]}, {"equals": {"a": [1, 3]}}, ("it.a[1]", "equals", 3, 2)),
        ("abc", {"length": {"at_most": 2}}, ("it.length", "at_most", 2, 3)),
        ([1, 2], {"each": {"at_most": 1}}, ("it[1]", "at_most", 1, 2)),
        ([1], {"some": {"not": 1}}, ("it", "some", {"not": 1}, [1])),
        ("a", {"any_of": ["b", {"contains": "c"}]}, ("it", "any_of", ["b", {"contains": "c"}], "a")),
        ({"a": 1}, {"fields": {"a": 2}}, ("it.a", "equals", 2, 1)),
        (b"a", {"bytes": "b"}, ("it", "bytes", b"b", b"a")),
        ("a", {"present": False}, ("it", "present", False, "a")),
    ],
)
def test_a_mismatch_has_the_operator_and_both_values(
    observed: object, value: object, stated: tuple[str, str, object, object]
) -> None:
    found = check(observed, value, n=7)
    assert found is not None
    assert (found.where, found.operator, found.expected_value, found.actual) == stated
