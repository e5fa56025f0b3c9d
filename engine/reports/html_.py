"""The registration of HTML as a report format; jinja2 is imported only when a page is written."""

from __future__ import annotations

from engine.reports.base import Format
from engine.reports.view import GridReport

HEAVY = 20_000_000
"""The size in bytes from which on a page is slow to open."""


def write(report: GridReport) -> str:
    """The page of a run."""
    from engine.reports.page.document import page

    return page(report)


def too_large(size: int) -> str:
    """A warning for a page of so many bytes, "" if it is not too large."""
    if size < HEAVY:
        return ""
    return f"{size / 1_000_000:.0f} MB take a browser seconds to open; report fewer suites or targets"


FORMATS = Format("html", ".html", grid=write, written=False)
