"""The order of names that several runs have, and what is said of parts."""

from __future__ import annotations

from engine.results.record.parts import ordered_names, some


def test_names_keep_the_order_of_every_list() -> None:
    assert ordered_names([["a", "c"], ["b", "c", "d"], ["a", "b"]]) == ["a", "b", "c", "d"]
    assert ordered_names([["b", "a"], ["a", "b"]]) in (["a", "b"], ["b", "a"])
    assert ordered_names([]) == []


def test_many_names_are_counted() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(list("abcdefg")) == "a, b, c, d, e and 2 more"
