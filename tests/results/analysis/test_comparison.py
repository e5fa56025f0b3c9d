"""Differences between two sides: fixed, regressed, or changed otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import UsageError
from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.verdict import JobResult, Verdict
from engine.reports.markdown import comparison as markdown
from engine.reports.view import comparison as document
from engine.results.analysis.attribution import Fault
from engine.results.analysis.comparison import (
    Comparison,
    RunSelection,
    compare,
    configurations,
    framework_configurations,
    frameworks,
    servers,
    sides,
)
from engine.results.analysis.transitions import Change, changed
from engine.results.record.store import Run
from engine.terminal.compared import lines
from engine.terminal.paint import Paint, bare
from tests.results.synthetic import CASE, LEAK, joined, result, row, run

PASS, FAIL, WARN, KNOWN = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN
ERROR, FLAKY, INFO, UNEXPECTED = Verdict.ERROR, Verdict.FLAKY, Verdict.INFO, Verdict.UNEXPECTED_PASS
TIMEOUT, CRASH, UNSUPPORTED, BLOCKED = Verdict.TIMEOUT, Verdict.CRASH, Verdict.UNSUPPORTED, Verdict.BLOCKED
REGRESSED, FIXED, CHANGED = Change.REGRESSED, Change.FIXED, Change.CHANGED
ROW = row("s f")


def runs(before: Run, after: Run) -> Comparison:
    return compare(*sides(before, replace(after, id="id-2")))


def in_runtimes(of: Run, *names: str) -> Run:
    """A run whose targets are in these runtimes, one after the other."""
    rows = [replace(one, runtime=name) for one, name in zip(of.targets, names, strict=True)]
    return replace(of, targets=tuple(rows))


def test_a_run_in_containers_is_held_against_one_of_this_machine() -> None:
    found = runs(run({"s f": PASS}), in_runtimes(run({"s f": FAIL}), "docker"))
    assert (found.compared, [one.change for one in found.differences]) == (1, [REGRESSED])
    both = run({"s f": PASS, "s g": PASS})
    # A run of several runtimes says itself what differs between them.
    with pytest.raises(UsageError):
        runs(in_runtimes(both, "running", "running"), in_runtimes(both, "local", "docker"))


GOOD, BAD = (PASS, INFO, UNEXPECTED), (FAIL, TIMEOUT, CRASH, KNOWN, ERROR)
# Every verdict on the left, with what becomes of it for every verdict on the right; "same" is a failure which is the
# same only if it fails in the same way.
TABLE: dict[tuple[Verdict, ...], dict[tuple[Verdict, ...], Change | str | None]] = {
    GOOD: {GOOD: None, (WARN,): CHANGED, BAD: REGRESSED, (FLAKY,): CHANGED, (UNSUPPORTED, BLOCKED): CHANGED},
    (WARN,): {GOOD: CHANGED, (WARN,): None, BAD: REGRESSED, (FLAKY,): CHANGED, (UNSUPPORTED, BLOCKED): CHANGED},
    BAD: {GOOD: FIXED, (WARN,): FIXED, BAD: "same", (FLAKY,): CHANGED, (UNSUPPORTED, BLOCKED): CHANGED},
    (FLAKY,): {GOOD: CHANGED, (WARN,): CHANGED, BAD: CHANGED, (FLAKY,): None, (UNSUPPORTED, BLOCKED): CHANGED},
    (UNSUPPORTED,): {GOOD: CHANGED, (WARN,): CHANGED, BAD: CHANGED, (FLAKY, BLOCKED): CHANGED, (UNSUPPORTED,): None},
    (BLOCKED,): {GOOD: CHANGED, (WARN,): CHANGED, BAD: CHANGED, (FLAKY, UNSUPPORTED): CHANGED, (BLOCKED,): None},
}
EVERY = {
    (left, right): change
    for lefts, line in TABLE.items()
    for left in lefts
    for rights, change in line.items()
    for right in rights
}


def test_the_table_has_every_pair_of_verdicts() -> None:
    assert EVERY.keys() == {(left, right) for left in Verdict for right in Verdict}


@pytest.mark.parametrize(("before", "after"), list(EVERY))
def test_what_becomes_of_a_cell(before: Verdict, after: Verdict) -> None:
    change = EVERY[before, after]
    if change == "same":
        known = (FAIL, KNOWN)  # a known failure is as unmet as the failure that it is
        change = None if before is after or (before in known and after in known) else CHANGED
    assert changed(result(ROW, before), result(ROW, after)) is change


@pytest.mark.parametrize("right", list(Verdict))
def test_a_warning_is_as_bad_as_a_failure_where_it_is_strict(right: Verdict) -> None:
    def becomes(left: Verdict, right: Verdict) -> Change | None:
        return changed(result(ROW, left), result(ROW, right), strict=True)

    assert becomes(PASS, WARN) is REGRESSED
    assert becomes(WARN, PASS) is FIXED
    assert becomes(FLAKY, WARN) is CHANGED
    if right in BAD or right is WARN:
        assert becomes(WARN, right) in (None, CHANGED)
    else:
        assert becomes(WARN, right) is EVERY[FAIL, right]


def test_another_first_mismatch_is_another_kind() -> None:
    status, body = Mismatch("status", "200", 500), Mismatch("body", "'a'", "b")
    one = result(ROW, FAIL, status, body)
    assert changed(one, result(ROW, FAIL, body)) is CHANGED
    assert changed(one, result(ROW, FAIL, status)) is None
    assert changed(one, result(ROW, FAIL, replace(status, actual=404))) is None


def test_places_are_compared_within_one_run_alone() -> None:
    """A line that was added above a case is no change of a server's."""
    one = result(ROW, FAIL, Mismatch("status", "200", 500, SourceSpan("x.yaml", 3, 1)))
    other = result(ROW, FAIL, Mismatch("status", "200", 500, SourceSpan("x.yaml", 4, 1)))
    assert changed(one, other, documents=False) is None
    assert changed(one, other, documents=True) is CHANGED
    assert runs(run({"s f": one}), run({"s f": other})).differences == ()
    within = run({"s==1 f": replace(one, target="s==1-f-asyncio"), "s==2 f": replace(other, target="s==2-f-asyncio")})
    assert len(compare(*servers(within, ["s==1"], ["s==2"])).differences) == 1


