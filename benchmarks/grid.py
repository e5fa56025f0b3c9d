"""What ``engine grid`` costs beyond its services: until the grid is on the screen, and until the command is over.

    python -m benchmarks.grid [PATHS] [--loop auto] [--rounds 3]

The cases of PATHS (specs/contract) on gunicorn's seven services and one loop, beside a process that merely starts the
same services by the same runtime, as many at a time, and stops each again (benchmarks.starting). Both are whole
processes on environments that are there. What they write is read as it comes, the grid's from a terminal of its own:
the moment that counts is the grid's last line, and for the yardstick the line that says that all have been ready. They
take turns, and the smallest of the rounds counts.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Figures, environment, options, table

ROOT = Path(__file__).resolve().parent.parent
GRID, STARTING = "engine grid", "starting the services"


def watched(command: Sequence[str], mark: bytes) -> tuple[float, float]:
    """A process on a terminal: seconds until it has written the mark, and until its exit. Raises SystemExit where it
    never writes it, or its code says that it could not do its work (1 is a red grid)."""
    own, its = pty.openpty()
    variables = environment(ROOT) | {"TERM": "xterm", "COLUMNS": "200"}
    began = time.monotonic()
    seen, shown = b"", 0.0
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=its, stderr=its, stdin=its) as process:
        os.close(its)
        while piece := _read(own):
            seen += piece
            if not shown and mark in seen:
                shown = time.monotonic() - began
        code = process.wait()
    took = time.monotonic() - began
    os.close(own)
    if not shown or code not in (0, 1):
        raise SystemExit(f"{' '.join(command)} exited with {code}:\n{seen.decode(errors='replace')[-2000:]}")
    return shown, took


def _read(terminal: int) -> bytes:
    """The next bytes; none when nobody is left who could write."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux tells the end of a terminal so
        return b""


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__)
    parser.add_argument("paths", nargs="*", default=["specs/contract"], metavar="PATH")
    parser.add_argument("--loop", default="auto", choices=("auto", "asyncio", "uvloop"))
    asked = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as results:
        ours = ["grid", *asked.paths, "--loop", asked.loop, "--server", "gunicorn", "--results", results]
        commands = {
            STARTING: ([sys.executable, "-m", "benchmarks.starting", "--loop", asked.loop], b"ready"),
            GRID: ([sys.executable, "-m", "engine", *ours], "└".encode()),
        }
        for _ in range(asked.rounds):
            for name, (command, mark) in commands.items():
                shown, over = watched(command, mark)
                figures.add(name, shown)
                figures.add(f"{name}, from then until exit", over - shown)
    lines = []
    for name, beside, target in (
        (STARTING, "", ""),
        (GRID, f"{figures[GRID] / figures[STARTING]:.2f} x", "1.5 x"),
        (f"{STARTING}, from then until exit", "", ""),
        (f"{GRID}, from then until exit", "", "1.5 s"),
    ):
        lines.append((name, f"{figures[name]:.2f}", f"{figures.most(name):.2f}", beside, target))
    print(f"{' '.join(asked.paths)}, loop {asked.loop}; smallest of {asked.rounds} rounds\n")
    print(table(("until it is on the screen", "s", "most", "ratio", "target"), lines))


if __name__ == "__main__":
    main()
