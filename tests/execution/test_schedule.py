"""Order, concurrent, dependencies, crashes and failed starts, without any server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from engine.errors import StartError
from engine.execution import slots
from engine.execution.job import Job
from engine.execution.lifetimes import OUTLIVES
from engine.execution.planning.order import Expected
from engine.execution.schedule import Limits, Schedule, unknown
from engine.model.protocols import LiveTarget
from engine.model.target import ServerLaunch
from engine.model.verdict import JobResult, Verdict
from tests.execution.fakes import TARGET, FakeLive, case, job
from tests.extended import some

LIMITS = Limits(targets=2, concurrent=4)

Do = Callable[[Job, FakeLive], Awaitable[Verdict]]


class Play:
    """A schedule on fakes: what was started, and what was reported."""

    def __init__(
        self, jobs: Sequence[Job], do: Do | None = None, limits: Limits = LIMITS, expected: Expected = unknown
    ) -> None:
        self.do = do
        self.jobs = jobs
        self.started: list[FakeLive] = []
        self.launches: list[ServerLaunch] = []
        self.reported: list[tuple[str, Verdict, str]] = []
        self.fails: list[ServerLaunch] = []
        self.trouble = StartError("no module")
        self.logs: list[str] = []
        self.schedule = Schedule(jobs, self.start, self.run_one, self.report, limits, expected=expected)

    async def start(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
        self.launches.append(launch)
        await asyncio.sleep(0)
        if launch in self.fails:
            raise self.trouble
        live = FakeLive()
        self.started.append(live)
        return live

    async def run_one(self, one: Job, live: LiveTarget) -> JobResult:
        assert isinstance(live, FakeLive)
        await asyncio.sleep(0)
        verdict = await self.do(one, live) if self.do else Verdict.PASS
        return JobResult(one.case.id, "case.yaml", TARGET.id, "c", "must", verdict)

    def report(self, one: Job, result: JobResult) -> None:
        self.reported.append((one.case.id, result.verdict, result.reason))
        self.logs.append(result.log)

    def play(self) -> list[tuple[str, Verdict, str]]:
        asyncio.run(asyncio.wait_for(self.schedule.run(), 10))
        return sorted(self.reported)


def jobs(*names: str) -> list[Job]:
    return [job(case(id=name, stem=name), position) for position, name in enumerate(names)]


def verdicts(play: Play) -> dict[str, Verdict]:
    return {name: verdict for name, verdict, _ in play.play()}


def test_each_job_is_reported_once_and_every_target_is_stopped() -> None:
    play = Play(jobs("a", "b", "c"))
    assert verdicts(play) == dict.fromkeys("abc", Verdict.PASS)
    assert [live.stopped for live in play.started] == [1]


def test_jobs_of_one_launch_share_a_target() -> None:
    special = ServerLaunch(TARGET, (("workers", 2),))
    play = Play([*jobs("a", "b"), job(case(id="c"), 2, special)])
    play.play()
    assert play.launches == [ServerLaunch(TARGET), special]


def test_no_more_targets_live_than_allowed() -> None:
    alive: list[int] = []
    many = [job(case(id=str(n)), n, ServerLaunch(TARGET, (("workers", n),))) for n in range(6)]

    async def do(one: Job, live: FakeLive) -> Verdict:
        alive.append(one.position)
        most = len(alive)
        for _ in range(5):
            await asyncio.sleep(0)
        alive.remove(one.position)
        assert most <= LIMITS.targets
        return Verdict.PASS

    assert set(verdicts(Play(many, do)).values()) == {Verdict.PASS}


def test_no_more_targets_start_at_once_than_allowed() -> None:
    starting, most = 0, 0

    class Slow(Play):
        async def start(self, launch: ServerLaunch, jobs: Sequence[Job]) -> LiveTarget:
            nonlocal starting, most
            starting += 1
            most = max(most, starting)
            for _ in range(5):
                await asyncio.sleep(0)
            starting -= 1
            return await super().start(launch, jobs)

    many = [job(case(id=str(n)), n, ServerLaunch(TARGET, (("workers", n),))) for n in range(8)]
    assert set(verdicts(Slow(many, limits=Limits(targets=6, starting=2))).values()) == {Verdict.PASS}
    assert most == 2


@pytest.mark.parametrize(("limit", "expected"), [(3, {"shared": 2, "own": 3}), (0, {"shared": 2})])
def test_those_that_a_job_has_for_itself_are_counted_apart(limit: int, expected: dict[str, int]) -> None:
    alive, most = dict[str, int](), dict[str, int]()
    many = [job(case(id=str(n)), n, ServerLaunch(TARGET, (("workers", n),), "j" if n % 2 else "")) for n in range(12)]

    async def do(one: Job, live: FakeLive) -> Verdict:
        sort = "own" if one.launch.lifespan_of and limit else "shared"
        alive[sort] = alive.get(sort, 0) + 1
        most[sort] = max(most.get(sort, 0), alive[sort])
        for _ in range(5):
            await asyncio.sleep(0)
        alive[sort] -= 1
        return Verdict.PASS

    assert set(verdicts(Play(many, do, Limits(targets=2, own=limit))).values()) == {Verdict.PASS}
    assert most == expected


def test_a_target_that_does_not_start_errs_and_the_others_run() -> None:
    other = ServerLaunch(replace(TARGET, framework="broken"))
    play = Play([*jobs("a"), job(case(id="b"), 1, other), job(case(id="c"), 2, other)])
    play.fails = [other]
    assert [(name, verdict) for name, verdict, _ in play.play()] == [
        ("a", Verdict.PASS),
        ("b", Verdict.ERROR),
        ("c", Verdict.ERROR),
    ]
    assert [reason for _, _, reason in play.reported].count("the target did not start: no module") == 2


def test_a_target_that_does_not_start_says_how_to_mend_it_and_what_it_wrote() -> None:
    secure = ServerLaunch(TARGET, (("tls", True),))
    play = Play([job(case(id="a"), 0, secure)])
    play.fails = [secure]
    play.trouble = StartError("it ended", hint="give it a certificate", log="no certificate")
    assert play.play() == [("a", Verdict.ERROR, "the target did not start: it ended: give it a certificate")]
    assert play.logs == ["no certificate"]


def test_what_is_left_out_starts_nothing() -> None:
    play = Play([job(case(id="a"), left_out="it offers no http2")])
    assert play.play() == [("a", Verdict.UNSUPPORTED, "it offers no http2")]
    assert play.started == []


def test_a_case_whose_dependency_failed_is_blocked() -> None:
    first = job(case(id="first[1]", stem="first"), 0)
    second = job(case(id="second", stem="second", depends_on=("first",)), 1)
    third = job(case(id="third", stem="third", depends_on=("second",)), 2)

    async def do(one: Job, live: FakeLive) -> Verdict:
        return Verdict.FAIL if one.case.stem == "first" else Verdict.PASS

    play = Play([first, second, third], do)
    assert verdicts(play) == {"first[1]": Verdict.FAIL, "second": Verdict.BLOCKED, "third": Verdict.BLOCKED}
    assert "first[1], whose verdict is fail" in str(play.reported)


def test_a_case_whose_dependency_comes_later_in_the_run_is_blocked_and_says_so() -> None:
    first = job(case(id="first", stem="first", depends_on=("second",)), 0)
    second = job(case(id="second", stem="second"), 1)
    reported = {name: (verdict, reason) for name, verdict, reason in Play([first, second]).play()}
    assert reported["first"] == (Verdict.BLOCKED, "it depends on second, which this run has after it")
    assert reported["second"][0] is Verdict.PASS


def test_a_case_may_depend_on_one_value_of_a_matrix() -> None:
    values = [job(case(id=f"m[{n}]", stem="m"), n) for n in (0, 1)]
    needing = [job(case(id=f"n{n}", stem=f"n{n}", depends_on=(f"m[{n}]",)), 2 + n) for n in (0, 1)]

    async def do(one: Job, live: FakeLive) -> Verdict:
        return Verdict.FAIL if one.case.id == "m[1]" else Verdict.PASS

    found = verdicts(Play([*values, *needing], do))
    assert (found["n0"], found["n1"]) == (Verdict.PASS, Verdict.BLOCKED)


def test_nothing_goes_before_it_is_allowed() -> None:
    play = Play(jobs(*"abcdef"), limits=Limits(targets=1, concurrent=1, ahead=1))

    async def main() -> list[int]:
        play.schedule.hold()
        running = asyncio.ensure_future(play.schedule.run())
        seen = []
        for position in (0, 2, 6):
            await play.schedule.allow(position)
            await asyncio.sleep(3 * OUTLIVES)
            seen.append(len(play.reported))
        await running
        return seen

    assert asyncio.run(main()) == [0, 2, 6]


def by(seconds: Mapping[str, float]) -> Expected:
    return lambda one: seconds.get(one.case.id, 0.0)


def spread(*names: str) -> list[Job]:
    """Jobs of which each has a launch for itself."""
    return [job(case(id=name, stem=name), n, ServerLaunch(TARGET, (("workers", n),))) for n, name in enumerate(names)]


ONE = Limits(targets=1, concurrent=1)


def test_the_longest_job_of_a_target_begins_first() -> None:
    play = Play(jobs("a", "b", "c"), limits=ONE, expected=by({"b": 25.0, "c": 1.0}))
    play.play()
    assert [name for name, _, _ in play.reported] == ["b", "c", "a"]


@pytest.mark.parametrize("own", [False, True])
def test_the_launch_that_takes_longest_is_started_first(own: bool) -> None:
    found = spread("a", "b", "c")
    if own:
        found = [replace(one, launch=replace(one.launch, lifespan_of=one.id)) for one in found]
    play = Play(found, limits=Limits(targets=1, own=1), expected=by({"b": 1.0, "c": 25.0}))
    play.play()
    assert [name for name, _, _ in play.reported] == ["c", "b", "a"]


def test_nothing_is_told_of_how_long_jobs_take_and_they_keep_their_order() -> None:
    play = Play(spread("a", "b", "c"), limits=ONE)
    play.play()
    assert [name for name, _, _ in play.reported] == ["a", "b", "c"]


@pytest.mark.parametrize(("lingering", "live"), [(1, 2), (0, 1)])
def test_a_target_whose_last_job_only_waits_holds_up_no_other(
    lingering: int, live: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "LINGERS_AFTER", 0.0)
    concurrent = asyncio.Event()
    under_way: set[str] = set()
    most: list[int] = []

    async def do(one: Job, live: FakeLive) -> Verdict:
        under_way.add(one.case.id)
        most.append(len(under_way))
        if one.case.id == "waits":
            with suppress(TimeoutError):
                await asyncio.wait_for(concurrent.wait(), 0.3)
        else:
            concurrent.set()
        under_way.discard(one.case.id)
        return Verdict.PASS

    found = spread("waits", "b", "c")
    play = Play(found, do, Limits(targets=1, lingering=lingering, concurrent=4), by({"waits": 25.0}))
    assert set(verdicts(play).values()) == {Verdict.PASS}
    assert max(most) == live


def in_windows(play: Play, window: int) -> list[str]:
    """The reports if the reader of the results, in their order, allows ``window`` jobs ahead, as pytest does."""

    async def main() -> None:
        play.schedule.hold()
        running = asyncio.ensure_future(play.schedule.run())
        for position, one in enumerate(play.jobs):
            await play.schedule.allow(position + window)
            while one.case.id not in [name for name, _, _ in play.reported]:
                await asyncio.sleep(0)
                assert not running.done() or one.case.id in [name for name, _, _ in play.reported]
        await running

    asyncio.run(asyncio.wait_for(main(), 10))
    return [name for name, _, _ in play.reported]


def test_in_a_window_the_longest_of_what_was_let_go_begins_first() -> None:
    seconds = {"b": 2.0, "c": 1.0, "e": 25.0}
    play = Play(spread("a", "b", "c", "d", "e"), limits=Limits(targets=1, concurrent=1, ahead=0), expected=by(seconds))
    assert in_windows(play, 3) == ["b", "c", "a", "e", "d"]


def test_a_long_launch_beyond_the_window_takes_no_place_of_an_earlier_one() -> None:
    late = [
        job(case(id=name), 1 + n, ServerLaunch(TARGET, (("workers", 9),))) for n, name in enumerate(("b", "c", "d"))
    ]
    play = Play([*jobs("a"), *late], limits=Limits(targets=1, concurrent=1), expected=by({"d": 25.0}))
    assert in_windows(play, 2) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("seed", some(range(30), 6))
def test_every_job_runs_once_whatever_is_expected_and_whoever_depends_on_whom(seed: int) -> None:
    chance = random.Random(seed)
    found: list[Job] = []
    for launch in range(5):
        for alone in ("", "word", "all"):
            for _ in range(chance.randrange(4)):
                name = f"n{len(found)}"
                needs = tuple(one.case.id for one in found if chance.random() < 0.15)
                one = case(id=name, stem=name, alone=alone, depends_on=needs)
                own = f"j{len(found)}" if launch >= 3 else ""
                found.append(job(one, len(found), ServerLaunch(TARGET, (("workers", launch),), own)))
    seconds = {one.case.id: chance.choice((0.0, 0.0, 1.0, 25.0)) for one in found}
    limits = Limits(targets=chance.choice((1, 2)), own=chance.choice((0, 1, 3)), concurrent=chance.choice((1, 2, 16)))

    async def do(one: Job, live: FakeLive) -> Verdict:
        reported = {name for name, _, _ in play.reported}
        assert reported.issuperset(one.case.depends_on)
        return Verdict.PASS

    everything = {one.case.id: Verdict.PASS for one in found}
    play = Play(found, do, limits, by(seconds))
    assert verdicts(play) == everything
    for window in (1, 3):
        play = Play(found, do, limits, by(seconds))
        in_windows(play, window)
        assert {name: verdict for name, verdict, _ in play.reported} == everything
        assert len(play.reported) == len(everything)


def test_cancelling_stops_the_targets() -> None:
    async def for_ever(one: Job, live: FakeLive) -> Verdict:
        await asyncio.sleep(60)
        return Verdict.PASS

    play = Play(jobs("a", "b"), for_ever)

    async def main() -> None:
        running = asyncio.ensure_future(play.schedule.run())
        for _ in range(20):
            await asyncio.sleep(0)
        assert play.started
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert [live.stopped for live in play.started] == [1]
    assert play.reported == []


@pytest.mark.parametrize(("serial", "most"), [(frozenset(), 4), (frozenset({TARGET.configuration}), 1)])
def test_a_serial_server_has_one_job_at_a_time(serial: frozenset[str], most: int) -> None:
    under_way: list[str] = []
    seen: list[int] = []

    async def do(one: Job, live: FakeLive) -> Verdict:
        under_way.append(one.case.id)
        seen.append(len(under_way))
        await asyncio.sleep(0.01)
        under_way.remove(one.case.id)
        return Verdict.PASS

    play = Play(jobs(*"abcdef"), do, Limits(targets=1, concurrent=4, serial=serial))
    assert set(verdicts(play).values()) == {Verdict.PASS}
    assert max(seen) == most
