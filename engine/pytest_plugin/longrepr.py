"""A failure as pytest shows it: in full, its excerpts only, or one line, as ``--tb`` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.documents.diagnostics import Diagnostic
from engine.model.phrasing import got, headline
from engine.model.verdict import JobResult, Verdict
from engine.pytest_plugin.summary import fitted
from engine.results.analysis.redaction import redacted_result
from engine.terminal import blame, failure, lint_output
from engine.terminal.escape import visible, width
from engine.terminal.paint import Paint

PHRASES = ("to ", "not ", "at ", "above ", "below ")
"""The beginning of an expectation that is not a value."""


CUT = "..."
SHORTEST = 10
"""Columns of the shortest message that says anything."""


@dataclass
class Crash:
    """The place of a failure and its message, under the names that pytest gives them. ``message`` is in pytest's short
    summary and in JUnit's; ``str`` is the line of ``--tb=line``."""

    path: str
    lineno: int
    message: str
    at: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.lineno}" if self.lineno else self.path
        return f"{where}: {self.at}{self.message}"


class CaseFailure:
    """The ``longrepr`` of a failed case. ``source`` gives the text of a file, "" if it is gone; ``cause`` are the lines
    about the cause; ``style`` is the value of ``--tb``."""

    def __init__(self, result: JobResult, source: failure.Source, cause: Sequence[str], style: str) -> None:
        self.result = result = redacted_result(result)
        self.cause = tuple(cause)
        self._source = source
        self._style = style
        place = result.mismatches[0].place if result.mismatches else result.step
        file, line = (place.file, place.line) if place is not None and place.line else (result.file, 0)
        self.reprcrash = Crash(visible(file), line, summary(result), f"[{visible(result.target)}] ")

    def fit(self, columns: int) -> None:
        """Let the actual value come first in the short summary if the message does not fit so many columns, and shorten
        it if that does not either. pytest does so too, but without colours only."""
        if width(self.reprcrash.message) > columns:
            self.reprcrash.message = message = summary(self.result, actual_first=True)
            if columns >= SHORTEST and width(message) > columns:
                self.reprcrash.message = f"{message[: columns - len(CUT)]}{CUT}"

    def toterminal(self, tw: Any) -> None:
        """Write the failure to a terminal writer of pytest, in colour if that has it."""
        if self._style != "line":  # pytest writes the line itself
            for line in self._lines(tw.fullwidth, Paint(bool(tw.hasmarkup))):
                tw.line(line)

    def __str__(self) -> str:
        """The failure in full, as plain text."""
        return "\n".join(self._full(0, Paint()))

    def _lines(self, limit: int, paint: Paint) -> list[str]:
        return self._short(limit, paint) if self._style == "short" else self._full(limit, paint)

    def _full(self, limit: int, paint: Paint) -> list[str]:
        text = failure.text(self.result, self._source, limit=limit, paint=paint)
        cause = [part for line in self.cause for part in fitted(line, limit)]
        return [*text.split("\n"), *(("", *cause) if cause else ())]

    def _short(self, limit: int, paint: Paint) -> list[str]:
        located = self.result.mismatches or self.result.warnings
        if not located:
            return blame.broken(summary(self.result), limit)
        return "\n".join(failure.excerpt(one, self._source, limit, paint) for one in located).split("\n")


class SuiteErrors:
    """The ``longrepr`` of a suite with errors."""

    def __init__(self, errors: Sequence[Diagnostic]) -> None:
        self._errors = errors
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = visible(f"{first.what}{more}")
        self.reprcrash = Crash(visible(first.place.file), first.place.line, message)

    def toterminal(self, tw: Any) -> None:
        """Write the errors as `engine lint` does."""
        for line in self._text(tw.fullwidth, Paint(bool(tw.hasmarkup))).split("\n"):
            tw.line(line)

    def __str__(self) -> str:
        return self._text(0, Paint())

    def _text(self, limit: int, paint: Paint) -> str:
        return lint_output.text(self._errors, limit=limit, paint=paint).rstrip("\n")


def summary(result: JobResult, *, actual_first: bool = False) -> str:
    """A failure in one line: ``status: expected 200, got 404``, or with the actual value first ``status 404, not 200``.
    A verdict other than fail stands in front."""
    verdict = "" if result.verdict is Verdict.FAIL else f"{result.verdict.value}: "
    if result.verdict not in (Verdict.FAIL, Verdict.WARN) or not (result.mismatches or result.warnings):
        return visible(f"{result.verdict.value}: {result.reason}")
    first, *others = result.mismatches or result.warnings
    more = f" (and {len(others)} more)" if others else ""
    if not actual_first or first.implicit or not first.where:
        return visible(f"{verdict}{headline(first)}{more}")
    if first.expected.startswith(PHRASES):
        return visible(f"{verdict}{first.where} {got(first)}; expected {first.expected}{more}")
    return visible(f"{verdict}{first.where} {got(first)}, not {first.expected}{more}")
