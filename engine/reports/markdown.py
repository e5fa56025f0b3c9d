"""Markdown: the grid of a run, and a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tabulate import tabulate

from engine.reports.base import Format
from engine.reports.bounded import bounded
from engine.reports.table import LETTERS, PRESSING, body_of, differences, figures, head_of, legend, several
from engine.reports.texts import harmless
from engine.reports.view import GridReport
from engine.results.analysis.attribution import Fault
from engine.results.analysis.claims import refuted
from engine.results.analysis.comparison import Comparison, Difference
from engine.results.analysis.comparison import folded as folded_differences
from engine.results.analysis.findings import Finding, failing, findings, folded, shares
from engine.results.analysis.folding import Folded
from engine.results.analysis.grouping import GroupedGrid, framework_of, server_of, tables
from engine.results.analysis.summary import (
    FoldedCase,
    cases_of,
    counted_as,
    early_end,
    excused,
    plural,
    results_of,
    sentence,
    summary,
    warned,
)
from engine.results.analysis.transitions import Change
from engine.results.record.store import TargetRow


def markdown(report: GridReport) -> str:
    """A document of at most 1 MiB: the counts, the failures by cause, the targets that did not start, the tables with
    the meaning of the letters, the differences between loops, the warnings, the known failures by server, and the
    versions."""
    return bounded(map(safe, parts_of(report)), safe(f"`engine report {code(report.run.id)} -o report.html` has all."))


def parts_of(report: GridReport) -> Iterator[str]:
    """The parts of the document, each one or several lines."""
    run, grid = report.run, report.grid
    title = f"Compatibility grid, {' and '.join(grid.loops)}" if grid.loops else "Compatibility grid"
    made = tables(grid, report.by)
    crossed = all(table.crossed for table in made)
    yield f"# {title}"
    yield f"Run `{run.id}`: {sentence(summary(report.part))}. {code(early_end(run))}".rstrip()
    targets = {row.target.id for row in grid.rows}
    is_failing = failing()
    found = findings(run, lambda result: is_failing(result) and result.target in targets, report.causes)
    if found:
        yield "## Failing"
        yield from shares_of(found)
        yield "\n".join(line for one in folded(found) for line in finding(one))
    failed = [row.target for row in grid.rows if row.target.failed]
    if failed:
        yield "## Did not start"
        yield "\n".join(f"- `{target.id}`: {code(target.failed)}" for target in failed)
    if found or failed:
        yield "## Grid"
    for table in made:
        yield from drawn(table, headed=bool(report.by) or len(made) > 1 or table.sourced)
    yield legend(figures(grid), PRESSING if crossed else LETTERS)
    if len(grid.loops) > 1:
        yield "## Between the loops"
        yield differences(grid).replace("\n  ", "\n- ")
    yield from others(report)
    wrong = refuted(row.target for row in grid.rows)
    if wrong:
        yield "## Claims that a probe refuted"
        yield "\n".join(f"- {claim}" for claim in wrong)
    if found_versions := versions(report):
        yield "## Versions"
        yield found_versions


def drawn(table: GroupedGrid, *, headed: bool) -> list[str]:
    """A table, under its title where it has one that is wanted."""
    text = tabulate(body_of(table), headers=head_of(table), tablefmt="github", disable_numparse=True)
    return [f"## {table.title}", text] if headed and table.title else [text]


def shares_of(found: Sequence[Finding]) -> list[str]:
    """The share of each culprit in the failures, as a table; nothing without attributions."""
    counts = shares(found)
    if not any(one.attribution for one in found):
        return []
    body = [[one.part or word(one.fault), code(one.culprit), str(one.cases), str(one.cells)] for one in counts]
    return [tabulate(body, headers=["cause", "", "cases", "results"], tablefmt="github", disable_numparse=True)]


def word(fault: str) -> str:
    """A fault as a reader knows it."""
    return Fault(fault).words if fault in list(Fault) else fault


def finding(group: Folded[Finding]) -> Iterator[str]:
    """The lines of one finding, or of several that are values of one matrix: the case, the targets, the values, the
    clauses with their greatest risk, and the cause with its evidence."""
    one = group.first
    first = one.first
    on = f"[{first.target}]`" if len(one.cells) == 1 else f"` on {len(one.cells)} targets"
    if group.values:
        on = f"` on `{first.target}`" if len(one.cells) == 1 else on
    yield f"- `{group.address}{on}: {first.verdict.value}: {code(first.reason)}"
    if first.risk:
        yield f"  - {', '.join(first.cite)}: {first.risk}"
    if group.values:
        yield f"  - values: {code(group.named())}"
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
            yield f"  - to find out, run `{one.attribution.settle}`"


def others(report: GridReport) -> list[str]:
    """The sections of warnings and of known failures by server, each complete."""
    part = report.part
    parts: list[str] = []
    if listed := warned(part.results):
        parts += [f"## Warnings: {count(listed)}", "\n".join(line for one in listed for line in entry(one))]
    by_server = excused(part)
    if by_server:
        everything = [one for listed in by_server.values() for one in listed]
        parts.append(f"## Known failures: {count(everything)}")
        for server, listed in by_server.items():
            parts += [f"### {server}: {count(listed)}", "\n".join(line for one in listed for line in entry(one))]
    return parts


def count(listed: Sequence[FoldedCase]) -> str:
    """The number of results in a list, and of cases where it is another."""
    return counted_as(results_of(listed), cases_of(listed))


def entry(folded: FoldedCase) -> Iterator[str]:
    """The lines of one case in a list: where, the values of a matrix, why, and a link."""
    first = folded.first
    yield f"- `{folded.address}` on {', '.join(f'`{name}`' for name in first.targets)}: {code(first.reason)}"
    if folded.values:
        yield f"  - values: {code(folded.named())}"
    if first.excuse is not None:
        yield f"  - {code(first.excuse.because or 'no reason is written down')}"
        if first.excuse.link:
            yield f"  - <{first.excuse.link}>"


def versions(report: GridReport) -> str:
    """The versions of servers, frameworks and Python; below these, folded, all packages of each environment once.
    "" if no target started."""
    targets = [row.target for row in report.grid.rows]
    servers = sorted({server_of(target) for target in targets if not target.failed})
    frameworks = sorted({name for one in targets if (name := framework_name(one))})
    pythons = sorted({one.python for one in targets if one.python})
    lines = [
        f"- {word}: {code(', '.join(names))}"
        for word, names in (("servers", servers), ("frameworks", frameworks), ("Python", pythons))
        if names
    ]
    environments: dict[str, list[str]] = {}
    for target in targets:
        if target.versions:
            environments.setdefault(packages(target), []).append(f"`{target.id}`")
    if not environments:
        return "\n".join(lines)
    listed = "\n".join(f"- {', '.join(ids)}: {text}" for text, ids in environments.items())
    return (
        "\n".join(
            [*lines, "", "<details>", f"<summary>Packages of {plural(len(environments), 'environment')}</summary>"]
        )
        + f"\n\n{listed}\n\n</details>"
    )


def framework_name(target: TargetRow) -> str:
    """The framework with the version and the commit that were installed, "" if unknown. Older records have the version
    only among the packages."""
    if target.framework_version:
        return framework_of(target, pinned=True)
    return f"{target.framework} {target.versions[target.framework]}" if target.framework in target.versions else ""


def packages(target: TargetRow) -> str:
    """A target's Python, and the versions of its packages."""
    named = ", ".join(f"{name} {version}" for name, version in target.versions.items())
    commit = f", commit {target.commit}" if target.commit else ""
    return f"Python {target.python or '?'}, {code(named)}{commit}"


