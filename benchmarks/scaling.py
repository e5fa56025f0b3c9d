"""How a run grows with its cells: ``engine grid`` for each server alone, and for all six in one command.

    python -m benchmarks.scaling [PATHS] [--rounds 1]

The cases of PATHS (specs/contract) on all seven apps and both loops. Each run is a whole process on environments that
are there. A cell is one case on one target. Servers differ in what they take to stop, and in how long their failures
wait, so the run of all is laid beside the sum of what each takes alone: it should take no longer. Memory is what the
engine and everything that it started hold together (the proportional share of pages that several have), looked at five
times a second: live targets are bounded, so it should stay where it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.grid import ROOT
from benchmarks.measuring import environment, options, table

SIX = ("gunicorn", "uvicorn-h11", "uvicorn-httptools", "hypercorn", "granian", "daphne")
PAUSE = 0.2
MIB = 1 << 20


def held(process: psutil.Process) -> tuple[int, int]:
    """Bytes of memory that a process and all below it hold, and how many they are."""
    memory = number = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0, 0
    for one in family:
        try:
            found = one.memory_full_info()
        except psutil.Error:  # gone since, or nobody's any more
            continue
        memory += getattr(found, "pss", found.uss)
        number += 1
    return memory, number


def grid(paths: Sequence[str], servers: Sequence[str], loop: str) -> tuple[int, int, float, int, int]:
    """One run: its targets and cells, how long it took, in seconds, and the most bytes and processes it had. Raises
    SystemExit where it could not do its work (1 is a red grid)."""
    with tempfile.TemporaryDirectory() as results:
        named = [word for server in servers for word in ("--server", server)]
        command = [sys.executable, "-m", "engine", "grid", *paths, *named, "--loop", loop, "--results", results]
        began = time.monotonic()
        with subprocess.Popen(
            command, cwd=ROOT, env=environment(ROOT), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            seen = [(0, 0)]
            while running.poll() is None:
                seen.append(held(psutil.Process(running.pid)))
                time.sleep(PAUSE)
        took = time.monotonic() - began
        if running.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} exited with {running.returncode}")
        (kept,) = Path(results).glob("runs/*/run.ndjson")
        lines = [json.loads(line) for line in kept.read_text().splitlines()]
    targets = {line["target"] for line in lines if line["kind"] == "result"}
    cells = sum(line["kind"] == "result" for line in lines)
    return len(targets), cells, took, max(memory for memory, _ in seen), max(number for _, number in seen)


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__)
    parser.set_defaults(rounds=1)
    parser.add_argument("paths", nargs="*", default=["specs/contract"], metavar="PATH")
    asked = parser.parse_args()
    lines, alone = [], 0.0
    for servers in (*((server,) for server in SIX), SIX):
        targets, cells, took, memory, processes = min(
            (grid(asked.paths, servers, "both") for _ in range(asked.rounds)), key=lambda one: one[2]
        )
        name, ratio = (servers[0], "") if len(servers) == 1 else ("all six in one run", f"{took / alone:.2f}")
        alone += took
        each = f"{took / cells * 1000:.1f}"
        lines.append(
            (name, str(targets), str(cells), f"{took:.1f}", each, f"{memory / MIB:.0f}", str(processes), ratio)
        )
    print(f"{' '.join(asked.paths)}; smallest of {asked.rounds} rounds\n")
    headers = ("", "targets", "cells", "s", "ms a cell", "MiB at most", "processes", "of the sum")
    print(table(headers, lines))


if __name__ == "__main__":
    main()
