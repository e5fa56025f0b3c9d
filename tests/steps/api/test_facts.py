from __future__ import annotations

import pytest

from engine.model.expectation import ABSENT
from engine.model.facts import ANY, INTEGER, TEXT
from engine.steps.api.facts import Fact, FactSet, fact


class Answer(FactSet):
    """An answer with one fact of each sort."""

    @fact("status", INTEGER)
    def status(self) -> object:
        """The status,
        a whole number."""
        return 200

    @fact("scope[.*]", parts=(("path", TEXT),))
    def scope(self, path: str) -> object:
        """The scope."""
        return f"scope:{path}"

    @fact("scope.header.*", TEXT)
    def header(self, name: str) -> object:
        """A header."""
        return f"header:{name}"

    @fact("scope.size", INTEGER)
    def size(self) -> object:
        """Its size."""
        return 3


class Other(Answer, without={"scope.header.*"}, summaries={"scope.size": "Another size."}):
    """Another answer."""

    @fact("status", TEXT)
    def status(self) -> object:
        """The status in words."""
        return "fine"

    @fact("more")
    def more(self) -> object:
        """More."""
        return None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 200),
        ("scope", "scope:"),
        ("scope.path", "scope:path"),
        ("scope.a.b", "scope:a.b"),
        ("scope.header.x-a", "header:x-a"),
        ("scope.header.x.y", "header:x.y"),
        ("scope.header", "scope:header"),
        ("scope.size", 3),
        ("scope.size.a", "scope:size.a"),
        ("status.a", ABSENT),
        ("other", ABSENT),
    ],
)
def test_the_longest_declared_name_that_fits_is_read(name: str, value: object) -> None:
    assert Answer().fact(name) == value


def test_a_fact_is_declared_once() -> None:
    assert Answer.facts == (
        Fact("status", "The status, a whole number.", INTEGER),
        Fact("scope[.*]", "The scope.", ANY, (("path", TEXT),)),
        Fact("scope.header.*", "A header.", TEXT),
        Fact("scope.size", "Its size.", INTEGER),
    )


def test_a_subclass_adds_replaces_and_leaves_out() -> None:
    assert [(one.name, one.summary) for one in Other.facts] == [
        ("status", "The status in words."), ("scope[.*]", "The scope."), ("scope.size", "Another size."),
        ("more", "More."),
    ]  # fmt: skip
    assert (Other().fact("status"), Other().fact("scope.header.a"), Other().fact("more")) == (
        "fine", "scope:header.a", None,
    )  # fmt: skip
    assert len(Answer.facts) == 4
    assert FactSet.facts == ()


def test_nothing_is_implied() -> None:
    assert (Answer().sent, Answer().implicit_failures(frozenset())) == (None, ())
