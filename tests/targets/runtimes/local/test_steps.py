"""Steps with a server of their own: start it, restart it, signal it, measure it, call its app without it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import StartError
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.targets.catalog.servers.base import Start
from engine.targets.runtimes import readiness
from engine.targets.runtimes.live import StartedTarget
from tests.targets.runtimes.local.test_host import Bench, bench

__all__ = ["bench"]

HELD = ServerLaunch(Target("tiny", "one", "auto"), lifespan_of="j0", held=True)
OWN = ServerLaunch(Target("tiny", "one", "auto"), lifespan_of="j0")

# A main process with a worker, which says by a file that it is there; it ends with status 4 at TERM.
FAMILY = """
import os, signal, sys, time
open(os.environ["ENGINE_DESK"] + "/held", "w").close()
kept = [open(os.devnull) for _ in range(20)]
worker = os.fork()
if worker == 0:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print("worker", flush=True)
    while True:
        signal.pause()
signal.signal(signal.SIGTERM, lambda number, frame: os._exit(4))
while True:
    print("main", worker, flush=True)
    os.waitpid(worker, 0)
    print("lost", flush=True)
    worker = os.fork()
    if worker == 0:
        while True:
            signal.pause()
"""


def family(start: Start) -> Sequence[str]:
    return [sys.executable, "-I", "-S", "-c", FAMILY]


def hanging(start: Start) -> Sequence[str]:
    return [sys.executable, "-I", "-S", "-c", "import signal; print('here', flush=True); signal.pause()"]


async def logged(live: StartedTarget, text: str) -> str:
    """The log, once it holds a text."""
    async with asyncio.timeout(20):
        while text not in live.log():  # noqa: ASYNC110 (a file that another process writes)
            await asyncio.sleep(0.005)
    return live.log()


async def refused(live: StartedTarget) -> bool:
    try:
        _, writer = await asyncio.open_connection(*live.address)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


def test_a_held_target_is_started_by_a_step_and_again_on_the_same_port(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.runtime().start(HELD)
        address = live.address
        assert (live.pid, live.ended, live.ended_at, live.usage()) == (0, None, 0.0, ())
        assert await refused(live)
        pids = []
        for _ in range(2):
            await live.start()
            pids.append(live.pid)
            assert live.address == address
            assert live.facts.loop_name == "asyncio"
            assert (await readiness.ask(live.address, "j0.1")).status == 200
            assert live.signal(signal.SIGTERM)
            assert await live.wait() == live.ended == ExitStatus(signal=signal.SIGTERM)
            assert live.ended_at > 0
            assert await refused(live)
            assert not live.signal(signal.SIGTERM)
        assert len(set(pids)) == 2
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


def test_a_server_that_runs_is_not_started_twice(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.runtime().start(OWN)
        with pytest.raises(ValueError, match="runs already"):
            await live.start()
        await live.stop()
        with pytest.raises(ValueError, match="is being stopped"):
            await live.start()

    asyncio.run(scene())


def test_what_never_started_cannot_be_waited_for(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.runtime().start(HELD)
        with pytest.raises(ValueError, match="has not been started"):
            await live.wait()
        assert not live.signal(signal.SIGTERM)
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


def test_a_start_that_fails_is_the_step_s_and_its_end_is_known(bench: Bench) -> None:
    bench.app("raise SystemExit(7)\n")

    async def scene() -> None:
        live = await bench.runtime().start(HELD)
        with pytest.raises(StartError, match="ended before it was ready"):
            await live.start()
        assert await live.wait() == ExitStatus(status=7)
        bench.app("async def app(scope, receive, send):\n    raise ValueError('not today')\n")
        with pytest.raises(StartError, match="not today"):
            await live.start()
        assert live.ended is None
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


def test_a_start_that_is_not_waited_for(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.runtime(hanging).start(HELD)
        await live.start(ready=False)
        assert "here" in await logged(live, "here")
        assert live.ended is None
        assert live.logged == len("here\n")
        assert live.log(2) == "re\n"
        await live.stop()
        assert live.ended == ExitStatus(signal=signal.SIGTERM)

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


def test_a_start_that_is_broken_off_leaves_nothing(bench: Bench) -> None:
    async def scene() -> int:
        live = await bench.runtime(hanging).start(HELD)
        starting = asyncio.ensure_future(live.start())
        await logged(live, "here")
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        pid = live.pid
        await live.stop()
        return pid

    pid = asyncio.run(scene())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(bench.scratch.iterdir()) == []


def test_a_server_of_its_own_binds_its_port_itself(bench: Bench) -> None:
    handed: list[int | None] = []

    def noting(start: Start) -> Sequence[str]:
        handed.append(start.descriptor)
        where = f"port:{start.address[1]}" if start.descriptor is None else f"fd:{start.descriptor}"
        return [str(start.python), str(Path(__file__).parents[1] / "tiny.py"), start.app, where]

    async def scene() -> None:
        runtime = bench.runtime(noting)
        for launch in (OWN, ServerLaunch(Target("tiny", "one", "auto"))):
            await (await runtime.start(launch)).stop()

    asyncio.run(scene())
    assert handed[0] is None
    assert isinstance(handed[1], int)


def test_workers_are_measured_and_signalled_and_strangers_are_not(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.runtime(family).start(HELD)
        await live.start(ready=False)
        await logged(live, "worker")
        main, worker = live.usage()
        assert main.pid == live.pid
        assert all(one.memory > 1024 * 1024 and one.files >= 20 and one.cpu >= 0 for one in (main, worker))
        assert live.signal(signal.SIGKILL, worker.pid)
        await logged(live, "lost")
        assert not live.signal(signal.SIGKILL, worker.pid)
        # This very process is none of the target's.
        assert not live.signal(signal.SIGKILL, os.getpid())
        assert live.ended is None
        assert live.signal(signal.SIGTERM, live.pid)
        assert await live.wait() == ExitStatus(status=4)
        assert live.usage() == ()
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


DRIVEN = """
import os, asyncio
print("loaded", os.getpid(), flush=True)
called = []
async def app(scope, receive, send):
    called.append(1)
    if scope["type"] != "http":
        raise RuntimeError("no such scope")
    if scope["path"] == "/hangs":
        await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": 200 + len(called), "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""