def comparison(found: Comparison) -> str:
    """A document of at most 1 MiB with a section for each sort of change, regressions first."""
    parts = [f"# {code(found.before)} and {code(found.after)}", f"{plural(found.compared, 'result')} compared."]
    versions = [
        f"- {side}: {code(', '.join(servers))}"
        for side, servers in zip(("before", "after"), found.servers, strict=True)
        if servers
    ]
    if versions:
        parts.append("\n".join([*versions, *(f"- {code(sentence)}" for sentence in found.older)]))
    if found.stopped:
        stopped = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.stopped)
        parts += ["## No longer starts", stopped]
    if found.neither:
        neither = "\n".join(f"- `{row.id}`: {code(row.failed)}" for row in found.neither)
        parts += ["## Starts on neither side", neither]
    for change in Change:
        if found.of(change):
            lines = [line for one in folded_differences(found.of(change)) for line in difference(one)]
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
    return bounded(map(safe, parts), "`engine compare` has all of them.")


def difference(group: Folded[Difference]) -> Iterator[str]:
    """The lines of a change: the case, or several values of its matrix, the two verdicts, the targets, and the cause of
    the failing side."""
    one = group.first
    sides = [pair.before if one.change is Change.FIXED else pair.after for pair in one.pairs]
    targets = [f"`{side.target}`" for side in sides]
    title = f" ({code(one.red.title)})" if one.red.title and not group.values else ""
    yield f"- `{group.address}`{title}: {one.before.value} → {one.after.value} on {several(targets)}"
    if group.values:
        yield f"  - values: {code(group.named())}"
    if one.red.reason:
        yield f"  - {code(one.red.reason)}"
    if one.attribution is not None:
        yield f"  - {code(one.attribution.heading)}: {code(one.attribution.because)}"
        if one.attribution.hint:
            yield f"  - look first at {code(one.attribution.hint)}"


def code(text: str) -> str:
    """Text that Markdown takes literally, on one line."""
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")


def safe(document: str) -> str:
    """A document without hidden characters, and without elements and addresses but those that this module writes."""
    return _MARKUP.sub("&lt;", harmless(document))


_MARKUP = re.compile(r"<(?!/?details>|/?summary>|https?://[^\s<>]+>)")

FORMATS = Format(
    "markdown",
    ".md",
    grid=markdown,
    comparison=comparison,
)
