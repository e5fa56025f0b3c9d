"""``engine new``, and the things that it makes with real services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.new import listed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_files_and_the_next_commands_are_printed(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["new", "suite", "caching", "--into", "suites"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("written: suites/caching.yaml\n\nnext:\n  engine lint suites/caching.yaml ")
    for line in out.splitlines():
        if line.startswith("  engine lint"):
            assert main(line.split("  ")[1].split()[1:]) == 0
    assert main(["new", "suite", "caching", "--into", "suites"]) == 2
    assert "suites/caching.yaml already exists" in capsys.readouterr().err


def test_unknown_kinds_and_names(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "suit", "x"]) == 2
    assert "did you mean 'suite'?" in capsys.readouterr().err
    assert main(["new", "suite", "Big Name"]) == 2
    assert "big-name" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.service
def test_suites_and_frameworks_run_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new suite passes on the bare apps, and the first endpoint of new frameworks passes it."""
    for interface in ("asgi", "wsgi"):
        assert main(["new", "framework", f"mini-{interface}", "--interface", interface, "--into", "mine"]) == 0
        assert main(["new", "suite", interface, "--interface", interface, "--into", "suites"]) == 0
    frameworks = ("mini-asgi", "mini-wsgi", "control", "wsgi-control")
    words = [word for name in frameworks for word in ("--framework", name)]
    assert main(["grid", "suites", *words, "--frameworks", "mine"]) == 0
    (path,) = (here / "results" / "runs").glob("*/run.ndjson")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    results = {line["target"]: line["verdict"] for line in lines if line["kind"] == "result"}
    assert set(results.values()) == {"pass"}
    assert len(results) == len(frameworks)


@pytest.mark.service
def test_a_stub_says_what_is_missing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "framework", "mini", "--into", "mine"]) == 0
    case = str(ROOT / "specs" / "contract" / "streaming.yaml") + "::ten-lines"
    assert main(["grid", case, "--framework", "mini", "--frameworks", "mine", "--no-counterparts"]) == 1
    (path,) = (here / "results" / "runs").glob("*/run.ndjson")
    assert "GET /streaming is missing: see app.py of mini" in path.read_text()


def test_purposes_are_below_their_commands_where_the_terminal_is_narrow() -> None:
    commands = (("engine lint x", "checks it"), ("engine grid x --framework y", "runs it"))
    assert (
        listed(commands, 80)
        == listed(commands, 0)
        == [
            "  engine lint x                checks it",
            "  engine grid x --framework y  runs it",
        ]
    )
    assert listed(commands, 30) == [
        "  engine lint x",
        "      checks it",
        "  engine grid x --framework y",
        "      runs it",
    ]
