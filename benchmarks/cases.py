"""The cost of 2,000 simple cases: linting, collecting, running them with pytest, printing their grid.

    python -m benchmarks.cases [--cases 2000] [--failing 500] [--rounds 3]

Each measurement is a complete process, from start to exit, and runs once in each round. The smallest round counts, so
documents and bytecode are cached. The baseline is a minimal pytest plugin that collects the same documents and does
nothing with them. Both plugins are loaded with ``-p``, and no other is. The engine also starts and stops a service
during a run, so for complete runs the minimal plugin does the same: gunicorn with the bare app, from the same
environment and without the observer, ready before documents are collected and stopped after the last item.

The time of the service also shows in the runs of one case. The marginal ratio compares the cost of each additional
case; the minimal plugin does nothing for it. A grid is measured until it is printed, since the service takes a random
time of up to a second to stop. Processor time is only that of the process of ``engine grid``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.grid import ROOT
from benchmarks.measuring import DRAWN, OURS, Figures, options, processor, pytest, seconds, table, watched
from benchmarks.services import front_of, targets_of
from engine.targets.environments.packages import Environments

FILES = 100
CASE = """\
  - id: case-{n}
    title: Case {n}
    steps:
      - request: {{path: /health, query: {{n: {n}}}, expect: {{status: 200, body: {body}, complete: true}}}}
"""
HEAD = "suite: Suite {n}\ncategory: bench{column}\ncite: [SCOPE-01]\nlevel: must\ncases:\n"

# Collects the same documents with the same library, one item a case; each item does nothing.
MINIMAL = """\
import pytest, yaml

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".yaml":
        return Suite.from_parent(parent, path=file_path)

class Suite(pytest.File):
    def collect(self):
        for case in yaml.load(self.path.read_text(), Loader=yaml.CSafeLoader)["cases"]:
            yield Case.from_parent(self, name=case["id"], case=case)

class Case(pytest.Item):
    def __init__(self, *, case, **others):
        super().__init__(**others)
        self.case = case

    def runtest(self):
        pass
"""

# The minimal plugin with the service that its cases would speak to.
WITH_SERVICE = """\
import os, socket, subprocess, time
from minimal import *

def pytest_sessionstart(session):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    command = [os.environ["SERVICE"], "-m", "gunicorn", "app:app", "--worker-class", "asgi", "--log-file", os.devnull]
    session.service = subprocess.Popen([*command, "--bind", "%s:%d" % address], cwd=os.environ["SERVICE_FOLDER"])
    while not answers(address):
        time.sleep(0.01)

def answers(address):
    try:
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET /health HTTP/1.1\\r\\nHost: service\\r\\nConnection: close\\r\\n\\r\\n")
            return b" 200 " in connection.recv(65536)
    except ConnectionError:
        return False

def pytest_sessionfinish(session):
    session.service.terminate()
    session.service.wait()
