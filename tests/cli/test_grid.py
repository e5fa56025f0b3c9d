"""``engine grid`` with real services: its files, its exit codes, and what it leaves behind when it is stopped."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.grid import exit_code
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Run, TargetRow
from tests.cli.conftest import BROKEN_APP, Engine
from tests.running import processes

ROOT = Path(__file__).parents[2]
TARGET = "gunicorn-control-auto"
ONE = ("grid", "cases.yaml", "--framework", "control")

Begun = Callable[..., "subprocess.Popen[str]"]


def kept(suites: Path) -> Path:
    (path,) = (suites / "results" / "runs").glob("*/run.ndjson")
    return path


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.service
def test_both_loops(engine: Engine, suites: Path) -> None:
    ran = engine(*ONE, "--loop", "both")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "no difference between asyncio and uvloop" in ran.stdout
    assert list((suites / "results").glob("compatibility_grid_*")) == []
    names = sorted(path.name for path in kept(suites).parent.glob("compatibility_grid_*"))
    assert names == [
        f"compatibility_grid_{loop}.{end}" for loop in ("asyncio", "both", "uvloop") for end in ("json", "md")
    ]
    both = json.loads(kept(suites).with_name("compatibility_grid_both.json").read_text())
    assert [(row["loop"], row["found_loop"]) for row in both["rows"]] == [("asyncio", "asyncio"), ("uvloop", "uvloop")]
    for row in both["rows"]:
        assert row["total"]["passed"] == row["total"]["applicable"] == 5
        assert row["versions"]["gunicorn"]
        assert row["python"]
    name = kept(suites).parent.name
    end = ran.stdout.splitlines()[-2:]
    assert f"written: results/runs/{name}/compatibility_grid_both.md\n" in ran.stdout
    assert re.fullmatch(r"10 results \(5 cases on 2 targets\): 10 passed in [0-9.]+ s", end[0])
    assert end[1] == f"run {name}"
    again = engine("grid", "--from", name, "--html", "page.html")
    assert "written: page.html" in again.stdout
    assert name in (suites / "page.html").read_text()
    assert again.returncode == 0
    assert again.stdout.split("passed/applicable")[0] == ran.stdout.split("passed/applicable")[0]


@pytest.mark.service
def test_a_framework_that_does_not_start_is_one_red_row(engine: Engine, suites: Path) -> None:
    frameworks = suites / "frameworks"
    shutil.copytree(ROOT / "frameworks" / "control", frameworks / "control")
    shutil.copytree(ROOT / "frameworks" / "control", frameworks / "broken")
    shutil.copy(ROOT / "frameworks" / "contract.yaml", frameworks)
    (frameworks / "broken" / "app.py").write_text(BROKEN_APP)
    ran = engine("grid", "cases.yaml", "--frameworks", "frameworks")
    assert ran.returncode == 1
    assert "did not start" in ran.stdout
    assert "nowhere_to_be_found" in ran.stdout
    assert "5/5" in ran.stdout
    assert "Traceback" not in ran.stderr
    alone = engine("grid", "cases.yaml", "--frameworks", "frameworks", "--framework", "broken")
    assert alone.returncode == 3


@pytest.mark.service
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle(begun: Begun, suites: Path, number: signal.Signals) -> None:
    process = begun(*ONE)
    path = wait_for_a_verdict(suites)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130, out
    assert re.search(r"Interrupted after [1-4] of 5 results\.", out)
    assert "Traceback" not in out
    found = lines(path)
    assert found[-1]["kind"] == "footer"
    assert found[-1]["ended"] == "interrupted"
    assert 1 <= sum(line["kind"] == "result" for line in found) < 5


@pytest.mark.service
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the processes are found through /proc")
def test_killed_in_the_middle(begun: Begun, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    process = begun(*ONE)
    path = wait_for_a_verdict(suites)
    assert processes(f"ENGINE_DESK={scratch}")
    process.kill()
    process.wait()
    deadline = time.monotonic() + 15
    while (processes(f"ENGINE_DESK={scratch}") or any(scratch.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes(f"ENGINE_DESK={scratch}") == {}
    assert not any(scratch.iterdir())
    found = lines(path)
    assert [line["kind"] for line in found[:3]] == ["header", "target", "result"]
    assert found[-1]["kind"] != "footer"


def wait_for_a_verdict(suites: Path) -> Path:
    """The run's file, once it holds a verdict."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in (suites / "results").glob("runs/*/run.ndjson"):
            if '"kind":"result"' in path.read_text():
                return path
        time.sleep(0.02)
    raise AssertionError("no verdict came")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grid", "nowhere.yaml"], "no such file or folder: nowhere.yaml"),
        (["grid", "cases.yaml", "--framework", "starlete"], "did you mean 'starlette'?"),
        (["grid", "cases.yaml", "--server", "gunicron"], "did you mean 'gunicorn'?"),
        (["grid", "cases.yaml", "--category", "frist"], "did you mean 'first'?"),
        (["grid", "cases.yaml", "--level", "may"], "no case was selected"),
        (["grid", "--from", "nowhere"], "there is no run 'nowhere'"),
        (["grid", "--from", "last", "-k", "good"], "--from prints a complete run, so -k cannot select a part of it"),
        (
            ["grid", "cases.yaml", "--from", "last"],
            "--from prints a complete run, so cases.yaml cannot select a part of it",
        ),
        (["serve", "gunicorn-control-asynci"], "did you mean 'gunicorn-control-asyncio'? `engine list targets`"),
        (["lint", "nowhere.yaml"], "no such file or folder: nowhere.yaml"),
    ],
)
def test_usage(engine: Engine, arguments: list[str], words: str) -> None:
    ran = engine(*arguments)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


