"""A whole run: what is shown when the disk is full, and when a signal comes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from engine.app.durations import Durations, read
from engine.app.engine import Engine
from engine.app.grids import write
from engine.app.launch import Done, Stopped, Work, elsewhere_line, run, until_stopped
from engine.app.project_paths import ProjectPaths, find
from engine.channels.tcp import open_tcp
from engine.errors import DocumentError
from engine.execution.runner.runner import Runner
from engine.execution.schedule import Limits
from engine.model.baseline import KnownFailure
from engine.model.expectation import Checks
from engine.model.protocols import Channel
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target
from engine.model.verdict import Verdict
from engine.reports.table import draw
from engine.results.analysis.grid import grid_of
from tests.execution.fakes import TARGET, FakeLive, case, group, job, see, step, step_type, the_match


@dataclass(frozen=True)
class FakeEngine:
    """An engine, as far as a run uses it."""

    project_paths: ProjectPaths
    corpus: str = ""

    def baselines(self, files: Iterable[str]) -> tuple[Path, ...]:
        return ()

    def known(self, paths: Iterable[Path]) -> tuple[KnownFailure, ...]:
        return ()


class FakeWiring:
    """Makes targets that are fakes, and remembers them."""

    def __init__(self) -> None:
        self.made: dict[ServerLaunch, list[FakeLive]] = {}
        self.seconds: dict[str, float] = {}
        self.most = Limits()

    def wait_for(self, *launches: ServerLaunch) -> None:
        """Until these are ready."""
        deadline = time.monotonic() + 10
        while not all(launch in self.made for launch in launches):
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def limits(self, engine: FakeEngine) -> Limits:
        return self.most

    def durations(self, engine: FakeEngine) -> Durations:
        """Nothing was measured before; a test declares what is guessed."""
        path = engine.project_paths.results / "cache" / "durations.json"
        return Durations(path, lambda job: self.seconds.get(job.case.id, 0.0))

    def runtime(self, engine: FakeEngine, folder: Path) -> FakeWiring:
        (folder / "logs").mkdir(parents=True)
        return self

    def runner(self, run_id: str, folder: Path | None = None, *, keep_all: bool = False) -> Runner:
        async def channel(address: tuple[str, int], subject: str) -> Channel:
            return await open_tcp(address, label=subject)

        return Runner(dict([step_type("look", see(status=200))]), the_match, channel, run_id)

    async def start(self, launch: ServerLaunch, prepare: object = None) -> FakeLive:
        live = FakeLive()
        self.made.setdefault(launch, []).append(live)
        return live

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset()


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> FakeWiring:
    fake = FakeWiring()
    monkeypatch.setattr("engine.app.launch.wiring", fake)
    return fake


class Nobody:
    """Watches nothing."""

    def target(self, target: Target, state: str, detail: str = "") -> None: ...

    def take(self, event: ResultEvent) -> None: ...

    def comparing(self, cells: int) -> None: ...


PLAIN, OTHER = ServerLaunch(TARGET), ServerLaunch(TARGET, (("workers", 2),))
JOBS = [job(case(step("look", Checks(expect=group(status=200)))))]


def done(results: Path) -> Done:
    return run(cast(Engine, FakeEngine(find(str(results)))), lambda: Work(JOBS, Nobody()), ["grid"], lambda done: done)


def test_what_is_shown_is_what_was_run(tmp_path: Path) -> None:
    found = done(tmp_path)
    assert [one.verdict for one in found.run.results] == [Verdict.PASS]
    assert (found.run.whole, found.lost, len(found.run.targets)) == (True, 0, 1)
    assert found.path.is_file()


MANY = [
    job(replace(case(step("look", Checks(expect=group(status=status)))), id=name, stem=name), position, launch)
    for position, (name, status, launch) in enumerate(
        [("a", 200, PLAIN), ("b", 404, PLAIN), ("c", 200, PLAIN), ("d", 200, OTHER), ("e", 500, OTHER)]
    )
]


def drawn(folder: Path, made: FakeWiring, seconds: dict[str, float]) -> tuple[list[str], str]:
    """The order of a run's verdicts, and the grid with all its files."""
    made.seconds, made.most = seconds, Limits(targets=1, concurrent=1)
    folder.mkdir()
    engine = cast(Engine, FakeEngine(find(str(folder))))
    came: list[str] = []

    class Watcher(Nobody):
        def take(self, event: ResultEvent) -> None:
            came.append(event.result.case)

    found = run(engine, lambda: Work(MANY, Watcher()), ["grid"], lambda done: done).run
    same = replace(
        found, id="run", seconds=0.0, results=tuple(replace(one, started=0.0, seconds=0.0) for one in found.results)
    )
    same = replace(same, header={**found.header, "run": "run", "started": 0.0, "arguments": []})
    report = grid_of(same)
    write(same, report, folder)
    written = sorted(folder.glob("*.md")) + sorted(folder.glob("*.json"))
    assert len(written) == 2
    return came, draw(report) + "".join(path.read_text() for path in written)


