"""The shard of a run: one partition on every machine, and the file of weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app import durations
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.sharding import partition_of, read_weights, sharding, weights_text
from engine.errors import UsageError
from engine.execution.job import Job
from engine.execution.planning.reach import RuntimeCapabilities
from engine.model.target import Target

OPTIONS = RunOptions(servers=("all",), frameworks=("control", "starlette", "flask", "wsgi-control"), loop="both")


class OtherMachine(Engine):
    """An engine where nothing but HTTP is reached, and where a probe once found a protocol that nobody declares."""

    def reach(self, target: Target) -> RuntimeCapabilities:
        return RuntimeCapabilities(processes=False, observer=False, ports=False, drives=False)

    def spoken(self, server: object, gateway: str) -> frozenset[str]:
        return frozenset({"http", "fastcgi", "uwsgi"})


def planned(engine: Engine) -> list[Job]:
    suites = [engine.project_paths.specs / name for name in ("contract", "lifespan")]
    cases = [one for suite in engine.load(suites).suites for one in suite.cases]
    return engine.plan(cases, engine.targets(OPTIONS))


def test_the_partition_is_the_same_on_every_machine(tmp_path: Path) -> None:
    by = sharding("1/4", "")
    assert by is not None
    here, there = Engine(find()), OtherMachine(replace(find(), cache=tmp_path))
    jobs, others = planned(here), planned(there)
    measured = {job.case.address: {job.target.id: 500.0} for job in jobs[:40]}
    durations.write(tmp_path / durations.FILE, measured)
    assert [job.left_out for job in jobs] != [job.left_out for job in others], "the machines differ in what they run"
    one, other = partition_of(here, jobs, by), partition_of(there, others[::-1], by)
    assert one.digest == other.digest
    assert dict(one.shards) == dict(other.shards)
    assert all(one.targets(index) for index in (1, 2, 3, 4))


def test_weights_change_a_partition(tmp_path: Path) -> None:
    engine = Engine(find())
    jobs = planned(engine)
    heavy = jobs[0].target.id
    path = tmp_path / "weights.json"
    path.write_text(weights_text({heavy: {job.case.file: 100.0 for job in jobs}}))
    plain, weighed = sharding("1/4", ""), sharding("1/4", str(path))
    assert plain is not None
    assert weighed is not None
    found = partition_of(engine, jobs, weighed)
    assert found.digest != partition_of(engine, jobs, plain).digest


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(weights_text({"b": {"s.yaml": 0.12345}, "a": {"t.yaml": 1, "s.yaml": 2}}))
    assert read_weights(path).seconds == {"a": {"s.yaml": 2.0, "t.yaml": 1.0}, "b": {"s.yaml": 0.123}}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "are not JSON"),
        ("[]", "is not a file of weights"),
        (json.dumps({"format": 2, "seconds": {}}), "is not a file of weights of format 1"),
        (json.dumps({"format": 1, "seconds": {"a": 1}}), "no seconds for the suites of a"),
        (json.dumps({"format": 1, "seconds": {"a": {"s.yaml": -1}}}), "no seconds for s.yaml of a"),
    ],
)
def test_a_file_without_weights_has_a_hint(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=what) as raised:
        read_weights(path)
    assert "engine merge" in raised.value.hint


def test_options_of_a_shard(tmp_path: Path) -> None:
    assert sharding("", "") is None
    with pytest.raises(UsageError, match="no effect without --shard"):
        sharding("", "weights.json")
    with pytest.raises(UsageError, match="cannot be read"):
        sharding("1/2", str(tmp_path / "none.json"))