def test_two_runs() -> None:
    found = runs(run({"s f": PASS, "s g": FAIL, "t f": FAIL}), run({"s f": FAIL, "s g": PASS, "t f": FAIL}))
    assert (found.before, found.after, found.compared, found.regressed) == ("id-1", "id-2", 3, True)
    assert [(one.change, one.address, [pair.after.target for pair in one.pairs]) for one in found.differences] == [
        (REGRESSED, CASE, ["s-f-asyncio"]),
        (FIXED, CASE, ["s-g-asyncio"]),
    ]


def test_what_is_mended_breaks_nothing() -> None:
    assert not runs(run({"s f": FAIL}), run({"s f": PASS})).regressed
    assert not runs(run({"s f": PASS}), run({"s f": WARN})).regressed


def test_cells_that_changed_alike_are_one_difference() -> None:
    before, after = run({"s f": PASS, "s g": PASS, "t f": PASS}), run({"s f": FAIL, "s g": FAIL, "t f": CRASH})
    assert [len(one.pairs) for one in runs(before, after).differences] == [2, 1]


def test_releases_match_where_each_run_has_one() -> None:
    found = runs(run({"s==1 f": PASS, "t f": PASS}), run({"s==2 f": FAIL, "t f": PASS}))
    assert (found.compared, len(found.of(REGRESSED)), found.missing_before, found.missing_after) == (2, 1, (), ())
    several = runs(run({"s==1 f": PASS}), run({"s==1 f": PASS, "s==2 f": FAIL}))
    assert (several.compared, several.regressed, several.missing_before) == (1, False, ("s==2-f-asyncio",))


