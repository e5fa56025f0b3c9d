"""Results as plain data: the one place that turns what a run found into JSON's types.

Every report for programs is a part of these mappings: the JSON of a grid, ``engine compare --format json`` and ``engine
explain --format json``. A value has one form in all of them; ``cause`` says whose doing a failure is. Everything is
pure, and a mapping shares nothing with the values that it is made from.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.model.clause import Clause
from engine.model.verdict import JobResult
from engine.results.analysis.attribution import Attribution, Attributions
from engine.results.analysis.comparison import Comparison, Difference
from engine.results.analysis.explaining import Explanation
from engine.results.analysis.findings import Finding, findings, shares
from engine.results.analysis.flakiness import isolation
from engine.results.analysis.grid import Cell, Grid, Row, summed
from engine.results.analysis.grouping import groups
from engine.results.record.codec import result_to_json
from engine.results.record.store import Run, TargetRow, row_to_json

Plain = dict[str, Any]

FORMAT = "1.0"
"""The version of the mappings, ``MAJOR.MINOR``; schemas/report.json is their schema. A field is added with a new minor
version, and changed or removed with a new major one."""


@dataclass(frozen=True, slots=True)
class GridReport:
    """The input of a report: the run, its grid or a part of it, the attribution of each failing cell by address and
    target, and ``by``: server, framework, loop, or "" for the default of the run.

    A format may use more, where it is known: ``clauses`` of the catalogue by id, ``sources``, the texts of documents by
    address if they are those of the run, ``comparison``, the differences to an earlier run, and ``inside``, the
    addresses of documents in the repository of the working directory; None means that all of them are."""

    run: Run
    grid: Grid
    causes: Attributions
    by: str = ""
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None
    inside: frozenset[str] | None = None

    @property
    def part(self) -> Run:
        """The part of the run on the targets of the grid."""
        targets = {row.target.id for row in self.grid.rows}
        return replace(
            self.run,
            targets=tuple(row for row in self.run.targets if row.id in targets),
            results=tuple(one for one in self.run.results if one.target in targets),
        )

    def findings(self) -> tuple[Finding, ...]:
        """Every cell of the grid that is reported, as findings."""
        targets = {row.target.id for row in self.grid.rows}
        return findings(self.run, lambda one: one.verdict.reported and one.target in targets, self.causes)


def grid(report: GridReport) -> Plain:
    """A grid: each row with its target's versions, each cell's verdicts and levels, each cell that did not pass with
    its cause and what it was compared with. ``groups`` has the sums of each server, framework or loop."""
    run, grid = report.run, report.grid
    found = report.findings()
    return {
        "format": FORMAT,
        "run": run.id,
        "whole": run.whole,
        "ended": run.ended,
        "engine": run.header.get("engine"),
        "categories": list(grid.categories),
        "rows": [
            {
                **target(row.target),
                "categories": {name: square(cell) for name, cell in zip(grid.categories, row.cells, strict=True)},
                "total": square(row.total),
            }
            for row in grid.rows
        ],
        "differences": [
            {"case": one.case, "file": one.file, "pairing": one.pairing, "verdicts": dict(one.verdicts)}
            for one in grid.differences
        ],
        "groups": [
            {
                report.by: name,
                "targets": [row.target.id for row in rows],
                "categories": {category: _sum(rows, number) for number, category in enumerate(grid.categories)},
                "total": square(summed([row.total for row in rows])),
            }
            for name, rows in groups(grid, report.by)
        ],
        "causes": [
            {"fault": one.fault, "culprit": one.culprit, "part": one.part, "cases": one.cases, "cells": one.cells}
            for one in shares(found)
        ],
        "findings": [finding(one, report.causes) for one in found],
    }


def _sum(rows: Iterable[Row], number: int) -> Plain:
    return square(summed([row.cells[number] for row in rows]))


def target(row: TargetRow) -> Plain:
    """A target with what was found out about it; every field is there, and "" or empty where nothing is known."""
    return {
        "target": row.id,
        "server": row.server,
        "release": row.release,
        "variant": row.variant,
        "version": row.version,
        "commit": row.commit,
        "framework": row.framework,
        "framework_release": row.framework_release,
        "framework_version": row.framework_version,
        "framework_commit": row.framework_commit,
        "loop": row.loop,
        "found_loop": row.found_loop,
        "gateway": row.gateway,
        "runtime": row.runtime,
        "http": row.http,
        "interpreter": row.interpreter,
        "python": row.python,
        "system": row.system,
        "machine": dict(row.machine),
        "versions": dict(row.versions),
        "offers": list(row.offers),
        "refuted": list(row.refuted),
        "failed": row.failed,
    }


def square(cell: Cell) -> Plain:
    """One cell of a grid."""
    return {
        "passed": cell.passed,
        "applicable": cell.applicable,
        "verdicts": dict(cell.verdicts),
        "levels": {level: {"passed": good, "applicable": all_} for level, good, all_ in cell.levels},
        **({"runs": {"passed": cell.runs[0], "of": cell.runs[1]}} if cell.runs[1] else {}),
    }


def finding(one: Finding, causes: Attributions) -> Plain:
    """Cells of one case with one cause, each with what it was compared with."""
    return {
        "fault": one.fault,
        "culprit": one.culprit,
        "part": one.part,
        "file": one.first.file,
        "case": one.first.case,
        "title": one.first.title,
        "level": one.first.level,
        "cite": list(one.first.cite),
        "risk": one.first.risk,
        "cells": [{**outcome(cell), "cause": cause(causes.get((cell.address, cell.target)))} for cell in one.cells],
    }


def outcome(result: JobResult) -> Plain:
    """The verdict of a result with its reason. ``evidence`` is ``complete``, ``cut`` or ``lost``."""
    return {
        "target": result.target,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "evidence": result.evidence.state.value,
    }


def cause(attribution: Attribution | None) -> Plain | None:
    """The cause of a failure, with the evidence; None for a verdict without one."""
    if attribution is None:
        return None
    return {
        "fault": attribution.fault.value,
        "culprit": attribution.culprit,
        "part": attribution.part,
        "because": attribution.because,
        "given": list(attribution.given),
        "evidence": [
            {"target": one.target, "verdict": one.verdict.value, "where": one.where} for one in attribution.evidence
        ],
        "hint": attribution.hint,
        "settle": attribution.settle,
    }


def comparison(found: Comparison) -> Plain:
    """The differences between two sides."""
    return {
        "format": FORMAT,
        "before": found.before,
        "after": found.after,
        "servers": {"before": list(found.servers[0]), "after": list(found.servers[1])},
        "older": list(found.older),
        "compared": found.compared,
        "judged": found.judged,
        "regressed": found.regressed,
        "differences": [difference(one) for one in found.differences],
        "stopped": [{"target": row.id, "failed": row.failed} for row in found.stopped],
        "started": [row.id for row in found.started],
        "on_neither": [{"target": row.id, "failed": row.failed} for row in found.neither],
        "only_before": list(found.only_before),
        "only_after": list(found.only_after),
        "targets_only_before": list(found.missing_after),
        "targets_only_after": list(found.missing_before),
    }


def difference(one: Difference) -> Plain:
    """Cells of one case that changed in the same way."""
    return {
        "change": one.change.value,
        "case": one.address,
        "title": one.red.title,
        "cite": list(one.red.cite),
        "risk": one.red.risk,
        "cells": [{"before": outcome(pair.before), "after": outcome(pair.after)} for pair in one.pairs],
        "cause": cause(one.attribution),
    }


def explanation(one: Explanation) -> Plain:
    """One result in full. Bytes are base64, and also latin-1 as ``text``, where JSON's own escapes keep every control
    character harmless."""
    return {
        "format": FORMAT,
        "run": one.run,
        "raw": one.raw,
        "target": row_to_json(one.row) if one.row is not None else {"id": one.result.target},
        "clauses": [clause(each) for each in one.clauses],
        "result": result(one.result),
        "company": isolation(one.result),
        "cause": cause(one.attribution),
        "missing": one.missing,
    }


def result(one: JobResult) -> Plain:
    """A result as its record has it, and the bytes of its transcript as text, too."""
    found = {name: value for name, value in result_to_json(one).items() if name != "kind"}
    for event in found.get("transcript", {}).get("moments", ()):
        if "data" in event:
            event["text"] = base64.b64decode(event["data"]).decode("latin-1")
    return found


def clause(one: Clause) -> Mapping[str, str]:
    """A clause; an empty field is left out."""
    pairs = (("id", one.id), ("level", one.level), ("risk", one.risk.value), ("source", one.source))
    return {name: value for name, value in (*pairs, ("statement", one.statement), ("url", one.url)) if value}
