"""``engine compare`` on runs that are there: what it takes for a run, what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.model.result_event import ResultEvent
from engine.model.verdict import Verdict
from engine.results.analysis.grouping import BY
from engine.results.record.store import Store, TargetRow
from tests.results.synthetic import CASE, row, run

PASS, FAIL = Verdict.PASS, Verdict.FAIL


def keep(folder: Path, name: str, cells: Mapping[str, Verdict], *known: TargetRow, case: str = CASE) -> None:
    made = run(cells, *known, case=case)
    store = Store(folder / "results" / "runs" / name, name, {"engine": "0"})
    for target in made.targets:
        store.target(target)
    for result in made.results:
        store.take(ResultEvent(0, result))
    store.close("whole")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, "old", {"s f": FAIL, "s g": PASS})
    keep(tmp_path, "new", {"s f": PASS, "s g": PASS})
    keep(tmp_path, "two", {"gunicorn==26.2.0 f": PASS, "gunicorn==27.0.1 f": FAIL})
    keep(tmp_path, "four", {"gunicorn f": PASS, "gunicorn==26.2.0 f": FAIL, "gunicorn==27.0.1 f": FAIL})
    keep(tmp_path, "dead", {"s f": PASS})
    keep(tmp_path, "releases", {"s starlette==0.9": PASS, "s starlette": FAIL, "s control": PASS})
    keep(tmp_path, "pair", {"s starlette==0.9": PASS, "s starlette": FAIL})
    (tmp_path / "cases.yaml").write_text("suite: X\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["old", "new"], 0, "fixed: 1 case"),
        (["results/runs/old", "results/runs/new/run.ndjson"], 0, "fixed: 1 case"),
        (["new", "old"], 1, "regressed: 1 case"),
        (["new", "new"], 0, "nothing changed"),
        (["new", "old", "--framework", "g"], 0, "1 result compared\nnothing changed"),
        (["two"], 1, "gunicorn==26.2.0 -> gunicorn==27.0.1"),
        (["pair"], 1, "starlette==0.9 -> starlette:"),
        (
            ["releases", "--framework", "starlette==0.9", "--framework", "starlette"],
            1,
            "starlette==0.9 -> starlette: 1",
        ),
        (["releases", "--framework", "starlette", "--framework", "starlette==0.9"], 0, "fixed: 1 case"),
        (["releases", "--framework", "starlette", "--framework", "starlette==0.9.0"], 0, "fixed: 1 case"),
        (["four", "--server", "gunicorn==27.0.1", "--server", "gunicorn"], 0, "gunicorn==27.0.1 -> gunicorn:"),
        (["four", "--server", "gunicorn", "--server", "gunicorn==27.0.1"], 1, "gunicorn -> gunicorn==27.0.1:"),
    ],
)
def test_comparing(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str) -> None:
    assert main(["compare", *arguments]) == code
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["old", "nowhere"], "nowhere is not a run"),
        (["old"], "a comparison needs two servers, and old has 1"),
        (["four"], "select two with --server: gunicorn, gunicorn==26.2.0, gunicorn==27.0.1"),
        (["old", "new", "two"], "not 3 runs\n"),
        (["old", "new", "--server", "gunicorn"], "not 2 runs and 1 server\n"),
        (["old", "cases.yaml"], "cases.yaml is not a run"),
        (["old", "two"], "no target in common"),
        (["four", "--server", "gunicorn", "--server", "gunicorn"], "are the same"),
        (["four", "--server", "gunicorn==26.2", "--server", "gunicorn==26.2.0"], "are the same"),
        (["releases", "--framework", "starlette==0.9", "--framework", "starlette==0.9.0"], "are the same"),
        (["four", "--server", "gunicorn"], "needs two runs, two servers or two frameworks, not 1 server\n"),
        (["four", "--server", "gunicorn", "--server", "gunicorn==1.0"], "four has no targets of gunicorn==1.0"),
        (["--server", "gunicorn"], "not 1 server\n  engine compare RUN RUN "),
        ([], "`engine compare` needs two runs, two servers or two frameworks\n  engine compare RUN RUN "),
        (["old", "new", "--format", "jso"], "did you mean 'json'?"),
        (["cases.yaml", "--server", "gunicorn", "--server", "gunicron"], "did you mean 'gunicorn'?"),
        (["--framework", "starlette", "--framework", "starlete==1.0"], "did you mean 'starlette'?"),
        (["--framework", "starlette", "--framework", "starlette"], "starlette and starlette are the same"),
        (["--framework", "starlette"], "two servers or two frameworks, not 1 framework\n"),
        (["releases", "--framework", "starlette", "--framework", "fastapi"], "releases has no targets of fastapi"),
    ],
)
def test_usage(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(["compare", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_formats(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "new", "old", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["regressed"] is True
    assert main(["compare", "old", "new", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("# old and new\n")


def test_what_starts_on_neither_side_could_not_be_compared(here: Path) -> None:
    failed = row("s f", failed="no module")
    keep(here, "one", {"s f": Verdict.ERROR}, failed)
    keep(here, "other", {"s f": Verdict.ERROR}, failed)
    assert main(["compare", "one", "other"]) == 3
    assert main(["compare", "dead", "one"]) == 1


def test_sides_without_a_common_case(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(here, "bytes", {"s f": PASS}, case="case[bytes]")
    keep(here, "library", {"s f": PASS}, case="case[library]")
    assert main(["compare", "bytes", "library"]) == 3
    assert "the sides have no case in common: a delivery or a client" in capsys.readouterr().out


def test_the_grid_is_grouped_by_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grid", "--group-by", "nothing"]) == 2
    message = capsys.readouterr().err
    assert all(word in message.partition("known: ")[2] for word in BY)


@pytest.mark.parametrize("by", BY)
def test_a_run_is_drawn_again_by_group(here: Path, capsys: pytest.CaptureFixture[str], by: str) -> None:
    assert main(["grid", "--from", "four", "--group-by", by]) == 1
    out = capsys.readouterr().out
    title = {"server": "gunicorn==26.2.0", "framework": "f", "loop": "loop asyncio"}[by]
    assert f"{title}\n┌" in out
    assert "failing: 2 results (1 case)" in out
    assert "the bare app did not run on gunicorn==26.2.0" in out