def test_runs_of_different_servers_match_by_framework_and_loop() -> None:
    found = runs(run({"s f": FAIL, "s g": PASS, "s f uvloop": PASS}), run({"t f": PASS, "t g": FAIL, "t h": PASS}))
    assert [(one.change, one.pairs[0].after.target) for one in found.differences] == [
        (REGRESSED, "t-g-asyncio"),
        (FIXED, "t-f-asyncio"),
    ]
    assert (found.missing_after, found.missing_before) == (("s-f-uvloop",), ("t-h-asyncio",))
    # Where any server is in both, that is what is compared.
    found = runs(run({"s f": FAIL, "t f": PASS}), run({"t f": PASS}))
    assert (found.compared, found.missing_after) == (1, ("s-f-asyncio",))
    # A run with a server for each interface is held against a run with one.
    found = runs(run({"s f": FAIL, "u flask auto": PASS}), run({"t f": PASS}))
    assert (found.compared, found.missing_after) == (1, ("u-flask-auto",))


def test_two_servers_of_one_run() -> None:
    one = run({"s==1 f": FAIL, "s==1 control": PASS, "s==2 f": PASS, "s==2 control": PASS, "t f": FAIL})
    found = compare(*servers(one, ["s==1"], ["s==2"]))
    assert (found.before, found.after, found.compared) == ("s==1", "s==2", 2)
    (fixed,) = found.differences
    assert (fixed.change, fixed.red.target) == (FIXED, "s==1-f-asyncio")


def test_two_servers_of_different_names() -> None:
    found = compare(*servers(run({"s f": FAIL, "t f": PASS}), ["s"], ["t"]))
    assert (found.compared, len(found.of(FIXED))) == (1, 1)


def test_several_servers_of_one_name_are_compared_with_their_like() -> None:
    one = run({"u-a==1 f": PASS, "u-b==1 f": FAIL, "u-a==2 f": FAIL, "u-b==2 f": PASS})
    found = compare(*servers(one, ["u-a==1", "u-b==1"], ["u-a==2", "u-b==2"]))
    assert [(each.change, each.red.target) for each in found.differences] == [
        (REGRESSED, "u-a==2-f-asyncio"),
        (FIXED, "u-b==1-f-asyncio"),
    ]


def test_variants_of_a_server_are_compared_with_their_like() -> None:
    one = run({"u==1 f": PASS, "u==1~two f": FAIL, "u==2 f": FAIL, "u==2~two f": PASS})
    found = compare(*servers(one, ["u==1", "u==1~two"], ["u==2", "u==2~two"], variants=True))
    assert [(each.change, each.red.target) for each in found.differences] == [
        (REGRESSED, "u==2-f-asyncio"),
        (FIXED, "u==1~two-f-asyncio"),
    ]


def test_several_frameworks_of_one_checkout_are_compared_with_their_like() -> None:
    one = run({"s f==1": PASS, "s g==1": FAIL, "s f==2": FAIL, "s g==2": PASS})
    found = compare(*frameworks(one, ["f==1", "g==1"], ["f==2", "g==2"]))
    assert [(each.change, each.red.target) for each in found.differences] == [
        (REGRESSED, "s-f==2-asyncio"),
        (FIXED, "s-g==1-asyncio"),
    ]


def test_whose_fault_the_red_side_is_takes_the_whole_run() -> None:
    cells: dict[str, JobResult | Verdict] = {
        "s==1 f": result(row("s==1 f"), FAIL, LEAK),
        "s==1 control": PASS,
        "s==2 f": PASS,
        "s==2 control": PASS,
    }
    part = RunSelection(frameworks=["f"])
    (fixed,) = compare(*servers(run(cells), ["s==1"], ["s==2"], part)).differences
    assert fixed.attribution is not None
    assert (fixed.attribution.fault, fixed.attribution.culprit) == (Fault.SERVER, "s==1")
    assert [one.target for one in fixed.attribution.evidence] == ["s==1-control-asyncio"]
    (regressed,) = compare(*servers(run(cells), ["s==2"], ["s==1"], part)).differences
    assert regressed.attribution == fixed.attribution


def test_a_part_of_a_run() -> None:
    one = run({"s f": PASS, "s g": PASS, "s f uvloop": PASS})
    other = run({"s f": FAIL, "s g": FAIL, "s f uvloop": FAIL})

    def count(part: RunSelection) -> int:
        return compare(*sides(one, other, part)).compared

    assert count(RunSelection()) == 3
    assert count(RunSelection(frameworks=["f"])) == 2
    assert count(RunSelection(loops=["uvloop"])) == 1
    assert count(RunSelection(takes=lambda result: result.category == "http" and result.level == "must")) == 3
    assert count(RunSelection(takes=lambda result: result.category == "ws")) == 0