"""


def service() -> dict[str, str]:
    """The variables that describe the service to the minimal plugin: the interpreter of its environment, which is
    created if necessary, and the folder of its app."""
    with tempfile.TemporaryDirectory() as name:
        engine = front_of(Path(name))
        (target,) = targets_of(engine, ["control"])
        wanted = engine.frameworks[target.framework], engine.configured[target.configuration]
        environment = asyncio.run(Environments(engine.project_paths.cache).ensure(*wanted))
    return {"SERVICE": str(environment.python), "SERVICE_FOLDER": str(ROOT / "frameworks" / "control")}


def documents(folder: Path, count: int, body: str = "OK", files: int = FILES) -> None:
    """Write ``count`` cases into ``files`` files of a new folder; they expect this body, and the service sends OK."""
    folder.mkdir()
    for number in range(files):
        cases = range(number, count, files)
        text = HEAD.format(n=number, column=number % 5) + "".join(CASE.format(n=one, body=body) for one in cases)
        (folder / f"suite_{number:03}.yaml").write_text(text)


def commands() -> dict[str, tuple[list[str], int]]:
    """The measurements by name: the command and its exit code."""
    engine = [sys.executable, "-m", "engine"]
    control = ["--framework", "control"]
    ours, minimal = pytest(*OURS), pytest("-p", "minimal")
    return {
        "minimal: one case": ([*minimal, "one"], 0),
        "minimal: collect": ([*minimal, "suites", "--collect-only"], 0),
        "minimal: pytest": ([*minimal, "suites"], 0),
        SERVED: ([*pytest("-p", "with_service"), "suites"], 0),
        "pytest one case": ([*ours, "one"], 0),
        "collect": ([*ours, "suites", "--collect-only"], 0),
        "pytest": ([*ours, "suites"], 0),
        "lint one case": ([*engine, "lint", "one"], 0),
        "lint": ([*engine, "lint", "suites"], 0),
        "grid one case, until it is shown": ([*engine, "grid", "one", *control], 0),
        "grid, until it is shown": ([*engine, "grid", "suites", *control], 0),
        "failing, one case": ([*ours, "failing-one"], 1),
        "failing": ([*ours, "failing"], 1),
        "failing, --tb=no": ([*ours, "failing", "--tb=no"], 1),
    }


SERVED = "minimal: pytest, with its service"
# The figure to compare with, and the goal: a ratio (x), or additional seconds.
BESIDE = {
    "collect": ("minimal: collect", ""),
    "pytest one case": ("minimal: one case", ""),
    "pytest": (SERVED, "1.6 x"),
    "lint": ("lint one case", ""),
    "grid, until it is shown": ("grid one case, until it is shown", "+0.5 s"),
    "failing": ("failing, one case", "+1.5 s"),
    "failing, --tb=no": ("failing, one case", "+1.5 s"),
}
PROCESSOR_ONE, PROCESSOR = "grid one case, on the processor", "grid, on the processor"
WHOLE = {"collect": "0.4 s", "lint": "0.6 s"}


def measure(label: str, command: list[str], folder: Path, good: int) -> float:
    """The figure of one process, in seconds: its duration, or the time until its grid is printed."""
    return watched(command, folder, DRAWN)[0] if "shown" in label else seconds(command, folder, good)


def rows(found: Figures, names: list[str]) -> list[tuple[str, str, str, str, str]]:
    """The table's lines."""
    lines = []
    for name in names:
        other, target = BESIDE.get(name, ("", ""))
        beside = f"{found[name] / found[other]:.2f} x, {found[name] - found[other]:+.2f} s: {other}" if other else ""
        lines.append((name, f"{found[name]:.2f}", f"{found.most(name):.2f}", beside, target or WHOLE.get(name, "")))
    ours = found["pytest"] - found["pytest one case"]
    minimal = found["minimal: pytest"] - found["minimal: one case"]
    beside = f"{ours / minimal:.2f} x: {minimal:.2f} s of the minimal plugin"
    lines.append(("pytest, without one case's", f"{ours:.2f}", "", beside, ""))
    return lines


def processor_rows(found: Figures, count: int) -> list[tuple[str, str, str, str, str]]:
    """The lines about the processor time of ``engine grid``."""
    many, one = found[PROCESSOR], found[PROCESSOR_ONE]
    each = f"{(many - one) / (count - 1) * 1000:.2f} ms a case"
    return [
        (PROCESSOR_ONE, f"{one:.2f}", f"{found.most(PROCESSOR_ONE):.2f}", "", ""),
        (PROCESSOR, f"{many:.2f}", f"{found.most(PROCESSOR):.2f}", each, "0.35 ms"),
    ]


def main() -> None:
    """Measure, and print the table."""
    parsed = options(__doc__, cases=2000, failing=500).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents(folder / "suites", parsed.cases)
        documents(folder / "failing", parsed.failing, body="other")
        documents(folder / "one", 1, files=1)
        documents(folder / "failing-one", 1, body="other", files=1)
        (folder / "minimal.py").write_text(MINIMAL)
        (folder / "with_service.py").write_text(WITH_SERVICE)
        os.environ.update(service())
        every = commands()
        found = Figures()
        found.rounds(
            parsed.rounds,
            {
                **{label: partial(measure, label, command, folder, good) for label, (command, good) in every.items()},
                PROCESSOR_ONE: partial(processor, ["grid", "one", "--framework", "control"], folder),
                PROCESSOR: partial(processor, ["grid", "suites", "--framework", "control"], folder),
            },
        )
    lines = rows(found, list(every)) + processor_rows(found, parsed.cases)
    print(
        f"{parsed.cases} cases, {parsed.failing} failing ones, in {FILES} files; smallest of {parsed.rounds} rounds\n"
    )
    print(table(("whole process", "s", "most", "beside", "target"), lines))


if __name__ == "__main__":
    main()
