"""The files of a run's grid, one for each report format."""

from __future__ import annotations

import hashlib
from contextlib import suppress
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
from engine.model.clause import Clause
from engine.model.packaged import DATA
from engine.model.target import LOCAL
from engine.reports.base import formats
from engine.reports.view import GridReport
from engine.results.analysis.attribution import Attributions
from engine.results.analysis.comparison import compare, sides
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import Grid, grid_of
from engine.results.analysis.redaction import redacted
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
    run = redacted(run)
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


def report_of(
    named: str, project_paths: ProjectPaths, by: str = "", *, earlier: str = "", secrets: bool = False
) -> GridReport:
    """The report of a run by its path, its id, or as ``last``; ``by`` is server, framework, loop, or "". ``earlier`` is
    the run that it is compared with, "" for none. Secrets are masked unless ``secrets``. Raises UsageError if there is
    no such run, and ResultsError if it cannot be read."""
    before = again(earlier, project_paths) if earlier else None
    return report_about(again(named, project_paths), project_paths, by, earlier=before, secrets=secrets)


def report_about(
    run: Run, project_paths: ProjectPaths, by: str = "", *, earlier: Run | None = None, secrets: bool = False
) -> GridReport:
    """The report of a run. Places in documents are relative to the working directory where the documents are found."""
    engine = Engine(project_paths)
    whole = placed(run, engine)
    published = whole if secrets else redacted(whole)
    report = GridReport(
        published,
        grid_of(published),
        attributions(published),
        by,
        clauses=clauses_of(run, engine),
        sources=sources_of(run, engine),
        inside=inside(run, engine),
    )
    if earlier is None:
        return report
    before = placed(earlier, engine)
    return replace(report, comparison=compare(*sides(before if secrets else redacted(before), published)))


def placed(run: Run, engine: Engine) -> Run:
    """A run whose reported results have places relative to the working directory."""
    found = (addresses.placed(one, engine) if one.verdict.reported else one for one in run.results)
    return replace(run, results=tuple(found))


def clauses_of(run: Run, engine: Engine) -> dict[str, Clause]:
    """The clauses that a run's cases may cite, by id: the engine's own, and those next to the suites."""
    files = [path for file in {one.file: 0 for one in run.results} if (path := addresses.located(file, engine))]
    return engine.beside(files).catalogue


def inside(run: Run, engine: Engine) -> frozenset[str]:
    """The addresses of a run's documents that are files of the repository in the working directory. The data of an
    installed package are none, even where the package is installed below that directory."""
    here = Path.cwd()
    found = set()
    for file in {one.file: 0 for one in run.results if one.verdict.reported}:
        path = addresses.located(file, engine)
        if path is not None and absolute(path).is_relative_to(here) and not absolute(path).is_relative_to(DATA):
            found.add(file)
    return frozenset(found)


def sources_of(run: Run, engine: Engine) -> dict[str, str]:
    """The texts of a run's documents by address, of those that are the same as during the run."""
    digests = run.header.get("digests", {})
    found: dict[str, str] = {}
    for file in {one.file: 0 for one in run.results if one.verdict.reported}:
        path = addresses.located(file, engine)
        if path is None or file not in digests:
            continue
        with suppress(OSError, UnicodeDecodeError):
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == digests[file]:
                found[file] = data.decode("utf-8")
    return found