def test_what_one_side_alone_has_is_not_compared() -> None:
    old, new = run({"s f": PASS}, case="specs/x.yaml::old"), run({"s f": FAIL}, case="specs/x.yaml::new")
    both = run({"s f": PASS, "t f": PASS})
    found = runs(joined(both, old), joined(run({"s f": PASS}), new))
    assert (found.only_before, found.only_after) == (("specs/x.yaml::old",), ("specs/x.yaml::new",))
    assert (found.missing_after, found.missing_before, found.regressed) == (("t-f-asyncio",), (), False)


def test_targets_that_start_on_one_side_alone() -> None:
    failed = row("s f", failed="no module")
    works, fails = run({"s f": PASS}), run({"s f": ERROR}, failed)
    found = runs(works, fails)
    assert (found.stopped, found.compared, found.regressed) == ((failed,), 0, True)
    found = runs(fails, works)
    assert (found.started, found.regressed) == ((ROW,), False)
    found = runs(fails, fails)
    assert (found.neither, found.stopped, found.regressed, found.nothing) == ((failed,), (), False, False)


@pytest.mark.parametrize(
    ("before", "after", "command"),
    [
        ("s==1 f", "t g", "engine compare --server s==1 --server t"),
        ("s f", "s g==1.0", "engine compare --server s --framework f --framework g==1.0"),
        ("s f asyncio", "s f uvloop", ""),
    ],
)
def test_runs_with_nothing_in_common_suggest_a_command_that_compares_them(
    before: str, after: str, command: str
) -> None:
    with pytest.raises(UsageError, match="no target in common") as caught:
        runs(run({before: PASS}), run({after: PASS}))
    assert caught.value.hint.partition("; ")[2] == (f"`{command}` runs both" if command else "")


@pytest.mark.parametrize(("left", "right"), [("1.0", "1.0.0"), ("2.0rc1", "2.0.0-rc.1"), ("1", "v1")])
def test_equal_versions_are_the_same_release(left: str, right: str) -> None:
    one, two = {f"s=={left} f=={left}": PASS, "s f": PASS}, {f"s=={right} f=={right}": FAIL, "s f": PASS}
    found = runs(run(one), run(two))
    assert (found.compared, found.regressed, found.missing_before, found.missing_after) == (2, True, (), ())
    assert compare(*servers(run({f"s=={left} f": PASS, "s f": FAIL}), [f"s=={right}"], ["s"])).regressed
    both = run({f"s f=={left}": PASS, "s f": FAIL})
    assert compare(*frameworks(both, [f"f=={right}"], ["f"])).regressed
    assert compare(*sides(both, both, RunSelection(frameworks=[f"f=={right}"]))).compared == 1


def test_what_has_nothing_in_common_is_refused() -> None:
    with pytest.raises(UsageError, match="no target in common") as caught:
        runs(run({"s==1 f": PASS}), run({"t g": PASS}))
    assert "`engine compare --server s==1 --server t` runs both" in caught.value.hint
    with pytest.raises(UsageError, match="no target in common"):
        runs(run({"s f": PASS, "u f": PASS}), run({"t f": PASS}))  # which of the two?
    with pytest.raises(UsageError, match="no targets of s==3") as caught:
        servers(run({"s==1 f": PASS, "s==2 f": PASS}), ["s==1"], ["s==3"])
    assert caught.value.hint == "it has s==1, s==2"


def test_the_servers_of_a_run_stand_as_they_were_asked_for() -> None:
    """Targets are kept in the order in which they became ready."""
    one = run({"s==2 f": PASS, "s==1 f": PASS})
    reordered = replace(one, header={"targets": ["s==1-f-asyncio", "s==2-f-asyncio"]})
    assert (configurations(one), configurations(reordered)) == (("s==2", "s==1"), ("s==1", "s==2"))


