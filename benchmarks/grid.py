"""The cost of ``engine grid`` in addition to its services: until the grid is printed, and until the command exits.

    python -m benchmarks.grid [PATHS] [--loop auto] [--rounds 3]

The cases of PATHS (specs/contract) on gunicorn's seven services and one loop, compared with a process that only starts
the same services with the same runtime, as many at a time, and stops each again (benchmarks.starting). Both are
complete processes with existing environments. Their output is read as it arrives, the grid's from a terminal of its
own. The measured moment is the last line of the grid, and for the baseline the line that reports all services ready.
Both alternate, and the smallest round counts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import DRAWN, Figures, options, table, watched

ROOT = Path(__file__).resolve().parent.parent
GRID, STARTING = "engine grid", "starting the services"


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__)
    parser.add_argument("paths", nargs="*", default=["specs/contract"], metavar="PATH")
    parser.add_argument("--loop", default="auto", choices=("auto", "asyncio", "uvloop"))
    parsed = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as results:
        ours = ["grid", *parsed.paths, "--loop", parsed.loop, "--server", "gunicorn", "--results", results]
        commands = {
            STARTING: ([sys.executable, "-m", "benchmarks.starting", "--loop", parsed.loop], b"ready"),
            GRID: ([sys.executable, "-m", "engine", *ours], DRAWN),
        }
        for _ in range(parsed.rounds):
            for name, (command, mark) in commands.items():
                first, over = watched(command, ROOT, mark)
                figures.add(name, first)
                figures.add(f"{name}, from then until exit", over - first)
    lines = []
    for name, beside, target in (
        (STARTING, "", ""),
        (GRID, f"{figures[GRID] / figures[STARTING]:.2f} x", "1.5 x"),
        (f"{STARTING}, from then until exit", "", ""),
        (f"{GRID}, from then until exit", "", "1.5 s"),
    ):
        lines.append((name, f"{figures[name]:.2f}", f"{figures.most(name):.2f}", beside, target))
    print(f"{' '.join(parsed.paths)}, loop {parsed.loop}; smallest of {parsed.rounds} rounds\n")
    print(table(("until it is on the screen", "s", "most", "ratio", "target"), lines))


if __name__ == "__main__":
    main()