def test_the_grid_is_the_same_in_whatever_order_jobs_run(tmp_path: Path, made: FakeWiring) -> None:
    order, grid = drawn(tmp_path / "one", made, {})
    assert order == ["a", "b", "c", "d", "e"]
    turned, again = drawn(tmp_path / "two", made, {"c": 3.0, "b": 2.0, "e": 9.0, "d": 8.0})
    assert turned == ["e", "d", "c", "b", "a"]
    assert again == grid
    assert "2/5" not in grid
    assert "3/5" in grid


def test_a_run_adds_how_long_its_jobs_took(tmp_path: Path) -> None:
    done(tmp_path)
    assert read(tmp_path / "cache" / "durations.json") == {"case.yaml::case": {}}


def test_a_full_disk_takes_nothing_from_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.results.record.store.os.write", full)
    found = done(tmp_path)
    assert [one.verdict for one in found.run.results] == [Verdict.PASS]
    assert (found.run.whole, found.trouble) == (True, "No space left on device")
    assert found.lost == 4


def test_targets_come_up_while_the_work_is_prepared(tmp_path: Path, made: FakeWiring) -> None:
    """The one is the run's; the other is stopped as soon as it is known that nobody needs it."""
    engine = cast(Engine, FakeEngine(find(str(tmp_path))))
    stopped: list[int] = []

    class Watcher(Nobody):
        def take(self, event: ResultEvent) -> None:
            stopped.append(made.made[OTHER][0].stopped)

    def prepare() -> Work:
        made.wait_for(PLAIN, OTHER)
        return Work(JOBS, Watcher())

    found = run(engine, prepare, ["grid"], lambda done: done, early=[PLAIN, OTHER])
    assert [one.verdict for one in found.run.results] == [Verdict.PASS]
    assert stopped == [1]
    assert {launch: [live.stopped for live in lives] for launch, lives in made.made.items()} == {PLAIN: [1], OTHER: [1]}


def test_mistakes_end_what_was_begun_and_leave_nothing(tmp_path: Path, made: FakeWiring) -> None:
    engine = cast(Engine, FakeEngine(find(str(tmp_path))))

    def prepare() -> Work:
        made.wait_for(PLAIN)
        raise DocumentError("documents with mistakes are not run")

    with pytest.raises(DocumentError, match="with mistakes"):
        run(engine, prepare, ["grid"], lambda done: done, early=[PLAIN])
    assert [live.stopped for live in made.made[PLAIN]] == [1]
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def hung_up() -> Iterator[None]:
    """SIGHUP as a terminal's process has it: what nohup(1) starts ignores it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hung_up")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_work_is_prepared_leaves_nothing(
    tmp_path: Path, made: FakeWiring, number: signal.Signals
) -> None:
    engine = cast(Engine, FakeEngine(find(str(tmp_path))))

    def prepare() -> Work:
        made.wait_for(PLAIN)
        os.kill(os.getpid(), number)
        time.sleep(0.1)
        raise DocumentError("nobody is told any more")

    with pytest.raises(KeyboardInterrupt):
        run(engine, prepare, ["grid"], lambda done: done, early=[PLAIN])
    assert [live.stopped for live in made.made[PLAIN]] == [1]
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT as a terminal's process has it: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_does_not_wait_for_documents_that_are_being_read(tmp_path: Path, made: FakeWiring) -> None:
    engine = cast(Engine, FakeEngine(find(str(tmp_path))))
    read = threading.Event()

    def prepare() -> Work:
        made.wait_for(PLAIN)
        os.kill(os.getpid(), signal.SIGINT)
        read.wait(20)
        return Work(JOBS, Nobody())

    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(engine, prepare, ["grid"], lambda done: done, early=[PLAIN])
    assert time.monotonic() - before < 10
    read.set()
    assert [live.stopped for live in made.made[PLAIN]] == [1]
    assert not (tmp_path / "runs").exists()


def test_without_concurrent_jobs_the_work_is_prepared_before_anything(tmp_path: Path, made: FakeWiring) -> None:
    """So Ctrl-C while documents are read ends it at once."""
    engine = cast(Engine, FakeEngine(find(str(tmp_path))))

    def prepare() -> Work:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        assert not (tmp_path / "runs").exists()
        return Work(JOBS, Nobody())

    assert run(engine, prepare, ["grid"], lambda done: done).run.whole


def test_a_signal_stops_what_runs_and_waits_for_it() -> None:
    cleaned: list[bool] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(Stopped):
        until_stopped(work())
    assert cleaned == [True]


def test_targets_whose_cases_run_elsewhere_are_named() -> None:
    here, there, other = (Target(name, "starlette", "auto") for name in ("daphne", "granian", "gunicorn"))
    called = replace(job(case(without_server=True)), target=here)
    served = replace(job(case(), 1), target=other)
    assert elsewhere_line([here, there, other], [called, served]) == [
        "granian-starlette-auto has no case: a case without a server runs once for each framework, here on "
        "daphne-starlette-auto"
    ]
    assert elsewhere_line([here, there, other], [called])[0].startswith(
        "2 targets, such as granian-starlette-auto, have"
    )
    assert elsewhere_line([here, there, other], [served]) == []
    assert elsewhere_line([here, Target("granian", "django", "auto")], [called]) == []
