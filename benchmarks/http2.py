"""The cost of a plain case over HTTP/2, compared with the same case over HTTP/1.1.

    python -m benchmarks.http2 [--cases 1000] [--rounds 3] [--server gunicorn]

Each measurement is a complete ``engine grid`` of simple cases on one service, which speaks both versions without TLS.
The figure is the processor time of the engine's own process, so the server's speed has no part in it. The cost of a
case is the difference between all cases and one. Both versions run in each round, and the smallest figure counts. Each
case has a connection of its own; over HTTP/2 it begins with the preface and the settings of both sides.
"""

from __future__ import annotations

import tempfile
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


if __name__ == "__main__":
    main()
