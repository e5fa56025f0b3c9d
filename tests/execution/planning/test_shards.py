"""The division of targets among machines."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.shards import Shard, longest_first, part, partition, shard_of
from engine.execution.planning.weights import PLAIN, Weights, guess
from engine.model.target import ServerLaunch, Target
from tests.execution.fakes import case, job

NAMES = "abcdefgh"


def jobs(cases: int = 3) -> list[Job]:
    """So many cases on eight targets."""
    found: list[Job] = []
    for name in NAMES:
        target = Target("server", name, "asyncio")
        for number in range(cases):
            one = job(case(id=f"c{number}"), len(found), ServerLaunch(target))
            found.append(replace(one, target=target))
    return found


def weight(one: Job) -> float:
    return 0.1 * (1 + NAMES.index(one.target.framework))


def test_every_job_is_in_exactly_one_shard() -> None:
    every = jobs()
    whole = partition(every, weight, 3, 1.0)
    parts = [part(every, whole, Shard(index, 3)) for index in (1, 2, 3)]
    assert sorted(one.position for own in parts for one in own) == [one.position for one in every]
    assert not {one.target.id for one in parts[0]} & {one.target.id for one in parts[1]}
    assert all(parts)


def test_a_partition_does_not_depend_on_the_order_of_jobs() -> None:
    every = jobs()
    one = partition(every, weight, 3, 1.0)
    random.Random(7).shuffle(every)
    other = partition(every, weight, 3, 1.0)
    assert (one.digest, dict(one.shards)) == (other.digest, dict(other.shards))


def test_the_longest_comes_first_and_goes_where_least_is_to_do() -> None:
    assert longest_first({"a": 7, "b": 5, "c": 4, "d": 3, "e": 3}, 2) == {"a": 1, "b": 2, "c": 2, "d": 1, "e": 2}
    assert longest_first({"b": 5, "a": 5}, 2) == {"a": 1, "b": 2}
    assert longest_first({"a": 0, "b": 0}, 2) == {"a": 1, "b": 2}


def test_a_digest_is_that_of_targets_cases_and_number() -> None:
    digests = {
        partition(jobs(), weight, 3, 1.0).digest,
        partition(jobs(), weight, 4, 1.0).digest,
        partition(jobs(2), weight, 3, 1.0).digest,
        partition(jobs(), lambda one: 1.0, 3, 1.0).digest,
    }
    assert len(digests) == 4


def test_more_shards_than_targets_leave_some_without_work() -> None:
    found = partition(jobs(), weight, 20, 1.0)
    assert [len(found.targets(index)) for index in range(1, 21)] == [1] * 8 + [0] * 12
    note = found.note(Shard(9, 20))
    assert (note["shard"], note["of"], note["partition"]) == (9, 20, found.digest)


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("0/3", "there is no shard 0/3", "from 1/3 to 3/3"),
        ("4/3", "there is no shard 4/3", "from 1/3 to 3/3"),
        ("1/0", "there is no shard 1/0", "like 1/3"),
        ("x", "'x' is not a shard", "--shard 1/3"),
        ("1/3 ", "is not a shard", "--shard 1/3"),
        ("-1/3", "is not a shard", "--shard 1/3"),
    ],
)
def test_a_wrong_shard_has_a_hint(word: str, what: str, hint: str) -> None:
    with pytest.raises(UsageError, match=what) as raised:
        shard_of(word)
    assert hint in raised.value.hint


def test_a_shard() -> None:
    assert shard_of("2/3") == Shard(2, 3)


def test_measured_seconds_go_before_guesses() -> None:
    one, other = jobs(1)[:2]
    weights = Weights({one.target.id: {"case.yaml": 2.5}})
    assert weights.expected(one) == 2.5
    assert weights.expected(other) == 2.5, "the suite was measured on another target"
    assert Weights().expected(one) == PLAIN


def test_a_guess_follows_from_the_header() -> None:
    assert guess(case(own_process=True)) > guess(case())
    assert guess(case(timeout=60.0)) > guess(case(timeout=5.0)) == PLAIN
