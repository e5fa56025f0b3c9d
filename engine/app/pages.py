"""Reports of a run as files."""

from __future__ import annotations

from pathlib import Path

from engine.app.grids import report_about
from engine.app.project_paths import ProjectPaths
from engine.errors import ResultsError, UsageError
from engine.reports.base import by_suffix, formats, writer
from engine.reports.html_ import too_large
from engine.results.record.store import Run


def write_page(path: Path, run: Run, project_paths: ProjectPaths) -> str:
    """Write the page of a run into a file. A warning about its size, "" without one. Raises ResultsError if the file
    cannot be written."""
    return save(path, writer("html", "grid")(report_about(run, project_paths)))


def check_report(path: str) -> None:
    """Raise UsageError for a file whose suffix is that of no format."""
    if not by_suffix(path):
        suffixes = ", ".join(sorted({one.suffix for one in formats().values()}))
        raise UsageError(f"the suffix of {path!r} selects no report format", hint=f"known: {suffixes}")


def write_report(path: Path, run: Run, project_paths: ProjectPaths, form: str = "") -> str:
    """Write a report of a run, in the format that the suffix of the file selects unless it is given. A warning about
    its size, "" without one. Raises UsageError for a suffix of no format, and ResultsError if the file cannot be
    written."""
    if not form:
        check_report(path.name)
    return save(path, writer(form or by_suffix(path.name), "grid")(report_about(run, project_paths)))


def save(path: Path, text: str) -> str:
    """Write a report into a file. A warning about a page that is too large, "" for
    any other report. Raises ResultsError if the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ResultsError(f"{path} cannot be written: {error.strerror}", hint="name another file") from error
    return too_large(len(text)) if text.startswith("<!DOCTYPE html>") else ""
