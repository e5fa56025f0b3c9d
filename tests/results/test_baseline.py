"""Known failures: excused while they fail, and breaking the build when they pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.baseline import KnownFailure
from engine.model.case import Selector
from engine.model.places import Place
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.results.baseline import judged, stem

TARGET = Target("gunicorn", "control", "asyncio")
FAIL = JobResult("case[a]", "specs/x.yaml", TARGET.id, "http", "must", Verdict.FAIL, "status is 200, but it is 500")
LINE = KnownFailure("specs/x.yaml::case", Selector(servers=("gunicorn",)), "why", "https://x/1", Place("k.yaml", 3, 5))


def verdict(line: KnownFailure, result: JobResult = FAIL, target: Target = TARGET) -> Verdict:
    return judged(result, target, [line]).verdict


def test_a_listed_failure_is_known_with_its_reason() -> None:
    found = judged(FAIL, TARGET, [LINE])
    assert found.verdict is Verdict.KNOWN
    assert "why (https://x/1)" in found.reason
    assert "status is 200" in found.reason


@pytest.mark.parametrize("excused", [Verdict.TIMEOUT, Verdict.CRASH])
def test_other_ways_to_fail_are_excused_too(excused: Verdict) -> None:
    assert verdict(LINE, replace(FAIL, verdict=excused)) is Verdict.KNOWN


def test_a_listed_case_that_passes_is_fixed_and_breaks_the_build() -> None:
    found = judged(replace(FAIL, verdict=Verdict.PASS), TARGET, [LINE])
    assert found.verdict is Verdict.FIXED
    assert found.verdict.breaks
    assert "k.yaml:3:5" in found.reason


@pytest.mark.parametrize("kept", [Verdict.ERROR, Verdict.UNSUPPORTED, Verdict.BLOCKED])
def test_what_says_nothing_about_the_clause_stays(kept: Verdict) -> None:
    assert verdict(LINE, replace(FAIL, verdict=kept)) is kept


def test_variants_and_paths() -> None:
    assert verdict(replace(LINE, case="specs/x.yaml::case[a]")) is Verdict.KNOWN
    assert verdict(replace(LINE, case="specs/x.yaml::case[b]")) is Verdict.FAIL
    assert verdict(replace(LINE, case="specs/x.yaml::cas")) is Verdict.FAIL
    assert verdict(LINE, replace(FAIL, file="../specs/x.yaml")) is Verdict.KNOWN
    assert verdict(LINE, replace(FAIL, file="otherspecs/x.yaml")) is Verdict.FAIL


def test_a_selector_that_does_not_cover_the_target() -> None:
    assert verdict(LINE, target=replace(TARGET, server="uvicorn")) is Verdict.FAIL
    assert verdict(replace(LINE, selector=Selector(loops=("uvloop",)))) is Verdict.FAIL


def test_a_line_is_found_by_the_case_s_own_id() -> None:
    assert stem("specs/x.yaml::case") == stem("specs/x.yaml::case[a-1]") == stem("x.yaml::case[a::b]") == "case"
