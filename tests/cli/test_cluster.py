"""``engine grid --on`` with a real Dask cluster of three worker processes on this machine, one of which is killed.

pytest tests/cli/test_cluster.py       with: python -m pip install -e '.[test,dask]'
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Engine, clean

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install -e '.[dask]'")

pytestmark = [pytest.mark.service, pytest.mark.slow]

WITHIN = 60.0
WORDS = ("grid", "cases.yaml", "--framework", "control", "--framework", "starlette", "--loop", "both")


@dataclass
class LocalCluster:
    """A scheduler and its workers, each a process of its own."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *words: str) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        argv = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        self.processes[name] = subprocess.Popen(argv, cwd=self.folder, env=clean(), stdout=log, stderr=log)

    @property
    def address(self) -> str:
        document: dict[str, Any] = json.loads((self.folder / "scheduler.json").read_text())
        return str(document["address"])


def until(condition: Any, what: str) -> Any:
    """The first true value of a condition."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {WITHIN} s: {what}")


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    found = LocalCluster(tmp_path_factory.mktemp("cluster"))
    file = found.folder / "scheduler.json"
    found.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    try:
        until(file.exists, "a scheduler")
        for name in ("a", "b", "c"):
            found.start(
                name, "worker", found.address, "--name", name, "--nthreads", "1", "--no-nanny",
                "--resources", "targets=1", "--local-directory", str(found.folder / name),
            )  # fmt: skip
        with distributed.Client(found.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=WITHIN)
        yield found
    finally:
        for process in found.processes.values():
            process.kill()
            process.wait()


def results(record: Path) -> Counter[tuple[str, str]]:
    """The number of lines of each result in a record that may still grow."""
    found: Counter[tuple[str, str]] = Counter()
    for line in record.read_bytes().split(b"\n")[:-1]:
        document = json.loads(line)
        if document["kind"] == "result":
            found[document["case"], document["target"]] += 1
    return found


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(
    engine: Engine, suites: Path, cluster: LocalCluster
) -> None:
    here = engine(*WORDS)
    assert here.returncode == 0, here.stdout + here.stderr
    (whole,) = os.listdir(suites / "results" / "runs")
    address = cluster.address.replace("tcp://", "dask://")
    running = subprocess.Popen(
        [sys.executable, "-m", "engine", *WORDS, "--on", address],
        cwd=suites, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        (record,) = until(
            lambda: [path for path in (suites / "results" / "runs").glob("*/run.ndjson") if path.parent.name != whole],
            "a record",
        )
        # A target of `cases.yaml` has four cases that take a second each, one after the other.
        until(lambda: results(record), "a first result")
        with distributed.Client(cluster.address, set_as_default=False) as client:
            begun = {target for _, target in results(record)}
            busy = {
                client.scheduler_info(n_workers=-1)["workers"][worker]["name"]: tasks
                for worker, tasks in client.processing().items()
            }
        victim = next(name for name, tasks in busy.items() if any(task.endswith(tuple(begun)) for task in tasks))
        cluster.processes[victim].send_signal(signal.SIGKILL)
        output, _ = running.communicate(timeout=WITHIN * 2)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0, output
    counts = results(record)
    assert set(counts.values()) == {1}, "nothing twice"
    assert counts == results(suites / "results" / "runs" / whole / "run.ndjson"), "nothing lost"
    assert table(output) == table(here.stdout)
    compared = engine("compare", whole, record.parent.name)
    assert "nothing changed" in compared.stdout, compared.stdout
    rows = [json.loads(line) for line in record.read_text().splitlines() if '"kind":"target"' in line]
    assert all(row["machine"]["cores"] and row["system"] for row in rows)


def table(output: str) -> str:
    """The grid in an output."""
    return output[output.index("┌") : output.index("no difference between")]


def test_workers_without_places_are_an_error(engine: Engine, cluster: LocalCluster) -> None:
    for name in ("a", "b", "c"):
        cluster.processes[name].kill()
        cluster.processes[name].wait()
    cluster.start("d", "worker", cluster.address, "--nthreads", "1", "--no-nanny", "--local-directory", "d")
    with distributed.Client(cluster.address, set_as_default=False) as client:
        until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == 1, "one worker")
    ran = engine(*WORDS, "--on", cluster.address.replace("tcp://", "dask://"))
    assert ran.returncode == 2
    assert "says how many targets it starts" in ran.stderr
    assert "--resources targets=2" in ran.stderr
