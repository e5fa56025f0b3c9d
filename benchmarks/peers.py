"""The cost of a simple case here and with other runners, on one running service.

    python -m benchmarks.peers [--cases 500] [--rounds 3]

Every runner gets the same cases in its own format (benchmarks.peer_files): GET /headers with a custom header, and three
expectations about the status, the content type and a field of the JSON. The other runners use the bare app under
gunicorn, with the engine's observer, which is started before and stopped after all rounds. The engine starts and stops
such a service itself, as always.

Complete processes alternate, with all cases and with a single one; the smallest round counts. The cost of a case is the
difference of the two, so that it does not include the start of an interpreter or a service. pytest only loads the
measured plugin. Tavern gets an environment of its own, with a pytest that it supports. A runner that is not installed
is marked in its line.
"""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from uv import find_uv_bin

from benchmarks import peer_files
from benchmarks.measuring import OURS, Figures, options, pytest, seconds, table
from benchmarks.services import front_of, started, targets_of
from engine.app import wiring
from engine.app.session import event_loop

TAVERN = ("tavern==3.7.1", "pytest<9")

Command = Callable[[Path], list[str]]


def tavern(folder: Path) -> str:
    """The interpreter of an environment with Tavern, "" if it could not be created, for example without a package
    index."""
    python = folder / "bin" / "python"
    uv = find_uv_bin()
    made = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *TAVERN],
    )
    for command in made:
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return ""
    return str(python)


def runners(folder: Path) -> dict[str, Command | str]:
    """The command of each runner for a folder of cases, or the reason why there is none."""
    control = ["--framework", "control"]
    engine = [sys.executable, "-m", "engine"]
    their_python = tavern(folder / "tavern-environment")
    hurl = shutil.which("hurl")
    return {
        "engine grid": lambda cases: [*engine, "grid", str(cases / "engine"), *control],
        "pytest, engine": lambda cases: pytest(*OURS, str(cases / "engine")),
        "pytest, one httpx client": lambda cases: pytest(str(cases / "one-client")),
        "pytest-asyncio, a new client each": (
            lambda cases: pytest("-p", "pytest_asyncio.plugin", str(cases / "new-client"))
        )
        if importlib.util.find_spec("pytest_asyncio")
        else "not installed: pip install -e '.[bench]'",
        "Tavern": (lambda cases: pytest("-p", "tavern._core.pytest", str(cases / "tavern"), python=their_python))
        if their_python
        else f"no environment could be made: uv pip install {' '.join(TAVERN)}",
        "Hurl, one after the other": (
            lambda cases: [hurl, "--test", "--jobs", "1", *map(str, sorted((cases / "hurl").glob("*.hurl")))]
        )
        if hurl
        else "not installed: no `hurl` on the PATH",
    }


async def measure(folder: Path, cases: int, rounds: int) -> tuple[Figures, dict[str, Command | str]]:
    """Each runner's figures, for all cases by its name, for one by its name and `` one``; and the runners."""
    engine = front_of(folder / "results")
    every = runners(folder)
    figures = Figures()
    async with started(wiring.runtime(engine, folder), targets_of(engine, ["control"])) as live:
        ((host, port),) = (one.address for one in live.values())
        for name, number in (("all", cases), ("one", 1)):
            peer_files.write(folder / name, number, f"http://{host}:{port}")
        turns: dict[str, Callable[[], float]] = {}
        for name, command in every.items():
            if not isinstance(command, str):
                turns[name] = partial(seconds, command(folder / "all"), folder)
                turns[f"{name} one"] = partial(seconds, command(folder / "one"), folder)
        await asyncio.to_thread(figures.rounds, rounds, turns)
    return figures, every


def rows(figures: Figures, every: dict[str, Command | str], cases: int) -> list[tuple[str, str, str, str, str]]:
    """The lines of the table; ratios are relative to the cost of a case with ``pytest`` and the engine."""

    def each(name: str) -> float:
        return (figures[name] - figures[f"{name} one"]) / (cases - 1)

    lines = []
    for name, command in every.items():
        if isinstance(command, str):
            lines.append((name, command, "", "", ""))
            continue
        ratio = each(name) / each("pytest, engine")
        lines.append(
            (name, f"{figures[name]:.2f}", f"{figures[f'{name} one']:.2f}", f"{each(name) * 1e6:.0f}", f"{ratio:.2f}")
        )
    return lines


def main() -> None:
    """Measure, and print the table."""
    parsed = options(__doc__, cases=500).parse_args()
    with TemporaryDirectory() as name, asyncio.Runner(loop_factory=event_loop()) as runner:
        figures, every = runner.run(measure(Path(name), parsed.cases, parsed.rounds))
    print(f"{parsed.cases} cases, one service; smallest of {parsed.rounds} rounds\n")
    headers = ("", "all, s", "one, s", "µs a case", "ratio")
    print(table(headers, rows(figures, every, parsed.cases)))


if __name__ == "__main__":
    main()