def test_what_is_worst_comes_first() -> None:
    by_case = [
        (run({"s f": FAIL, "s control": FAIL}), run({"s f": PASS, "s control": PASS})),
        (run({"s f": PASS, "s control": PASS}), run({"s f": FAIL, "s control": PASS})),
        (run({"s f": PASS, "s control": PASS}), run({"s f": PASS, "s control": FAIL})),
    ]
    named = [
        tuple(replace(one, results=tuple(replace(each, case=f"c{number}") for each in one.results)) for one in pair)
        for number, pair in enumerate(by_case)
    ]
    found = runs(joined(*(before for before, _ in named)), joined(*(after for _, after in named)))
    assert [(one.change, one.attribution and one.attribution.fault, one.address[-2:]) for one in found.differences] == [
        (REGRESSED, Fault.SERVER, "c2"),
        (REGRESSED, Fault.PAIRING, "c1"),
        (FIXED, Fault.SERVER, "c0"),
    ]


def test_the_other_run_is_a_witness() -> None:
    """No cell of the second run passes, and yet the case can pass: it did."""
    (regressed,) = runs(run({"s control": PASS}), run({"s control": FAIL})).differences
    assert regressed.attribution is not None
    assert (regressed.attribution.fault, regressed.attribution.settle) == (Fault.SERVER, "")
    assert [one.target for one in regressed.attribution.evidence] == ["s-control-asyncio (id-1)"]
    (fixed,) = runs(run({"s control": FAIL}), run({"s control": PASS})).differences
    assert fixed.attribution is not None
    assert [one.target for one in fixed.attribution.evidence] == ["s-control-asyncio (id-2)"]
    (alone,) = runs(run({"s control": Verdict.TIMEOUT}), run({"s control": FAIL})).differences
    assert alone.attribution is not None
    assert alone.attribution.fault is Fault.UNKNOWN


def of_checkout(verdict: Verdict, version: str, commit: str = "") -> Run:
    return run({"s control": verdict}, row("s control", version=version, commit=commit))


def test_both_sides_have_their_versions_and_commits() -> None:
    commit = "c10b994deadbeef0000"
    found = runs(of_checkout(PASS, "27.0.1", commit), of_checkout(PASS, "27.0.1", f"{commit}+changes"))
    assert "\n".join(lines(found)) == (
        "id-1 -> id-2: 1 result compared\n"
        "  left:  s 27.0.1 (c10b994de)\n"
        "  right: s 27.0.1 (c10b994de+changes)\n"
        "nothing changed"
    )
    assert document(found)["servers"] == {
        "before": ["s 27.0.1 (c10b994de)"], "after": ["s 27.0.1 (c10b994de+changes)"],
    }  # fmt: skip
    assert "- after: s 27.0.1 (c10b994de+changes)" in markdown(found)


@pytest.mark.parametrize(
    ("left", "right", "older"),
    [("27.0.1", "26.2.0", True), ("27.0.1", "27.0.1.dev3", True), ("9.0", "10.0", False), ("1", "1", False)],
)
def test_a_right_side_that_is_older_is_named(left: str, right: str, older: bool) -> None:
    found = runs(of_checkout(PASS, left), of_checkout(FAIL, right))
    sentence = f"s {right} on the right is older than {left} on the left"
    assert found.older == ((sentence,) if older else ())
    assert (f"  {sentence}: what regressed may have been fixed in between" in lines(found)) is older
    assert document(found)["older"] == list(found.older)
    assert (sentence in markdown(found)) is older
    assert runs(of_checkout(PASS, "?"), of_checkout(FAIL, "")).older == ()


def test_other_servers_are_neither_older_nor_newer() -> None:
    rows = row("s control", version="2"), row("t control", version="1")
    assert compare(*servers(run({"s control": PASS, "t control": FAIL}, *rows), ["s"], ["t"])).older == ()


def test_what_was_left_out_on_both_sides_was_not_judged() -> None:
    found = runs(run({"s f": UNSUPPORTED, "s g": UNSUPPORTED}), run({"s f": UNSUPPORTED, "s g": BLOCKED}))
    assert (found.compared, found.judged) == (2, 0)
    assert "no case ran on either side" in "\n".join(lines(found))
    assert runs(run({"s f": UNSUPPORTED}), run({"s f": PASS})).judged == 1


