"""Everything that the page shows of one result, as plain data. Pure."""

from __future__ import annotations

import re
from typing import Any

from engine.model.expectation import Mismatch
from engine.model.phrasing import got, requirement
from engine.model.verdict import JobResult, Verdict
from engine.reports import view
from engine.reports.view import GridReport
from engine.results.analysis.flakiness import isolation
from engine.results.record.codec import mismatch_to_json, place_to_json, result_to_json

# Lines of a case that are shown, and characters of one.
LINES = 200
CHARACTERS = 400
# Characters of a log: a browser lays out more than that slowly.
LOG = 64 * 1024

_COLUMNS = (
    "kind",
    "case",
    "file",
    "target",
    "category",
    "level",
    "cite",
    "title",
    "risk",
    "verdict",
    "recorded_values",
)


def detail(result: JobResult, report: GridReport) -> dict[str, Any]:
    """A result without its columns, and with its cause. A value that has no data in an older record has its text."""
    found = {name: value for name, value in result_to_json(result).items() if name not in _COLUMNS}
    found["mismatches"] = [
        *(_mismatch(one, warning=False) for one in result.mismatches),
        *(_mismatch(one, warning=True) for one in result.warnings),
    ]
    found.pop("warnings", None)
    found["cause"] = view.cause(report.causes.get((result.address, result.target)))
    found["company"] = isolation(result) if result.recheck is not None else ""
    found["notes"] = list(result.evidence.notes)
    found["missing"] = missing(result)
    if len(result.log) > LOG:
        found["log"] = result.log[-LOG:]
        found["notes"].append(f"the log begins {len(result.log) - LOG:,} characters earlier")
    return found


def missing(result: JobResult) -> str:
    """The reason why a result has no time line, "" if it has one."""
    if result.transcript is not None and result.transcript.events:
        return ""
    if not result.verdict.ran:
        return f"{result.verdict.value}: it did not run, so there is no time line"
    if result.verdict in (Verdict.PASS, Verdict.UNEXPECTED_PASS):
        return "passing cases keep no time line; --keep-transcripts makes a run that has it"
    return "nothing was recorded: the target did not run the case, or nothing crossed the wire"


def _mismatch(one: Mismatch, *, warning: bool) -> dict[str, Any]:
    made = mismatch_to_json(one)
    made["sentence"] = requirement(one)
    made["got"] = got(one)
    if warning:
        made["warning"] = True
    if one.place.line:
        made["place"] = place_to_json(one.place)
    return made


def source(text: str, case: str) -> list[Any] | None:
    """The lines of a case in its document as ``[first line, text]``; None if it is not found. ``case`` is its id, with
    the value of a matrix or without."""
    lines = text.splitlines()
    stem = case.partition("[")[0]
    head = re.compile(rf"""(\s*)- +id: *(['"]?){re.escape(stem)}\2 *(?:#.*)?""")
    for number, line in enumerate(lines):
        if found := head.fullmatch(line):
            last = _end(lines, number, len(found[1]))
            shown = [each[:CHARACTERS] for each in lines[number : min(last, number + LINES)]]
            return [number + 1, "\n".join(shown).rstrip()]
    return None


def _end(lines: list[str], first: int, indent: int) -> int:
    """The number of the line behind an item of a list."""
    for number in range(first + 1, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return number
    return len(lines)
