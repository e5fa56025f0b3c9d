"""The time of ``engine grid``, compared with the minimum for its work.

    python -m benchmarks.whole [PATHS] [--server all] [--loop both] [--rounds 3]

A run takes at least as long as its longest case, and as the processor time of the engine and all its child processes,
divided by the number of cores. The larger of the two is the minimum, and the ratio of the wall-clock time to it shows
the possible gain of a better order. All figures are of one run. Other activity of the machine usually makes the ratio
larger, so the round with the smallest ratio counts. A round before the first fills the cache with the durations of the
cases.

Services are reaped by a process that waits for them, and the engine for that process, so the system includes their time
in its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grid import ROOT
from benchmarks.measuring import environment, options, table

TARGET = 1.25


@dataclass(frozen=True)
class Run:
    """One run, in seconds: until the process exited, on the processor, and the longest case. ``cells`` is the number of
    its results."""

    wall: float
    processor: float
    longest: float
    case: str
    cells: int
    cores: int

    @property
    def floor(self) -> float:
        """The minimum duration."""
        return max(self.longest, self.processor / self.cores)

    @property
    def ratio(self) -> float:
        return self.wall / self.floor


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grid(arguments: Sequence[str]) -> Run:
    """One run. Raises SystemExit if it failed (1 is a grid with failures)."""
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "engine", "grid", *arguments, "--results", results]
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(ROOT), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} exited with {process.returncode}")
        (kept,) = Path(results).glob("runs/*/run.ndjson")
        lines = [json.loads(line) for line in kept.read_text().splitlines()]
    found = [line for line in lines if line["kind"] == "result"]
    longest = max(found, key=lambda line: line["seconds"])
    case = f"{longest['file']}::{longest['case']} on {longest['target']}"
    return Run(wall, usage.ru_utime + usage.ru_stime, longest["seconds"], case, len(found), cores())


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--server", action="append", default=[])
    parser.add_argument("--loop", default="both", choices=("auto", "asyncio", "uvloop", "both"))
    parsed = parser.parse_args()
    servers = [word for server in parsed.server for word in ("--server", server)]
    arguments = [*parsed.paths, *servers, "--loop", parsed.loop]
    grid(arguments)
    runs = sorted((grid(arguments) for _ in range(parsed.rounds)), key=lambda run: run.ratio)
    print(f"engine grid {' '.join(arguments)}: {runs[0].cells} cells, {runs[0].cores} cores\n")
    lines = [
        (
            f"{run.wall:.1f}", f"{run.processor:.1f}", f"{run.processor / run.cores:.1f}", f"{run.longest:.1f}",
            f"{run.ratio:.2f}", f"{TARGET}" if run is runs[0] else "", run.case,
        )
        for run in runs
    ]  # fmt: skip
    headers = ("wall, s", "processor, s", "over the cores", "longest case", "ratio", "target", "that case")
    print(table(headers, lines))


if __name__ == "__main__":
    main()
