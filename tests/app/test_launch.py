"""A whole run: what is shown when the disk is full, and when a signal comes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from engine.app.front import Front
from engine.app.launch import Done, Stopped, Work, run, until_stopped
from engine.app.places import Places, find
from engine.channels.tcp import open_tcp
from engine.execution.job import Job
from engine.execution.runner import Runner
from engine.execution.schedule import Limits
from engine.model.baseline import KnownFailure
from engine.model.expectation import Checks
from engine.model.protocols import Channel
from engine.model.target import Launch, Target
from engine.model.verdict import JobResult, Verdict
from tests.execution.fakes import FakeLive, case, group, job, kind, see, step, the_match


@dataclass(frozen=True)
class FakeFront:
    """A front, as far as a run looks at it."""

    places: Places
    known: tuple[KnownFailure, ...] = ()


class FakeWorkshop:
    """Makes targets that are fakes."""

    def limits(self, front: FakeFront) -> Limits:
        return Limits()

    def runtime(self, front: FakeFront, folder: Path) -> FakeWorkshop:
        return self

    def runner(self, run_id: str, *, keep_all: bool = False) -> Runner:
        async def channel(address: tuple[str, int], subject: str) -> Channel:
            return await open_tcp(address, label=subject)

        return Runner(dict([kind("look", see(status=200))]), the_match, channel, run_id)

    async def start(self, launch: Launch, prepare: object = None) -> FakeLive:
        return FakeLive()

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset()


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.app.launch.workshop", FakeWorkshop())


class Nobody:
    """Watches nothing."""

    def target(self, target: Target, state: str, detail: str = "") -> None: ...

    def result(self, job: Job, result: JobResult) -> None: ...


JOBS = [job(case(step("look", Checks(expect=group(status=200)))))]


def done(results: Path) -> Done:
    return run(cast(Front, FakeFront(find(str(results)))), lambda: Work(JOBS, Nobody()), ["grid"], lambda done: done)


def test_what_is_shown_is_what_was_run(tmp_path: Path) -> None:
    found = done(tmp_path)
    assert [one.verdict for one in found.run.results] == [Verdict.PASS]
    assert (found.run.whole, found.lost, len(found.run.targets)) == (True, 0, 1)
    assert found.path.is_file()


def test_a_full_disk_takes_nothing_from_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.results.store.os.write", full)
    found = done(tmp_path)
    assert [one.verdict for one in found.run.results] == [Verdict.PASS]
    assert (found.run.whole, found.trouble) == (True, "No space left on device")
    assert found.lost == 4


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
