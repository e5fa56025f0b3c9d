"""CSV: a head, and one line for each result (RFC 4180, with line feeds)."""

from __future__ import annotations

import csv
import io

from engine.model.verdict import JobResult
from engine.reports.base import Format
from engine.reports.texts import harmless
from engine.reports.view import GridReport
from engine.results.analysis.summary import excuse_of
from engine.results.record.store import TargetRow

HEAD = (
    "run", "file", "case", "title", "category", "level", "cite", "target", "server", "version", "framework", "loop",
    "gateway", "runtime", "http", "interpreter", "verdict", "reason", "cause", "known", "link", "seconds", "risk",
)  # fmt: skip


def table(report: GridReport) -> str:
    """The results in the order of the run. ``cause`` is empty for a result without one; ``known`` and ``link`` are the
    reason and the link of a known failure; ``cite`` has spaces between clauses, and ``risk`` is
    the greatest one of these."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    rows = {row.id: row for row in report.part.targets}
    for one in report.part.results:
        writer.writerow([_cell(value) for value in _values(report, one, rows[one.target])])
    return out.getvalue()


def _cell(value: object) -> str:
    """A value that no spreadsheet takes for a formula: one that begins like it has an apostrophe in front."""
    text = harmless(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _values(report: GridReport, one: JobResult, row: TargetRow) -> tuple[object, ...]:
    cause = report.causes.get((one.address, one.target))
    excuse = excuse_of(one) if one.verdict.expected else None
    return (
        report.run.id, one.file, one.case, one.title, one.category, one.level, " ".join(one.cite), one.target,
        f"{row.server}{row.release}" + (f"~{row.variant}" if row.variant else ""), row.version, row.framework,
        row.found_loop or row.loop, row.gateway, row.runtime, row.http, row.interpreter, one.verdict.value,
        excuse.failure if excuse else one.reason, cause.heading if cause else "", excuse.because if excuse else "",
        excuse.link if excuse else "", f"{one.seconds:.3f}", one.risk,
    )  # fmt: skip


FORMATS = Format("csv", ".csv", grid=table, written=False)
