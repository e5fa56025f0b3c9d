from __future__ import annotations

from datetime import date

from engine.loading.read.sheets import clauses_of, failures_of, selector
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


def test_a_known_failure_with_all_that_it_may_have() -> None:
    root = node(
        "known-failures: K\n"
        "list:\n"
        "  - case: f::a\n"
        "    servers: [x]\n"
        "    versions: '>=1'\n"
        "    framework_versions: <2\n"
        "    until: '2027-03-01'\n"
        "    sometimes: true\n"
        "    observed: seen\n"
    )
    [found] = failures_of(root)
    assert (found.versions, found.framework_versions, found.until) == (">=1", "<2", date(2027, 3, 1))
    assert (found.because, found.link, found.observed) == ("", "", "seen")
    assert found.sometimes
    assert (found.at("versions").line, found.at("servers.x").column, found.at("link")) == (5, 15, found.place)


def test_a_selector_of_nothing_restricts_nothing() -> None:
    assert selector(None) == Selector()
