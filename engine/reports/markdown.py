"""Markdown: the grid of a run, and a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from engine.reports.base import Format
from engine.reports.table import LETTERS, PRESSING, body_of, differences, head_of, legend, several
from engine.reports.view import GridReport
from engine.results.analysis.attribution import Fault
from engine.results.analysis.claims import refuted
from engine.results.analysis.comparison import Change, Comparison, Difference
from engine.results.analysis.findings import Finding, findings, red, shares
from engine.results.analysis.grouping import GroupedGrid, tables
from engine.results.record.store import TargetRow


def markdown(report: GridReport) -> str:
    """A document: the tables, what the letters mean, the differences between loops, the cause of what is red, and
    versions."""
    run, grid = report.run, report.grid
    title = f"Compatibility grid, {' and '.join(grid.loops)}" if grid.loops else "Compatibility grid"
    made = tables(grid, report.by)
    crossed = all(table.crossed for table in made)
    parts = [
        f"# {title}",
        f"Run `{run.id}`." + ("" if run.whole else f" The run was not whole: {run.ended}."),
        *(part for table in made for part in drawn(table, headed=bool(report.by) or len(made) > 1 or table.sourced)),
        legend([row.total for row in grid.rows], PRESSING if crossed else LETTERS),
    ]
    if len(grid.loops) > 1:
        parts += ["## Between the loops", differences(grid).replace("\n  ", "\n- ")]
    targets = {row.target.id for row in grid.rows}
    is_red = red()
    found = findings(run, lambda result: is_red(result) and result.target in targets, report.causes)
    if found:
        parts += ["## Red", *counted(found), "\n".join(line for one in found for line in finding(one))]
    failed = [row.target for row in grid.rows if row.target.failed]
    if failed:
        parts += ["## Did not start", "\n".join(f"- `{target.id}`: {code(target.failed)}" for target in failed)]
    wrong = refuted(row.target for row in grid.rows)
    if wrong:
        parts += ["## Claims that a probe refuted", "\n".join(f"- {claim}" for claim in wrong)]
    parts += ["## Versions", "\n".join(versions(row.target) for row in grid.rows)]
    return "\n\n".join(parts) + "\n"


def drawn(table: GroupedGrid, *, headed: bool) -> list[str]:
    """A table, under its title where it has one that is wanted."""
    text = tabulate(body_of(table), headers=head_of(table), tablefmt="github", disable_numparse=True)
    return [f"## {table.title}", text] if headed and table.title else [text]


def counted(found: Sequence[Finding]) -> list[str]:
    """The share of each culprit in the failures, as a table; nothing without attributions."""
    counts = shares(found)
    if not any(one.attribution for one in found):
        return []
    body = [[word(one.fault), code(one.culprit), str(one.cases), str(one.cells)] for one in counts]
    return [tabulate(body, headers=["whose fault", "", "cases", "cells"], tablefmt="github", disable_numparse=True)]


def word(fault: str) -> str:
    """A fault as a reader knows it."""
    return Fault(fault).words if fault in list(Fault) else fault


def finding(one: Finding) -> Iterator[str]:
    """The lines of one finding: the case, where it is red, and whose fault it is on what evidence."""
    first = one.first
    on = f"[{first.target}]`" if len(one.cells) == 1 else f"` on {len(one.cells)} targets"
    yield f"- `{one.address}{on}: {first.verdict.value}: {code(first.reason)}"
    if lost := [cell for cell in one.cells if cell.evidence.lost]:
        yield f"  - incomplete evidence: {code(lost[0].evidence.notes[0])}"
    if len(one.cells) > 1:
        yield f"  - on {several([f'`{cell.target}`' for cell in one.cells], 8)}"
    if one.attribution is not None:
        yield f"  - {code(one.attribution.heading)}: {code(one.attribution.because)}"
        if one.attribution.evidence:
            cells = [f"`{cell.target}` {cell.verdict.value}" for cell in one.attribution.evidence]
            yield f"  - compared with {', '.join(cells)}"
        if one.attribution.hint:
            yield f"  - look first at {code(one.attribution.hint)}"
        if one.attribution.settle:
            yield f"  - settled by `{one.attribution.settle}`"


def versions(target: TargetRow) -> str:
    """One line: a target, its Python, its loop and the versions of its packages."""
    packages = ", ".join(f"{name} {version}" for name, version in target.versions.items())
    commit = f", commit {target.commit}" if target.commit else ""
    return (
        f"- `{target.id}`: Python {target.python or '?'}, loop {target.found_loop or '?'}, {packages or 'no packages'}"
        f"{commit}"
    )


def comparison(found: Comparison) -> str:
    """A document with a section for each sort of change."""
    parts = [f"# {code(found.before)} and {code(found.after)}", f"{found.compared} cells were compared."]
    versions = [
        f"- {side}: {code(', '.join(servers))}"
        for side, servers in zip(("before", "after"), found.servers, strict=True)
        if servers
    ]
    if versions:
        parts.append("\n".join([*versions, *(f"- {code(sentence)}" for sentence in found.older)]))
    if found.stopped:
        stopped = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.stopped)
        parts += ["## Does not start any more", stopped]
    if found.neither:
        neither = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.neither)
        parts += ["## Starts on neither side", neither]
    for change in Change:
        if found.of(change):
            lines = [line for one in found.of(change) for line in difference(one)]
            parts += [f"## {change.value.capitalize()}", "\n".join(lines)]
    if found.nothing:
        parts.append("Nothing changed.")
    apart = [
        f"- {len(names)} {what}: {several([f'`{name}`' for name in names], 6)}"
        for names, what in (
            (found.only_before, f"cases only in {code(found.before)}"),
            (found.only_after, f"cases only in {code(found.after)}"),
            (found.missing_after, f"targets only in {code(found.before)}"),
            (found.missing_before, f"targets only in {code(found.after)}"),
        )
        if names
    ]
    if apart:
        parts += ["## Not compared", "\n".join(apart)]
    return "\n\n".join(parts) + "\n"


def difference(one: Difference) -> Iterator[str]:
    sides = [pair.before if one.change is Change.FIXED else pair.after for pair in one.pairs]
    targets = [f"`{side.target}`" for side in sides]
    yield f"- `{one.address}`: {one.before.value} → {one.after.value} on {several(targets)}"
    if one.red.reason:
        yield f"  - {code(one.red.reason)}"
    if one.attribution is not None:
        yield f"  - {code(one.attribution.heading)}: {code(one.attribution.because)}"
        if one.attribution.hint:
            yield f"  - look first at {code(one.attribution.hint)}"


def code(text: str) -> str:
    """Text that Markdown takes literally, on one line."""
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")


FORMATS = Format("markdown", ".md", grid=markdown, comparison=comparison)
