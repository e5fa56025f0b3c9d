from __future__ import annotations

from engine.loading.sheets import clauses_of, failures_of, selector
from engine.model.case import Selector
from tests.loading.helpers import node


def test_a_clause_has_its_own_source_or_the_files() -> None:
    root = node(
        "clauses: Title\nlist: [{id: A-1, level: must, statement: S}, "
        "{id: A-2, level: may, statement: T, clause: c, url: u}]\n"
    )
    (first, at), (second, _) = clauses_of(root)
    assert (first.source, first.url, at.place.line) == ("Title", "", 2)
    assert (second.source, second.url, second.level) == ("c", "u", "may")


def test_known_failures() -> None:
    root = node("known-failures: K\nlist: [{case: f::a, loops: [uvloop], because: b, link: l}]\n")
    [found] = failures_of(root)
    assert (found.case, found.selector, found.because, found.link) == ("f::a", Selector(loops=("uvloop",)), "b", "l")


def test_a_selector_of_nothing_restricts_nothing() -> None:
    assert selector(None) == Selector()
