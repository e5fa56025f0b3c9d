"""``engine report``: a run that was kept, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.reports.base import able
from tests.cli.test_compare import FAIL, PASS, keep


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, "20260101-000000-aaaa", {"s f": FAIL, "s g": PASS})
    keep(tmp_path, "20260102-000000-bbbb", {"s f": PASS, "s g": PASS})
    return tmp_path


@pytest.mark.parametrize("form", able("grid"))
def test_every_format_goes_to_standard_output_or_to_a_file(
    here: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert main(["report", "last~1", "--format", form]) == 0
    out = capsys.readouterr().out
    assert "20260101-000000-aaaa" in out
    assert main(["report", "results/runs/20260101-000000-aaaa", "--format", form, "-o", "file"]) == 0
    assert capsys.readouterr().out == ""
    assert (here / "file").read_text() == out


def test_a_grid_writes_reports_by_their_suffix(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grid", "--from", "last", "--report", "j.xml", "--report", "s.md", "--html", "h.html"]) == 0
    assert "written: j.xml" in capsys.readouterr().out
    assert "<testsuites " in (here / "j.xml").read_text("utf-8")
    assert (here / "s.md").read_text("utf-8").startswith("# Compatibility grid")
    assert (here / "h.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert main(["grid", "--from", "last", "--report", "x.doc"]) == 2
    assert "the suffix of 'x.doc' selects no report format" in capsys.readouterr().err


def test_an_annotation_has_a_place_in_a_file_of_the_working_directory_only(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["report", "last~1", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::error title=fail%3A case on s-f-asyncio::")
    (here / "specs").mkdir()
    (here / "specs" / "x.yaml").write_text("suite: X\n")
    assert main(["report", "last~1", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::error file=specs/x.yaml,line=1,col=1,title=")
    (here / "deep").mkdir()
    monkeypatch.chdir(here / "deep")
    assert main(["report", str(here / "results/runs/20260101-000000-aaaa"), "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::error title=")


def test_the_newest_run_as_markdown_is_the_default(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    out = capsys.readouterr().out
    assert "Run `20260102-000000-bbbb`: 2 results (1 case on 2 targets): 2 passed" in out
    assert main(["report", "--format", "json", "--group-by", "framework"]) == 0
    assert [one["framework"] for one in json.loads(capsys.readouterr().out)["groups"]] == ["f", "g"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "junitt"], "did you mean 'junit'?"),
        (["nowhere"], "there is no run 'nowhere'"),
        (["-o", "no/such/folder"], "cannot be written: No such file or directory"),
    ],
)
def test_errors(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(["report", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_the_help_lists_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    for command, names in (("report", "csv, github, html, json, junit, markdown"), ("compare", "text, json, markdown")):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert names in " ".join(capsys.readouterr().out.split())


def test_a_folder_without_a_record_is_no_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "results/runs"]) == 2
    assert capsys.readouterr().err == (
        "engine: results/runs is not the folder of a run: it has no run.ndjson\n  `engine list runs` lists the runs\n"
    )
    (here / "other").mkdir()
    (here / "other" / "run.ndjson").write_bytes(b"\xff")
    assert main(["report", "other/"]) == 2
    assert capsys.readouterr().err.startswith("engine: other/run.ndjson cannot be read: it is not UTF-8\n")


@pytest.mark.parametrize(
    ("file", "begin"), [("r.html", "<!DOCTYPE html>"), ("r.json", "{"), ("r.csv", "run,"), ("r.md", "#")]
)
def test_the_suffix_of_the_file_selects_the_format(here: Path, file: str, begin: str) -> None:
    assert main(["report", "-o", file]) == 0
    assert (here / file).read_text().startswith(begin)


def test_two_runs_are_compared_in_every_format_that_can(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "last~1", "last", "-o", "r.html"]) == 0
    assert "Changes since 20260101-000000-aaaa" in (here / "r.html").read_text()
    assert main(["report", "last~1", "last", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"][0]["change"] == "fixed"
    assert main(["report", "last~1", "last", "--format", "csv"]) == 2
    assert "the format 'csv' has no comparison" in capsys.readouterr().err
    assert main(["report", "a", "b", "c"]) == 2
    assert "c is a third run" in capsys.readouterr().err


def test_a_report_masks_secrets_unless_it_is_asked_not_to(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = here / "results" / "runs" / "20260102-000000-bbbb" / "run.ndjson"
    record.write_text(record.read_text().replace('"verdict":"pass"', '"reason":"Cookie: hunter2","verdict":"warn"'))
    for form in able("grid"):
        assert main(["report", "--format", form]) == 0
        assert "hunter2" not in capsys.readouterr().out
    assert main(["report", "--secrets", "--format", "csv"]) == 0
    assert "hunter2" in capsys.readouterr().out
