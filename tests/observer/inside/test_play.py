from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from .synthetic import Server, Stage, command, until


def test_two_scripts_that_wait_get_one_message_each(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(
        command(
            "spawn",
            {"script": [command("receive", {"within": 0.005}, "late"), command("receive", {"within": 30}, "a")]},
            "one",
        ),
        command("spawn", {"script": [command("receive", {"within": 30}, "b")]}, "two"),
        command("join", "one"),
        command("join", "two"),
    )

    async def main() -> None:
        server = Server([])
        task = asyncio.ensure_future(stage.call(server))
        await until(lambda: "late" in stage_outcomes(stage))
        for name in ("first", "second", "third"):
            server.queue.put_nowait({"type": name})
        await task

    asyncio.run(main())
    outcomes = stage.seen().outcomes
    assert sorted(str((outcomes[name].event or {})["type"]) for name in "ab") == ["first", "second"]


def stage_outcomes(stage: Stage) -> Any:
    stage.spool.refresh()
    calls = stage.spool.calls(token="j1.1")
    return calls[0].outcomes if calls else {}


def test_a_call_that_is_cancelled_takes_its_scripts_along(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(
        command("spawn", {"script": [command("mark", "running"), command("sleep", 60)]}, "beside"),
        command("join", "beside"),
    )

    async def main() -> None:
        task = asyncio.ensure_future(stage.call(Server()))
        await until(lambda: stage.spool.marked("j1", "running"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert stage.seen().outcomes["beside"].raised == "CancelledError"
    assert stage.seen().raised == "CancelledError"


def test_nobody_hears_of_exceptions_that_nobody_asked_for(tmp_path: Path) -> None:
    """A failed receive that was left behind, or a spawned script, must put nothing into the server's log."""
    stage = Stage(tmp_path)
    stage.script(
        command("spawn", {"script": [command("raise", {"class": "ValueError"})]}, "beside"),
        command("receive", {"within": 0.005}, "late"),
        command("sleep", 0.02),
    )
    complaints: list[Any] = []

    class Failing(Server):
        async def receive(self) -> Any:
            await asyncio.sleep(0.01)
            raise OSError("gone")

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        await stage.call(Failing())
        gc.collect()

    asyncio.run(main())
    assert complaints == []
    assert stage.seen().returned is True
    assert stage.seen().notes == ("receive() raised OSError",)


def test_a_call_that_is_thrown_away_ends_at_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.script(command("spawn", {"script": [command("sleep", 60)]}, "beside"), command("sleep", 60))

    async def main() -> None:
        coroutine = stage.call(Server())
        coroutine.send(None)
        coroutine.close()

    asyncio.run(main())
    assert stage.seen().raised == "GeneratorExit"
