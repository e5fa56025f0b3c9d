"""Known failures: excused while they fail, and breaking the build when they pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.model.baseline import KnownFailure
from engine.model.case import Selector
from engine.model.source_span import SourceSpan
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.results.baseline.baseline import judged, server_version, stem
from engine.results.record.store import TargetRow

TARGET = TargetRow("gunicorn-control-asyncio", "gunicorn", "control", "asyncio", "direct", "local")
TODAY = date(2027, 3, 1)
FAIL = JobResult("case[a]", "specs/x.yaml", TARGET.id, "http", "must", Verdict.FAIL, "expected status 200, got 500")
LINE = KnownFailure(
    "specs/x.yaml::case", Selector(servers=("gunicorn",)), "why", "https://x/1", SourceSpan("k.yaml", 3, 5)
)


def verdict(line: KnownFailure, result: JobResult = FAIL, target: TargetRow = TARGET) -> Verdict:
    return judged(result, target, [line], TODAY).verdict


def test_a_listed_failure_is_known_with_its_reason() -> None:
    found = judged(FAIL, TARGET, [LINE], TODAY)
    assert found.verdict is Verdict.KNOWN
    assert "why (https://x/1)" in found.reason
    assert "expected status 200" in found.reason


@pytest.mark.parametrize(
    ("http", "upstream", "version"),
    [
        ("1.1", "", "1.1"),
        ("h2c", "", "2"),
        ("h2", "", "2"),
        ("h2c", "1.1", "1.1"),
        ("1.1", "h2c", "2"),
        ("h2", "cgi", "1.1"),
    ],
)
def test_the_version_of_http_is_that_of_the_server_behind_a_gateway_too(http: str, upstream: str, version: str) -> None:
    target = replace(TARGET, http=http, upstream=upstream)
    for one in ("1.1", "2"):
        line = replace(LINE, selector=Selector(servers=("gunicorn",), http=(one,)))
        assert verdict(line, target=target) is (Verdict.KNOWN if one == version else Verdict.FAIL)


@pytest.mark.parametrize("excused", [Verdict.TIMEOUT, Verdict.CRASH])
def test_other_ways_to_fail_are_excused_too(excused: Verdict) -> None:
    assert verdict(LINE, replace(FAIL, verdict=excused)) is Verdict.KNOWN


def test_a_listed_case_that_passes_is_fixed_and_breaks_the_build() -> None:
    found = judged(replace(FAIL, verdict=Verdict.PASS), TARGET, [LINE], TODAY)
    assert found.verdict is Verdict.UNEXPECTED_PASS
    assert found.verdict.breaks
    assert "k.yaml:3:5" in found.reason


def test_a_failure_that_occurs_only_sometimes_may_pass() -> None:
    sometimes = replace(LINE, sometimes=True)
    passed = replace(FAIL, verdict=Verdict.PASS)
    assert verdict(sometimes) is Verdict.KNOWN
    assert judged(passed, TARGET, [sometimes], TODAY) == passed
    found = judged(passed, TARGET, [sometimes, replace(LINE, place=SourceSpan("k.yaml", 9, 5))], TODAY)
    assert found.verdict is Verdict.UNEXPECTED_PASS
    assert "k.yaml:9:5" in found.reason


@pytest.mark.parametrize("kept", [Verdict.ERROR, Verdict.UNSUPPORTED, Verdict.BLOCKED])
def test_what_says_nothing_about_the_clause_stays(kept: Verdict) -> None:
    assert verdict(LINE, replace(FAIL, verdict=kept)) is kept


def test_variants_and_paths() -> None:
    assert verdict(replace(LINE, case="specs/x.yaml::case[a]")) is Verdict.KNOWN
    assert verdict(replace(LINE, case="specs/x.yaml::case[b]")) is Verdict.FAIL
    assert verdict(replace(LINE, case="specs/x.yaml::cas")) is Verdict.FAIL
    for other in ("otherspecs/x.yaml", "mine/specs/x.yaml", "x.yaml"):
        assert verdict(LINE, replace(FAIL, file=other)) is Verdict.FAIL


def test_a_selector_that_does_not_cover_the_target() -> None:
    assert verdict(LINE, target=replace(TARGET, server="uvicorn")) is Verdict.FAIL
    assert verdict(replace(LINE, selector=Selector(loops=("uvloop",)))) is Verdict.FAIL


def test_a_line_is_found_by_the_case_s_own_id() -> None:
    assert stem("specs/x.yaml::case") == stem("specs/x.yaml::case[a-1]") == stem("x.yaml::case[a::b]") == "case"


def of(version: str = "", **versions: str) -> TargetRow:
    return replace(TARGET, version=version, versions=versions)


@pytest.mark.parametrize(
    ("wanted", "version", "found"),
    [
        (">=25,<27", "25.0.0", Verdict.KNOWN),
        (">=25,<27", "26.2.0", Verdict.KNOWN),
        (">=25,<27", "27.0.1", Verdict.FAIL),
        (">=25,<27", "27.0.0.dev1", Verdict.FAIL),
        (">=27.0.dev0", "27.0.0.dev1", Verdict.KNOWN),
        ("==26.2.0", "26.2", Verdict.KNOWN),
        (">=25", "", Verdict.FAIL),
        (">=25", "no-version", Verdict.FAIL),
        ("", "", Verdict.KNOWN),
    ],
)
def test_a_range_is_held_against_the_version_that_is_installed(wanted: str, version: str, found: Verdict) -> None:
    assert verdict(replace(LINE, versions=wanted), target=of(version)) is found


def test_a_version_is_that_of_the_servers_package() -> None:
    assert server_version(of("27.0.1", gunicorn="1")) == "27.0.1"
    assert server_version(of(gunicorn="26.2.0")) == "26.2.0"
    assert server_version(replace(of(uvicorn="0.40"), server="uvicorn-h11")) == "0.40"
    assert server_version(of(other="1")) == ""


def test_a_range_of_the_frameworks_versions() -> None:
    line = replace(LINE, framework_versions="<2")
    row = replace(TARGET, framework="quart")
    assert verdict(line, target=replace(row, versions={"quart": "0.22.0"})) is Verdict.KNOWN
    assert verdict(line, target=replace(row, versions={"quart": "2.0"})) is Verdict.FAIL
    assert verdict(line, target=row) is Verdict.FAIL


def test_outside_the_range_a_pass_is_a_pass() -> None:
    line = replace(LINE, versions="<27")
    passed = replace(FAIL, verdict=Verdict.PASS)
    assert verdict(line, passed, of("26.2.0")) is Verdict.UNEXPECTED_PASS
    assert verdict(line, passed, of("27.0.1")) is Verdict.PASS


def test_a_line_excuses_until_its_day_and_no_longer() -> None:
    today = replace(LINE, until=TODAY)
    assert verdict(today) is Verdict.KNOWN
    over = replace(LINE, until=date(2027, 2, 28))
    found = judged(FAIL, TARGET, [over], TODAY)
    assert found.verdict is Verdict.FAIL
    assert found.reason.startswith(FAIL.reason)
    assert "k.yaml:3:5 excused it until 2027-02-28" in found.reason
    passed = replace(FAIL, verdict=Verdict.PASS)
    assert judged(passed, TARGET, [over], TODAY) == passed


def test_a_line_whose_day_is_over_does_not_hide_another() -> None:
    over = replace(LINE, until=date(2027, 2, 28))
    assert judged(FAIL, TARGET, [over, LINE], TODAY).verdict is Verdict.KNOWN


def test_a_line_without_a_reason_excuses_and_says_so() -> None:
    found = judged(FAIL, TARGET, [replace(LINE, because="", link="", observed="seen")], TODAY)
    assert found.verdict is Verdict.KNOWN
    assert "known, without a written reason (k.yaml:3:5)" in found.reason
    assert found.excuse == Excuse(FAIL.reason, "", "", "k.yaml:3:5", "fail")


def test_a_listed_case_that_fails_now_and_then_is_known() -> None:
    assert verdict(LINE, replace(FAIL, verdict=Verdict.FLAKY, reason="passed 1 of 2")) is Verdict.KNOWN


@pytest.mark.parametrize("case", ["case[a-bytes]", "case[a-bytes-library]"])
def test_an_entry_excuses_a_case_however_its_bytes_are_sent(case: str) -> None:
    sending = case.removeprefix("case[a-").removesuffix("]")
    delivered = replace(FAIL, case=case, sending=sending)
    of_value = replace(LINE, case="specs/x.yaml::case[a]")
    assert verdict(of_value, delivered) is Verdict.KNOWN
    assert verdict(replace(LINE, case=f"specs/x.yaml::{case}"), delivered) is Verdict.KNOWN
    assert verdict(of_value, replace(delivered, sending="")) is Verdict.FAIL
