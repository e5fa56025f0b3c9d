"""What 2,000 simple cases cost: linting, collecting, running them with pytest, drawing their grid.

    python -m benchmarks.cases [--cases 2000] [--rounds 3]

Everything is measured as a whole process, in one run, round by round, beside two yardsticks: a minimal pytest plugin
that collects the same documents and does nothing with them, and the mere start and stop of the service. The smallest
of the rounds counts, and figures are to be read as ratios: the machine may be noisy.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

FILES = 100
CASE = """\
  - id: case-{n}
    title: Case {n}
    steps:
      - request: {{path: /health, query: {{n: {n}}}, expect: {{status: 200, body: OK, complete: true}}}}
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


def documents(folder: Path, count: int) -> None:
    """Write so many cases into FILES files."""
    each = count // FILES
    for number in range(FILES):
        text = HEAD.format(n=number, column=number % 5) + "".join(CASE.format(n=one) for one in range(each))
        (folder / f"suite_{number:03}.yaml").write_text(text)


def seconds(command: Sequence[str], folder: Path) -> float:
    """How long a process takes. Raises SystemExit where it fails."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.monotonic()
    ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return took


def commands(folder: Path) -> dict[str, list[str]]:
    """What is measured, by name."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    engine = [sys.executable, "-m", "engine"]
    ours = ["suites", "--framework", "control"]
    minimal = [*pytest, "-p", "no:conformance_engine", "-p", "minimal", "suites"]
    return {
        "pytest, minimal plugin, no I/O": minimal,
        "pytest, minimal plugin, collect only": [*minimal, "--collect-only"],
        "pytest, engine": [*pytest, *ours],
        "pytest, engine, collect only": [*pytest, *ours, "--collect-only"],
        "engine lint": [*engine, "lint", "suites"],
        "engine grid": [*engine, "grid", *ours],
        "engine grid, one case": [*engine, "grid", "one.yaml", "--framework", "control"],
    }


# What each figure is laid beside.
BESIDE = {
    "pytest, engine": "pytest, minimal plugin, no I/O",
    "pytest, engine, collect only": "pytest, minimal plugin, collect only",
    "engine grid": "engine grid, one case",
}


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "suites").mkdir()
        documents(folder / "suites", asked.cases)
        (folder / "minimal.py").write_text(MINIMAL)
        (folder / "one.yaml").write_text(HEAD.format(n=0, column=0) + CASE.format(n=0))
        os.environ["PYTHONPATH"] = str(folder)
        found: dict[str, list[float]] = {}
        for _ in range(asked.rounds):
            for label, command in commands(folder).items():
                found.setdefault(label, []).append(seconds(command, folder))
    best = {label: min(times) for label, times in found.items()}
    rows = []
    for label, took in best.items():
        other = BESIDE.get(label)
        beside = f"{took / best[other]:.2f} x, {took - best[other]:+.2f} s beside {other!r}" if other else ""
        rows.append((label, f"{took:.2f}", f"{max(found[label]):.2f}", beside))
    print(f"{asked.cases} cases in {FILES} files, the smallest of {asked.rounds} rounds")
    print(tabulate(rows, headers=("whole process", "s", "most", "ratio"), tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
