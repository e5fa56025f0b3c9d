"""``engine site``: runs that were kept, as a folder of pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.cli.test_compare import FAIL, PASS, keep


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, "20260101-000000-aaaa", {"s control": FAIL, "s g": PASS})
    keep(tmp_path, "20260102-000000-bbbb", {"t control": PASS, "t g": PASS})
    return tmp_path


def test_the_newest_run_is_written_into_site(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site"]) == 0
    assert capsys.readouterr().out.startswith("written: site/index.html and ")
    assert (here / "site" / "servers" / "t.html").is_file()
    assert (here / "site" / "runs" / "20260102-000000-bbbb.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    # A site is overwritten, and its other pages are removed.
    (here / "site" / "servers" / "note.txt").write_text("mine")
    assert main(["site", "last~1"]) == 0
    assert not (here / "site" / "servers" / "t.html").exists()
    assert (here / "site" / "servers" / "s.html").is_file()
    assert (here / "site" / "servers" / "note.txt").is_file()


def test_several_runs_are_joined(here: Path) -> None:
    assert main(["site", "last", "last~1", "-o", "x/y"]) == 0
    data = json.loads((here / "x" / "y" / "data.json").read_text("utf-8"))
    assert [one["run"] for one in data["runs"]] == ["20260101-000000-aaaa", "20260102-000000-bbbb"]
    assert [one["server"] for one in data["servers"]] == ["s", "t"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 2, "there is no run 'nowhere'"),
        (["-o", "file"], 2, "file is a file"),
        (["-o", "results"], 2, "results has files that are no site"),
        (["--history", "none.yaml"], 2, "there is no document of history at none.yaml"),
    ],
)
def test_errors(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str) -> None:
    (here / "file").write_text("x")
    assert main(["site", *arguments]) == code
    assert words in capsys.readouterr().err


def test_secrets_are_masked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = here / "results" / "runs" / "20260102-000000-bbbb" / "run.ndjson"
    lines = path.read_text("utf-8").splitlines()
    last = {**json.loads(lines[1]), "log": "API_TOKEN=abcdef", "failed": "Cookie: sid=abcdef"}
    path.write_text("\n".join([lines[0], json.dumps(last), *lines[2:]]) + "\n", "utf-8")
    assert main(["site"]) == 0
    texts = [file.read_text("utf-8") for file in (here / "site").rglob("*") if file.is_file()]
    assert any("Cookie: ***=******" in text for text in texts)
    assert not any("abcdef" in text for text in texts)
