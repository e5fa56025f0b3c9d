"""The result of a run for the baseline, and the updated document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ResultsError
from engine.loading.documents import load_text
from engine.model.baseline import KnownFailure
from engine.model.expectation import Mismatch
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.verdict import JobResult, Verdict
from engine.results.baseline.baseline import judged
from engine.results.baseline.revision import Revision, observed, revise, seen_in, standings
from engine.results.baseline.text import quoted, revised, word
from engine.results.record.store import Run, TargetRow
from tests.loading.vocabulary import real as made
from tests.results import synthetic

real = cache(made)

TODAY = date(2026, 11, 21)
VERBS = {
    "+": Verdict.PASS,
    "F": Verdict.FAIL,
    "K": Verdict.KNOWN,
    "X": Verdict.UNEXPECTED_PASS,
    "u": Verdict.UNSUPPORTED,
}
VERBS |= {"~": Verdict.FLAKY, "E": Verdict.ERROR, "C": Verdict.CRASH}

TEXT = """\
# yaml-language-server: $schema=../schemas/known-failures.json
known-failures: What is red
note: A note.
list:
  # A section.

  # About a.
  - case: specs/a.yaml::a
    servers: [gunicorn]
    # this server alone
    because: a is "so", really
    # tracked over there
    link: https://example.org/a
    # below a

  # About b.
  - case: specs/b.yaml::b[x-1]
    servers: [gunicorn]
    frameworks: [quart]   # only there
    versions: ">=1"
    until: "2030-01-01"
    because: >-
      b takes
      two lines
    link: https://example.org/b