WRONG = """\
suite: Wrong
category: first
cite: [SCOPE-01]
level: must
cases:
  - id: wrong
    title: Nobody answers so
    steps:
      - request: {path: /health, expect: {status: 201}}
  - id: lost
    title: A mutant of the reference leaves out Date
    steps:
      - request: {path: /health, expect: {header.date: {present: true}}}
"""


@pytest.mark.service
def test_what_fails_is_run_where_it_can_be_compared(engine: Engine, suites: Path) -> None:
    """A run of one framework states the cause of a failure; the added results are in no figure."""
    (suites / "cases.yaml").write_text(WRONG)
    ran = engine("grid", "cases.yaml", "--framework", "fastapi", "--server", "reference~no-date")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "comparing: 6 results on other targets" in ran.stderr
    assert "failing: 2 cases\n  the case or the engine    1 case\n  server reference~no-date  1 case\n" in ran.stdout
    found = lines(kept(suites))
    assert [line["target"] for line in found if line["kind"] == "result"] == ["reference~no-date-fastapi-auto"] * 2
    beside = [(line["case"], line["target"]) for line in found if line["kind"] == "counterpart"]
    names = ("reference~no-date-control-auto", "reference-control-auto", "reference-fastapi-auto")
    assert sorted(beside) == sorted((case, name) for case in ("wrong", "lost") for name in names)
    assert found[-1]["counts"] == {"fail": 2}
    report = json.loads(kept(suites).with_name("compatibility_grid_auto.json").read_text())
    assert [(row["target"], row["total"]["applicable"]) for row in report["rows"]] == [(found[1]["id"], 2)]
    run = kept(suites).parent.name
    following = ran.stdout.splitlines()[-1].partition("next: ")[2]
    assert following == "engine explain last wrong"
    explained = engine(*shlex.split(following)[1:])
    assert explained.stdout.startswith("case      cases.yaml::wrong\n")
    again = engine("grid", "--from", run)
    assert again.stdout.splitlines()[-2:] == [f"run {run}", f"next: engine explain {run} wrong"]
    assert (
        engine("explain", run, "lost", "reference-control")
        .stdout.splitlines()[2]
        .startswith("target    reference-control-auto")
    )
    assert "nothing changed" in engine("compare", run, run).stdout


