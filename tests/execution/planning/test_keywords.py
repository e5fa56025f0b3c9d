"""Expressions of -k."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.execution.planning.keywords import expression

NAMES = ("specs/http/wire.yaml::missing-host[a b]", "Slow")


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("host", True),
        ("HOST", True),
        ("slow", True),
        ("hots", False),
        ("not host", False),
        ("not hots", True),
        ("host and wire", True),
        ("host and hots", False),
        ("hots or wire", True),
        ("hots or not wire", False),
        ("not hots and not quick", True),
        ("hots and wire or slow", True),
        ("hots and (wire or slow)", False),
        ("not (hots or quick)", True),
        ("((host))", True),
        ("missing-host[a", True),
        ("wire.yaml::missing", True),
    ],
)
def test_what_an_expression_matches(text: str, matches: bool) -> None:
    assert expression(text)(NAMES) is matches


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "a word is missing at the end"),
        ("a and", "a word is missing at the end"),
        ("and a", "a word is missing before 'and'"),
        ("a or or b", "a word is missing before 'or'"),
        ("not", "a word is missing at the end"),
        ("(a", "a bracket is not closed"),
        ("()", "a word is missing before ')'"),
        ("a)", "unexpected ')'"),
        ("a b", "unexpected 'b'"),
    ],
)
def test_what_is_no_expression_is_said(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        expression(text)
    assert what in caught.value.what
    assert "-k 'host and not missing'" in caught.value.hint


def test_a_deep_expression_is_refused_and_ends_no_process() -> None:
    with pytest.raises(UsageError, match="too deep"):
        expression("(" * 100_000)
    with pytest.raises(UsageError, match="too deep"):
        expression("not " * 100_000 + "a")
