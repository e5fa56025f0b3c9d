"""The cost of a plain case over HTTP/2, compared with the same case over HTTP/1.1.

    python -m benchmarks.http2 [--cases 1000] [--rounds 3] [--server gunicorn]

Each measurement is a complete ``engine grid`` of simple cases on one service, which speaks both versions without TLS.
The figure is the processor time of the engine's own process, so the server's speed has no part in it. The cost of a
case is the difference between all cases and one. Both versions run in each round, and the smallest figure counts. Each
case has a connection of its own; over HTTP/2 it begins with the preface and the settings of both sides.

Where h2load is installed (nghttp2-client), the same number of requests on as many connections is its figure: a client
in C that checks nothing but the status.
"""

from __future__ import annotations

import contextlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.cases import documents
from benchmarks.measuring import Figures, options, processor, table
from engine.model.target import HTTP_1_1, HTTP_2

VERSIONS = {"HTTP/1.1": HTTP_1_1, "HTTP/2": HTTP_2}
GOAL = 2.0


def name_of(version: str, suites: str) -> str:
    """The name of a measurement."""
    return f"{version}, {suites}"


def cost(found: Figures, version: str, count: int) -> float:
    """The processor time for each further case, in microseconds."""
    return (found[name_of(version, "suites")] - found[name_of(version, "one")]) / (count - 1) * 1e6


def rows(found: Figures, count: int) -> list[tuple[str, str, str, str, str]]:
    """The table's lines: the two figures, the cost of a case, and its ratio to the cost over HTTP/1.1."""
    base = cost(found, "HTTP/1.1", count)
    return [
        (
            version,
            f"{found[name_of(version, 'suites')]:.2f}",
            f"{found[name_of(version, 'one')]:.2f}",
            f"{cost(found, version, count):,.0f}",
            f"{cost(found, version, count) / base:.2f}",
        )
        for version in VERSIONS
    ]


@contextlib.contextmanager
def service(server: str) -> Iterator[int]:
    """The port of a service over HTTP/2 by prior knowledge. Raises SystemExit if it does not start within 60 s."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "engine", "serve", f"{server}-control-auto-h2c", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            else:
                raise SystemExit(f"{server} did not start")
            yield port
        finally:
            process.terminate()


def h2load(port: int, count: int) -> float:
    """The processor time of h2load for so many requests on as many connections, in seconds. Raises SystemExit if one
    is not answered."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    before = used()
    number = str(count)
    command = ["h2load", "-n", number, "-c", number, "-m", "1", f"http://127.0.0.1:{port}/health"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not re.search(rf"\b{count} succeeded", ended.stdout):
        raise SystemExit(f"h2load failed:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return used() - before


def beside(server: str, rounds: int, count: int = 500) -> float | None:
    """The processor time of h2load for each further request, in microseconds; None where it is not installed."""
    if shutil.which("h2load") is None:
        return None
    found = Figures()
    with service(server) as port:
        h2load(port, 1)
        for _ in range(rounds):
            found.add("one", h2load(port, 1))
            found.add("many", h2load(port, count))
    return (found["many"] - found["one"]) / (count - 1) * 1e6


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__, cases=1000)
    parser.add_argument("--server", default="gunicorn", help="a server with HTTP/2 by prior knowledge (gunicorn)")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents(folder / "suites", parsed.cases)
        documents(folder / "one", 1, files=1)
        target = ["--server", parsed.server, "--framework", "control"]
        found = Figures()
        found.rounds(
            parsed.rounds,
            {
                name_of(label, suites): partial(processor, ["grid", suites, *target, "--http", version], folder)
                for suites in ("one", "suites")
                for label, version in VERSIONS.items()
            },
        )
    print(f"{parsed.cases} cases on {parsed.server}; smallest of {parsed.rounds} rounds; goal: a ratio of {GOAL:g}\n")
    headers = ("version", f"{parsed.cases} cases, s", "one case, s", "µs a case", "ratio")
    print(table(headers, rows(found, parsed.cases)))
    other = beside(parsed.server, parsed.rounds)
    print("\nh2load is not installed" if other is None else f"\nh2load: {other:,.0f} µs a request")


if __name__ == "__main__":
    main()
