"""Repeated jobs, and reruns of failed jobs in isolation."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from engine.app.engine import Engine
from engine.app.launch import Done, Work, run
from engine.app.project_paths import find
from engine.app.repeating import Repeats, checked, concurrent, repeated, to_recheck
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.plan import plan
from engine.execution.runner.runner import Runner
from engine.model.case import Case, Step
from engine.model.expectation import Checks
from engine.model.protocols import Channel
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.flakiness import isolation, scored
from engine.results.record.store import read
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from tests.app.test_launch import FakeEngine, FakeWiring, Nobody
from tests.execution.fakes import TARGET, MappingObservation, case, group, step, step_type, the_match

LOOK = step("look", Checks(expect=group(status=200)))


def jobs(*cases: Case, left_out: str = "") -> list[Job]:
    found = plan(cases, [TARGET], lambda _: frozenset(), lambda _, options: ())
    return [replace(job, left_out=left_out) for job in found]


def named(name: str, **more: Any) -> Case:
    return case(LOOK, id=name, stem=name, **more)


def names(found: list[Job]) -> list[str]:
    assert [job.position for job in found] == list(range(len(found)))
    return [f"{job.case.id}{job.repeat}" for job in found]


def test_in_rounds_all_run_once_before_any_runs_again() -> None:
    found = repeated(jobs(named("a"), named("b")), 3)
    assert names(found) == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_what_wants_to_be_alone_stays_last_in_its_process() -> None:
    found = repeated(jobs(named("a", alone="all"), named("b")), 2)
    assert names(found) == ["b0", "b1", "a0", "a1"]


def test_without_rounds_a_jobs_repeats_follow_each_other() -> None:
    found = repeated(jobs(named("a"), named("b")), 2, rounds=False)
    assert names(found) == ["a0", "a1", "b0", "b1"]


def test_a_process_of_its_own_is_made_for_each_run() -> None:
    found = repeated(jobs(named("a", own_process=True)), 3)
    assert len({job.launch for job in found}) == 3


def test_jobs_of_one_process_stay_together() -> None:
    found = repeated(jobs(named("a"), named("b", server={"workers": 2}), named("c")), 2)
    launches = [job.launch for job in found]
    assert launches == sorted(launches, key=launches.index)
    assert len(found) == 6


def test_what_is_left_out_is_not_repeated() -> None:
    assert names(repeated(jobs(named("a"), left_out="it lacks x"), 5)) == ["a0"]


@pytest.mark.parametrize("times", [0, -1, 1001])
def test_a_number_that_makes_no_sense_is_refused(times: int) -> None:
    with pytest.raises(UsageError):
        checked(times)


def test_a_run_that_was_cut_short_gives_what_there_is() -> None:
    found = repeated(jobs(named("a"), named("b")), 2)
    repeats = Repeats.of(found)
    result = JobResult("a", "case.yaml", TARGET.id, "c", "must", Verdict.PASS)
    assert repeats.take(found[0], result) is None
    ((first, settled),) = repeats.rest()
    assert (first.case.id, settled.verdict, repeats.rest()) == ("a", Verdict.PASS, [])


def test_which_jobs_are_concurrent() -> None:
    assert [concurrent(job) for job in jobs(named("a"), named("b", alone="word"))] == [True, True]
    assert not concurrent(jobs(named("a", alone="all"))[0])
    assert not concurrent(jobs(named("a", own_process=True))[0])


def test_what_is_run_again() -> None:
    found = jobs(*(named(verdict.value) for verdict in Verdict))
    results = [
        JobResult(verdict.value, "case.yaml", TARGET.id, "c", "must", verdict) for verdict in Verdict
    ]  # fmt: skip
    assert {job.case.id for job in to_recheck(found, results)} == {"fail", "timeout", "crash", "flaky"}


class Crowd:
    """A step type that counts concurrent observations, and the values that each saw."""

    def __init__(self, status: Callable[[int, int], int]) -> None:
        self.inside = 0
        self.observations: Counter[str] = Counter()
        self.status = status

    async def look(self, step: Step, context: Context) -> Observation:
        self.inside += 1
        for _ in range(5):
            await asyncio.sleep(0)
        # A context knows its case, which drivers are not told of; a test may look.
        name = context.case.id
        self.observations[name] += 1
        seen = self.status(self.inside, self.observations[name])
        self.inside -= 1
        return MappingObservation({"status": seen})


def ran(results: Path, crowd: Crowd, chosen: list[Job], *, recheck: bool = False, keep: bool = False) -> Done:
    class Crowded(FakeWiring):
        def runner(self, run_id: str, folder: Path | None = None, *, keep_all: bool = False) -> Runner:
            async def channel(address: tuple[str, int], subject: str) -> Channel:
                raise AssertionError("nothing connects here")

            return Runner(dict([step_type("look", crowd.look)]), the_match, channel, run_id, keep_all=keep_all)

    engine = cast(Engine, FakeEngine(find(str(results))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.app.launch.wiring", Crowded())
        return run(
            engine, lambda: Work(chosen, Nobody()), ["grid"], lambda done: done, recheck=recheck, keep_transcripts=keep
        )


def test_repeats_come_to_one_result_with_how_often_it_passed(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 200 if look != 2 else 500)
    done = ran(tmp_path, crowd, repeated(jobs(named("a")), 4))
    (result,) = done.run.results
    assert (result.verdict, scored(result), crowd.observations["a"]) == (Verdict.FLAKY, (3, 4), 4)
    assert [one.verdict for one in read(done.path).results[0].attempts] == [one.verdict for one in result.attempts]


def test_in_isolation_what_concurrent_jobs_broke_passes_and_the_first_verdict_stands(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 200 if inside == 1 else 500)
    done = ran(tmp_path, crowd, jobs(named("a"), named("b"), named("c")), recheck=True)
    assert [one.verdict for one in done.run.results if one.recheck] == [Verdict.FAIL] * crowd_of(done)
    assert crowd_of(done) >= 2
    for one in done.run.results:
        if one.recheck:
            assert isolation(one).startswith("Passes in isolation; it fails only under concurrent load")
    assert {one.case: one.recheck for one in read(done.path).results} == {
        one.case: one.recheck for one in done.run.results
    }


def crowd_of(done: Done) -> int:
    return sum(one.recheck is not None for one in done.run.results)


def test_alone_what_is_broken_stays_so(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 500)
    done = ran(tmp_path, crowd, jobs(named("a"), named("b", own_process=True)), recheck=True)
    said = {one.case: isolation(one) for one in done.run.results}
    assert said == {"a": "The verdict in isolation is again fail", "b": "The verdict in isolation is again fail"}
    assert crowd.observations == {"a": 2, "b": 2}


def test_without_anything_red_nothing_is_run_again(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 200)
    done = ran(tmp_path, crowd, jobs(named("a")), recheck=True)
    assert (done.run.results[0].recheck, crowd.observations["a"]) == (None, 1)


def test_with_both_what_was_red_is_run_again_as_often(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 200 if inside == 1 else 500)
    done = ran(tmp_path, crowd, repeated(jobs(named("a"), named("b")), 3), recheck=True)
    rechecks = [one.recheck for one in done.run.results if one.recheck]
    assert rechecks
    assert all(len(one.attempts) == 3 and one.verdict is Verdict.PASS for one in rechecks)


def test_transcripts_of_what_passes_are_kept_when_asked_for(tmp_path: Path) -> None:
    crowd = Crowd(lambda inside, look: 200)
    assert ran(tmp_path, crowd, jobs(named("a"))).run.results[0].transcript is None
    (result,) = ran(tmp_path, crowd, jobs(named("a")), keep=True).run.results
    assert result.verdict is Verdict.PASS
    assert result.transcript is not None


def test_after_an_interruption_the_runs_that_there_were_are_kept(tmp_path: Path) -> None:
    def status(inside: int, look: int) -> int:
        if look == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return 200

    done = ran(tmp_path, Crowd(status), repeated(jobs(named("a", alone="all")), 500))
    (result,) = done.run.results
    assert done.interrupted
    assert result.verdict is Verdict.PASS
    assert 2 <= len(result.attempts) < 500
    assert read(done.path).results[0].verdict is Verdict.PASS
