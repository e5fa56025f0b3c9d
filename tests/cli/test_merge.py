"""``engine merge`` on the command line, and the commands that work on a merged run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.app.test_merging import record, shards
from tests.cli.conftest import Engine
from tests.cli.test_shard import TWO


def test_a_merge_names_its_run_and_the_next_command(engine: Engine, suites: Path) -> None:
    one, other = shards(suites / "results" / "runs")
    ran = engine("merge", one.name, other.name, "-o", "merged", "--weights", "weights.json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "written: results/runs/merged/run.ndjson",
        "written: weights.json",
        "2 runs: 4 results on 2 targets: 3 passed, 1 failed",
        "run merged",
        "next: engine grid --from merged",
    ]
    assert json.loads((suites / "weights.json").read_text())["seconds"]["a-f-asyncio"] == {"suite.yaml": 0.005}
    assert engine("grid", "--from", "merged").returncode == 1
    assert engine("compare", "merged", "merged").returncode == 0
    assert "expected status 200, got 500" in engine("explain", "merged", "two", "a-f").stdout
    assert "merged" in engine("report", "merged", "--format", "markdown").stdout


def test_a_missing_shard(engine: Engine, suites: Path) -> None:
    one, _ = shards(suites)
    ran = engine("merge", f"./{one.name}", "-o", f"out{os.sep}")
    assert ran.returncode == 1
    assert "engine: shard 2/2 is missing: b-f-asyncio" in ran.stderr
    assert ran.stdout.endswith("next: engine grid --from out/\n") or "--from out" in ran.stdout
    assert (suites / "out" / "run.ndjson").is_file()


def test_a_run_of_another_engine(engine: Engine, suites: Path) -> None:
    folder = suites / "results" / "runs"
    one, _ = shards(folder)
    other = record(folder / "r3", engine="2.0", shard=2, started=200.0)
    ran = engine("merge", one.name, other.name, "-o", "m")
    assert (ran.returncode, "r3 has engine 2.0, and r1 has 1.0" in ran.stderr) == (2, True)
    assert engine("merge", one.name, "-o", "last").returncode == 2
    assert engine("merge", "nothing", "-o", "m").returncode == 2


@pytest.mark.service
def test_two_shards_are_the_same_grid_as_one_run(engine: Engine, suites: Path) -> None:
    words = TWO[:-2]
    assert engine(*words, "-k", "good or 'slow[1]'").returncode == 0
    (whole,) = os.listdir(suites / "results" / "runs")
    for shard in ("1/2", "2/2"):
        assert engine(*words, "-k", "good or 'slow[1]'", "--shard", shard, "--results", "parts").returncode == 0
    parts = [f"parts/runs/{name}" for name in os.listdir(suites / "parts" / "runs")]
    assert engine("merge", *parts, "-o", "merged").returncode == 0
    one, other = (engine("grid", "--from", name).stdout for name in (whole, "merged"))
    assert one.partition("no difference")[0] == other.partition("no difference")[0]
    compared = engine("compare", whole, "merged")
    assert (compared.returncode, "nothing changed" in compared.stdout) == (0, True)
