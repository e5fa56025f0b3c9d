"""The site of some runs: what it is made from, and its folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.app.engine import Engine
from engine.app.grids import report_about
from engine.app.history import FILE, bugs_in
from engine.app.project_paths import ProjectPaths
from engine.app.runs import again
from engine.errors import ResultsError, UsageError
from engine.model.bug import Bug
from engine.model.case import CaseHeader
from engine.reports.view import GridReport
from engine.site.document import site
from engine.site.source import DeclaredCase, DeclaredServer, SiteSource
from engine.targets.catalog.capabilities import OF_HTTP, OF_TLS, OF_WEBSOCKET, WORDS
from engine.targets.catalog.servers.base import Server

INDEX = "index.html"
FOLDERS = ("badges", "clauses", "features", "frameworks", "releases", "runs", "servers", "standards")


def source_of(named: Sequence[str], project_paths: ProjectPaths, *, history: str = "") -> SiteSource:
    """The source of a site: runs by their paths, ids, or as ``last``. Secrets are masked. ``history`` is a document of
    known bugs, "" for the engine's own. Raises UsageError for a run or a document that does not exist, ResultsError for
    a run that cannot be read, and DocumentError for a document with errors."""
    engine = Engine(project_paths)
    runs = {run.id: run for run in (again(name, project_paths) for name in named)}
    for run in runs.values():
        if not run.targets:
            raise UsageError(f"the run {run.id} has no target", hint="`engine list runs` lists the runs")
    reports = [report_about(run, project_paths) for run in runs.values()]
    reports.sort(key=lambda report: (report.run.header.get("started", 0), report.run.id))
    clauses = {
        **engine.catalogue,
        **{key: one for each in reports for key, one in each.clauses.items()},
    }
    loaded = engine.load([project_paths.specs])
    return SiteSource(
        tuple(reports),
        clauses,
        _bugs(engine, history),
        {one.name: declared(one) for one in engine.servers.values() if one.name in _servers(reports)},
        {case.address: _case(case) for suite in loaded.suites for case in suite.cases},
        WORDS,
        {**OF_HTTP, **OF_TLS, **OF_WEBSOCKET},
    )


def _servers(reports: Iterable[GridReport]) -> set[str]:
    return {row.server for report in reports for row in report.run.targets}


def _bugs(engine: Engine, file: str) -> tuple[Bug, ...]:
    """The known bugs; none where the suites have no such document."""
    if not file and not (engine.project_paths.specs / FILE).is_file():
        return ()
    return bugs_in(engine, file)


def declared(one: Server) -> DeclaredServer:
    """The claims of a server, over both versions of HTTP."""
    return DeclaredServer(
        one.name,
        one.title,
        one.package,
        tuple(sorted(one.interfaces)),
        tuple(sorted(one.speaks)),
        tuple(one.loops),
        one.claims,
        tuple(sorted(one.options)),
        tuple((each.name, each.summary) for each in one.variants),
        dict(one.since),
    )


def _case(case: CaseHeader) -> DeclaredCase:
    return DeclaredCase(case.needs, tuple(case.server))


def write(source: SiteSource, folder: Path) -> int:
    """Write a site into a folder; the number of its files. A folder with files is only overwritten if it has a site,
    whose other pages are removed.
    Raises UsageError for another folder, and ResultsError if a file cannot be written."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / INDEX).is_file():
        raise UsageError(f"{folder} has files that are no site", hint="name an empty folder, or one that a site is in")
    written: set[Path] = set()
    for name, text in site(source):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise ResultsError(f"{path} cannot be written: {error.strerror}", hint="name another folder") from error
        written.add(path)
    for path in (one for name in FOLDERS for one in (folder / name).glob("*")):
        if path not in written and path.suffix in (".html", ".svg"):
            path.unlink(missing_ok=True)
    return len(written)
