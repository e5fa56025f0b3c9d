"""The order of jobs and launches, by expected seconds that a test declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine.execution.job import Job
from engine.execution.planning.order import START, Batch, Urgencies, batches, queue, urgencies
from engine.model.target import ServerLaunch
from tests.execution.fakes import TARGET, case, job

OTHER = ServerLaunch(replace(TARGET, framework="other"))
OWN = ServerLaunch(TARGET, (), "j9")
COMPANY = 4


def jobs(*names: str, launch: ServerLaunch | None = None, start: int = 0, alone: str = "") -> list[Job]:
    return [job(case(id=name, stem=name, alone=alone), start + n, launch) for n, name in enumerate(names)]


def urgent(of: Sequence[Job], seconds: Mapping[str, float]) -> tuple[list[Batch], Urgencies]:
    found = batches(of)
    return found, urgencies(found, lambda one: seconds.get(one.case.id, 0.0), COMPANY)


def queued(of: Sequence[Job], seconds: Mapping[str, float]) -> list[str]:
    found, order = urgent(of, seconds)
    assert len(found) == 1
    return [one.case.id for one in queue(found[0], order)]


def test_the_longest_job_of_a_launch_begins_first() -> None:
    assert queued(jobs("a", "b", "c"), {"a": 0.1, "b": 25.0, "c": 1.0}) == ["b", "c", "a"]


def test_equals_keep_the_order_of_the_run() -> None:
    assert queued(jobs("a", "b", "c", "d"), {"c": 1.0}) == ["c", "a", "b", "d"]
    assert queued(jobs("a", "b", "c"), {}) == ["a", "b", "c"]


def test_exclusive_jobs_follow_the_others() -> None:
    mixed = [*jobs("a", "b"), *jobs("c", "d", start=2, alone="all")]
    assert queued(mixed, {"b": 1.0, "c": 25.0, "d": 30.0}) == ["b", "a", "d", "c"]


def test_a_round_of_repeats_is_over_before_the_next() -> None:
    first = jobs("a", "b")
    again = [replace(one, position=2 + n, repeat=1) for n, one in enumerate(first)]
    assert queued([*first, *again], {"b": 1.0}) == ["b", "a", "b", "a"]


def test_what_others_depend_on_is_as_urgent_as_they_are_together() -> None:
    first, second, third, other = jobs("first", "second", "third", "other")
    chain = [
        first,
        replace(second, case=replace(second.case, depends_on=("first",))),
        replace(third, case=replace(third.case, depends_on=("second",))),
        other,
    ]
    _, order = urgent(chain, {"first": 0.5, "second": 1.0, "third": 10.0, "other": 11.0})
    assert order.jobs == {0: 11.5, 1: 11.0, 2: 10.0, 3: 11.0}
    assert queued(chain, {"first": 0.0, "second": 0.0, "third": 10.0, "other": 1.0}) == [
        "first", "second", "third", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"target": OTHER.target}, {"repeat": 1}, {"position": 5}], ids=["target", "repeat", "later"]
)
def test_a_case_depends_on_the_same_turn_of_its_own_target_and_on_earlier_ones_only(change: dict[str, Any]) -> None:
    first, second = jobs("first", "second")
    second = replace(second, case=replace(second.case, depends_on=("first",)))
    _, order = urgent([replace(first, **change), second], {"second": 10.0})
    assert order.jobs[change.get("position", 0)] == 0.0
    _, order = urgent([first, second], {"second": 10.0})
    assert order.jobs[0] == 10.0


def test_a_launch_takes_its_start_its_concurrent_jobs_and_then_the_exclusive_ones() -> None:
    mixed = [*jobs("a", "b"), *jobs("c", "d", start=2, alone="all")]
    _, order = urgent(mixed, {"a": 3.0, "b": 1.0, "c": 5.0, "d": 7.0})
    assert order.launches == {ServerLaunch(TARGET): START + 3.0 + 5.0 + 7.0}
    _, order = urgent(jobs(*"abcdefghij"), dict.fromkeys("abcdefghij", 1.0))
    assert order.launches == {ServerLaunch(TARGET): START + 10 / COMPANY}


def test_a_launch_that_others_wait_for_is_more_urgent_than_they_are() -> None:
    first, second = jobs("first"), jobs("second", launch=OWN, start=1)
    second = [replace(one, case=replace(one.case, depends_on=("first",))) for one in second]
    _, order = urgent([*first, *second], {"second": 10.0})
    assert order.launches[ServerLaunch(TARGET)] > order.launches[OWN] == START + 10.0


def test_a_guess_below_nothing_counts_as_nothing() -> None:
    _, order = urgent(jobs("a"), {"a": -1.0})
    assert order.jobs == {0: 0.0}


def test_jobs_are_batched_by_launch() -> None:
    special = ServerLaunch(TARGET, (("workers", 2),))
    mixed = [*jobs("a", "b"), job(case(id="c"), 2, special)]
    assert [(batch.launch, len(batch.jobs)) for batch in batches(mixed)] == [(ServerLaunch(TARGET), 2), (special, 1)]
