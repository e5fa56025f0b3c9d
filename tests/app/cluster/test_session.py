"""A run on a cluster that is not there: every line counts once, and what is lost is an error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from engine.app.cluster.connection import Cluster
from engine.app.cluster.order import TaskOrder
from engine.app.cluster.session import ClusterSession
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.execution.job import Job
from engine.model.baseline import KnownFailure
from engine.model.case import Selector
from engine.model.result_event import ResultEvent
from engine.model.source_span import SourceSpan
from engine.model.target import Target
from engine.model.verdict import JobResult, Verdict
from engine.results.record.store import Store, TargetRow, read
from engine.worker.messages import ResultMessage
from tests.app.cluster.test_order import CASE, SUITE

Lines = list[tuple[Any, ...]]
Packet = Callable[[Mapping[str, Any]], None]
Over = Callable[[str, Mapping[str, Any] | None, str], None]
Script = Callable[[str, Lines, Packet, Over], None]


class FakeCluster:
    """Answers each order by a script, which sends packets and ends."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.take: Packet = lambda event: None
        self.orders: list[TaskOrder] = []
        self.cancelled = 0

    def listen(self, topic: str, take: Packet) -> None:
        self.take = take

    def submit(self, work: object, orders: Iterable[tuple[str, Mapping[str, Any]]], ended: Over) -> Sequence[Any]:
        for name, document in orders:
            order = TaskOrder.of_json(document)
            self.orders.append(order)
            self.script(name, lines_of(order), self.take, ended)
        return ["future"]

    def cancel(self, futures: Sequence[Any]) -> None:
        self.cancelled += len(futures)


class Watching:
    def __init__(self) -> None:
        self.events: list[ResultEvent] = []
        self.states: list[str] = []

    def target(self, target: Target, state: str, detail: str = "") -> None:
        self.states.append(f"{target.id} {state}")

    def take(self, event: ResultEvent) -> None:
        self.events.append(event)

    def comparing(self, cells: int) -> None:
        self.states.append(f"comparing {cells}")


def lines_of(order: TaskOrder) -> Lines:
    """A result for each cell of an order: the first passes, the others fail."""
    server, framework, loop = order.target.split("-")
    row = TargetRow(order.target, server, framework, loop, "direct", "local", python="3.12.1")
    found = []
    for number, address in enumerate(order.cells):
        file, _, case = address.partition("::")
        verdict = Verdict.FAIL if number else Verdict.PASS
        one = JobResult(case, file, order.target, "c", "must", verdict, "expected status 200" if number else "")
        found.append(ResultMessage.of(number, one, row if not number else None).values)
    return found


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    monkeypatch.chdir(tmp_path)
    Path("suite.yaml").write_text(SUITE + CASE + CASE.replace("one", "two"))
    engine = Engine(find())
    suite = engine.load([Path("suite.yaml")]).suites[0]
    return engine.plan(suite.cases, engine.targets(RunOptions(frameworks=("control", "starlette"))))


def performed(jobs: Sequence[Job], script: Script, **more: Any) -> tuple[ClusterSession, Watching, FakeCluster]:
    cluster, watching = FakeCluster(script), Watching()
    store = Store(Path("run"), "run", {})
    session = ClusterSession(
        jobs, cast(Cluster, cluster), Engine(find()), [Path("suite.yaml")], "run", store, [watching], **more
    )
    asyncio.run(session.run())
    store.close("whole")
    return session, watching, cluster


def plain(name: str, lines: Lines, send: Packet, over: Over) -> None:
    send({"target": name, "lines": lines})
    over(name, {"lines": lines, "trouble": ""}, "")


def verdicts(session: ClusterSession) -> list[tuple[str, str, str]]:
    return sorted((one.target, one.case, one.verdict.value) for one in session.results)


WANTED = [
    ("gunicorn-control-auto", "one", "pass"), ("gunicorn-control-auto", "two", "fail"),
    ("gunicorn-starlette-auto", "one", "pass"), ("gunicorn-starlette-auto", "two", "fail"),
]  # fmt: skip


