"""Cells, columns and links as the templates take them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.model.phrasing import got, requirement
from engine.model.source_span import SourceSpan
from engine.model.verdict import Excuse
from engine.reports.page.addresses import query_address, result_address
from engine.reports.view import GridReport
from engine.results.analysis.summary import excuse_of, plural
from engine.site.data import moment
from engine.site.links import run_path, server_path, subject_id
from engine.site.subjects import Entry, Lane, Subject
from engine.site.support import NONE, State, Support
from engine.site.tables import Figure
from engine.site.traffic import Shown, wire

SIGNS = {
    State.YES: ("✓", "yes"),
    State.ADVICE: ("!", "yes, but a recommendation is not followed"),
    State.PARTLY: ("◐", "partly"),
    State.NO: ("✗", "no"),
    State.UNSUPPORTED: ("–", "not offered"),
    State.UNTESTED: ("·", "not tested"),
}
"""The sign of a state, and its words."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its state (a class of the style), its sign, its words, a figure, and a link, "" for none."""

    state: str
    sign: str
    words: str
    figure: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column: a server with its version."""

    name: str
    version: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its head with a link and a note, and its cells."""

    name: str
    href: str
    note: str
    cells: tuple[Cell, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of subjects: a title, a sentence below it, the head of the first column, columns, and lines."""

    title: str
    sentence: str
    corner: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class FailingResult:
    """A result that fails or warns, as a page shows it. ``expected`` are pairs of an expectation and the value that was
    there; ``place`` is the line of the document, "" if none is known."""

    address: str
    title: str
    verdict: str
    target: str
    reason: str
    href: str
    risk: str = ""
    place: str = ""
    expected: tuple[tuple[str, str], ...] = ()
    events: tuple[Shown, ...] = ()
    excuse: Excuse | None = None
    because: str = ""
    cite: tuple[str, ...] = field(default=())


def cell(support: Support, href: str = "") -> Cell:
    """The cell of a support."""
    sign, words = SIGNS[support.state]
    return Cell(support.state.value, sign, words, support.figure, href)


def cells(
    table: Mapping[tuple[str, Subject], Support], name: str, subjects: Sequence[Subject], page: str
) -> tuple[Cell, ...]:
    """The cells of a clause, a category or a capability, each with a link to its subject's part of a page."""
    found = [(one, table.get((name, one), NONE)) for one in subjects]
    return tuple(cell(of, f"{page}#{subject_id(one)}" if of.reported else page if of.ran else "") for one, of in found)


def figure_cell(figure: Figure, href: str) -> Cell:
    """The cell of a figure."""
    if not figure.of:
        return Cell("untested", "·", "nothing comparable")
    state = State.YES if figure.met == figure.of else State.PARTLY if figure.met else State.NO
    sign = SIGNS[state][0]
    # The style has a class for each twentieth.
    return Cell(
        f"{state.value} b-{int(figure.share * 20) * 5}", sign, f"{figure.met} of {figure.of} clauses", str(figure), href
    )


def columns(subjects: Iterable[Subject], *, lanes: bool = False) -> tuple[Column, ...]:
    """The heads of columns; ``lanes`` notes the lane of each."""
    return tuple(
        Column(
            one.name, one.version, f"{server_path(one.server)}#{subject_id(one)}", lane_note(one.lane) if lanes else ""
        )
        for one in subjects
    )


def lane_note(lane: Lane) -> str:
    """The words of a lane where it is not ASGI over HTTP/1.1, else ""."""
    return "" if lane == Lane("asgi") else lane.title


def failing(entry: Entry, reports: Sequence[GridReport], *, traffic: bool = False) -> FailingResult:
    """A failing result with a link to its own view in the report of its run; with its bytes if ``traffic``."""
    result = entry.result
    unmet = result.mismatches or result.warnings
    excuse = excuse_of(result) if result.verdict.expected else None
    place: SourceSpan | None = unmet[0].place if unmet and unmet[0].place.line else result.step
    return FailingResult(
        result.address,
        result.title,
        result.verdict.value,
        result.target,
        excuse.failure if excuse else result.reason,
        f"{run_path(reports[entry.run].run.id)}{result_address(result.target, result.address)}",
        result.risk,
        f"{result.file}:{place.line}" if place is not None and place.line else "",
        tuple((requirement(one), got(one)) for one in unmet),
        wire(result) if traffic else (),
        excuse,
        f"{entry.cause.heading}: {entry.cause.because}" if entry.cause else "",
        result.cite,
    )


def all_failing(entry: Entry, reports: Sequence[GridReport], clause: str) -> str:
    """A link to the results of a clause on a server in the report of a run."""
    words = f"clause:{clause} target:{entry.row.id}"
    return run_path(reports[entry.run].run.id) + query_address(words)


def made(reports: Sequence[GridReport]) -> tuple[str, ...]:
    """A line for each run: its date, the versions of the engine, the corpus and Python, and the machine."""
    return tuple(dict.fromkeys(_made(report) for report in reports))


def _made(report: GridReport) -> str:
    header = report.run.header
    machine, declared = header.get("machine") or {}, header.get("data") or {}
    cores = plural(machine["cores"], "core") if isinstance(machine.get("cores"), int) else ""
    words = (
        moment(header.get("started"))[:10],
        f"engine {header['engine']}" if header.get("engine") else "",
        f"corpus {declared['corpus']}" if declared.get("corpus") else "",
        f"Python {header['python']}" if header.get("python") else "",
        str(header.get("system", "")),
        ", ".join(str(word) for word in (machine.get("cpu", ""), cores) if word),
        "" if report.run.whole else "the run ended early",
    )
    return " · ".join(word for word in words if word)
