"""Servers that die, in every way that was thought of, on a server in name only: who is blamed, and who is not."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from engine.errors import StartError
from engine.execution import lifetimes
from engine.execution.job import Job
from engine.execution.lifetimes import BARREN, OUTLIVES
from engine.execution.schedule import Limits, Schedule
from engine.model.protocols import LiveTarget
from engine.model.target import ExitStatus, ServerLaunch
from engine.model.verdict import JobResult, Verdict
from tests.execution.fakes import TARGET, FakeLive, case, job

PASS, FAIL, CRASH, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.CRASH, Verdict.ERROR
Behaviour = Callable[[Job, "Server"], Awaitable[Verdict]]


class Server(FakeLive):
    """One lifetime. ``under_way`` are the jobs that run on it now."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: list[str] = []
        self.news: Callable[[], None] = lambda: None
        self.ends_when_asked = False

    async def answers(self) -> bool:
        if self.ends_when_asked:
            self.die()
        return self.answering and not self.ends_when_asked

    async def check(self) -> ExitStatus | None:
        self.news()
        return self.ended


class Run:
    """All jobs on servers whose behaviour ``behave`` is. ``trouble`` says what the start of a given number raises."""

    def __init__(self, jobs: Sequence[Job], behave: Behaviour, *, concurrent: int = 8) -> None:
        self.jobs = jobs
        self.behave = behave
        self.servers: list[Server] = []
        self.starts = 0
        self.trouble: Callable[[int], StartError | None] = lambda number: None
        self.born: Callable[[Server], None] = lambda server: None
        self.ran: Counter[str] = Counter()
        self.came: list[tuple[Job, JobResult]] = []
        self.reported = asyncio.Event()
        self.schedule = Schedule(jobs, self.start, self.perform, self.report, Limits(concurrent=concurrent))

    async def start(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
        assert jobs
        self.starts += 1
        await asyncio.sleep(0)
        trouble = self.trouble(self.starts)
        if trouble is not None:
            raise trouble
        server = Server()
        self.servers.append(server)
        self.born(server)
        return server

    async def perform(self, one: Job, live: LiveTarget) -> JobResult:
        assert isinstance(live, Server)
        self.ran[one.id] += 1
        live.under_way.append(one.case.id)
        verdict = await self.behave(one, live)
        live.under_way.remove(one.case.id)
        reason = f"the server ended with {live.ended}" if verdict is CRASH else ""
        return JobResult(one.case.id, "case.yaml", TARGET.id, "c", "must", verdict, reason)

    def report(self, one: Job, result: JobResult) -> None:
        self.came.append((one, result))
        self.reported.set()

    def go(self) -> dict[str, Verdict]:
        asyncio.run(asyncio.wait_for(self.schedule.run(), 20))
        return self.checked()

    def checked(self) -> dict[str, Verdict]:
        """The verdict of each job by its id; each is reported once, and each server stopped once."""
        assert sorted(one.position for one, _ in self.came) == [one.position for one in self.jobs]
        assert [server.stopped for server in self.servers] == [1] * len(self.servers)
        assert max(self.ran.values(), default=0) <= 2
        return {one.case.id + (f"#{one.repeat}" if one.repeat else ""): result.verdict for one, result in self.came}

    def reason(self, name: str) -> str:
        return next(result.reason for one, result in self.came if one.case.id == name)


def some(*names: str) -> list[Job]:
    return [job(case(id=name, stem=name), position) for position, name in enumerate(names)]


async def answered(server: Server, turns: int = 3) -> Verdict:
    """The result of a job that is answered after a number of turns of the loop: a crash if the server dies before."""
    for _ in range(turns):
        await asyncio.sleep(0)
        if server.ended is not None:
            return CRASH
    return PASS


async def killer(one: Job, server: Server) -> Verdict:
    """Jobs whose names begin with k kill the server, others are answered."""
    if one.case.id.startswith("k"):
        server.die()
    return await answered(server)


def test_among_neighbours_the_guilty_one_is_found() -> None:
    run = Run(some("a", "k", "b", "c", "d", "e"), killer)
    assert run.go() == {name: CRASH if name == "k" else PASS for name in ("a", "k", "b", "c", "d", "e")}
    assert run.reason("k") == "the server ended with signal 11"
    assert run.ran["j1"] == 2


def test_a_killer_crashes_in_each_repeat_and_exhausts_nothing_for_others() -> None:
    jobs = [
        replace(job(case(id=name, stem=name), 3 * repeat + index), repeat=repeat)
        for repeat in range(5)
        for index, name in enumerate(("a", "k", "b"))
    ]
    verdicts = Run(jobs, killer).go()
    assert Counter(verdict for name, verdict in verdicts.items() if name.startswith("k")) == {CRASH: 5}
    assert Counter(verdict for name, verdict in verdicts.items() if not name.startswith("k")) == {PASS: 10}


def test_a_server_that_dies_under_every_job_gives_each_its_crash() -> None:
    names = [f"k{number}" for number in range(20)]
    assert set(Run(some(*names), killer).go().values()) == {CRASH}


def test_one_that_ran_with_nobody_beside_it_is_not_run_again() -> None:
    run = Run(some("a", "k", "b"), killer, concurrent=1)
    run.jobs = [replace(one, case=replace(one.case, alone="all")) for one in run.jobs]
    assert run.go() == {"a": PASS, "k": CRASH, "b": PASS}


def test_a_process_of_its_own_dies_with_its_job() -> None:
    own = [job(case(id=name), position, ServerLaunch(TARGET, (), f"j{position}")) for position, name in enumerate("ka")]
    run = Run(own, killer)
    assert run.go() == {"k": CRASH, "a": PASS}
    assert run.starts == 2


def test_a_server_that_ends_as_a_case_meant_it_to_is_no_crash() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        server.die(ExitStatus(status=0))
        return FAIL

    assert Run([job(case(id="own"), 0, ServerLaunch(TARGET, (), "j0"))], behave).go() == {"own": FAIL}


@pytest.mark.parametrize("names", ["k", "kabc", "abck"])
def test_it_dies_a_moment_after_it_has_answered(names: str) -> None:
    """Neither the job that comes next is blamed, nor nobody."""

    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id == "k":
            asyncio.get_running_loop().call_later(OUTLIVES / 5, server.die)
            return PASS
        await asyncio.sleep(OUTLIVES)
        return await answered(server)

    run = Run(some(*names), behave, concurrent=2)
    assert run.go() == {name: CRASH if name == "k" else PASS for name in names}
    assert "just after this case had passed" in run.reason("k")


def test_where_it_takes_several_the_death_shows_and_the_rest_runs_one_at_a_time() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        if len(server.under_way) == 4:
            server.die()
        return await answered(server, 10)

    run = Run(some(*"abcdefgh"), behave, concurrent=4)
    verdicts = run.go()
    assert Counter(verdicts.values()) == {CRASH: 4, PASS: 4}
    assert {name for name, verdict in verdicts.items() if verdict is CRASH} == set("abcd")
    assert run.reason("a") == (
        "the server ended with signal 11, while 4 cases ran concurrently; in isolation this one ends as pass"
    )
    assert run.starts == 2


def test_news_of_its_end_that_come_late_change_nothing() -> None:
    """Neighbours see broken connections before anybody has heard that the process has ended."""

    async def behave(one: Job, server: Server) -> Verdict:
        await asyncio.sleep(0.001)
        if one.case.id == "k" and not server.under_way[1:]:
            server.die()
            return CRASH
        if "k" in server.under_way:  # its end is known only when it is asked for
            server.news = server.die
            return FAIL
        return PASS

    run = Run(some("a", "k", "b"), behave)
    assert run.go() == {"a": PASS, "k": CRASH, "b": PASS}


def test_a_job_that_began_after_the_death_waits_again() -> None:
    class Late(Run):
        async def perform(self, one: Job, live: LiveTarget) -> JobResult:
            assert isinstance(live, Server)
            if one.case.id == "late" and live.ended_at == 1.0:  # seen to have ended before this one began
                live.ended = ExitStatus(status=3)
            return await super().perform(one, live)

    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id == "k":
            server.ended_at = 1.0
            await asyncio.sleep(0.01)
            server.die(ExitStatus(status=3))
            return CRASH
        await asyncio.sleep(0.005)
        return await answered(server)

    run = Run(some("k", "b", "late"), behave, concurrent=2)
    assert run.go() == {"k": CRASH, "b": PASS, "late": PASS}


def test_a_server_that_answers_nobody_is_as_good_as_dead() -> None:
    """The one after which it answers nobody keeps its verdict, and its neighbours are not blamed for it."""

    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id == "k":
            server.answering = False
        return await answered(server) if server.answering else Verdict.TIMEOUT

    run = Run(some("a", "k", "b", "c", "d"), behave, concurrent=3)
    assert run.go() == {"a": PASS, "k": Verdict.TIMEOUT, "b": PASS, "c": PASS, "d": PASS}
    assert run.reason("k").endswith("; the server at 127.0.0.1:1 no longer answers, but its process is still running")


def test_one_after_whose_pass_it_answers_nobody_is_a_crash() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        await asyncio.sleep(0)
        if not server.answering:
            return FAIL
        server.answering = one.case.id != "k"
        return PASS

    run = Run(some("a", "k", "b", "c"), behave, concurrent=1)
    assert run.go() == {"a": PASS, "k": CRASH, "b": PASS, "c": PASS}
    assert run.reason("k") == (
        "the server at 127.0.0.1:1 no longer answers, but its process is still running, just after this case had passed"
    )


def test_a_warning_does_not_hide_that_it_answers_nobody() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id == "k":
            server.answering = False
            return Verdict.WARN
        return await answered(server) if server.answering else Verdict.WARN

    run = Run(some("a", "k", "b"), behave, concurrent=1)
    assert run.go() == {"a": PASS, "k": CRASH, "b": PASS}
    assert run.reason("k").endswith("just after this case had ended as warn")


def test_where_it_takes_several_for_silence_each_keeps_its_verdict() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        server.answering = server.answering and len(server.under_way) < 3
        await asyncio.sleep(0.001)
        return PASS if server.answering else Verdict.TIMEOUT

    run = Run(some(*"abc"), behave, concurrent=3)
    assert run.go() == dict.fromkeys("abc", Verdict.TIMEOUT)
    assert run.reason("a") == (
        "the server at 127.0.0.1:1 no longer answers, but its process is still running, "
        "while 3 cases ran concurrently; in isolation this one ends as pass"
    )


@pytest.mark.parametrize("concurrent", [1, 3])
def test_a_server_that_ends_while_it_is_asked_was_not_silent(concurrent: int) -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id != "k":
            return await answered(server)
        server.ends_when_asked = True
        return FAIL

    run = Run(some("a", "k"), behave, concurrent=concurrent)
    assert run.go() == {"a": PASS, "k": CRASH}
    assert run.reason("k") == "the server ended with signal 11"


def test_a_failure_on_a_server_that_answers_is_a_failure() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        return Verdict.TIMEOUT if one.case.id == "t" else PASS

    run = Run(some("a", "t", "b"), behave)
    assert run.go() == {"a": PASS, "t": Verdict.TIMEOUT, "b": PASS}
    assert run.starts == 1


def test_a_worker_that_goes_is_a_death_too() -> None:
    """The master lives on. Whoever the worker served is a crash to the runner, others see a broken connection."""

    async def behave(one: Job, server: Server) -> Verdict:
        if one.case.id == "k":
            server.workers_lost = (77,)
        for _ in range(5):
            await asyncio.sleep(0)
            if server.workers_lost:
                return CRASH if one.case.id in "kb" else FAIL
        return PASS

    run = Run(some("a", "k", "b", "c"), behave)
    assert run.go() == {"a": PASS, "k": CRASH, "b": PASS, "c": PASS}


def test_a_worker_that_is_replaced_makes_no_failure_a_crash() -> None:
    async def behave(one: Job, server: Server) -> Verdict:
        server.workers_lost = (77,)
        await asyncio.sleep(0)
        return FAIL if one.case.id == "f" else PASS

    assert Run(some("a", "f", "b"), behave).go() == {"a": PASS, "f": FAIL, "b": PASS}


def test_a_server_that_never_stays_up_ends_the_launch() -> None:
    run = Run(some(*"abc"), killer)
    run.born = lambda server: server.die()
    assert run.go() == dict.fromkeys("abc", ERROR)
    assert run.starts == BARREN
    assert "does not stay up" in run.reason("a")
    assert run.ran == {}


def test_a_first_start_that_fails_is_not_tried_again() -> None:
    run = Run(some(*"abc"), killer)
    run.trouble = lambda number: StartError("no module", hint="install it", log="the log")
    assert run.go() == dict.fromkeys("abc", ERROR)
    assert run.starts == 1
    assert run.reason("a") == "the target did not start: no module: install it"
    assert {result.log for _, result in run.came} == {"the log"}


@pytest.mark.parametrize(("failing", "verdict"), [(BARREN - 1, PASS), (BARREN, ERROR)])
def test_a_restart_that_fails_is_tried_again(failing: int, verdict: Verdict) -> None:
    run = Run(some("k", "a", "b"), killer, concurrent=1)
    run.trouble = lambda number: StartError("the port is taken") if 1 < number <= 1 + failing else None
    assert run.go() == {"k": CRASH, "a": verdict, "b": verdict}
    if verdict is ERROR:
        assert run.reason("a") == "the target died, and did not start again: the port is taken"


def test_whoever_depends_on_a_suspect_does_not_wait_for_ever() -> None:
    first, second, third = some("k", "second", "third")
    second = replace(second, case=replace(second.case, depends_on=("k",)))
    third = replace(third, case=replace(third.case, depends_on=("a",)))
    fine = job(case(id="a", stem="a"), 3)
    third = replace(third, position=4)
    run = Run([first, second, replace(fine, position=2), replace(third, position=3)], killer)
    assert run.go() == {"k": CRASH, "second": Verdict.BLOCKED, "a": PASS, "third": PASS}


def test_suspects_run_while_others_are_held_back() -> None:
    """With pytest's -x: what is let go depends on the verdict that is waited for."""
    run = Run(some(*"akbcde"), killer, concurrent=4)

    async def main() -> None:
        run.schedule.hold()
        running = asyncio.ensure_future(run.schedule.run())
        await run.schedule.allow(3)
        while len(run.came) < 3:
            run.reported.clear()
            await run.reported.wait()
        await run.schedule.allow(6)
        await running

    asyncio.run(asyncio.wait_for(main(), 20))
    assert run.checked() == {name: CRASH if name == "k" else PASS for name in "akbcde"}


def test_a_result_counts_once_the_server_has_outlived_it() -> None:
    times: list[float] = []

    async def behave(one: Job, server: Server) -> Verdict:
        times.append(time.monotonic())
        return PASS

    run = Run(some("a"), behave)
    run.schedule = Schedule(
        run.jobs, run.start, run.perform, lambda one, result: times.append(time.monotonic()), Limits()
    )
    asyncio.run(run.schedule.run())
    assert times[1] - times[0] >= OUTLIVES


@pytest.mark.parametrize("seed", range(10))
def test_whatever_a_server_does(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that kill at once, when they end, or a moment after; with and without concurrent jobs; restarts that
    fail now and then. Those that kill crash, in each repeat, and no other does."""
    monkeypatch.setattr(lifetimes, "OUTLIVES", 0.02)
    dice = random.Random(seed)
    ways = [dice.choice(["", "", "", "at once", "at the end", "after", "fails"]) for _ in range(8)]
    alone = [dice.choice(["", "", "", "all", "word"]) for _ in ways]
    jobs = [
        replace(job(case(id=f"c{number}", alone=alone[number]), repeat * len(ways) + number), repeat=repeat)
        for repeat in range(2)
        for number in range(len(ways))
    ]

    async def behave(one: Job, server: Server) -> Verdict:
        way = ways[int(one.case.id[1:])]
        if way == "at once":
            server.die()
        for _ in range(dice.randrange(4)):
            await asyncio.sleep(dice.choice([0, 0.001]))
        if server.ended is not None:
            return dice.choice([CRASH, FAIL])
        if way == "at the end":
            server.die()
            return CRASH
        if way == "after":
            asyncio.get_running_loop().call_later(0.001, server.die)
        return FAIL if way == "fails" else PASS

    run = Run(jobs, behave, concurrent=dice.choice([1, 3, 8]))
    run.trouble = lambda number: StartError("not this time") if number > 1 and number % 5 == 0 else None
    expected = {"": PASS, "fails": FAIL}
    assert run.go() == {
        f"c{number}" + ("#1" if repeat else ""): expected.get(way, CRASH)
        for repeat in range(2)
        for number, way in enumerate(ways)
    }