@pytest.mark.service
def test_without_counterparts_nobody_is_blamed(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text(WRONG)
    ran = engine(*ONE, "--no-counterparts")
    assert ran.returncode == 1
    assert "counterparts" not in ran.stderr
    assert "unknown: server or case" in ran.stdout
    assert (
        "to find out, run: engine grid cases.yaml --server reference --server gunicorn --framework control"
        in ran.stdout
    )
    assert {line["kind"] for line in lines(kept(suites))} == {"header", "target", "result", "footer"}


def test_documents_with_mistakes_are_not_run(engine: Engine, suites: Path) -> None:
    (suites / "cases.yaml").write_text("suite: X\ncategory: x\ncases: []\nnonsense: 1\n")
    ran = engine("grid", "cases.yaml")
    assert ran.returncode == 2
    assert "error[unknown-key]" in ran.stderr
    assert not (suites / "results").exists()


def test_results_that_cannot_be_written(engine: Engine, suites: Path) -> None:
    (suites / "file").write_text("")
    ran = engine("grid", "cases.yaml", "--results", "file")
    assert ran.returncode == 2
    assert "cannot be kept" in ran.stderr


def result(verdict: Verdict) -> JobResult:
    return JobResult("a", "a.yaml", TARGET, "first", "must", verdict)


@pytest.mark.parametrize(
    ("verdict", "strict", "code"),
    [
        (Verdict.PASS, False, 0),
        (Verdict.WARN, False, 0),
        (Verdict.WARN, True, 1),
        (Verdict.INFO, True, 0),
        (Verdict.KNOWN, True, 0),
        *[
            (verdict, False, 1)
            for verdict in (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR, Verdict.UNEXPECTED_PASS)
        ],
    ],
)
def test_exit_codes(verdict: Verdict, strict: bool, code: int) -> None:
    row = TargetRow(TARGET, "gunicorn", "control", "auto", "direct", "local")
    assert exit_code(Run("x", {}, (row,), (result(verdict),), True, "whole"), strict=strict) == code
    assert exit_code(Run("x", {}, (row,), (result(verdict),), False, "cut short"), strict=strict) == 1


@pytest.mark.parametrize("verdict", [Verdict.UNSUPPORTED, Verdict.BLOCKED])
def test_a_run_that_judged_nothing_is_no_success(verdict: Verdict) -> None:
    row = TargetRow(TARGET, "gunicorn", "control", "auto", "direct", "local")
    left_out = Run("x", {}, (row,), (result(verdict),), True, "whole")
    assert exit_code(left_out, strict=False) == 3
    judged = replace(left_out, results=(result(verdict), replace(result(Verdict.PASS), case="b")))
    assert exit_code(judged, strict=False) == 0


@pytest.mark.service
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--server", "daphne", "--loop", "uvloop", "--framework", "control"], "daphne does not run on uvloop"),
        (["--server", "pyuwsgi", "--framework", "control"], "pyuwsgi does not serve ASGI apps"),
    ],
)
def test_why_nothing_was_judged(engine: Engine, suites: Path, words: list[str], reason: str) -> None:
    ran = engine("grid", "cases.yaml", *words)
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert f"no case ran:\n  5 unsupported: {reason}\n" in ran.stdout
    again = engine("grid", "--from", next((suites / "results" / "runs").iterdir()).name)
    assert again.returncode == 3
    assert f"  5 unsupported: {reason}\n" in again.stdout


def test_cases_that_are_meant_for_none_of_the_targets(engine: Engine) -> None:
    ran = engine("grid", "cases.yaml", "--framework", "flask")
    assert ran.returncode == 3
    assert ran.stderr == "engine: no case ran\n  5 cases on flask: it is for ASGI apps\n"


@pytest.mark.service
def test_several_servers_of_which_some_cannot_be_had(engine: Engine, suites: Path) -> None:
    ran = engine(
        *ONE, "--server", "gunicorn", "--server", "gunicorn~mine", "--variant", "mine: --workers 2", "--server",
        "daphne", "--server", "gunicorn==99.0", "--server", f"hypercorn@{suites}", "--loop", "both",
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    for words in (
        "gunicorn==99.0-control-asyncio did not start: there is no gunicorn 99.0",
        "lists what there is",
        "is not a Python project",
    ):
        assert words in ran.stdout
    both = json.loads(kept(suites).with_name("compatibility_grid_both.json").read_text())
    rows = {row["target"]: row for row in both["rows"]}
    assert len(rows) == 10
    for loop in ("asyncio", "uvloop"):
        plain, mine = rows[f"gunicorn-control-{loop}"], rows[f"gunicorn~mine-control-{loop}"]
        assert (mine["variant"], mine["version"]) == ("mine", plain["version"])
        for row in (plain, mine):
            assert row["total"]["passed"] == row["total"]["applicable"] == 5
            assert "websocket" in row["offers"]
            assert row["refuted"] == []
        missing = rows[f"gunicorn==99.0-control-{loop}"]
        assert (missing["release"], missing["version"]) == ("==99.0", "")
        assert missing["failed"]
    # Its cases are told as unsupported on a loop that it does not offer.
    assert rows["daphne-control-uvloop"]["total"]["applicable"] == 0
    assert rows["daphne-control-asyncio"]["total"]["passed"] == 5
    assert "unsupported" not in str(both["differences"])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--server", "gunicron"], "did you mean 'gunicorn'?"),
        (["--server", "gunicorn==new"], "is not a version"),
        (["--server", "gunicorn~none"], "no variant called 'none'"),
        (["--variant", "mine: --workers 2"], "no --server uses the variant 'mine'"),
        (["--variant", "mine"], "does not declare a variant"),
    ],
)
def test_servers_that_nobody_can_mean(engine: Engine, words: list[str], complaint: str) -> None:
    ran = engine(*ONE, *words)
    assert ran.returncode == 2
    assert complaint in ran.stderr
    assert ran.stdout == ""
