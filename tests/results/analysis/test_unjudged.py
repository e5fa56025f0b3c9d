"""Runs in which no case had a verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.verdict import Verdict
from engine.results.analysis.unjudged import nothing_judged, reasons
from tests.results.synthetic import result, row, run

LEFT_OUT = (Verdict.UNSUPPORTED, Verdict.BLOCKED)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_what_was_not_run_is_not_judged(verdict: Verdict) -> None:
    assert nothing_judged(run({"s a": verdict, "s b": Verdict.UNSUPPORTED})) is (verdict in LEFT_OUT)


def test_targets_that_did_not_start_judge_nothing() -> None:
    failed = row("s a", failed="there is no s 9.0")
    assert nothing_judged(run({"s a": Verdict.ERROR}, failed))
    assert nothing_judged(run({"s a": Verdict.ERROR, "s b": Verdict.UNSUPPORTED}, failed))
    assert not nothing_judged(run({"s a": Verdict.ERROR, "s b": Verdict.PASS}, failed))
    assert nothing_judged(replace(run({"s a": Verdict.ERROR}, failed), results=()))


def test_a_run_that_was_cut_short_before_its_first_result_is_another_matter() -> None:
    assert not nothing_judged(replace(run({"s a": Verdict.PASS}), results=()))
    assert not nothing_judged(replace(run({}), whole=False, ended="interrupted"))


def test_a_line_for_each_reason() -> None:
    loop, need = "daphne does not run on uvloop", "s with b does not offer lifespan"
    results = [
        replace(result(row(f"s {name}"), verdict), reason=why)
        for name, verdict, why in (
            ("a", Verdict.UNSUPPORTED, need),
            ("b", Verdict.UNSUPPORTED, loop),
            ("c", Verdict.UNSUPPORTED, loop),
            ("d", Verdict.PASS, ""),
            ("e", Verdict.BLOCKED, "it depends on x"),
        )
    ]
    assert reasons(results) == [f"2 unsupported: {loop}", f"1 unsupported: {need}", "1 blocked: it depends on x"]
