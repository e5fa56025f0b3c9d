"""The growth of a run with its jobs: ``engine grid`` for each server by itself, and for all six in one command.

    python -m benchmarks.scaling [PATHS] [--rounds 1]

The cases of PATHS (specs/contract) on all seven apps and both loops. Each run is a complete process with existing
environments. A cell is one case on one target. Servers differ in the time that they take to stop, and that their
failures take, so the run of all is compared with the sum of the single runs, which it should not exceed. Memory is that
of the engine and all its child processes (with a proportional share of shared pages), sampled five times a second: the
number of live targets is limited, so it should not grow.
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
    """The memory in bytes of a process and all its descendants, and their number."""
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
    """One run: its targets and cells, its duration in seconds, and its maximum of bytes and processes. Raises
    SystemExit if it failed (1 is a grid with failures)."""
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
    parsed = parser.parse_args()
    lines, alone = [], 0.0
    for servers in (*((server,) for server in SIX), SIX):
        targets, cells, took, memory, processes = min(
            (grid(parsed.paths, servers, "both") for _ in range(parsed.rounds)), key=lambda one: one[2]
        )
        name, ratio = (servers[0], "") if len(servers) == 1 else ("all six in one run", f"{took / alone:.2f}")
        alone += took
        each = f"{took / cells * 1000:.1f}"
        lines.append(
            (name, str(targets), str(cells), f"{took:.1f}", each, f"{memory / MIB:.0f}", str(processes), ratio)
        )
    print(f"{' '.join(parsed.paths)}; smallest of {parsed.rounds} rounds\n")
    headers = ("", "targets", "cells", "s", "ms a cell", "MiB at most", "processes", "of the sum")
    print(table(headers, lines))


if __name__ == "__main__":
    main()
