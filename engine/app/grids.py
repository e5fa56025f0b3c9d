"""From a run to its grid, and to the files that show it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.errors import ResultsError
from engine.model.verdict import JobResult
from engine.reports.base import formats
from engine.reports.view import GridReport
from engine.results.analysis import claims
from engine.results.analysis.attribution import Attribution, Attributions
from engine.results.analysis.findings import Finding, attribution_of, attributions, findings, red
from engine.results.analysis.grid import Grid
from engine.results.record.store import Run, TargetRow

__all__ = ["Attribution", "red_of", "refuted", "whose", "whose_is", "write"]


def refuted(rows: Iterable[TargetRow]) -> list[str]:
    """A sentence for each capability that a server claims and a probe did not find."""
    return claims.refuted(rows)


def whose(run: Run) -> Attributions:
    """The attribution of each failing cell of a run."""
    return attributions(run)


def whose_is(result: JobResult, results: Iterable[JobResult], rows: Iterable[TargetRow]) -> Attribution | None:
    """The attribution of one failing result, by these results; None for a result that fails by no one's doing."""
    return attribution_of(result, results, rows)


def red_of(run: Run, known: Attributions, *, strict: bool = False, flaky_fails: bool = False) -> tuple[Finding, ...]:
    """The results that break the build in a run, with their attribution. Flaky results are included if they fail a
    build; these and warnings if it is ``strict``."""
    return findings(run, red(strict=strict, flaky_fails=flaky_fails), known)


def write(run: Run, whole: Grid, results: Path, known: Attributions | None = None, by: str = "") -> list[Path]:
    """Write ``compatibility_grid_<loop>`` in every format for each loop, and for several loops one of both. The
    files, in order. ``known`` says whose fault what is red is, where that was worked out. Raises ResultsError where
    they cannot be written."""
    known = attributions(run) if known is None else known
    names = {loop: whole.only(loop) for loop in whole.loops}
    if len(names) > 1:
        names["both"] = whole
    written = []
    for name, part in names.items():
        report = GridReport(run, part, known, by)
        for form in sorted(formats().values(), key=lambda form: form.name, reverse=True):
            if form.grid is None:
                continue
            path = results / f"compatibility_grid_{name}{form.suffix}"
            try:
                path.write_text(form.grid(report), encoding="utf-8")
            except OSError as error:
                hint = "name another folder with --results"
                raise ResultsError(f"{path} cannot be written: {error.strerror}", hint=hint) from error
            written.append(path)
    return written