def order(token: str, **scope: object) -> dict[str, object]:
    return {"token": token, "scope": scope, "script": [], "within": 5.0}


def test_the_app_is_called_without_its_server(bench: Bench) -> None:
    bench.app(DRIVEN)

    async def scene() -> None:
        live = await bench.runtime(hanging).start(HELD)
        requests = [order(f"j0.{number}", type="http", path="/") for number in (1, 2, 3)]
        assert await asyncio.gather(*(live.drive(one) for one in requests)) == ["", "", ""]
        live.boundary.refresh()
        calls = [live.boundary.calls(token=f"j0.{number}")[0] for number in (1, 2, 3)]
        assert [call.returned for call in calls] == [True, True, True]
        # Each call has the app to itself, in a process of its own; that they ended means nothing.
        assert len({call.pid for call in calls}) == 3
        assert live.workers_lost == ()
        # The records of each say that none follows, so that the engine can let go of them.
        assert [path.suffix for path in bench.scratch.rglob("records/*")] == [".ended"] * 3
        assert live.log().count("loaded") == 1
        assert await live.drive(order("j0.4", type="bogus")) == ""
        live.boundary.refresh()
        assert live.boundary.calls(token="j0.4")[0].raised == "RuntimeError"
        hangs = {**order("j0.5", type="http", path="/hangs"), "within": 0.2}
        assert await live.drive(hangs) == "the app's call had not ended after 0.2 s"
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []


def test_an_app_that_cannot_be_loaded_cannot_be_called(bench: Bench) -> None:
    bench.app("import nowhere_at_all\n")

    async def scene() -> None:
        live = await bench.runtime(hanging).start(HELD)
        for _ in range(2):
            with pytest.raises(StartError, match="cannot be loaded: ModuleNotFoundError"):
                await live.drive(order("j0.1", type="http"))
        await live.stop()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []
