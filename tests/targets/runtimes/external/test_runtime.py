"""Services that run already: how they are named, and what is said of one that is not what it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.errors import StartError, UsageError
from engine.model.protocols import Boundary
from engine.model.target import ServerLaunch, Target
from engine.observer.spool import ObserverSpool
from engine.registry import Registry
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.runtimes.external.runtime import RunningRuntime, RunningService, RunningTarget, product_of, services
from engine.targets.runtimes.readiness import FirstResponse

FRAMEWORKS = Registry(
    "framework", [Framework("control", "C", "app:app", Path()), Framework("fast", "F", "a:a", Path())]
)
GUNICORN = Server("gunicorn", "gunicorn", "gunicorn", Path("none"), base=lambda start: [], offers=frozenset({"state"}))
GRANIAN = Server("granian", "granian", "Granian", Path("none"), base=lambda start: [])
TARGET = Target("gunicorn", "fast", "auto", runtime="running")


def test_a_url_names_a_framework_a_host_and_a_port() -> None:
    found = services(["fast=http://127.0.0.1:8002", "control=http://[::1]:80/"], FRAMEWORKS)
    assert found == {"fast": RunningService("fast", "127.0.0.1", 8002), "control": RunningService("control", "::1", 80)}
    assert [one.authority for one in found.values()] == ["127.0.0.1:8002", "[::1]:80"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("fast=http://127.0.0.1", "no port"),
        ("http://127.0.0.1:8002", "is not NAME=URL"),
        ("fats=http://127.0.0.1:8002", "no framework called 'fats'"),
        ("fast=https://127.0.0.1:8002", "not an http:// URL"),
        ("fast=127.0.0.1:8002", "not an http:// URL"),
        ("fast=http://127.0.0.1:80000", "out of range"),
        ("fast=http://127.0.0.1:8002/app", "more than a host and a port"),
    ],
)
def test_anything_else_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        services([text], FRAMEWORKS)


def test_no_url_and_one_framework_twice_are_refused() -> None:
    with pytest.raises(UsageError, match="where services are"):
        services([], FRAMEWORKS)
    with pytest.raises(UsageError, match="fast twice"):
        services(["fast=http://a:1", "fast=http://a:2"], FRAMEWORKS)


def test_a_desk_is_a_folder_under_the_frameworks_name(tmp_path: Path) -> None:
    (tmp_path / "fast").mkdir()
    found = services(["fast=http://a:1", "control=http://a:2"], FRAMEWORKS, str(tmp_path))
    assert [one.spool for one in found.values()] == [tmp_path / "fast", None]


@pytest.mark.parametrize(
    ("field", "product"),
    [
        (b"Server: gunicorn", ("gunicorn", "")),
        (b"server:gunicorn/26.1 (x)", ("gunicorn", "26.1")),
        (b"server: hypercorn-h11", ("hypercorn", "")),
        (b"server:", ("", "")),
        (b"x: y", ("", "")),
    ],
)
def test_a_server_may_say_which_it_is(field: bytes, product: tuple[str, str]) -> None:
    assert product_of(FirstResponse(200, field + b"\r\n\r\nserver: body")) == product


def started(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None,
    spool: Path | None = None,
    within: float = 5.0,
) -> RunningTarget:
    """The findings of the runtime while ``serve`` answers; with None, after the port has been closed."""

    async def run() -> RunningTarget:
        async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        listener = await asyncio.start_server(serve or nobody, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        if serve is None:
            listener.close()
        service = RunningService("fast", "127.0.0.1", port, spool)
        servers = {"gunicorn": GUNICORN, "granian": GRANIAN}
        runtime = RunningRuntime({"fast": service}, FRAMEWORKS, servers, ObserverSpool.create, answer_within=within)
        try:
            return await runtime.start(ServerLaunch(TARGET))
        finally:
            listener.close()

    return asyncio.run(run())


def answering(data: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        writer.close()

    return serve


def test_a_service_is_what_it_says_from_outside() -> None:
    live = started(answering(b"HTTP/1.1 200 OK\r\nServer: gunicorn/27.0.1\r\n\r\n"))
    assert (live.facts.version, live.facts.versions) == ("27.0.1", {"gunicorn": "27.0.1"})
    assert live.host == f"127.0.0.1:{live.address[1]}"
    boundary: Boundary = live.boundary
    assert boundary.calls(token=boundary.token("j0", 1)) == []


def test_nobody_listens() -> None:
    with pytest.raises(
        StartError, match=r"connection refused by http://127\.0\.0\.1:\d+, the address of fast"
    ) as caught:
        started(None)
    assert "--url" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"HTTP/1.1 200 OK\r\nServer: granian\r\n\r\n", "says that it is granian, and not gunicorn"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "with 404"),
        (b"SSH-2.0-x\r\n", "no HTTP response"),
        (b"", "without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "httpx does not accept its response"),
    ],
)
def test_somebody_else_listens(data: bytes, what: str) -> None:
    with pytest.raises(StartError, match=what):
        started(answering(data))


def test_a_service_that_hangs_is_given_up() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(StartError, match="did not answer GET /health in"):
        started(never, within=0.3)


def test_a_desk_to_which_nothing_comes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.targets.runtimes.readiness.RECORD_WITHIN", 0.05)
    monkeypatch.setattr("engine.targets.runtimes.readiness.reported.__defaults__", (0.05,))
    with pytest.raises(StartError, match="no record of it is on the spool"):
        started(answering(b"HTTP/1.1 200 OK\r\n\r\n"), tmp_path / "spool")
