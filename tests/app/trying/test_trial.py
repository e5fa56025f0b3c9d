"""Trials of a case without a server: which files matter, and when a target is started again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import wiring
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.trying.trial import TRACEBACKS, Trial, Trials
from engine.errors import UsageError
from engine.execution.runner.runner import Runner
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ServerLaunch, Target
from engine.model.verdict import Verdict
from tests.execution.fakes import FakeLive

SUITE = """\
suite: Cases
category: first
cite: [CLAUSE]
level: must
cases:
  - id: good
    title: Good
    steps:
      - request: {path: /health, expect: {status: 200}}
"""
CLAUSES = """\
clauses: Mine
source: A note
link: "https://example.org"
list:
  - id: MINE-01
    level: must
    risk: interop
    clause: A note, 1
    statement: It answers.
    url: "https://example.org"
"""


class Starts:
    """A runtime whose targets refuse every connection."""

    def __init__(self) -> None:
        self.made: list[FakeLive] = []

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> LiveTarget:
        self.made.append(FakeLive(launch.target))
        return self.made[-1]

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset()


class Bench:
    """Trials of a case in a folder, with a copy of an app."""

    def __init__(self, folder: Path, runtime: Starts, *servers: str) -> None:
        paths = find()
        self.runtime = runtime
        self.frameworks = folder / "frameworks"
        shutil.copytree(paths.frameworks / "control", self.frameworks / "control")
        for name in ("contract.yaml", "contract-wsgi.yaml"):
            shutil.copy(paths.frameworks / name, self.frameworks)
        self.suite = folder / "cases.yaml"
        self.suite.write_text(SUITE.replace("CLAUSE", "SCOPE-01"))
        engine = Engine(replace(paths, frameworks=self.frameworks))
        options = RunOptions(servers=servers or ("reference",))
        self.trials = Trials(engine, f"{self.suite}::good", options, folder)

    async def run(self) -> Trial:
        shown: list[Trial] = []
        found = await self.trials.run(shown.append)
        assert shown == ([] if found.error is not None else [found])
        await self.trials.tend()
        return found


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Starts:
    found = Starts()
    monkeypatch.setattr(wiring, "runtime", lambda engine, folder: found)
    return found


def test_a_change_of_an_app_starts_the_target_again_and_nothing_else_does(tmp_path: Path, runtime: Starts) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, runtime)
        assert [one.verdict for one in (await bench.run()).results] == [Verdict.FAIL]
        await bench.run()
        assert len(runtime.made) == 1
        bench.suite.write_text(bench.suite.read_text().replace("status: 200", "statu: 200"))
        mistaken = await bench.run()
        assert (mistaken.mistaken, mistaken.exit_code, mistaken.results) == (True, 2, ())
        assert len(runtime.made) == 1
        bench.suite.write_text(SUITE.replace("CLAUSE", "SCOPE-01"))
        app = next(path for path in bench.trials.watched() if path.suffix == ".py")
        app.write_text(app.read_text() + "\n")
        await bench.run()
        assert [one.stopped for one in runtime.made] == [1, 0]
        await bench.trials.close()
        assert [one.stopped for one in runtime.made] == [1, 1]

    asyncio.run(story())


def test_a_new_file_of_clauses_is_read(tmp_path: Path, runtime: Starts) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, runtime)
        await bench.run()
        bench.suite.write_text(SUITE.replace("CLAUSE", "MINE-01"))
        assert [one.code for one in (await bench.run()).diagnostics] == ["unknown-clause"]
        (tmp_path / "mine.yaml").write_text(CLAUSES)
        assert (await bench.run()).diagnostics == ()
        assert tmp_path / "mine.yaml" in [path.absolute() for path in bench.trials.watched()]
        await bench.trials.close()

    asyncio.run(story())


def test_tracebacks_are_kept_when_the_command_has_ended(
    tmp_path: Path, runtime: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Path | None] = []
    made = wiring.runner

    def runner(run_id: str, folder: Path | None = None, *, keep_all: bool = False) -> Runner:
        found.append(folder)
        return made(run_id, folder, keep_all=keep_all)

    monkeypatch.setattr(wiring, "runner", runner)

    async def story() -> None:
        bench = Bench(tmp_path / "temporary", runtime)
        await bench.run()
        await bench.trials.close()

    asyncio.run(story())
    assert found == [find().cache / TRACEBACKS]


def test_each_trial_has_jobs_of_its_own(tmp_path: Path, runtime: Starts) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, runtime)
        for _ in range(3):
            await bench.run()
        (live,) = runtime.made
        finished = live.boundary.finished
        assert len(finished) == len(set(finished)) >= 3
        await bench.trials.close()

    asyncio.run(story())


def test_the_results_are_in_the_order_of_the_servers(tmp_path: Path, runtime: Starts) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, runtime, "reference~no-date", "hypercorn", "reference")
        found = await bench.run()
        assert [one.target for one in found.results] == [
            "reference~no-date-control-auto", "hypercorn-control-auto", "reference-control-auto",
        ]  # fmt: skip
        await bench.trials.close()

    asyncio.run(story())


def test_a_case_that_is_gone_is_an_error_of_the_trial(tmp_path: Path, runtime: Starts) -> None:
    async def story() -> None:
        bench = Bench(tmp_path, runtime)
        await bench.run()
        bench.suite.write_text(SUITE.replace("CLAUSE", "SCOPE-01").replace("id: good", "id: other"))
        gone = await bench.run()
        assert isinstance(gone.error, UsageError)
        assert gone.error.hint == "the cases of this file: other"
        assert gone.exit_code == 2
        bench.suite.write_text(SUITE.replace("CLAUSE", "SCOPE-01"))
        assert (await bench.run()).error is None
        assert len(runtime.made) == 1
        await bench.trials.close()

    asyncio.run(story())
