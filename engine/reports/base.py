"""The registry of report formats: one module (or package) a format, found by its ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from engine.registry import Registry, found
from engine.reports.view import GridReport
from engine.results.analysis.comparison import Comparison
from engine.results.analysis.explaining import Explanation


@dataclass(frozen=True, slots=True)
class Format:
    """A report format: its ``name`` for ``--format``, the ``suffix`` of its files, and a pure function for each subject
    that it can show, whose text ends in a line feed. None where it cannot show the subject."""

    name: str
    suffix: str
    grid: Callable[[GridReport], str] | None = None
    comparison: Callable[[Comparison], str] | None = None
    explanation: Callable[[Explanation], str] | None = None


def formats() -> Registry[Format]:
    """Every format there is, by name. Raises Defect where two share one."""
    return Registry("report format", cast("list[Format]", found("engine.reports", "FORMATS")))