def test_every_line_counts_once(jobs: list[Job]) -> None:
    session, watching, cluster = performed(jobs, plain)
    assert verdicts(session) == WANTED
    assert [event.position for event in watching.events] == [job.position for job in jobs]
    assert watching.states == ["gunicorn-control-auto ready", "gunicorn-starlette-auto ready"]
    assert cluster.cancelled == 0
    run = read(Path("run"))
    assert len(run.results) == 4
    assert [row.python for row in run.targets] == ["3.12.1", "3.12.1"]
    kinds = [json.loads(line)["kind"] for line in Path("run/run.ndjson").read_text().splitlines()]
    assert (kinds.count("result"), kinds.count("target")) == (4, 2)


def test_a_task_that_runs_twice_counts_once(jobs: list[Job]) -> None:
    def twice(name: str, lines: Lines, send: Packet, over: Over) -> None:
        send({"target": name, "lines": lines[:1]})  # of a worker that dies here
        plain(name, lines, send, over)

    assert verdicts(performed(jobs, twice)[0]) == WANTED


def test_events_that_are_lost_are_in_the_value(jobs: list[Job]) -> None:
    def silent(name: str, lines: Lines, send: Packet, over: Over) -> None:
        over(name, {"lines": lines, "trouble": ""}, "")

    assert verdicts(performed(jobs, silent)[0]) == WANTED


def test_a_task_that_is_given_up_leaves_errors(jobs: list[Job]) -> None:
    def lost(name: str, lines: Lines, send: Packet, over: Over) -> None:
        if "starlette" in name:
            over(name, None, "3 workers died")
            return
        send({"target": name, "lines": lines[:1]})
        over(name, {"lines": lines[:1], "trouble": "out of memory"}, "")

    session, watching, _ = performed(jobs, lost)
    assert [one[2] for one in verdicts(session)] == ["pass", "error", "error", "error"]
    assert session.rows["gunicorn-starlette-auto"].failed == "3 workers died"
    assert not session.rows["gunicorn-control-auto"].failed
    (error,) = (one for one in session.results if one.case == "two" and "control" in one.target)
    assert error.reason == "the task of gunicorn-control-auto ended without a result: out of memory"
    assert "gunicorn-starlette-auto failed" in watching.states


def test_the_baseline_is_that_of_the_run(jobs: list[Job]) -> None:
    line = KnownFailure("suite.yaml::two", Selector(), "it is broken", "", SourceSpan("k.yaml", 3, 5))
    session, _, _ = performed(jobs, plain, known=[line])
    assert {one[2] for one in verdicts(session)} == {"pass", "known"}
    assert {one.verdict.value for one in read(Path("run")).results} == {"pass", "known"}


def test_failures_are_compared_on_the_cluster_too(jobs: list[Job]) -> None:
    def compare(jobs: Sequence[Job], results: Sequence[JobResult]) -> Sequence[Job]:
        return [job for job in jobs if job.case.id == "two"]

    session, watching, cluster = performed(jobs, plain, compare=compare)
    assert session.counterparts is not None
    assert len(session.counterparts.results) == 2
    assert "comparing 2" in watching.states
    assert [order.topic for order in cluster.orders] == ["conformance-run-run"] * 2 + [
        "conformance-run-counterparts"
    ] * 2
    run = read(Path("run"))
    assert (len(run.results), len(run.counterparts), len(run.counterpart_targets)) == (4, 2, 2)


def test_tasks_are_cancelled_with_the_run(jobs: list[Job]) -> None:
    cluster = FakeCluster(lambda name, lines, send, over: send({"target": name, "lines": lines[:1]}))
    store = Store(Path("run"), "run", {})

    async def interrupted() -> None:
        class Interrupting(Watching):
            def take(self, event: ResultEvent) -> None:
                running.cancel()

        session = ClusterSession(
            jobs, cast(Cluster, cluster), Engine(find()), [Path("suite.yaml")], "run", store, [Interrupting()]
        )
        running = asyncio.ensure_future(session.run())
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(interrupted())
    assert cluster.cancelled == 1
    store.close("interrupted")
