"""The registry of report formats: one module (or package) a format, found by its ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from engine.errors import UsageError
from engine.registry import Registry, found
from engine.reports.view import GridReport
from engine.results.analysis.comparison import Comparison
from engine.results.analysis.explaining import Explanation


@dataclass(frozen=True, slots=True)
class Format:
    """A report format: its ``name`` for ``--format``, the ``suffix`` of its files, and a pure function for each subject
    that it can show, whose text ends in a line feed. None where it cannot show the subject. ``written`` says that
    ``engine grid`` writes a file of it for each grid, and not only ``engine report`` on request."""

    name: str
    suffix: str
    grid: Callable[[GridReport], str] | None = None
    comparison: Callable[[Comparison], str] | None = None
    explanation: Callable[[Explanation], str] | None = None
    written: bool = True


@cache
def formats() -> Registry[Format]:
    """Every format there is, by name. Raises Defect where two share one."""
    return Registry("report format", cast("list[Format]", found("engine.reports", "FORMATS")))


def writer(form: str, subject: str) -> Callable[[Any], str]:
    """The function that writes a ``grid``, ``comparison`` or ``explanation`` in the format of that name. Raises
    UsageError if there is no such format, or it cannot show the subject."""
    write: Callable[[Any], str] | None = getattr(formats().pick(form), subject)
    if write is None:
        raise UsageError(f"the format {form!r} has no {subject}", hint=f"known: {', '.join(able(subject))}")
    return write


def by_suffix(name: str) -> str:
    """The format whose files have the suffix of a file's name, "" if none has."""
    return next((one.name for one in formats().values() if name.endswith(one.suffix)), "")


def able(subject: str) -> tuple[str, ...]:
    """The names of the formats that can show a ``grid``, ``comparison`` or ``explanation``."""
    return tuple(name for name, one in formats().items() if getattr(one, subject) is not None)
