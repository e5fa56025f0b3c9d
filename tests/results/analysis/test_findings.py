"""Findings: their order, and the risk that a record keeps for it."""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import Verdict
from engine.results.analysis.findings import attributions, failing, findings
from engine.results.record.codec import result_from_json, result_to_json
from tests.results.synthetic import result, row, run

GUNICORN = row("gunicorn control")


def test_the_greatest_risk_of_one_cause_comes_first() -> None:
    risks = {"a": "courtesy", "b": "", "c": "smuggling", "d": "dos"}
    failed = [
        replace(result(GUNICORN, Verdict.FAIL, case=f"specs/x.yaml::{name}"), risk=risk) for name, risk in risks.items()
    ]
    whole = replace(run({"gunicorn control": failed[0]}), results=tuple(failed))
    assert [one.first.case for one in findings(whole, failing(), attributions(whole))] == ["c", "d", "a", "b"]


def test_a_record_keeps_the_risk() -> None:
    failed = replace(result(GUNICORN, Verdict.FAIL), risk="leak", cite=("A-1",))
    document = result_to_json(failed)
    assert result_from_json(document).risk == "leak"
    del document["risk"]
    assert result_from_json(document).risk == ""
