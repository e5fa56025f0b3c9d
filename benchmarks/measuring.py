"""Shared code of the benchmarks: complete processes timed round by round, and a table of them."""

from __future__ import annotations

import argparse
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

# The beginning of a grid's last line, on a terminal.
DRAWN = "└".encode()

OURS = ("-p", "conformance_engine", "--asgi-framework", "control")


def options(description: str | None, **counts: int) -> argparse.ArgumentParser:
    """A parser with ``--rounds``, and a whole number with a default for each further name."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"rounds": 3, **counts}.items():
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{default} by default")
    return parser


def pytest(*more: str, python: str = sys.executable) -> list[str]:
    """pytest with only the named plugins. Others in the environment would import libraries, at a cost comparable to the
    measured one."""
    return [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *more]


def environment(folder: Path) -> dict[str, str]:
    """The variables of a measured process: modules are found in ``folder``, no plugin is loaded automatically, and
    bytecode is kept."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def seconds(command: Sequence[str], folder: Path, good: int = 0) -> float:
    """The duration of a process, from start to exit, in seconds. Raises SystemExit if it exits with another code."""
    began = time.monotonic()
    ended = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )  # fmt: skip
    took = time.monotonic() - began
    if ended.returncode != good:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return took


# Runs the engine, and prints the processor time of only this process.
_COUNTED = """\
import resource, sys
from engine.cli.main import main
code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print("processor", used.ru_utime + used.ru_stime)
sys.exit(code)
"""


def processor(arguments: Sequence[str], folder: Path) -> float:
    """The processor time of the engine's own process for a command, in seconds. Raises SystemExit if it does not exit
    with 0."""
    command = [sys.executable, "-c", _COUNTED, *arguments]
    ended = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )  # fmt: skip
    word, _, used = ended.stdout.rstrip("\n").rpartition("\n")[2].partition(" ")
    if ended.returncode or word != "processor":
        raise SystemExit(f"engine {' '.join(arguments)} failed:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return float(used)


def watched(command: Sequence[str], folder: Path, mark: bytes) -> tuple[float, float]:
    """A process on a terminal: seconds until it has written the mark, and until its exit. Raises SystemExit if it never
    writes it, or if its code shows that it failed (1 is a grid with failures)."""
    own, its = pty.openpty()
    variables = environment(folder) | {"TERM": "xterm", "COLUMNS": "200"}
    began = time.monotonic()
    seen, first = b"", 0.0
    with subprocess.Popen(command, cwd=folder, env=variables, stdout=its, stderr=its, stdin=its) as process:
        os.close(its)
        while piece := _read(own):
            seen += piece
            if not first and mark in seen:
                first = time.monotonic() - began
        code = process.wait()
    took = time.monotonic() - began
    os.close(own)
    if not first or code not in (0, 1):
        raise SystemExit(f"{' '.join(command)} exited with {code}:\n{seen.decode(errors='replace')[-2000:]}")
    return first, took


def _read(terminal: int) -> bytes:
    """The next bytes; none if no process has the terminal open for writing any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux reports the end of a terminal as EIO
        return b""


class Figures:
    """Measured figures by name, one for each round. The smallest counts, since noise only adds."""

    def __init__(self) -> None:
        self._found: dict[str, list[float]] = {}

    def rounds(self, number: int, measured: Mapping[str, Callable[[], float]]) -> None:
        """Run all measurements in turn, this many times, so that other activity of the machine affects all of them
        equally."""
        for _ in range(number):
            for name, measure in measured.items():
                self.add(name, measure())

    def add(self, name: str, figure: float) -> None:
        """One round's figure."""
        self._found.setdefault(name, []).append(figure)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> float:
        return min(self._found[name])

    def most(self, name: str) -> float:
        """The largest figure, which shows the noise."""
        return max(self._found[name])


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
