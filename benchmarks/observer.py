"""The cost of the observer for a request, compared with the bare app.

    python -m benchmarks.observer [--requests 5000]

First in this process, with a prepared scope and prepared messages; then on loopback, under each server of SERVERS that
the running interpreter can import, with 20 kept-alive connections. The variants alternate, and the best round of each
counts, so that other activity of the machine affects all of them equally. Read ratios rather than absolute figures.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import engine.observer.inside
from engine.observer.inside.observer import App, AsgiObserver
from engine.observer.inside.player import Player
from engine.observer.inside.records import Writer
from engine.observer.inside.scripts import Inbox
from engine.observer.spool import ObserverSpool

ROUNDS = 3
CONNECTIONS = 20
SERVERS: Mapping[str, tuple[str, ...]] = {
    "gunicorn": ("-k", "asgi", "-b", "fd://{fd}", "--log-level", "error", "--worker-connections", "100"),
    "uvicorn": ("--fd", "{fd}", "--log-level", "error", "--no-access-log"),
}
APP = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""
REQUEST = (
    b"GET /scope?a=1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
    b"X-Custom: abc\r\nx-engine-call: j1.1\r\n\r\n"
)
BARE = "bare"

Figures = dict[str, float]


def canned_scope() -> dict[str, Any]:
    """The scope of a plain request, new for each, with the engine's header."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/scope",
        "raw_path": b"/scope",
        "query_string": b"a=1",
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            (b"user-agent", b"bench"),
            (b"accept", b"*/*"),
            (b"accept-encoding", b"gzip"),
            (b"x-custom", b"abc"),
            (b"x-engine-call", b"j1.1"),
        ],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 40000),
        "state": {},
        "extensions": {},
    }


def best(variants: Mapping[str, Callable[[], float]]) -> Figures:
    """Microseconds for each request: the smallest of ROUNDS rounds."""
    figures = dict.fromkeys(variants, float("inf"))
    for _ in range(ROUNDS):
        for name, measure in variants.items():
            figures[name] = min(figures[name], measure())
    return figures


def in_process(requests: int, folder: Path) -> Figures:
    """The app by itself, observed, observed with its records discarded, and in a bare app without a script."""
    space: dict[str, Any] = {}
    exec(APP, space)
    app: App = space["app"]
    spool = ObserverSpool.create(folder / "in-process").folder
    (folder / "thrown-away").mkdir()
    (folder / "thrown-away" / f"{os.getpid()}.ndjson").symlink_to(os.devnull)
    variants: dict[str, App] = {
        BARE: app,
        "observed": AsgiObserver(app, Writer(spool / "records")),
        "  records discarded": AsgiObserver(app, Writer(folder / "thrown-away")),
        "bare app without a script": AsgiObserver(Player(app, Inbox(spool)), Writer(spool / "records")),
    }
    return best({name: lambda app=app: asyncio.run(_drive(app, requests)) for name, app in variants.items()})  # type: ignore[misc]


async def _drive(app: App, requests: int) -> float:
    message = {"type": "http.request", "body": b"", "more_body": False}

    async def receive() -> Any:
        return message

    async def send(message: Any) -> None:
        pass

    start = time.perf_counter()
    for _ in range(requests):
        await app(canned_scope(), receive, send)
    return (time.perf_counter() - start) / requests * 1e6


def on_loopback(server: str, requests: int, folder: Path) -> Figures:
    """The app by itself, observed, and in a bare app, each under a server of its own that is started once."""
    spool = ObserverSpool.create(folder / server).folder
    observed = {"ENGINE_DESK": str(spool), "ENGINE_APP": "bench_app:app"}
    loaded = "engine_inside.service:app"
    with (
        _serving(server, "bench_app:app", {}, folder) as one,
        _serving(server, loaded, observed, folder) as two,
        _serving(server, loaded, {**observed, "ENGINE_PLAYS": "1"}, folder) as three,
    ):
        ports = {BARE: one, "observed": two, "bare app without a script": three}
        return best({name: lambda port=port: asyncio.run(_load(port, requests)) for name, port in ports.items()})  # type: ignore[misc]


@contextmanager
def _serving(server: str, name: str, settings: Mapping[str, str], folder: Path) -> Iterator[int]:
    """A server on a free port of loopback, which is its value; stopped at the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # uvicorn takes a handed-down socket for a Unix one
        options = [option.format(fd=listener.fileno()) for option in SERVERS[server]]
        environment = {**os.environ, **settings, "PYTHONPATH": str(folder), "HOME": str(folder)}
        command = [sys.executable, "-m", server, *options, name]
        with subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()], cwd=folder) as process:
            try:
                yield listener.getsockname()[1]
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


async def _load(port: int, requests: int) -> float:
    """Microseconds for each request, with CONNECTIONS concurrent connections. Raises OSError if the server does not
    respond."""
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    await asyncio.wait_for(_each(streams, lambda reader, writer: _ask(reader, writer, 5)), 20)
    turns = max(1, requests // CONNECTIONS)
    start = time.perf_counter()
    await _each(streams, lambda reader, writer: _ask(reader, writer, turns))
    took = time.perf_counter() - start
    for _, writer in streams:
        writer.close()
    return took / (turns * CONNECTIONS) * 1e6


async def _each(
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    do: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> None:
    await asyncio.gather(*[do(reader, writer) for reader, writer in streams])


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turns: int) -> None:
    for _ in range(turns):
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise OSError(f"the server answered {head[:60]!r}")
        await reader.readexactly(2)


def table(title: str, figures: Figures) -> str:
    """Figures, the time that each adds to the bare app, and the ratio."""
    rows = [f"{title:<34}{'µs a request':>14}{'added':>9}{'ratio':>8}"]
    for name, figure in figures.items():
        rows.append(f"  {name:<32}{figure:>14.1f}{figure - figures[BARE]:>9.1f}{figure / figures[BARE]:>8.2f}")
    return "\n".join(rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="The cost of the observer for a request.")
    parser.add_argument("--requests", type=int, default=5000, help="a round; 100 to 100,000 (default 5000)")
    requests = min(100_000, max(100, parser.parse_args().requests))
    with tempfile.TemporaryDirectory(prefix="observer-") as name:
        folder = Path(name)
        (source,) = engine.observer.inside.__path__
        shutil.copytree(source, folder / "engine_inside", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "bench_app.py").write_text(APP)
        print(table("in this process", in_process(requests, folder)), flush=True)
        for server in SERVERS:
            if importlib.util.find_spec(server) is None:
                print(f"{server}: not installed here")
                continue
            print(table(f"{server}, {CONNECTIONS} connections", on_loopback(server, requests, folder)), flush=True)


if __name__ == "__main__":
    main()
