"""The work of a session before the first target is started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from engine.app.session import RunSession, confirmed, failed_row, live_row
from engine.errors import EnvironmentFailed, StartError, Unfit
from engine.execution.job import Job
from engine.execution.runner.runner import not_run
from engine.execution.runner.trimming import Budget
from engine.model.protocols import Boundary
from engine.model.result_event import ResultEvent
from engine.model.target import ServerLaunch, Target, TargetInfo
from engine.model.transcript import Transcript
from engine.model.verdict import JobResult, Verdict
from tests.execution.fakes import TARGET, FakeLive, case, job

OLD = Target("guni", "control", "auto", release="==1.0", variant="slow")
NEW = Target("guni", "control", "auto")


def left_out(target: Target, *lacks: str, reason: str = "it does not offer it") -> Job:
    return replace(job(case()), target=target, left_out=reason, lacks=lacks)


def after(jobs: list[Job], **found: frozenset[str]) -> list[str]:
    queries: list[tuple[str, list[str]]] = []

    async def unclaimed(target: Target, words: Collection[str]) -> frozenset[str]:
        queries.append((target.id, sorted(words)))
        if not found:
            raise EnvironmentFailed("no")
        return found.get(target.release or "new", frozenset()) & frozenset(words)

    done = asyncio.run(confirmed(jobs, unclaimed))
    assert [one.position for one in done] == [one.position for one in jobs]
    assert len(queries) == len(dict(queries))
    return [one.left_out for one in done]


def test_what_a_probe_finds_all_the_same_is_run() -> None:
    jobs = [
        left_out(NEW, "http2"),
        left_out(NEW, "http2", "trailers"),
        left_out(OLD, "http2"),
        left_out(NEW, reason="left out: it is slow"),
        replace(job(case()), target=NEW),
    ]
    reasons = [one.left_out for one in jobs]
    assert after(jobs, new=frozenset({"http2"})) == ["", *reasons[1:]]
    assert after(jobs, new=frozenset({"http2", "trailers"})) == ["", "", *reasons[2:]]
    assert after(jobs, other=frozenset({"http2"})) == reasons


def test_a_server_that_cannot_be_looked_at_is_believed() -> None:
    assert after([left_out(NEW, "http2")]) == ["it does not offer it"]


def test_rows_say_what_was_asked_for_and_what_was_found() -> None:
    live = FakeLive()
    live.facts = TargetInfo("3.11.7", "uvloop.Loop", {"b": "1", "a": "2"}, "1.0", "abc", ("http2",), ("wrong",))
    row = live_row(OLD, live)
    assert (row.id, row.release, row.variant) == ("guni==1.0~slow-control-auto", "==1.0", "slow")
    assert (row.version, row.commit, row.offers, row.refuted) == ("1.0", "abc", ("http2",), ("wrong",))
    assert (row.found_loop, list(row.versions)) == ("uvloop", ["a", "b"])
    failed = failed_row(OLD, EnvironmentFailed("there is no guni 1.0", hint="look", log="words"))
    assert (failed.release, failed.variant, failed.failed) == ("==1.0", "slow", "there is no guni 1.0")
    assert (failed.hint, failed.log) == ("look", "words")


class Plays:
    """A runtime and a runner: every server dies under whatever runs on it."""

    def __init__(self) -> None:
        self.starts: list[ServerLaunch] = []
        self.fails_from = 99

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> FakeLive:
        self.starts.append(launch)
        live = FakeLive()
        if len(self.starts) >= self.fails_from:
            raise StartError("the port is taken")
        if prepare is not None:
            prepare(live.boundary)
        return live

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        return frozenset()

    def script_of(self, job: Job, host: str) -> dict[str, object] | None:
        return {"job": job.id}

    async def run(self, job: Job, live: FakeLive) -> JobResult:
        live.die()
        return not_run(job, Verdict.CRASH, "the server ended with signal 11")


def session(jobs: list[Job], plays: Plays) -> RunSession:
    found = RunSession(jobs, plays, plays, None, ())  # type: ignore[arg-type]  # it is runtime and runner at once
    asyncio.run(asyncio.wait_for(found.run(), 20))
    return found


def test_a_server_that_dies_under_a_case_of_its_own_does_not_end_the_run() -> None:
    jobs = [job(case(id=f"c{n}"), n, ServerLaunch(TARGET, (), f"j{n}")) for n in range(3)]
    plays = Plays()
    found = session([*jobs, job(case(id="other"), 3)], plays)
    assert {result.case: result.verdict for result in found.results} == dict.fromkeys(
        ["c0", "c1", "c2", "other"], Verdict.CRASH
    )
    assert len(plays.starts) == 4


def test_a_target_that_cannot_be_started_once_more_is_no_target_that_did_not_start() -> None:
    plays = Plays()
    plays.fails_from = 2
    found = session([job(case(id=name, alone="all"), position) for position, name in enumerate("ab")], plays)
    assert {result.case: result.verdict for result in found.results} == {"a": Verdict.CRASH, "b": Verdict.ERROR}
    assert found.rows[TARGET.id].failed == ""
    assert found.failures == {}


class Starts(Plays):
    """Fails to start on request, with a log; running targets pass. A target started by a step does not run yet."""

    def __init__(self, *failing: ServerLaunch) -> None:
        super().__init__()
        self.failing = failing

    async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> FakeLive:
        self.starts.append(launch)
        if launch in self.failing:
            raise StartError("it ended", log="no certificate")
        return FakeLive(facts=TargetInfo(loop="" if launch.held else "uvloop.Loop"))

    async def run(self, job: Job, live: FakeLive) -> JobResult:
        return replace(not_run(job, Verdict.PASS, ""), transcript=Transcript(0.0, ()), log="x" * 30)


SECURE = ServerLaunch(TARGET, (("tls", True),))
HELD = ServerLaunch(TARGET, (), "j0", held=True)


def test_a_target_none_of_whose_launches_starts_is_a_row_with_its_log() -> None:
    found = session([job(case(id="a"), 0, SECURE)], Starts(SECURE))
    row = found.rows[TARGET.id]
    assert (row.failed, row.log) == ("it ended", "no certificate")


def test_a_target_that_starts_otherwise_is_no_target_that_did_not_start() -> None:
    found = session([job(case(id="a"), 0, SECURE), job(case(id="b"), 1)], Starts(SECURE))
    assert (found.rows[TARGET.id].failed, found.rows[TARGET.id].found_loop) == ("", "uvloop")
    assert {result.case: result.verdict for result in found.results} == {"a": Verdict.ERROR, "b": Verdict.PASS}


def test_a_row_tells_the_loop_although_a_server_that_a_step_starts_came_first() -> None:
    found = session([job(case(id="a"), 0, HELD), job(case(id="b"), 1)], Starts())
    assert found.rows[TARGET.id].found_loop == "uvloop"


def test_a_run_keeps_time_lines_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "__init__", lambda self: setattr(self, "left", 50))
    found = session([job(case(id=name), position) for position, name in enumerate("ab")], Starts())
    assert [result.log for result in found.results] == ["x" * 30, ""]
    assert found.results[1].transcript is not None
    assert "left out" in found.results[1].transcript.events[0].detail


def test_a_target_that_is_unfit_is_unsupported_and_did_start() -> None:
    class Other(Starts):
        async def start(self, launch: ServerLaunch, prepare: Callable[[Boundary], None] | None = None) -> FakeLive:
            self.starts.append(launch)
            raise Unfit("guni runs apps on Trio")

    plays = Other()
    found = session([job(case(id="a"), 0), job(case(id="b"), 1, SECURE)], plays)
    assert [(one.verdict, one.reason) for one in found.results] == [(Verdict.UNSUPPORTED, "guni runs apps on Trio")] * 2
    assert found.rows[TARGET.id].failed == ""


def test_watchers_hear_how_far_what_is_run_to_compare_has_come() -> None:
    heard: list[object] = []

    class Watcher:
        def target(self, target: Target, state: str, detail: str = "") -> None: ...

        def take(self, event: ResultEvent) -> None:
            heard.append((event.result.case, event.position, event.counterpart))

        def comparing(self, cells: int) -> None:
            heard.append(cells)

    plays = Plays()
    others = [replace(job(case(id="c"), n), repeat=n) for n in (0, 1)] + [job(case(id="d"), 2)]
    found = RunSession([job(case(id="c"))], plays, plays, None, [Watcher()], compare=lambda *_: others)  # type: ignore[arg-type]  # as much of a runtime as is used
    asyncio.run(asyncio.wait_for(found.run(), 20))
    assert heard == [("c", 0, False), 2, ("c", 0, True), ("d", 2, True)]
