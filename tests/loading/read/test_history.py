from __future__ import annotations

import pytest

from engine.loading.documents import load_text
from engine.loading.loaded import Loaded
from engine.loading.rules.history import against
from tests.loading.vocabulary import small

BUG = 'id: G01, server: gunicorn, bad: "1.0", fixed: "1.1", title: A, source: B'


def load(*bugs: str) -> Loaded:
    return load_text("history: H\nlist:\n" + "".join(f"  - {{{bug}}}\n" for bug in bugs), small())


def codes(*bugs: str) -> list[str]:
    return [one.code for one in load(*bugs).diagnostics]


def test_a_bug_is_read() -> None:
    pins = 'pins: {both: ["a==1"], bad: ["b==1"], fixed: ["b==2"]}'
    loaded = load(
        f'{BUG}, flags: ["--ws", x], {pins}, clauses: [SCOPE-01], cases: ["a.yaml::one"], category: some, http: "2"'
    )
    (bug,) = loaded.bugs
    assert loaded.diagnostics == ()
    assert (bug.id, bug.sort, bug.name, bug.bad, bug.fixed) == ("G01", "server", "gunicorn", "1.0", "1.1")
    assert (bug.bad_pins, bug.fixed_pins, bug.flags) == (("a==1", "b==1"), ("a==1", "b==2"), ("--ws", "x"))
    assert (bug.clauses, bug.cases, bug.http) == (("SCOPE-01",), ("a.yaml::one",), "2")


def test_a_bug_of_a_framework_that_no_release_has_fixed() -> None:
    (bug,) = load('id: B1, framework: starlette, under: gunicorn, bad: "1.0", title: A, source: B').bugs
    assert (bug.sort, bug.name, bug.under, bug.fixed) == ("framework", "starlette", "gunicorn", "")


@pytest.mark.parametrize(
    ("bug", "code"),
    [
        (BUG.replace("server: gunicorn, ", ""), "bug-owner"),
        (f"{BUG}, framework: django", "bug-owner"),
        (f"{BUG}, under: gunicorn", "bug-owner"),
        (BUG.replace('"1.1"', '"1.0"'), "same-release"),
        (BUG.replace('"1.1"', '"0.9"'), "release-order"),
        (BUG.replace('"1.0"', '"1.10"'), "release-order"),
        (BUG.replace('"1.1"', '"1.x"'), "bad-version"),
        (BUG.replace("title: A, ", ""), "missing-key"),
        (f"{BUG}, pins: {{none: [a==1]}}", "unknown-key"),
        (BUG.replace('"1.0"', "1.0"), "type"),
    ],
)
def test_mistakes(bug: str, code: str) -> None:
    assert code in codes(bug)
    assert load(bug).bugs == ()


def test_a_wrong_pin_is_one_error() -> None:
    assert codes(f"{BUG}, pins: {{both: [h11 0.14]}}") == ["form"]


def test_releases_may_differ_in_pins_only() -> None:
    same = BUG.replace('"1.1"', '"1.0"')
    assert codes(f'{same}, pins: {{bad: ["a==1"], fixed: ["a==2"]}}') == []


def test_ids_are_unique() -> None:
    assert codes(BUG, BUG) == ["duplicate-id"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('cases: ["a.yaml::one"], clauses: [C-1]', []),
        ('cases: ["a.yaml::two"]', [("unknown-case", "there is no case 'a.yaml::two'")]),
        ("clauses: [C-2]", [("unknown-clause", "there is no clause 'C-2'")]),
    ],
)
def test_cases_and_clauses_that_do_not_exist(more: str, expected: list[tuple[str, str]]) -> None:
    names = {"server": ["gunicorn"], "framework": ["django"]}
    found = against(load(f"{BUG}, {more}").bugs, ["a.yaml::one[1]", "a.yaml::one[2]"], ["C-1"], names)
    assert [(one.code, one.what) for one in found] == expected


@pytest.mark.parametrize(("cases", "expected"), [("", []), (', cases: ["a.yaml::one"]', ["unknown-name"])])
def test_only_a_bug_with_cases_needs_a_server_of_the_engine(cases: str, expected: list[str]) -> None:
    bug = BUG.replace("gunicorn", "anycorn") + cases
    names = {"server": ["gunicorn"], "framework": ["django"]}
    assert [one.code for one in against(load(bug).bugs, ["a.yaml::one"], [], names)] == expected
