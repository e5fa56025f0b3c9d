"""``engine history``: the list, the outcomes of a run, and its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import history
from engine.cli.base import cut_short
from engine.cli.main import main
from engine.model.bug import Bug
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.history import CaseOutcome, case_outcome
from engine.results.record.store import Run

DOCUMENT = """\
history: Mine
list:
  - {id: A1, server: uvicorn-httptools, bad: "0.41.0", fixed: "0.42.0", title: A bug, source: here}
"""
BUG = Bug("G01", "server", "gunicorn", "25.0.0", "25.0.1", "A bug", "here", cases=("a.yaml::one", "a.yaml::two"))


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "history.yaml"
    path.write_text(DOCUMENT)
    return str(path)


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history"]) == 0
    out = capsys.readouterr().out
    assert "gunicorn 25.0.0, fixed in 25.0.1" in out
    assert "uvicorn-h11 0.34.0 with h11==0.14.0, fixed in 0.54.0 with h11==0.16.0" in out
    assert "granian 2.8.7, not fixed" in out
    assert main(["history", "--format", "json"]) == 0
    bugs = json.loads(capsys.readouterr().out)
    assert len({bug["id"] for bug in bugs}) == len(bugs) > 90


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["G00"], 2, "there is no bug 'G00'"),
        (["g13"], 2, "did you mean 'G13'?"),
        (["--whole"], 2, "no bug is named for `--whole`\n  name a bug, or add --all"),
        (["--whole", "-k", "x"], 2, "no bug is named for `--whole`"),
        (["G01", "--all"], 2, "--all selects every bug"),
        (["G01", "-k", "x"], 2, "the options that select cases are for `--whole`"),
        (["--file", "nowhere.yaml"], 2, "there is no document of history at nowhere.yaml"),
    ],
)
def test_usage(words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", *words]) == code
    assert message in capsys.readouterr().err


def test_a_bug_without_cases_runs_nothing(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "A1", "--file", document]) == 3
    assert "no case finds A1 yet" in capsys.readouterr().err


def test_a_case_that_does_not_exist_is_named(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(document).write_text(DOCUMENT.replace("source: here", 'source: here, cases: ["specs/http/wire.yaml::nope"]'))
    assert main(["history", "A1", "--file", document]) == 2
    assert "bug A1 names the case 'specs/http/wire.yaml::nope', which does not exist" in capsys.readouterr().err


def test_the_cases_of_a_document_elsewhere(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are those of the engine and of the files next to it; errors in other files hide nothing."""
    folder = Path(document).parent
    text = "suite: M\ncategory: mine\ncite: [SCOPE-01]\nlevel: must\ncases:\n  - id: one\n    title: One\n"
    (folder / "own.yaml").write_text(text + "    steps: [{request: {path: /scope, expect: {status: 200}}}]\n")
    (folder / "broken.yaml").write_text("suite: S\ncases: []\n")
    named = ["specs/http/wire.yaml::missing-host", "own.yaml::one", "own.yaml::two", "specs/http/wire.yaml::nope"]
    Path(document).write_text(DOCUMENT.replace("source: here", f"source: here, cases: {json.dumps(named)}"))
    assert main(["lint", document]) == 1
    err = capsys.readouterr()
    out = err.out + err.err
    assert [name for name in named if f"there is no case {name!r}" in out] == named[2:]


def test_an_interrupted_run_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("20260101-000000-aaaa", {"jobs": 4}, (), (result("one", Verdict.PASS),), False, "interrupted")
    assert cut_short(run) == 130
    assert capsys.readouterr().err == "engine: interrupted after 1 of 4 results; run 20260101-000000-aaaa\n"


def result(case: str, verdict: Verdict) -> JobResult:
    return JobResult(case, "a.yaml", "t", "first", "must", verdict, "status is 500")


def outcome(case: str, bad: Verdict, fixed: Verdict) -> CaseOutcome:
    return case_outcome(f"a.yaml::{case}", result(case, bad), result(case, fixed))


@pytest.mark.parametrize(("second", "code"), [(Verdict.FAIL, 0), (Verdict.PASS, 1)])
@pytest.mark.parametrize("form", ["text", "json"])
def test_each_listed_case_must_find_the_bug(
    second: Verdict, code: int, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {BUG: [outcome("one", Verdict.FAIL, Verdict.PASS), outcome("two", second, Verdict.PASS)]}
    assert history.show(rows, history.Printing(form), "20260101-000000-aaaa", 3.2) == code
    out = capsys.readouterr().out
    if form == "json":
        (bug,) = json.loads(out)
        assert [one["finds"] for one in bug["outcomes"]] == [True, not code]
        return
    assert "G01  gunicorn 25.0.0, fixed in 25.0.1: A bug" in out
    assert ["fail", "pass", "finds", "the", "bug", "a.yaml::one"] in [line.split() for line in out.splitlines()]
    assert f"{1 - code} of 1 bug found by all of its cases in 3 s" in out


def test_a_release_that_does_not_start_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {BUG: [outcome("one", Verdict.ERROR, Verdict.PASS)]}
    assert history.show(rows, history.Printing("text"), "20260101-000000-aaaa", 3.2) == 3
    assert "not compared" in capsys.readouterr().out


def test_a_proposal_is_a_part_of_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert history.propose({BUG: ["a.yaml::one[1]"]}, history.Printing()) == 0
    out = capsys.readouterr().out
    assert out == '# G01: A bug\n    cases:\n      - "a.yaml::one[1]"\n'
    assert history.propose({BUG: []}, history.Printing()) == 0
    assert "no case finds it" in capsys.readouterr().out


@pytest.mark.service
def test_a_case_runs_on_two_releases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty text message was not sent by one release of uvicorn: the other case has nothing to do with it."""
    path = tmp_path / "history.yaml"
    cases = ["specs/websocket/frames.yaml::opcodes", "specs/http/scope.yaml::raw-path"]
    flags = 'flags: ["--ws", websockets-sansio]'
    path.write_text(DOCUMENT.replace("source: here", f"source: here, {flags}, cases: {json.dumps(cases)}"))
    code = main(["history", "A1", "--file", str(path), "--format", "json", "--results", str(tmp_path)])
    out = json.loads(capsys.readouterr().out)
    assert [(one["bad"], one["fixed"]) for one in out[0]["outcomes"]] == [("fail", "pass"), ("pass", "pass")]
    assert code == 1