def test_what_has_no_cause_does_not_stand_under_that_of_another() -> None:
    before = joined(run({"s control": PASS}), run({"s control": PASS}, case="specs/x.yaml::gone"))
    after = joined(run({"s control": WARN}), run({"s control": UNSUPPORTED}, case="specs/x.yaml::gone"))
    rows = [line.strip() for line in lines(runs(before, after))]
    place = rows.index("no cause: the right side does not fail")
    assert rows[place + 1 : place + 3] == ["specs/x.yaml::gone[s-control-asyncio]", "pass -> unsupported"]


def test_the_title_of_a_case_stands_in_its_line() -> None:
    red = replace(result(ROW, FAIL), title="A case")
    assert "    specs/x.yaml::case[s-f-asyncio]: A case" in list(lines(runs(run({"s f": PASS}), run({"s f": red}))))


# How it is shown

SAMPLE = compare(
    *servers(
        run(
            {
                "s==1 f": result(row("s==1 f"), FAIL, LEAK),
                "s==1 control": PASS,
                "s==1 g": PASS,
                "s==2 f": PASS,
                "s==2 control": PASS,
                "s==2 g": FAIL,
            }
        ),
        ["s==1"],
        ["s==2"],
    )
)

TEXT = """\
s==1 -> s==2: 3 results compared

regressed: 1 case
  pairing s==2 with g: the bare app passes it on this server, and the framework passes it on s==1 \
[s==2-control-asyncio: pass; s==1-g-asyncio: pass]
    specs/x.yaml::case[s==2-g-asyncio]
      pass -> fail: expected status 200, got 500

fixed: 1 case
  server s==1: scope.state.leak: the server gave the application a wrong value [s==1-control-asyncio: pass]
    specs/x.yaml::case[s==1-f-asyncio]
      fail -> pass: expected scope.state.leak to be absent, got 'x'"""


def test_text() -> None:
    assert "\n".join(lines(SAMPLE)) == TEXT


def test_cases_of_one_cause_stand_under_it() -> None:
    def both(verdict: Verdict) -> Run:
        first = run({"s control": verdict, "t control": PASS})
        return joined(first, run({"s control": verdict, "u control": PASS}, case="specs/x.yaml::other"))

    rows = list(lines(runs(both(PASS), both(FAIL))))
    assert [line.strip().split(" [")[0] for line in rows[2:]] == [
        "server s: it fails without any framework",
        "specs/x.yaml::case[s-control-asyncio]",
        "pass -> fail: expected status 200, got 500",
        "server s: it fails without any framework",
        "specs/x.yaml::other[s-control-asyncio]",
        "pass -> fail: expected status 200, got 500",
    ]


def test_text_of_nothing_and_of_what_is_apart() -> None:
    old = run({"s f": PASS}, case="specs/x.yaml::old")
    found = runs(joined(run({"s f": PASS}), old), run({"s f": PASS, "t f": PASS, "u f": PASS}))
    assert "\n".join(lines(found)) == (
        "id-1 -> id-2: 1 result compared\nnothing changed\n\n"
        "not compared: 1 case only in id-1 (specs/x.yaml::old); 2 targets only in id-2"
    )


def test_no_control_character_of_a_reason_reaches_the_terminal() -> None:
    red = replace(result(ROW, FAIL), reason="\x1b[31mred")
    assert "\x1b" not in "\n".join(lines(runs(run({"s f": PASS}), run({"s f": red}))))


def test_json() -> None:
    made = document(SAMPLE)
    assert (made["before"], made["after"], made["compared"], made["regressed"]) == ("s==1", "s==2", 3, True)
    assert [(one["change"], one["case"], one["cause"]["fault"]) for one in made["differences"]] == [
        ("regressed", CASE, "pairing"),
        ("fixed", CASE, "server"),
    ]
    (cell,) = made["differences"][1]["cells"]
    assert (cell["before"]["target"], cell["before"]["verdict"]) == ("s==1-f-asyncio", "fail")
    assert (cell["after"]["target"], cell["after"]["verdict"]) == ("s==2-f-asyncio", "pass")
    assert made["differences"][1]["cause"]["given"] == ["scope.state.leak"]
    assert made["differences"][1]["cause"]["evidence"] == [
        {"target": "s==1-control-asyncio", "verdict": "pass", "where": ""}
    ]
    assert (made["servers"], made["judged"]) == ({"before": ["s==1"], "after": ["s==2"]}, 3)


