from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop

from engine.errors import StartError
from engine.model.target import ExitStatus
from engine.targets.runtimes.live import alive
from engine.targets.runtimes.local import process as module
from engine.targets.runtimes.local.process import SupervisedProcess
from tests.targets.catalog.servers_of_ours import OBEDIENT, STUBBORN, Family

Run = Callable[[Coroutine[object, object, None]], None]


def in_a_thread(run: Run) -> Run:
    """Run a coroutine on a loop that does not live in the main thread."""

    def inside(scene: Coroutine[object, object, None]) -> None:
        trouble: list[BaseException] = []

        def body() -> None:
            try:
                run(scene)
            except BaseException as error:
                trouble.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if trouble:
            raise trouble[0]

    return inside


RUNS = {
    "asyncio": asyncio.run,
    "uvloop": uvloop.run,
    "asyncio-thread": in_a_thread(asyncio.run),
    "uvloop-thread": in_a_thread(uvloop.run),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_start_signal_stop_on_any_loop(tmp_path: Path, run: Run) -> None:
    family = Family(tmp_path, OBEDIENT)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        assert process.pid == family.members(1)["main"]
        assert process.ended is None
        process.signal(signal.SIGTERM)
        assert await process.wait() == ExitStatus(status=5)
        process.signal(signal.SIGTERM)
        assert await process.stop() == ExitStatus(status=5)
        assert await process.stop() == ExitStatus(status=5)
        assert process.left == ()
        assert family.scratch.is_dir()
        await process.release()
        assert not family.scratch.exists()

    run(scene())
    family.wait_until_gone()


def test_who_ignores_term_is_killed_after_the_grace(tmp_path: Path) -> None:
    family = Family(tmp_path, STUBBORN)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        family.members(1)
        assert await process.stop(grace=0.05) == ExitStatus(signal=signal.SIGKILL)
        await process.release()

    asyncio.run(scene())
    family.wait_until_gone()


def until_dead(pid: int) -> None:
    """Wait, and give no loop a turn, until a process has ended: its pipes are closed a little earlier."""
    while alive(pid):
        time.sleep(0.001)


def test_an_end_is_known_when_it_is_asked_for(tmp_path: Path) -> None:
    """A process that is gone and of whose end nothing was heard yet: the loop had no turn since."""
    family = Family(tmp_path, OBEDIENT)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        family.members(1)
        assert await process.check() is None
        os.kill(process.pid, signal.SIGKILL)
        family.wait_until_gone()
        until_dead(process.pid)
        assert process.ended is None
        assert await process.check() == ExitStatus(signal=9)
        assert 0 < process.ended_at <= time.monotonic()
        await process.stop()
        assert await process.check() == ExitStatus(signal=9)
        await process.release()

    asyncio.run(scene())


def test_a_cancellation_at_the_same_time_as_the_answer_is_not_lost(tmp_path: Path) -> None:
    """asyncio.wait_for of Python 3.11 returns the result then, and a run that was to stop went on for ever."""
    family = Family(tmp_path, OBEDIENT)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        family.members(1)
        task = asyncio.ensure_future(process.check())
        await asyncio.sleep(0)
        process._looks[0].set_result(None)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await process.stop()
        await process.release()

    asyncio.run(scene())


def test_nobody_waits_for_a_warden_that_is_gone(tmp_path: Path) -> None:
    family = Family(tmp_path, OBEDIENT)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        family.members(1)
        os.kill(process._supervisor.pid, signal.SIGSTOP)
        asking = asyncio.ensure_future(process.check())
        await asyncio.sleep(0)
        os.kill(process._supervisor.pid, signal.SIGKILL)
        assert await asyncio.wait_for(asking, 10) == ExitStatus(signal=9)
        await process.release()

    asyncio.run(scene())


def test_what_cannot_be_started(tmp_path: Path) -> None:
    family = Family(tmp_path, OBEDIENT)
    spec = family.spec()
    family.let_go()

    async def scene() -> None:
        broken = module.ProcessSpec(
            argv=("/nowhere/python",), env={}, cwd=tmp_path, log=family.log, remove=family.scratch
        )
        with pytest.raises(StartError, match="/nowhere/python cannot be started: No such file"):
            await SupervisedProcess.start(broken)

    asyncio.run(scene())
    assert spec.remove is not None
    assert not spec.remove.exists()


def test_a_killed_warden_takes_its_target_along(tmp_path: Path) -> None:
    family = Family(tmp_path, STUBBORN)

    async def scene() -> None:
        process = await SupervisedProcess.start(family.spec())
        family.let_go()
        family.members(1)
        os.kill(process._supervisor.pid, signal.SIGKILL)
        assert await process.wait() == ExitStatus(signal=signal.SIGKILL)
        assert await process.stop() == ExitStatus(signal=signal.SIGKILL)
        await process.release()

    asyncio.run(scene())
    family.wait_until_gone()


def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    family = Family(tmp_path, OBEDIENT)

    async def scene() -> None:
        starting = asyncio.ensure_future(SupervisedProcess.start(family.spec()))
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        family.let_go()
        await asyncio.to_thread(family.wait_until_gone)

    asyncio.run(scene())


SLUGGISH = """\
import os, sys, time
time.sleep(0.5)
os.execv(sys.executable, [sys.executable, "-I", "-S", {supervisor!r}])
"""


def test_a_start_is_not_cancelled_before_its_supervisor_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor may be slow to read its order; one that reads it later would start the target again."""
    sluggish = tmp_path / "sluggish.py"
    sluggish.write_text(SLUGGISH.format(supervisor=str(module.SUPERVISOR)))
    monkeypatch.setattr(module, "SUPERVISOR", sluggish)
    family = Family(tmp_path, OBEDIENT)
    spec = family.spec()

    async def scene() -> None:
        starting = asyncio.ensure_future(SupervisedProcess.start(spec))
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert spec.remove is not None
        assert not spec.remove.exists()

    asyncio.run(scene())
    family.let_go()
    family.wait_until_gone()
