from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from engine.model.target import ExitStatus, ServerLaunch, Target, TargetInfo
from engine.targets.runtimes.live import Relaunch, StartedTarget, alive, recorded
from tests.execution.fakes import FakeBoundary


def test_who_wrote_records(tmp_path: Path) -> None:
    for name in ("30.ndjson", "4.ndjson", "notes.ndjson", "5.txt"):
        (tmp_path / name).touch()
    assert recorded(tmp_path) == [4, 30]
    assert recorded(tmp_path / "none") == []


def test_who_is_alive() -> None:
    assert alive(os.getpid())
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    # Its end is seen by the pipe; nobody has waited for it yet.
    assert child.stdout.read() == b""
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    if sys.platform == "linux":
        assert not alive(child.pid)
    child.stdout.close()
    child.wait()
    assert not alive(child.pid)


class Fake:
    """A process, or the gateway in front of one."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name
        self.pid, self.ended_at, self.address = 7, 0.0, ("127.0.0.1", 4000)
        self.ended: ExitStatus | None = None

    @property
    def process(self) -> Fake:
        return self

    async def stop(self, grace: float) -> None:
        self.log.append(f"stop {self.name} in {grace:g} s")

    async def release(self) -> None:
        self.log.append(f"release {self.name}")


def target(folder: Path, log: list[str], *, fronted: bool) -> tuple[StartedTarget, Fake, Fake]:
    process, front = Fake(log, "server"), Fake(log, "gateway")
    relaunch = cast(Relaunch, SimpleNamespace())
    live = StartedTarget(
        ServerLaunch(Target("one", "control", "auto")), ("127.0.0.1", 5000), FakeBoundary(), TargetInfo(),
        process=cast(Any, process), log_file=folder / "log", scratch=folder / "scratch", relaunch=relaunch,
        speaks="fastcgi" if fronted else "http", gateway=cast(Any, front) if fronted else None,
    )  # fmt: skip
    return live, process, front


def test_clients_connect_to_the_gateway_and_the_server_is_behind_it(tmp_path: Path) -> None:
    live, _, _ = target(tmp_path, [], fronted=True)
    assert (live.address, live.host) == (("127.0.0.1", 4000), "127.0.0.1:4000")
    assert (live.upstream, live.speaks) == (("127.0.0.1", 5000), "fastcgi")
    live, _, _ = target(tmp_path, [], fronted=False)
    assert (live.address, live.upstream, live.speaks) == (("127.0.0.1", 5000), ("127.0.0.1", 5000), "http")


def test_a_gateway_that_ends_ends_the_target(tmp_path: Path) -> None:
    live, process, front = target(tmp_path, [], fronted=True)
    assert (live.ended, live.ended_at) == (None, 0.0)
    front.ended, front.ended_at = ExitStatus(signal=9), 2.0
    assert (live.ended, live.ended_at) == (ExitStatus(signal=9), 2.0)
    process.ended, process.ended_at = ExitStatus(status=1), 1.0
    assert (live.ended, live.ended_at) == (ExitStatus(status=1), 1.0)


def test_both_are_stopped_before_either_is_let_go(tmp_path: Path) -> None:
    log: list[str] = []
    live, _, _ = target(tmp_path, log, fronted=True)

    async def scene() -> None:
        await live.stop(2.0)
        await live.stop(2.0)

    asyncio.run(scene())
    assert sorted(log[:2]) == ["stop gateway in 2 s", "stop server in 2 s"]
    assert log[2:] == ["release server", "release gateway"]


def test_a_process_in_which_the_app_was_driven_is_no_lost_worker(tmp_path: Path) -> None:
    gone, driven = 2**22 + 1, 2**22 + 2
    live, _, _ = target(tmp_path, [], fronted=False)
    records = tmp_path / "scratch" / "desk" / "records"
    records.mkdir(parents=True, exist_ok=True)
    for name in (f"{gone}.ndjson", f"{driven}.driven", f"{driven}.ended"):
        (records / name).touch()
    assert list(live.workers_lost) == [gone]


def test_workers_that_end_after_their_last_request_are_not_lost(tmp_path: Path) -> None:
    gone = 2**22 + 1  # above the highest pid of Linux
    live, _, _ = target(tmp_path, [], fronted=False)
    records = tmp_path / "scratch" / "desk" / "records"
    records.mkdir(parents=True, exist_ok=True)
    (records / f"{gone}.ndjson").touch()
    assert list(live.workers_lost) == [gone]
    live.launch = replace(live.launch, options=(("max_requests", 5),))
    assert list(live.workers_lost) == []
