"""The report ``tally``: one line a target."""

from __future__ import annotations

from engine.reports.base import Format
from engine.reports.view import GridReport


def tally(report: GridReport) -> str:
    """The target, the passed and the applicable cases, with spaces between them."""
    return "".join(f"{row.target.id} {row.total.passed} {row.total.applicable}\n" for row in report.grid.rows)


FORMATS = Format("tally", ".tally", grid=tally)
