"""The grid as JSON."""

from __future__ import annotations

import json
from typing import Any

from engine.results.grid import Cell, Grid
from engine.results.store import Run


def document(run: Run, grid: Grid) -> dict[str, Any]:
    """The grid as JSON's types: each row with its target's versions, and each square's verdicts and levels."""
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
                "framework": row.target.framework,
                "loop": row.target.loop,
                "found_loop": row.target.found_loop,
                "gateway": row.target.gateway,
                "runtime": row.target.runtime,
                "python": row.target.python,
                "versions": dict(row.target.versions),
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
    }


def square(cell: Cell) -> dict[str, Any]:
    """One square as JSON's types."""
    return {
        "passed": cell.passed,
        "applicable": cell.applicable,
        "verdicts": dict(cell.verdicts),
        "levels": {level: {"passed": good, "applicable": all_} for level, good, all_ in cell.levels},
    }


def text(run: Run, grid: Grid) -> str:
    """The document as text that ends in a newline."""
    return json.dumps(document(run, grid), indent=2, ensure_ascii=False) + "\n"
