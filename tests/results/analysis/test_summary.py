"""The counts, warnings and known failures of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.model.verdict import Excuse, JobResult, Verdict
from engine.results.analysis.folding import fold
from engine.results.analysis.summary import (
    cases_of,
    counted_as,
    duration,
    early_end,
    excuse_of,
    excused,
    results_of,
    sentence,
    summary,
    warned,
)
from engine.results.record.store import Run
from tests.results.synthetic import joined, result, row, run

PASS, FAIL, WARN, KNOWN, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN, Verdict.ERROR
FILE = "specs/x.yaml"


def test_one_target_is_counted_in_cases_and_several_in_results() -> None:
    one = joined(
        *(run({"s f": each}, case=f"{FILE}::{number}") for number, each in enumerate((PASS, FAIL, WARN, KNOWN)))
    )
    said = sentence(summary(replace(one, seconds=2.34)))
    assert said == "4 cases: 2 passed, 1 failed, 1 known failure, 1 warning in 2.3 s"
    two = run({"s f": PASS, "s g": Verdict.UNEXPECTED_PASS, "s h": Verdict.UNSUPPORTED, "s i": Verdict.TIMEOUT})
    said = sentence(summary(two))
    assert said == "3 results (1 case on 3 targets): 2 passed, 1 timed out, 1 unexpected pass, 1 unsupported"


def test_a_target_that_did_not_start_is_counted_once_as_a_target() -> None:
    broken = row("s g", failed="no module")
    many = joined(
        run({"s f": PASS}, case=f"{FILE}::a"),
        *(run({"s g": ERROR}, broken, case=f"{FILE}::{name}") for name in "ab"),
    )
    assert sentence(summary(many)) == "1 case: 1 passed, 1 target did not start"
    assert sentence(summary(run({"s g": ERROR}, broken))) == "0 cases: 1 target did not start"
    assert sentence(summary(run({}))) == "0 cases: nothing ran"


def test_an_error_of_a_case_on_a_target_that_runs_is_counted() -> None:
    assert sentence(summary(run({"s f": ERROR}))) == "1 case: 0 passed, 1 error"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (2.34, "2.3 s"), (48.4, "48 s"), (59.7, "1 min 0 s"), (252, "4 min 12 s")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_count_names_what_it_counts() -> None:
    assert [counted_as(1, 1), counted_as(8, 8), counted_as(1600, 8)] == ["1 case", "8 cases", "1,600 results (8 cases)"]


def values(verdict: Verdict, *targets: str, reason: str = "why", names: str = "abc", **more: Any) -> list[JobResult]:
    found = []
    for name in names:
        for target in targets:
            made = result(row(target), verdict, case=f"{FILE}::echo[{name}]")
            found.append(replace(made, reason=reason, **more))
    return found


def test_warnings_that_are_alike_are_one_entry() -> None:
    other = values(WARN, "s f", reason="another", names="d")
    (same, apart) = warned([*values(WARN, "s f", "s g"), *other, *values(PASS, "s f", names="e")])
    assert (same.address, same.values, same.first.reason) == (f"{FILE}::echo[3 values]", ("a", "b", "c"), "why")
    assert same.first.targets == ("s-f-asyncio", "s-g-asyncio")
    assert (apart.address, apart.values) == (f"{FILE}::echo[d]", ())
    assert (results_of([same, apart]), cases_of([same, apart])) == (7, 4)


def test_values_that_warn_on_other_targets_are_entries_of_their_own() -> None:
    found = warned([*values(WARN, "s f", "s g", names="ab"), *values(WARN, "s g", names="c")])
    assert [one.address for one in found] == [f"{FILE}::echo[2 values]", f"{FILE}::echo[c]"]


def test_known_failures_stand_under_their_server_with_their_reason() -> None:
    excuse = Excuse("expected status 200, got 500", "it is broken", "https://example.org/1", "k.yaml:1:1")
    one = run({"s f": KNOWN, "t==2 f": KNOWN, "u f": PASS})
    known = [replace(each, excuse=excuse) for each in one.results if each.verdict is KNOWN]
    found = excused(replace(one, results=(*known, one.results[2])))
    assert list(found) == ["s", "t==2"]
    (folded,) = found["s"]
    assert (folded.first.excuse, folded.first.reason) == (excuse, "expected status 200, got 500")


def test_two_ways_of_failing_under_one_entry_are_listed_once() -> None:
    excuse = Excuse("one way", "it is broken")
    one = run({"s f": KNOWN, "s g": KNOWN})
    both = (replace(one.results[0], excuse=excuse), replace(one.results[1], excuse=replace(excuse, failure="another")))
    ((folded,),) = excused(replace(one, results=both)).values()
    assert folded.first.targets == ("s-f-asyncio", "s-g-asyncio")


def test_a_record_of_an_older_engine_has_the_entry_in_its_reason() -> None:
    old = replace(result(row("s f"), KNOWN), reason="status is 200; known: it is broken (https://example.org)")
    assert excuse_of(old) == Excuse("status is 200", "it is broken (https://example.org)")
    assert excuse_of(replace(old, reason="status is 200")) == Excuse("status is 200")


def test_folding_names_values_up_to_a_bound_and_keeps_the_order() -> None:
    names = [f"{FILE}::n[{number}]" for number in range(9)] + [f"{FILE}::other", f"{FILE}::n[0]x"]
    many, *rest = fold(names, lambda name: name, lambda name: "x" if name.endswith("x") else "")
    assert many.named(3) == "0, 1, 2 and 6 more"
    assert many.named() == "0, 1, 2, 3, 4, 5, 6, 7, 8"
    assert many.named(9) == many.named()
    assert [one.address for one in rest] == names[9:]


def test_a_run_that_ended_early_has_a_sentence() -> None:
    one = run({"s f": PASS, "s g": PASS})
    assert early_end(one) == ""
    cut = replace(one, header={"jobs": 2000}, whole=False, ended="interrupted")
    assert early_end(cut) == "Interrupted after 2 of 2,000 results."
    assert early_end(replace(cut, header={}, ended="cut short")) == "Ended early (cut short)."


def by_risk(verdict: Verdict) -> Run:
    risks = {"a": "courtesy", "b": "dos", "c": "smuggling"}
    found = joined(*(run({"s f": verdict}, case=f"{FILE}::{name}") for name in risks))
    return replace(found, results=tuple(replace(one, risk=risks[one.case]) for one in found.results))


def test_warnings_are_listed_with_the_greatest_risk_first() -> None:
    assert [one.first.address[-1] for one in warned(by_risk(WARN).results)] == ["c", "b", "a"]


def test_known_failures_of_a_server_are_listed_with_the_greatest_risk_first() -> None:
    assert [one.first.address[-1] for one in excused(by_risk(KNOWN))["s"]] == ["c", "b", "a"]
