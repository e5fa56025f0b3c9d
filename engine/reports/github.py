"""GitHub: workflow commands, which GitHub shows as annotations at the lines of the documents.

Format and escaping are those of "Workflow commands for GitHub Actions" (docs.github.com). A step may have ten
annotations of each sort; further ones are dropped without a notice. So alike results share one, and the last one has
the number of those that are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.model.source_span import NOWHERE, SourceSpan
from engine.model.verdict import JobResult, Verdict
from engine.reports.base import Format
from engine.reports.texts import details, harmless
from engine.reports.view import GridReport
from engine.results.analysis.findings import Finding, folded
from engine.results.analysis.folding import NAMED, Folded
from engine.results.analysis.summary import early_end, plural, sentence, summary

MOST = 10
"""The annotations of one sort that GitHub shows for a step."""


def workflow(report: GridReport) -> str:
    """An error for each failure and each target that did not start, a warning for each warning, and the counts as a
    notice, or as a warning if the run ended early. Known failures have no annotation."""
    part = report.part
    found = report.findings()
    failing = [one for one in found if one.first.breaks_build()]
    warned = [one for one in found if one.first.verdict is Verdict.WARN]
    errors = [
        command("error", NOWHERE, f"{row.id} did not start", [row.failed, row.hint])
        for row in part.targets
        if row.failed
    ]
    errors += [_of_finding("error", one, report) for one in folded(failing)]
    warnings = [_of_finding("warning", one, report) for one in folded(warned)]
    counts, ended = sentence(summary(part)), early_end(report.run)
    if ended:
        # First: of many warnings the last ones are left out.
        warnings.insert(0, command("warning", NOWHERE, f"Run {report.run.id} is incomplete", [ended, counts]))
    lines = [*_bounded("error", errors), *_bounded("warning", warnings)]
    if not ended:
        lines.append(command("notice", NOWHERE, f"Run {report.run.id}", [counts]))
    return "".join(f"{line}\n" for line in lines)


def _bounded(sort: str, commands: Sequence[str]) -> Sequence[str]:
    if len(commands) <= MOST:
        return commands
    more = plural(len(commands) - MOST + 1, f"more {sort}")
    last = command(sort, NOWHERE, more, ["`engine report last --format markdown` has them all."])
    return [*commands[: MOST - 1], last]


def _of_finding(sort: str, group: Folded[Finding], report: GridReport) -> str:
    one = group.first
    result = one.first
    where = result.target if len(one.cells) == 1 else plural(len(one.cells), "target")
    title = f"{result.verdict.value}: {group.address.rpartition('::')[2]} on {where}"
    lines = [result.reason, *([f"values: {group.named(NAMED)}"] if group.values else [])]
    known = report.inside is None or result.file in report.inside
    place = place_of(result) if known else NOWHERE
    return command(sort, place, title, [*lines, *details(result, one.attribution)])


def place_of(result: JobResult) -> SourceSpan:
    """The line of the document that decided: of the first expectation that is not met, else of the step."""
    located = [one.place for one in (*result.mismatches, *result.warnings) if one.place.line]
    place = located[0] if located else result.step or SourceSpan(result.file, 1, 1, 0)
    # A record has the path as it was typed. A path that leads out of the folder is none of the repository's.
    outside = place.shown_file.startswith(("/", ".."))
    return SourceSpan(result.file, place.line, place.column, place.length) if outside else place


def command(sort: str, place: SourceSpan, title: str, lines: Iterable[str]) -> str:
    """One workflow command: ``::error file=specs/x.yaml,line=3,col=7,title=...::...``."""
    return f"::{sort} {','.join(_properties(place, title))}::{_data(chr(10).join(line for line in lines if line))}"


def _properties(place: SourceSpan, title: str) -> Iterator[str]:
    if place.line:
        yield f"file={_property(place.shown_file)}"
        yield f"line={place.line}"
        if place.column:
            yield f"col={place.column}"
    yield f"title={_property(title)}"


def _data(text: str) -> str:
    return harmless(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS = Format("github", ".txt", grid=workflow, written=False)