def test_markdown() -> None:
    rows = markdown(SAMPLE)
    assert "## Regressed\n\n- `specs/x.yaml::case`: pass → fail on `s==2-g-asyncio`" in rows
    assert "## Fixed\n\n- `specs/x.yaml::case`: fail → pass on `s==1-f-asyncio`" in rows
    assert "  - server s==1: scope.state.leak: the server gave the application a wrong value" in rows


def test_two_frameworks_of_one_run() -> None:
    one = run({"s star==0.9": PASS, "s star": FAIL, "s other": FAIL, "s control": PASS})
    assert framework_configurations(one) == ("star==0.9", "star", "other", "control")
    found = compare(*frameworks(one, ["star==0.9"], ["star"]))
    assert (found.before, found.after, found.compared) == ("star==0.9", "star", 1)
    assert [each.change for each in found.differences] == [REGRESSED]
    assert found.servers == (("star==0.9",), ("star",))
    with pytest.raises(UsageError, match=r"has no targets of star==0\.8"):
        frameworks(one, ["star"], ["star==0.8"])


def test_two_frameworks_are_compared_under_each_server() -> None:
    one = run({"s star==0.9": PASS, "s star": PASS, "t star==0.9": FAIL, "t star": PASS})
    found = compare(*frameworks(one, ["star==0.9"], ["star"]))
    assert (found.compared, [each.change for each in found.differences]) == (2, [FIXED])
    part = RunSelection(servers=["s"])
    assert compare(*frameworks(one, ["star==0.9"], ["star"], part)).compared == 1


def test_runs_of_one_framework_in_two_releases_are_compared_by_these() -> None:
    found = runs(run({"s star==0.9": PASS, "s control": PASS}), run({"s star==0.8": FAIL, "s control": PASS}))
    assert (found.compared, [each.change for each in found.differences]) == (2, [REGRESSED])
    assert found.older == ("star 0.8 on the right is older than 0.9 on the left",)
    # Of several releases each is compared with itself.
    both = run({"s star==0.9": PASS, "s star": PASS})
    assert runs(both, run({"s star==0.9": FAIL})).compared == 1


def test_a_name_selects_a_framework_in_each_release() -> None:
    rows = [row("s star==0.9"), row("s star"), row("s other")]
    assert [RunSelection(["star"]).has(one) for one in rows] == [True, True, False]
    assert [RunSelection(["star==0.9"]).has(one) for one in rows] == [True, False, False]


def test_values_of_a_matrix_that_changed_alike_are_one_entry() -> None:
    values = [f"specs/x.yaml::n[{value}]" for value in range(9)]
    before = joined(*(run({"s f": Verdict.PASS, "s g": Verdict.PASS}, case=case) for case in values))
    after = joined(
        *(run({"s f": Verdict.FAIL, "s g": Verdict.FAIL}, case=case) for case in values[:8]),
        run({"s f": Verdict.FAIL, "s g": Verdict.PASS}, case=values[8]),
    )
    found = compare(*sides(before, replace(after, id="id-2")))
    rows = "\n".join(lines(found))
    assert "regressed: 17 results (9 cases)" in rows
    assert "n[8 values] on 2 targets (s-f-asyncio, ...)\n      values: 0, 1, 2, 3, 4, 5 and 2 more\n" in rows
    assert "specs/x.yaml::n[8][s-f-asyncio]" in rows
    whole = markdown(found)
    assert "- `specs/x.yaml::n[8 values]`: pass → fail on `s-f-asyncio`, `s-g-asyncio`\n  - values: 0, 1, 2" in whole


def test_colour_and_width_change_no_word_of_a_comparison() -> None:
    found = runs(run({"s f": PASS, "t f": FAIL}), run({"s f": FAIL, "t f": PASS}))
    plain = list(lines(found))
    painted = list(lines(found, paint=Paint(True)))
    assert [bare(line) for line in painted] == plain
    assert any("\x1b[31mregressed: 1 case\x1b[0m" in line for line in painted)
    assert any("\x1b[32mfixed: 1 case\x1b[0m" in line for line in painted)
    narrow = list(lines(found, 60))
    assert max(len(line) for text in narrow for line in text.split("\n")) <= 60
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(plain).split())
