"""The local runtime with a tiny server in the place of a real one: quick, and with no environment to make."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StartError, UsageError
from engine.model.protocols import Boundary, LiveTarget
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.environments.packages import Environment, Environments
from engine.targets.runtimes import readiness
from engine.targets.runtimes.live import StartedTarget
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter
from tests.targets.runtimes.plain_spool import PlainSpool

TINY = Path(__file__).parents[1] / "tiny.py"
GOOD = """
import json, os
print("variables", json.dumps(dict(os.environ)), flush=True)
print("staged", sorted(os.listdir(os.environ["ENGINE_DESK"] + "/scripts")), flush=True)
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"OK"})
"""

Base = Callable[[Start], Sequence[str]]


class NoEnvironments(Environments):
    """The environment of these tests themselves."""

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        return Environment(Path(sys.executable), "3.11.0", {"tiny": "1.0"})


def tiny(start: Start) -> list[str]:
    where = f"port:{start.address[1]}" if start.descriptor is None else f"fd:{start.descriptor}"
    return [str(start.python), str(TINY), start.app, where]


class Bench:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(self.scratch))
        monkeypatch.setenv("TMPDIR", str(self.scratch))
        monkeypatch.setattr(readiness, "RECORD_WITHIN", 5.0)
        self.framework = Framework("one", "One", "app:app", folder / "frameworks" / "one")
        self.framework.folder.mkdir(parents=True)
        self.app(GOOD)
        self.spools: list[PlainSpool] = []

    def app(self, text: str) -> None:
        (self.framework.folder / "app.py").write_text(text)

    def runtime(self, base: Base = tiny, *, descriptor: bool = True, ready_within: float = 30.0) -> Starter:
        server = Server("tiny", "tiny", "Tiny", Path("none"), base=base, hands_descriptor=descriptor)
        return Starter(
            LocalHost(NoEnvironments(self.folder / "cache")), {"one": self.framework, "control": self.framework},
            {"tiny": server}, self.spool, self.folder / "run", ready_within=ready_within,
        )  # fmt: skip

    def spool(self, folder: Path) -> PlainSpool:
        self.spools.append(PlainSpool(folder))
        return self.spools[-1]

    def fails(self, runtime: Starter, loop: str = "auto") -> StartError:
        """The error that a start ends with; nothing of it may be left."""
        with pytest.raises(StartError) as caught:
            asyncio.run(runtime.start(ServerLaunch(Target("tiny", "one", loop))))
        assert list(self.scratch.iterdir()) == []
        # A run has hundreds of targets, and a process may have no more open files than that.
        assert all(spool.closed for spool in self.spools)
        return caught.value


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


@pytest.mark.parametrize("descriptor", [True, False])
def test_start_answer_stop(bench: Bench, descriptor: bool) -> None:
    async def scene() -> StartedTarget:
        live = await bench.runtime(descriptor=descriptor).start(ServerLaunch(Target("tiny", "one", "asyncio")))
        kept: LiveTarget = live
        assert kept.target.id == "tiny-one-asyncio"
        assert kept.host == f"127.0.0.1:{kept.address[1]}"
        assert (await readiness.ask(kept.address, "j1.1")).status == 200
        assert kept.facts.loop_name == "asyncio"
        assert (kept.facts.python, kept.facts.versions) == ("3.11.0", {"tiny": "1.0"})
        assert kept.ended is None
        assert list(kept.workers_lost) == []
        before = bench.spools[0].refreshed
        first, second = await asyncio.gather(live.stop(), live.stop())
        assert first == second == kept.ended == ExitStatus(signal=15)
        assert await live.wait() == first
        # What was recorded to the very end was taken in before the folder went.
        assert bench.spools[0].refreshed == before + 1
        assert bench.spools[0].closed
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*kept.address)
        return live

    live = asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []
    assert live.log().startswith("variables")
    assert live.log_file == bench.folder / "run" / "logs" / "tiny-one-asyncio.log"


def test_a_service_sees_a_clean_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/leaks")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("SECRET", "leaks")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/kept")

    def stage(spool: Boundary) -> None:
        spool.stage("j1", {"job": "j1"})

    async def scene(target: Target, lifespan_of: str) -> str:
        live = await bench.runtime().start(ServerLaunch(target, lifespan_of=lifespan_of), stage)
        await live.stop()
        return live.log()

    plain = asyncio.run(scene(Target("tiny", "one", "auto"), ""))
    control = asyncio.run(scene(Target("tiny", "control", "auto"), "j1"))
    seen, staged, *_ = plain.splitlines()
    assert staged == "staged ['j1.json']"
    variables = json.loads(seen.removeprefix("variables "))
    scratch = Path(variables["HOME"]).parent
    assert scratch.parent == bench.scratch
    inside, framework = variables["PYTHONPATH"].split(":")
    assert Path(inside).parent == bench.folder / "cache" / "inside"
    assert framework == str(bench.framework.folder)
    variables.pop("__CF_USER_TEXT_ENCODING", None)
    assert variables == {
        "PATH": variables["PATH"], "HOME": f"{scratch}/home", "TMPDIR": f"{scratch}/tmp", "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1", "PYTHONPATH": variables["PYTHONPATH"], "ENGINE_DESK": f"{scratch}/desk",
        "ENGINE_APP": "app:app", "LD_LIBRARY_PATH": "/kept",
    }  # fmt: skip
    variables = json.loads(control.splitlines()[0].removeprefix("variables "))
    assert (variables["ENGINE_PLAYS"], variables["ENGINE_LIFESPAN_OF"]) == ("1", "j1")


def test_each_launch_has_a_log_of_its_own(bench: Bench) -> None:
    async def scene() -> list[str]:
        runtime = bench.runtime()
        lives = await asyncio.gather(*(runtime.start(ServerLaunch(Target("tiny", "one", "auto"))) for _ in range(3)))
        await asyncio.gather(*(live.stop() for live in lives))
        assert len({live.address for live in lives}) == 3
        return sorted(live.log_file.name for live in lives)

    assert asyncio.run(scene()) == ["tiny-one-auto.2.log", "tiny-one-auto.3.log", "tiny-one-auto.log"]


@pytest.mark.parametrize(
    ("app", "hint", "last"),
    [
        ("import nowhere_at_all\n", "'nowhere_at_all' is in none of the environment's packages", "No module named"),
        ("def app(:\n", "SyntaxError in ", "SyntaxError"),
        ("raise PermissionError(13, 'Permission denied', '/x')\n", "this user may not do that", "PermissionError"),
    ],
)
def test_an_app_that_cannot_be_imported(bench: Bench, app: str, hint: str, last: str) -> None:
    bench.app(app)
    error = bench.fails(bench.runtime())
    assert error.what == "tiny-one-auto ended before it was ready (exit status 1)"
    assert error.exit == "exit status 1"
    assert hint in error.hint
    assert last in error.log.splitlines()[-1]
    assert len(error.log.splitlines()) <= 20


def test_an_app_that_raises(bench: Bench) -> None:
    bench.app("async def app(scope, receive, send):\n    raise KeyError('state')\n")
    error = bench.fails(bench.runtime())
    assert (
        error.what == "tiny-one-auto is not ready: GET /health was answered with 500 (the app raised KeyError: 'state')"
    )


def test_a_server_that_never_answers(bench: Bench) -> None:
    def silent(start: Start) -> list[str]:
        return [sys.executable, "-c", "import signal; print('here I am', flush=True); signal.pause()"]

    error = bench.fails(bench.runtime(silent, ready_within=0.5))
    assert error.what == "tiny-one-auto was not ready within 0.5 s"
    assert error.log in ("here I am", "")


def test_a_loop_that_does_not_run_is_an_error(bench: Bench) -> None:
    error = bench.fails(bench.runtime(), loop="uvloop")
    assert error.what.startswith("tiny-one-uvloop was started on uvloop, but runs on asyncio.")


def test_what_is_not_there_to_be_run(bench: Bench) -> None:
    error = bench.fails(bench.runtime(lambda start: ["/nowhere/python"]))
    assert error.what == "/nowhere/python cannot be started: No such file or directory: /nowhere/python"


def test_an_option_that_the_server_lacks(bench: Bench) -> None:
    launch = ServerLaunch(Target("tiny", "one", "auto"), options=(("workers", 2),))
    runtime = bench.runtime()
    (reason,) = runtime.unsupported(launch)
    assert reason.startswith("tiny does not support the option 'workers'")
    with pytest.raises(UsageError):
        asyncio.run(runtime.start(launch))
    assert list(bench.scratch.iterdir()) == []


def test_a_taken_port_is_tried_again(bench: Bench) -> None:
    ports: list[int] = []

    def unlucky(start: Start) -> list[str]:
        ports.append(start.address[1])
        words = tiny(start)
        return words if len(ports) == 3 else [sys.executable, "-c", "exit('Address already in use')"]

    async def scene() -> None:
        live = await bench.runtime(unlucky, descriptor=False).start(ServerLaunch(Target("tiny", "one", "auto")))
        assert live.address[1] == ports[-1]
        await live.stop()

    asyncio.run(scene())
    assert len(ports) == 3

    def luckless(start: Start) -> list[str]:
        ports.append(start.address[1])
        return [sys.executable, "-c", "exit('Address already in use')"]

    error = bench.fails(bench.runtime(luckless, descriptor=False))
    assert len(ports) == 6
    assert "another process has the port" in error.hint


def test_a_stranger_on_the_port_is_not_taken_for_the_target(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ports: list[int] = []

    def beaten(start: Start) -> list[str]:
        ports.append(start.address[1])
        if len(ports) == 2:
            return tiny(start)
        listener = socket.create_server(start.address)
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        return [sys.executable, "-c", "import signal; signal.pause()"]

    def answer(listener: socket.socket) -> None:
        with closing(listener):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nOK")

    async def scene() -> None:
        live = await bench.runtime(beaten, descriptor=False).start(ServerLaunch(Target("tiny", "one", "auto")))
        assert live.address[1] == ports[1]
        await live.stop()

    monkeypatch.setattr(readiness, "RECORD_WITHIN", 1.0)
    asyncio.run(scene())
    assert len(ports) == 2


def test_a_cancelled_start_leaves_nothing(bench: Bench) -> None:
    async def scene() -> None:
        gate = bench.folder / "gate"
        os.mkfifo(gate)

        def silent(start: Start) -> list[str]:
            return [sys.executable, "-c", f"open({str(gate)!r}, 'w').write(str(__import__('time').sleep(600)))"]

        starting = asyncio.ensure_future(bench.runtime(silent).start(ServerLaunch(Target("tiny", "one", "auto"))))
        # Opening the gate succeeds once the server has come so far; it ends when the server is gone.
        reading = await asyncio.to_thread(open, gate, "rb")
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert await asyncio.to_thread(reading.read) == b""
        reading.close()

    asyncio.run(scene())
    assert list(bench.scratch.iterdir()) == []
