"""``engine explain``, and repeating and rerunning in isolation, with a real service."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.model.result_event import ResultEvent
from engine.model.verdict import Verdict
from engine.results.record.store import Store
from tests.cli.conftest import Engine
from tests.pytest_plugin.test_plugin import FLAKY
from tests.results.synthetic import result, row

TARGET = "gunicorn-control-auto"

CASES = """\
suite: Cases
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: good
    title: Good
    steps:
      - request: {path: /health, expect: {status: 200}}
  - id: wrong
    title: Wrong
    steps:
      - request: {path: /health, expect: {status: 201}}
  - id: own
    title: In a process of its own
    process: own
    steps:
      - request: {path: /scope, expect: {status: 200}}
"""


@pytest.mark.service
def test_a_failure_is_told_whole_and_reads_the_same_the_next_time(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(CASES)
    ran = engine("grid", "cases.yaml", "--framework", "control")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    explained = engine("explain", "last", "wrong")
    assert explained.returncode == 0, explained.stderr
    for part in (
        "case      cases.yaml::wrong",
        f"target    {TARGET} (gunicorn ",
        "cites     SCOPE-01 (must, risk: interop)",
        "cases.yaml:13:51",
        "= expected: status 201",
        "time line (>> << wire",
        "| Host: 127.0.0.1:<server port>\\r\\n",
        "client=['127.0.0.1', <port 1>]",
        "call 1 sent",
        "| Date: <date>\\r\\n",
        "reproduce it, in two terminals:",
    ):
        assert part in explained.stdout, part
    assert engine("explain", "last", "wrong", "--raw").stdout.count("<") < explained.stdout.count("<")
    first = engine("explain", "last", "wrong", "--for-diff").stdout
    engine("grid", "cases.yaml", "--framework", "control")
    assert engine("explain", "last", "wrong", "--for-diff").stdout == first
    found = json.loads(engine("explain", "last", "wrong", "control", "--format", "json").stdout)
    assert found["result"]["verdict"] == "fail"
    assert found["result"]["transcript"]["moments"][1]["text"].startswith("GET /health HTTP/1.1\r\n")


@pytest.mark.service
def test_what_passed_has_no_time_line_unless_it_was_asked_for(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(CASES)
    engine("grid", "cases.yaml", "--framework", "control")
    assert "--keep-transcripts` makes a run that has it" in engine("explain", "last", "good").stdout
    engine("grid", "cases.yaml", "--framework", "control", "--keep-transcripts")
    assert "GET /health HTTP/1.1" in engine("explain", "last", "good").stdout


@pytest.mark.service
def test_words_that_mean_nothing_or_several_are_told(engine: Engine, suites: Path) -> None:
    none = engine("explain", "last", "good")
    assert (none.returncode, "`engine grid` makes one" in none.stderr) == (2, True)
    (suites / "cases.yaml").write_text(CASES)
    engine("grid", "cases.yaml", "--framework", "control", "--loop", "both")
    several = engine("explain", "last", "wrong")
    assert several.returncode == 2
    assert "gunicorn-control-asyncio (fail)" in several.stderr
    assert engine("explain", "last", "wrong", "uvloop").returncode == 0
    assert "has no case 'rong::x'" in engine("explain", "last", "rong::x").stderr


@pytest.mark.service
def test_repeat_and_recheck(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(CASES)
    ran = engine("grid", "cases.yaml", "--framework", "control", "--repeat", "3", "--recheck")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "run 3 times each: 3 of 3 had the same verdict every time" in ran.stdout
    assert "(6/9)" in ran.stdout
    assert "rerun in isolation: 1 failure, of which none passes in isolation" in ran.stdout
    assert f"cases.yaml::wrong[{TARGET}]: Passes 0 of 3 in isolation; the verdict is again fail" in ran.stdout
    explained = engine("explain", "last", "wrong").stdout
    assert "isolated  Passes 0 of 3 in isolation; the verdict is again fail" in explained
    bad = engine("grid", "cases.yaml", "--repeat", "0")
    assert (bad.returncode, "a number from 1 to 1000" in bad.stderr) == (2, True)


@pytest.mark.service
def test_flaky_cases_break_the_build_only_when_asked(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(FLAKY)
    one = ("grid", "cases.yaml", "--framework", "control", "--repeat", "4")
    ran = engine(*one)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"2/4  cases.yaml::every-other[{TARGET}]: passed 2 of 4; fail " in ran.stdout
    assert "0/1 1~ (2/4)" in ran.stdout
    assert engine(*one, "--flaky-fails").returncode == 1
    assert engine(*one, "--strict").returncode == 1
    explained = engine("explain", "last", "every-other").stdout
    assert "verdict   flaky: passed 2 of 4" in explained
    assert "GET /scope HTTP/1.1" in explained


@pytest.mark.service
def test_without_a_case_the_failures_are_listed(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(CASES)
    engine("grid", "cases.yaml", "--framework", "control", "--no-counterparts")
    found = engine("explain", "last")
    assert found.returncode == 0, found.stderr
    assert "failing: 1 case\n" in found.stdout
    assert f"    fail     cases.yaml::wrong[{TARGET}]" in found.stdout
    assert found.stdout.endswith("\n`engine explain RUN CASE` shows one result in full\n")
    assert engine("explain", "last", "--format", "json").returncode == 2


def test_a_target_that_did_not_start_is_shown_with_its_reason_and_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    dead = row("s f", failed="s-f ended before it was ready", hint="look there", log="Traceback\nImportError: x")
    store = Store(tmp_path / "results" / "runs" / "dead", "dead", {"engine": "0"})
    store.target(dead)
    store.take(ResultEvent(0, result(dead, Verdict.ERROR)))
    store.close("whole")
    assert main(["explain", "last"]) == 0
    assert re.sub(r" in 0\.\d s", "", capsys.readouterr().out) == (
        "s-f-asyncio did not start: s-f ended before it was ready\n"
        "  look there\n"
        "  | Traceback\n"
        "  | ImportError: x\n"
        "\n"
        "run dead: 0 cases: 1 target did not start\n"
    )


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("whole", "run one: 1 case: 1 passed\nnothing is failing\n"),
        (
            "interrupted",
            "Interrupted after 1 of 20 results.\nrun one: 1 case: 1 passed\nnothing is failing in these results\n",
        ),
    ],
)
def test_a_run_without_failures_says_so_and_one_that_ended_early_says_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ended: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "results" / "runs" / "one", "one", {"engine": "0", "jobs": 20})
    store.target(row("s f"))
    store.take(ResultEvent(0, result(row("s f"), Verdict.PASS)))
    store.close(ended)
    assert main(["explain", "last"]) == 0
    assert re.sub(r" in 0\.\d s", "", capsys.readouterr().out) == words
