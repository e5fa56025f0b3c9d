"""From a run to its grid, and to the files that show it."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import ResultsError
from engine.reports import json_, markdown, table
from engine.results.grid import Grid, grid
from engine.results.store import Run


def of(run: Run) -> Grid:
    """The grid of a run."""
    order = {target: number for number, target in enumerate(run.header.get("targets", ()))}
    rows = sorted(run.targets, key=lambda row: order.get(row.id, len(order)))
    return grid(run.results, rows, run.header.get("categories", ()))


def draw(report: Grid, width: int = 0) -> str:
    """The grid for a terminal of so many columns; 0 for no limit."""
    return table.draw(report, width)


def write(run: Run, report: Grid, results: Path) -> list[Path]:
    """Write ``compatibility_grid_<loop>.md`` and ``.json`` for each loop, and for several loops one of both. The
    files, in order. Raises ResultsError where they cannot be written."""
    names = {loop: report.only(loop) for loop in report.loops}
    if len(names) > 1:
        names["both"] = report
    written = []
    for name, part in names.items():
        for suffix, text in ((".md", markdown.markdown(run, part)), (".json", json_.text(run, part))):
            path = results / f"compatibility_grid_{name}{suffix}"
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                hint = "name another folder with --results"
                raise ResultsError(f"{path} cannot be written: {error.strerror}", hint=hint) from error
            written.append(path)
    return written


def relative(path: Path) -> Path:
    """A path as the user would type it from here."""
    here = os.path.relpath(path)
    return path if here.startswith("..") else Path(here)
