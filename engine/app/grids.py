"""The files of a run's grid, one for each report format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.app import addresses
from engine.app.addresses import NamedCases
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import ProjectPaths
from engine.app.runs import again
from engine.documents.roots import absolute
from engine.errors import ResultsError
from engine.execution.planning.plan import Selection
from engine.model.target import LOCAL
from engine.reports.base import formats
from engine.reports.view import GridReport
from engine.results.analysis.attribution import Attributions
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import Grid, grid_of
from engine.results.record.store import Run


def is_complete(what: NamedCases, options: RunOptions, engine: Engine) -> bool:
    """True if a run has all cases of the engine's suites on all targets that ``engine grid --loop LOOP`` has: the grid
    of such a run stands for the newest one, and that of any other run is a part of it, or another one."""
    if engine.way != LOCAL or options.selection != Selection() or options.extended:
        return False
    if {absolute(path) for path in what.paths} != {absolute(engine.project_paths.specs)} or what.addresses:
        return False
    return set(engine.targets(options)) == set(engine.targets(RunOptions(loop=options.loop)))


def write(run: Run, whole: Grid, folder: Path, known: Attributions | None = None, by: str = "") -> list[Path]:
    """Write ``compatibility_grid_<loop>`` into a folder in every format for each loop, and for several loops one of
    both. The files, in order. ``known`` are the causes of failures, where these are known already. Raises ResultsError
    if a file cannot be written."""
    known = attributions(run) if known is None else known
    names = {loop: whole.only(loop) for loop in whole.loops}
    if len(names) > 1:
        names["both"] = whole
    written = []
    for name, part in names.items():
        report = GridReport(run, part, known, by)
        for form in sorted(formats().values(), key=lambda form: form.name, reverse=True):
            if form.grid is None or not form.written:
                continue
            path = folder / f"compatibility_grid_{name}{form.suffix}"
            try:
                path.write_text(form.grid(report), encoding="utf-8")
            except OSError as error:
                hint = "name another folder with --results"
                raise ResultsError(f"{path} cannot be written: {error.strerror}", hint=hint) from error
            written.append(path)
    return written


def report_of(named: str, project_paths: ProjectPaths, by: str = "") -> GridReport:
    """The report of a run by its path, its id, or as ``last``; ``by`` is server, framework, loop, or "". Places in
    documents are relative to the working directory where the documents are found. Raises UsageError if there is no such
    run, and ResultsError if it cannot be read."""
    run, engine = again(named, project_paths), Engine(project_paths)
    placed = (addresses.placed(one, engine) if one.verdict.reported else one for one in run.results)
    run = replace(run, results=tuple(placed))
    return GridReport(run, grid_of(run), attributions(run), by)
