"""The grid as JSON."""

from __future__ import annotations

import json
from typing import Any

from engine.results.analysis.attribution import Attribution, Attributions
from engine.results.analysis.findings import Finding, findings, shares
from engine.results.analysis.grid import Cell, Grid, summed
from engine.results.analysis.grouping import groups
from engine.results.record.store import Run


def document(run: Run, grid: Grid, known: Attributions | None = None, by: str = "") -> dict[str, Any]:
    """The grid as JSON's types: each row with its target's versions, each square's verdicts and levels, and each cell
    that did not pass with whose fault it is and what it was compared with. ``by`` adds the sums of each server,
    framework or loop."""
    targets = {row.target.id for row in grid.rows}
    found = findings(run, lambda result: result.verdict.reported and result.target in targets, known or {})
    return {
        "run": run.id,
        "whole": run.whole,
        "ended": run.ended,
        "engine": run.header.get("engine"),
        "categories": list(grid.categories),
        "rows": [
            {
                "target": row.target.id,
                "server": row.target.server,
                "release": row.target.release,
                "variant": row.target.variant,
                "version": row.target.version,
                "commit": row.target.commit,
                "framework": row.target.framework,
                "loop": row.target.loop,
                "found_loop": row.target.found_loop,
                "gateway": row.target.gateway,
                "runtime": row.target.runtime,
                "python": row.target.python,
                "versions": dict(row.target.versions),
                "offers": list(row.target.offers),
                "refuted": list(row.target.refuted),
                "failed": row.target.failed,
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
                by: name,
                "targets": [row.target.id for row in rows],
                "categories": {
                    category: square(summed([row.cells[number] for row in rows]))
                    for number, category in enumerate(grid.categories)
                },
                "total": square(summed([row.total for row in rows])),
            }
            for name, rows in groups(grid, by)
        ],
        "whose": [
            {"fault": one.fault, "culprit": one.culprit, "cases": one.cases, "cells": one.cells}
            for one in shares(found)
        ],
        "findings": [finding(one, known or {}) for one in found],
    }


def finding(one: Finding, known: Attributions) -> dict[str, Any]:
    """Cells of one case that are the fault of one and the same, each with what it was compared with."""
    return {
        "fault": one.fault,
        "culprit": one.culprit,
        "file": one.first.file,
        "case": one.first.case,
        "title": one.first.title,
        "level": one.first.level,
        "cite": list(one.first.cite),
        "cells": [
            {
                "target": cell.target,
                "verdict": cell.verdict.value,
                "reason": cell.reason,
                "whose": whose(known.get((cell.address, cell.target))),
            }
            for cell in one.cells
        ],
    }


def whose(attribution: Attribution | None) -> dict[str, Any] | None:
    """An attribution as JSON's types; None for nobody's fault."""
    if attribution is None:
        return None
    return {
        "fault": attribution.fault.value,
        "culprit": attribution.culprit,
        "because": attribution.because,
        "given": list(attribution.given),
        "evidence": [
            {"target": one.target, "verdict": one.verdict.value, "where": one.where} for one in attribution.evidence
        ],
        "hint": attribution.hint,
        "settle": attribution.settle,
    }


def square(cell: Cell) -> dict[str, Any]:
    """One square as JSON's types."""
    return {
        "passed": cell.passed,
        "applicable": cell.applicable,
        "verdicts": dict(cell.verdicts),
        "levels": {level: {"passed": good, "applicable": all_} for level, good, all_ in cell.levels},
        **({"runs": {"passed": cell.runs[0], "of": cell.runs[1]}} if cell.runs[1] else {}),
    }


def text(run: Run, grid: Grid, known: Attributions | None = None, by: str = "") -> str:
    """The document as text that ends in a newline."""
    return json.dumps(document(run, grid, known, by), indent=2, ensure_ascii=False) + "\n"