"""


def read(text: str) -> tuple[KnownFailure, ...]:
    loaded = load_text(text, real(), "specs/known-failures.yaml")
    assert [one.what for one in loaded.diagnostics if one.is_error] == []
    return loaded.known_failures


def row(name: str, version: str = "2.0") -> TargetRow:
    server, framework, loop = name.split("-")
    return TargetRow(name, server, framework, loop, "direct", "local", version=version)


def result(address: str, target: str, letter: str) -> JobResult:
    file, _, case = address.rpartition("::")
    failed = letter not in "+Xu"
    mismatches = (Mismatch("status", "200", 500),) if failed else ()
    return JobResult(case, file, target, "c", "must", VERBS[letter], "reason" * failed, mismatches=mismatches)


def ran(cells: Mapping[str, Mapping[str, str]], **versions: str) -> Run:
    """A run: for each case, a letter for each target."""
    targets = dict.fromkeys(name for row in cells.values() for name in row)
    rows = tuple(row(name, versions.get(name.partition("-")[0], "2.0")) for name in targets)
    results = tuple(result(case, name, letter) for case, row in cells.items() for name, letter in row.items())
    return Run("20261121-000000-ab12", {}, rows, results, True, "whole")


def revision(text: str, run: Run) -> Revision:
    return revise(read(text), run, TODAY)


def after(text: str, run: Run) -> str:
    old = read(text)
    made = revise(old, run, TODAY)
    new = revised(text, old, made.lines)
    again = read(new)
    assert [
        (one.case, one.selector, one.versions, one.because, one.link, one.until, one.observed) for one in again
    ] == [
        (one.case, one.selector, one.versions, one.because, one.link, one.until, one.observed)
        for one in (line.failure for line in made.lines)
    ]
    return new


A, B = "specs/a.yaml::a", "specs/b.yaml::b[x-1]"
G, GU, Q, QU = "gunicorn-control-asyncio", "gunicorn-control-uvloop", "gunicorn-quart-asyncio", "gunicorn-quart-uvloop"


def test_lines_that_hold_stay_to_the_letter() -> None:
    run = ran({A: {G: "K", Q: "F"}, B: {Q: "C"}})
    assert after(TEXT, run) == TEXT
    assert [one.state for one in revision(TEXT, run).standings] == ["holds", "holds"]


def test_what_the_run_had_nothing_of_stays() -> None:
    run = ran({"specs/c.yaml::c": {G: "+"}, A: {G: "u"}})
    assert after(TEXT, run) == TEXT
    assert [one.state for one in revision(TEXT, run).standings] == ["unseen", "unseen"]


def test_passes_say_nothing_about_a_failure_that_occurs_only_sometimes() -> None:
    text = TEXT.replace("    because: a is", "    sometimes: true\n    because: a is")
    passing, both = ran({A: {G: "+"}}), ran({A: {G: "K", Q: "+", GU: "+"}})
    assert after(text, passing) == after(text, both) == text
    assert [revision(text, one).standings[0].state for one in (passing, both)] == ["unseen", "holds"]


@pytest.mark.parametrize("letter", ["E", "~", "u"])
def test_what_says_nothing_about_the_clause_moves_no_line(letter: str) -> None:
    assert after(TEXT, ran({A: {G: letter}, "specs/c.yaml::c": {G: letter}})) == TEXT


def test_a_line_that_passes_goes_with_its_comments_and_no_other() -> None:
    new = after(TEXT, ran({A: {G: "X", Q: "+"}, B: {Q: "K"}}))
    assert "About a" not in new
    assert "below a" not in new
    left = "# A section.\n\n\n  # About b.\n  - case: specs/b.yaml::b[x-1]\n    servers: [gunicorn]\n"
    assert f"{left}    frameworks: [quart]   # only there" in new


def test_the_last_line_leaves_an_empty_list() -> None:
    new = after(TEXT, ran({A: {G: "X"}, B: {Q: "X"}}))
    assert "list: []\n" in new
    assert after(new, ran({A: {G: "F"}})).count("- case:") == 1


def test_a_line_that_passes_on_some_of_its_targets_is_narrowed() -> None:
    new = after(TEXT, ran({A: {G: "K", GU: "X", Q: "K", QU: "X"}, B: {Q: "K"}}))
    assert (
        "  # About a.\n"
        "  - case: specs/a.yaml::a\n"
        "    servers: [gunicorn]\n"
        "    loops: [asyncio]\n"
        "    # this server alone\n"
        '    because: a is "so", really\n'
        "    # tracked over there\n"
        "    link: https://example.org/a\n"
        "    # below a\n"
    ) in new


def test_a_narrowed_line_keeps_what_was_not_run() -> None:
    text = TEXT.replace("servers: [gunicorn]", "servers: [gunicorn, granian]", 1)
    made = revision(text, ran({A: {G: "K", GU: "X"}}))
    assert [(one.failure.selector.servers, one.failure.selector.loops) for one in made.lines][:2] == [
        (("granian",), ()),
        (("gunicorn",), ("asyncio",)),
    ]
    after(text, ran({A: {G: "K", GU: "X"}}))


def test_a_line_is_narrowed_to_the_releases_that_fail() -> None:
    targets = (replace(row(G, "26.2.0"), id="old"), replace(row(G, "27.0.1"), id="new"))
    run = replace(ran({}), targets=targets, results=(result(A, "old", "K"), result(A, "new", "X")))
    made = revision(TEXT, run)
    assert [line.failure.versions for line in made.lines] == ["==26.2.0", ">=1"]
    assert 'versions: "==26.2.0"\n' in after(TEXT, run)


def test_a_line_for_a_whole_matrix_is_narrowed_to_its_values() -> None:
    text = TEXT.replace("b[x-1]", "b")
    made = revision(text, ran({B: {Q: "K"}, "specs/b.yaml::b[2]": {Q: "X"}, "specs/b.yaml::b[3]": {Q: "K"}}))
    assert [line.failure.case for line in made.lines] == [A, "specs/b.yaml::b[3]", B]
    assert {line.failure.because for line in made.lines[1:]} == {"b takes two lines"}


def test_new_failures_are_added_with_what_was_seen_and_without_a_reason() -> None:
    new = after(TEXT, ran({A: {G: "K"}, "specs/0.yaml::z": {G: "F", GU: "F", Q: "+", QU: "+"}}))
    assert new.index("specs/0.yaml::z") < new.index("specs/a.yaml::a")
    assert (
        "  - case: specs/0.yaml::z\n"
        "    servers: [gunicorn]\n"
        "    frameworks: [control]\n"
        "    observed: expected status 200, got 500\n"
    ) in new


def test_every_value_of_a_matrix_that_fails_is_one_line() -> None:
    fails = {G: "F", Q: "F"}
    cells = {f"specs/m.yaml::m[{name}]": fails for name in "ab"}
    assert [line.failure.case for line in revision(TEXT, ran(cells)).added] == ["specs/m.yaml::m"]
    cells["specs/m.yaml::m[c]"] = {G: "+", Q: "+"}
    assert [line.failure.case for line in revision(TEXT, ran(cells)).added] == [
        "specs/m.yaml::m[a]", "specs/m.yaml::m[b]",
    ]  # fmt: skip


def test_a_new_line_covers_no_target_that_an_old_one_covers() -> None:
    text = TEXT.replace("servers: [gunicorn]", "loops: [asyncio]", 1)
    (line,) = revision(text, ran({A: {G: "K", GU: "F", Q: "K", QU: "F"}})).added
    assert line.failure.selector.loops == ("uvloop",)


def test_what_no_line_can_name_is_said() -> None:
    run = ran({"specs/c.yaml::c": {G: "F"}})
    other = replace(row(G), id="variant")
    run = replace(run, targets=(*run.targets, other), results=(*run.results, result("specs/c.yaml::c", "variant", "+")))
    made = revision(TEXT, run)
    assert [one.result.target for one in made.blurred] == [G]
    assert made.added == ()


def test_what_no_line_can_name_is_said_of_a_listed_case_too() -> None:
    run = ran({A: {G: "K"}})
    other = replace(row(G), id="variant")
    run = replace(run, targets=(*run.targets, other), results=(*run.results, result(A, "variant", "X")))
    made = revision(TEXT, run)
    assert [one.result.target for one in made.blurred] == [G]
    assert [line.failure.case for line in made.lines] == [B]


def test_a_line_whose_day_is_over_is_left_to_the_user() -> None:
    made = revise(read(TEXT.replace("2030", "2020")), ran({B: {Q: "F"}}), TODAY)
    assert [(one.state, one.over) for one in made.standings] == [("unseen", False), ("holds", True)]
    assert made.added == ()


def test_lines_are_put_in_order_and_their_comments_go_with_them() -> None:
    head, first, second = (
        TEXT.partition("list:\n")[0] + "list:\n",
        *TEXT.partition("list:\n")[2].split("\n  # About b.\n"),
    )
    text = head + "  # About b.\n" + second + first + "\n"
    assert [one.case for one in read(text)] == [B, A]
    new = after(text, ran({A: {G: "K"}}))
    assert [one.case for one in read(new)] == [A, B]
    assert "  # About a.\n  - case: specs/a" in new
    assert "  # About b.\n  - case: specs/b" in new


def test_a_document_that_is_not_there_is_begun() -> None:
    made = revise((), ran({A: {G: "F"}}), TODAY)
    new = revised("", (), made.lines)
    assert [one.observed for one in read(new)] == ["expected status 200, got 500"]


def test_lines_in_braces_are_written_anew_where_they_change() -> None:
    text = "known-failures: K\nlist:\n- {case: 'specs/a.yaml::a', because: why, link: 'https://x.org'}\n"
    new = after(text, ran({A: {G: "K", GU: "X"}}))
    selectors = "  servers: [gunicorn]\n  frameworks: [control]\n  loops: [asyncio]\n"
    assert f"- case: specs/a.yaml::a\n{selectors}  because: why\n  link: https://x.org" in new


def test_a_list_in_brackets_is_refused() -> None:
    text = "known-failures: K\nlist: [{case: 'specs/a.yaml::a', because: b, link: 'https://x.org'}]\n"
    with pytest.raises(ResultsError, match="in brackets"):
        after(text, ran({A: {G: "X"}}))


def test_what_was_seen_reads_the_same_after_every_run() -> None:
    events = (TraceEvent(0.0, Side.WIRE, "one", "connected", "from port 50001"),)
    failed = replace(
        result(A, G, "C"), mismatches=(Mismatch("json.port", "1", 50001),), transcript=Transcript(0.0, events)
    )
    assert observed(failed, "ab12") == "crash: expected json.port 1, got <port 1>"
    assert observed(replace(failed, mismatches=(), reason="gone\x1b[2J\n in ab12-j7"), "ab12").endswith("in <run>")


@pytest.mark.parametrize("text", ["yes", "No", "null", "true", "on", "1", "1.5", "~", "- a", "a: b", "a #b", "=", ""])
def test_what_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    assert quoted(text) == word(text) == f'"{text}"'


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_text_comes_back_from_the_document(text: str) -> None:
    wanted = text.encode("utf-8", "replace").decode()
    loaded = load_text(
        f"known-failures: K\nlist:\n  - case: a::b\n    servers: [{word(wanted)}]\n    observed: {quoted(wanted)}\n",
        real(),
    )
    assert [(one.observed, one.selector.servers) for one in loaded.known_failures] == [(wanted, (wanted,))]


CASES = (A, B, "specs/b.yaml::b[y]", "specs/c.yaml::c")
TARGETS = (G, GU, Q, QU, "daphne-control-asyncio", "daphne-quart-asyncio")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(["F", "+", "u"]), min_size=24, max_size=24),
    st.booleans(),
)
def test_after_an_update_a_run_is_green_and_a_second_update_changes_nothing(letters: list[str], whole: bool) -> None:
    text = TEXT.replace("b[x-1]", "b") if whole else TEXT
    pairs = iter(letters)
    run = ran({case: {target: next(pairs) for target in TARGETS} for case in CASES})
    new = after(text, run)
    known = read(new)
    rows = {row.id: row for row in run.targets}
    for one in run.results:
        found = judged(one, rows[one.target], known, TODAY).verdict
        assert found is {Verdict.FAIL: Verdict.KNOWN}.get(one.verdict, one.verdict), (one.address, one.target)
    assert after(new, run) == new
    assert all(one.state in ("holds", "unseen") for one in standings(known, seen_in(run), TODAY))


def test_a_case_that_is_held_back_is_no_evidence() -> None:
    one = synthetic.run({"s f": Verdict.WARN})
    held = replace(one.results[0], held_back="0.2")
    assert len(seen_in(one)) == 1
    assert seen_in(replace(one, results=(held,))) == []
