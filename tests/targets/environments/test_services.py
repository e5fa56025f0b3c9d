"""The frameworks' apps under the real servers, in environments of their own."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvloop
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from engine.errors import StartError
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.servers import load_servers
from engine.targets.environments.packages import Environments
from engine.targets.runtimes.live import StartedTarget, alive, recorded
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter
from tests.targets.runtimes.plain_spool import PlainSpool

FRAMEWORKS = Path(__file__).parents[3] / "frameworks"
pytestmark = pytest.mark.service


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def runtime(folder: Path, frameworks: Path = FRAMEWORKS) -> Starter:
    return Starter(LocalHost(Environments()), load_frameworks(frameworks), load_servers(), PlainSpool, folder)


class Client:
    """Asks a live target over one connection each."""

    def __init__(self, live: StartedTarget) -> None:
        self.live = live

    def ask(
        self, path: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(*self.live.address, timeout=20)
        connection.request(method, path, body or None, dict(headers))
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, response.getheader("content-type", ""), data

    def json(self, path: str, headers: Mapping[str, str] = {}) -> Any:
        status, content_type, data = self.ask(path, headers=headers)
        assert (status, content_type) == (200, "application/json")
        return json.loads(data)

    def socket(self, path: str, *send: str | bytes, **options: Any) -> tuple[list[str | bytes], int | None, Any]:
        """The message received over a WebSocket, the close code, and the subprotocol."""
        received: list[str | bytes] = []
        with connect(f"ws://{self.live.host}{path}", open_timeout=20, **options) as one:
            try:
                for message in send:
                    one.send(message)
                    received.append(one.recv(timeout=20))
                while not send:
                    received.append(one.recv(timeout=20))
            except ConnectionClosed as closed:
                return received, closed.rcvd.code if closed.rcvd else None, one.subprotocol
        return received, None, one.subprotocol


def check_http(client: Client) -> None:
    assert client.ask("/health") == (200, "text/plain; charset=utf-8", b"OK")
    scope = client.json("/scope/a%20b?x=1&y", {"X-Word": "caf\xe9"})
    assert (scope["type"], scope["method"], scope["path"]) == ("http", "GET", "/scope/a b")
    assert (scope["raw_path"], scope["query_string"]) == ("/scope/a%20b", "x=1&y")
    assert ["x-word", "caf\xe9"] in scope["headers"]
    assert scope["state"]["startup_called"] is True
    assert {"app", "router", "endpoint"}.isdisjoint(scope)
    assert client.json("/headers", {"X-Word": "a"})["x-word"] == "a"
    body = bytes(range(256)) * 300
    echoed = client.ask("/echo", "POST", body, {"Content-Type": "image/x-own"})
    assert echoed == (200, "image/x-own", body)
    for code in (200, 201, 301, 400, 404, 500, 503):
        status, _, data = client.ask(f"/status/{code}")
        assert status == code
        assert data
    for code in (204, 304):
        assert client.ask(f"/status/{code}")[0::2] == (code, b"")
    assert client.ask("/status/99")[0] == client.ask("/status/x")[0] == client.ask("/nothing")[0] == 404
    assert client.ask("/echo")[0] == 405
    lines = b"".join(b"chunk-%d\n" % number for number in range(10))
    assert client.ask("/streaming") == (200, "text/plain; charset=utf-8", lines)
    status, content_type, events = client.ask("/sse")
    assert (status, content_type.partition(";")[0]) == (200, "text/event-stream")
    assert events.count(b"event: message\ndata: {") == 5
    assert events.endswith(b'data: {"count": 4}\n\nevent: done\ndata: {}\n\n')
    for size, answer in ((0, 0), (100_000, 100_000), (99_999_999, 10 * 1024 * 1024)):
        assert client.ask(f"/large?size={size}") == (200, "application/octet-stream", b"x" * answer)
    assert client.ask("/large?size=x")[0] == client.ask("/delay?seconds=x")[0] == client.ask("/delay")[0] == 400
    began = time.monotonic()
    assert client.ask("/delay?seconds=0.2")[0] == 200
    assert time.monotonic() - began >= 0.2


def check_lifespan(client: Client) -> None:
    state = client.json("/lifespan/state")
    assert state["startup_called"] is True
    assert isinstance(state["startup_time"], float)
    assert state["custom_data"] == {"initialized": True}
    counts = [client.json("/lifespan/counter")["counter"] for _ in range(3)]
    assert counts == [state["counter"] + 1, state["counter"] + 2, state["counter"] + 3]
    assert client.json("/lifespan/state")["counter"] == counts[-1]


def check_websocket(client: Client) -> None:
    assert client.socket("/ws/echo", "one", "zw\u00f6lf", "x" * 70_000)[0] == ["one", "zw\u00f6lf", "x" * 70_000]
    assert client.socket("/ws/echo-binary", b"\x00\xff")[0] == [b"\x00\xff"]
    (scope,), code, _ = client.socket("/ws/scope?a=b")
    assert code == 1000
    assert json.loads(scope)["type"] == "websocket"
    assert json.loads(scope)["query_string"] == "a=b"
    (offered,), code, chosen = client.socket("/ws/subprotocol", subprotocols=["one", "two"])
    assert (json.loads(offered), code, chosen) == ({"requested": ["one", "two"], "selected": "one"}, 1000, "one")
    (offered,), _, chosen = client.socket("/ws/subprotocol")
    assert (json.loads(offered), chosen) == ({"requested": [], "selected": None}, None)
    for code in (1000, 1001, 1003, 1011, 3000):
        assert client.socket(f"/ws/close?code={code}")[:2] == ([], code)
    assert client.socket("/ws/close")[1] == 1000


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("framework", ["control", "starlette"])
def test_every_framework_keeps_the_contract(tmp_path: Path, scratch: Path, framework: str, loop: str) -> None:
    async def scene() -> None:
        live = await runtime(tmp_path).start(ServerLaunch(Target("gunicorn", framework, loop)))
        try:
            assert live.facts.loop_name == loop
            assert live.facts.versions["gunicorn"] == "27.0.1"
            for check in (check_http, check_lifespan, check_websocket):
                await asyncio.to_thread(check, Client(live))
            assert list(live.workers_lost) == []
            workers = recorded(live._scratch / "desk" / "records")
            assert len(workers) == 1
        finally:
            ended = await live.stop()
        assert ended == ExitStatus(status=0)
        assert not any(alive(pid) for pid in (*workers, live.pid))
        assert "Shutting down: Master" in live.log()

    (asyncio.run if loop == "asyncio" else uvloop.run)(scene())


def test_without_a_lifespan_the_apps_work_as_well(tmp_path: Path, scratch: Path) -> None:
    async def scene() -> None:
        here = runtime(tmp_path)
        off = (("flags", ("--asgi-lifespan", "off")),)
        lives = await asyncio.gather(
            *(here.start(ServerLaunch(Target("gunicorn", name, "auto"), off)) for name in ("control", "starlette"))
        )
        for live in lives:
            client = Client(live)
            state = await asyncio.to_thread(client.json, "/lifespan/state")
            assert state["startup_called"] is False
            assert state["custom_data"] == {"initialized": False}
            assert await asyncio.to_thread(client.json, "/lifespan/counter") == {"counter": 1}
        await asyncio.gather(*(live.stop() for live in lives))

    asyncio.run(scene())


def test_options_reach_gunicorn(tmp_path: Path, scratch: Path) -> None:
    options = (
        ("workers", 2), ("root_path", "/api"), ("keep_alive", 1.0), ("trust_proxy", False), ("message_limit", 1024),
        ("grace", 1.0),
    )  # fmt: skip

    async def scene() -> None:
        live = await runtime(tmp_path).start(ServerLaunch(Target("gunicorn", "control", "auto"), options))
        scope = await asyncio.to_thread(Client(live).json, "/scope", {"X-Forwarded-Proto": "https"})
        assert (scope["root_path"], scope["scheme"]) == ("/api", "http")
        assert (await asyncio.to_thread(Client(live).socket, "/ws/echo", "x" * 2000))[1] == 1009
        await live.stop()
        assert live.log().count("Booting worker") == 2

    asyncio.run(scene())


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what a process has loaded is read from /proc")
@pytest.mark.parametrize(("server", "in_c"), [("gunicorn", False), ("gunicorn-h1c", True)])
def test_gunicorn_runs_with_both_of_its_parsers(tmp_path: Path, scratch: Path, server: str, in_c: bool) -> None:
    async def scene() -> None:
        live = await runtime(tmp_path).start(ServerLaunch(Target(server, "control", "asyncio")))
        assert (await asyncio.to_thread(Client(live).ask, "/health"))[0] == 200
        (worker,) = recorded(live._scratch / "desk" / "records")
        loaded = await asyncio.to_thread(Path(f"/proc/{worker}/maps").read_text)
        assert ("gunicorn_h1c" in loaded) is in_c
        await live.stop()

    asyncio.run(scene())


def test_a_lost_worker_is_seen(tmp_path: Path, scratch: Path) -> None:
    async def scene() -> None:
        live = await runtime(tmp_path).start(ServerLaunch(Target("gunicorn", "control", "asyncio")))
        (worker,) = recorded(live._scratch / "desk" / "records")
        os.kill(worker, signal.SIGKILL)
        # gunicorn starts another, which answers.
        await asyncio.wait_for(readiness_of(live), 20)
        assert list(live.workers_lost) == [worker]
        assert live.ended is None
        live.signal(signal.SIGKILL)
        assert await live.wait() == ExitStatus(signal=9)
        await live.stop()
        assert not any(alive(pid) for pid in (worker, live.pid))

    async def readiness_of(live: StartedTarget) -> None:
        while True:
            try:
                await asyncio.to_thread(Client(live).ask, "/health")
            except (OSError, http.client.HTTPException):
                continue
            return

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("app = Starlette(", "app = Starlett("), "NameError: name 'Starlett' is not defined"),
        (("from starlette.routing", "from starlette_nowhere"), "'starlette_nowhere' is in none of the environment's"),
        (("async def health(", "async def health(("), "SyntaxError in "),
        (('"startup_called": True', '"startup_called": 1 / 0'), "the app's own startup failed"),
    ],
)
def test_a_broken_app_is_told_with_a_hint(tmp_path: Path, scratch: Path, change: tuple[str, str], hint: str) -> None:
    folder = tmp_path / "frameworks" / "starlette"
    shutil.copytree(FRAMEWORKS / "starlette", folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "app.py").read_text()
    assert change[0] in text
    (folder / "app.py").write_text(text.replace(*change))
    here = runtime(tmp_path / "run", folder.parent)
    with pytest.raises(StartError) as caught:
        asyncio.run(here.start(ServerLaunch(Target("gunicorn", "starlette", "auto"))))
    assert caught.value.what.startswith("gunicorn-starlette-auto ended before it was ready (exit status ")
    assert hint in caught.value.hint
    assert 1 <= len(caught.value.log.splitlines()) <= 20
