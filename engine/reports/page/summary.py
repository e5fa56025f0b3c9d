"""The page's summary: all results as columns, and the tables that their numbers refer to. Pure.

A column is a list with a number for each result. So 20,000 results are some 100 kB, and a filter reads numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.model.clause import Clause, rank
from engine.model.verdict import JobResult, Verdict
from engine.reports import view
from engine.reports.page.details import detail, source
from engine.reports.page.packing import Details, Numbered
from engine.reports.view import GridReport
from engine.results.analysis.comparison import Comparison
from engine.results.analysis.findings import Finding, folded
from engine.results.analysis.folding import Folded
from engine.results.analysis.grouping import configured, loop_of
from engine.results.analysis.summary import early_end, excuse_of, plural, sentence, summary
from engine.results.record.store import TargetRow

VERSION = 1
"""The version of the page's data, which its own script reads."""

# Passing results of a case that fails elsewhere whose time lines are kept, for comparison.
PASSES = 3
# The finest unit of a duration, in parts of a second.
UNIT = 1000


@dataclass(slots=True)
class PageData:
    """The data of a page: the summary, and the details that it refers to by number."""

    summary: dict[str, Any]
    details: Details = field(default_factory=Details)


def page_data(report: GridReport) -> PageData:
    """The data of a run's page."""
    part = report.part
    details = Details()
    cases, reasons, causes = Numbered(), Numbered(), Numbered()
    first: dict[str, JobResult] = {}
    targets = {row.id: number for number, row in enumerate(part.targets)}
    reported = {one.address for one in part.results if not one.verdict.clean and one.verdict.ran}
    passes: dict[str, int] = {}
    columns: dict[str, list[int]] = {
        name: [] for name in ("case", "target", "verdict", "reason", "cause", "ms", "detail")
    }
    verdicts = [verdict.value for verdict in Verdict]
    position: dict[tuple[str, str], int] = {}
    for number, one in enumerate(part.results):
        position[one.address, one.target] = number
        first.setdefault(one.address, one)
        cause = report.causes.get((one.address, one.target))
        columns["case"].append(cases.of(one.address))
        columns["target"].append(targets[one.target])
        columns["verdict"].append(verdicts.index(one.verdict.value))
        columns["reason"].append(reasons.of(_reason(one)))
        columns["cause"].append(causes.of((cause.heading, cause.fault.value)) if cause else -1)
        columns["ms"].append(round(one.seconds * UNIT))
        columns["detail"].append(details.add(detail(one, report)) if _is_kept(one, reported, passes) else -1)
    found = {
        "version": VERSION,
        **_run(report),
        "verdicts": verdicts,
        "targets": [_target(row, report.run.header) for row in part.targets],
        "categories": list(report.grid.categories),
        "cases": _cases([first[address] for address in cases.values], report, details, reported),
        "reasons": reasons.values,
        "causes": [list(one) for one in causes.values],
        "columns": columns,
        "clauses": _clauses(report, first.values()),
        "findings": _findings(report, position),
        "comparison": _comparison(report, position, details),
    }
    return PageData({**found, "ends": details.ends}, details)


def _is_kept(one: JobResult, reported: set[str], passes: dict[str, int]) -> bool:
    """True if a result has a detail: it is reported, or it is one of the first passes of a case that is."""
    if not one.verdict.clean:
        return one.verdict.ran or bool(one.reason)
    if one.verdict is Verdict.INFO or one.address not in reported or one.transcript is None:
        return one.verdict is Verdict.INFO
    passes[one.address] = passes.get(one.address, 0) + 1
    return passes[one.address] <= PASSES


def _reason(one: JobResult) -> str:
    """The reason of a result, without that of the known failure."""
    return excuse_of(one).failure if one.verdict.expected else one.reason


def _run(report: GridReport) -> dict[str, Any]:
    run = report.run
    header = run.header
    return {
        "run": run.id,
        "ended": run.ended,
        "early": early_end(run),
        "sentence": sentence(summary(report.part)),
        "started": header.get("started", 0),
        "seconds": run.seconds,
        "arguments": list(header.get("arguments", ())),
        "engine": str(header.get("engine", "")),
        "python": str(header.get("python", "")),
        "system": str(header.get("system", "")),
        "machine": dict(header.get("machine", {})),
        "data": {name: str(value) for name, value in dict(header.get("data", {})).items()},
    }


def _target(row: TargetRow, header: Mapping[str, Any]) -> dict[str, Any]:
    """A target. Its system and its machine are those of its own run in a merged run, else those of the run."""
    system, machine = row.system or header.get("system", ""), row.machine or header.get("machine", {})
    return {
        **view.target(row),
        "system": str(system),
        "machine": machine_in_words(machine) if isinstance(machine, Mapping) else "",
        "name": configured(row),
        "framework_name": row.framework_configuration,
        "loop_name": loop_of(row),
        "hint": row.hint,
        "log": row.log,
        "interface": row.interface,
    }


