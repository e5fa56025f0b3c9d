"""``--shard`` of ``engine grid`` and of pytest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.results.record.store import read
from tests.cli.conftest import CASES, Engine

TWO = ("grid", "cases.yaml", "--framework", "control", "--loop", "both", "-k", "good")


def headers(suites: Path) -> list[dict[str, Any]]:
    found = sorted((suites / "results" / "runs").glob("*/run.ndjson"))
    return [dict(read(path).header) for path in found]


def test_a_shard_without_work_is_no_error(engine: Engine, suites: Path) -> None:
    ran = engine(*TWO, "--shard", "3/3")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr.startswith("engine: shard 3/3 has no work: the run has 2 targets, partition ")
    assert not (suites / "results").exists()


@pytest.mark.parametrize("word", ["0/3", "4/3", "x"])
def test_a_wrong_shard(engine: Engine, word: str) -> None:
    ran = engine(*TWO, "--shard", word)
    assert ran.returncode == 2
    assert "1/3" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_run_that_is_drawn_again_is_no_shard(engine: Engine) -> None:
    ran = engine("grid", "--from", "last", "--shard", "1/2")
    assert (ran.returncode, "--shard cannot select a part" in ran.stderr) == (2, True)


@pytest.mark.parametrize("more", [("--recheck",), ("--runtime", "docker")])
def test_a_cluster_runs_nothing_in_isolation_and_no_containers(engine: Engine, more: tuple[str, ...]) -> None:
    ran = engine(*TWO, "--on", "dask://127.0.0.1:1", *more)
    assert (ran.returncode, "cannot be combined with --on" in ran.stderr) == (2, True)


@pytest.mark.service
def test_shards_of_the_grid_and_of_pytest(engine: Engine, suites: Path) -> None:
    """One partition for both, whose digest stands in each record; the shards share out the targets."""
    from tests import forked_pytest
    from tests.cli.conftest import clean

    for word in ("1/2", "2/2"):
        ran = engine(*TWO, "--shard", word)
        assert ran.returncode == 0, ran.stderr
    assert (suites / "cases.yaml").read_text() == CASES
    words = ("cases.yaml", "--asgi-framework", "control", "--asgi-loop", "both", "-k", "good", "--asgi-shard")
    one = forked_pytest.pytest(suites, (*words, "1/2"), clean())
    assert one.returncode == 0, one.stdout
    assert "1 passed" in one.stdout
    idle = forked_pytest.pytest(suites, (*words, "3/3"), clean())
    assert idle.returncode == 0, idle.stdout
    assert "conformance: shard 3/3 has no work: the run has 2 targets, " in idle.stdout
    split = forked_pytest.pytest(suites, (*words, "2/2", "-n", "2"), clean())
    assert (split.returncode, "1 passed" in split.stdout) == (0, True), split.stdout
    wrong = forked_pytest.pytest(suites, (*words, "4/3"), clean())
    assert (wrong.returncode, "shards are numbered from 1/3 to 3/3" in wrong.stdout + wrong.stderr) == (4, True)
    found = headers(suites)
    assert [header["shard"]["shard"] for header in found] == [1, 2, 1, 2]
    assert len({header["shard"]["partition"] for header in found}) == 1
    assert sorted(header["targets"][0] for header in found[:2]) == [
        "gunicorn-control-asyncio",
        "gunicorn-control-uvloop",
    ]
    assert found[0]["cases"] == found[1]["cases"] == ["cases.yaml::good"]