def machine_in_words(machine: Mapping[str, Any]) -> str:
    """A machine of a record in one line: its processor, cores, memory and architecture, each if it is known."""
    cores, memory = machine.get("cores"), machine.get("memory")
    parts = (
        str(machine.get("cpu") or ""),
        plural(cores, "core") if isinstance(cores, int) and cores > 0 else "",
        f"{memory / 2**30:.1f} GiB" if isinstance(memory, int) and memory > 0 else "",
        str(machine.get("architecture") or ""),
    )
    return ", ".join(part for part in parts if part)


def _cases(
    cases: Sequence[JobResult], report: GridReport, details: Details, reported: set[str]
) -> dict[str, list[Any]]:
    """The table of cases by column. A case that is reported somewhere has the number of its text in ``source``."""
    files, levels, categories, risks = Numbered(), Numbered(), Numbered(), Numbered()
    sources: list[int] = []
    known: dict[tuple[str, str], int] = {}
    for one in cases:
        key = one.file, one.case.partition("[")[0]
        if one.address in reported and key not in known:
            text = report.sources.get(one.file, "")
            found = source(text, one.case) if text else None
            known[key] = details.add(found) if found else -1
        sources.append(known.get(key, -1))
    return {
        "id": [one.case for one in cases],
        "title": [one.title for one in cases],
        "file": files.all(one.file for one in cases),
        "level": levels.all(one.level for one in cases),
        "category": categories.all(one.category for one in cases),
        "risk": risks.all(one.risk for one in cases),
        "cite": [list(one.cite) for one in cases],
        "source": sources,
        "files": files.values,
        "levels": levels.values,
        "categories": categories.values,
        "risks": risks.values,
    }


def _clauses(report: GridReport, cases: Iterable[JobResult]) -> dict[str, Any]:
    """The clauses that the cases cite, by id; one that is not in the catalogue has only its id."""
    cited = dict.fromkeys(name for one in cases for name in one.cite)
    return {name: dict(view.clause(report.clauses.get(name, Clause(name, "", "", "")))) for name in sorted(cited)}


def _findings(report: GridReport, position: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Results of one cause as one entry: those that fail the build first, then by risk."""
    entries = list(folded(report.findings()))
    entries.sort(key=lambda one: (_pressing(one.first.first), rank(one.first.first.risk)))
    return [_finding(one, position) for one in entries]


def _pressing(one: JobResult) -> int:
    """The place of a verdict in the order of attention."""
    if one.verdict.breaks:
        return 0
    return [Verdict.FLAKY, Verdict.WARN, Verdict.KNOWN].index(one.verdict) + 1


def _finding(group: Folded[Finding], position: dict[tuple[str, str], int]) -> dict[str, Any]:
    one, result = group.first, group.first.first
    excuse = excuse_of(result) if result.verdict.expected else None
    return {
        "address": group.address,
        "values": list(group.values),
        "title": result.title,
        "verdict": result.verdict.value,
        "level": result.level,
        "risk": result.risk,
        "cite": list(result.cite),
        "reason": _reason(result),
        "known": excuse.because if excuse else "",
        "link": excuse.link if excuse else "",
        "heading": one.attribution.heading if one.attribution else "",
        "cause": view.cause(one.attribution),
        "results": [position[cell.address, cell.target] for each in group.items for cell in each.cells],
    }


def _comparison(report: GridReport, position: dict[tuple[str, str], int], details: Details) -> dict[str, Any] | None:
    """The differences to an earlier run, with the results of that one in full; None without one."""
    found: Comparison | None = report.comparison
    if found is None:
        return None
    made = {name: value for name, value in view.comparison(found).items() if name != "differences"}
    made["differences"] = [
        {
            "change": one.change.value,
            "address": one.address,
            "title": one.red.title,
            "risk": one.red.risk,
            "heading": one.attribution.heading if one.attribution else "",
            "because": one.attribution.because if one.attribution else "",
            "pairs": [
                {
                    "before": {
                        "target": pair.before.target,
                        "verdict": pair.before.verdict.value,
                        "reason": _reason(pair.before),
                        "detail": details.add(detail(pair.before, report)) if not pair.before.verdict.clean else -1,
                    },
                    "after": {
                        "target": pair.after.target,
                        "verdict": pair.after.verdict.value,
                        "reason": _reason(pair.after),
                        "result": position.get((pair.after.address, pair.after.target), -1),
                    },
                }
                for pair in one.pairs
            ],
        }
        for one in found.differences
    ]
    return made
