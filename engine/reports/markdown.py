"""The grid as Markdown."""

from __future__ import annotations

from tabulate import tabulate

from engine.model.verdict import Verdict
from engine.reports.table import differences, legend, rows
from engine.results.grid import Grid
from engine.results.store import Run, TargetRow

RED = (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR, Verdict.FIXED)


def markdown(run: Run, grid: Grid) -> str:
    """A document: the table, what the letters mean, versions, what is red, and the differences between loops."""
    head, body = rows(grid)
    title = f"Compatibility grid, {' and '.join(grid.loops)}" if grid.loops else "Compatibility grid"
    parts = [
        f"# {title}",
        f"Run `{run.id}`." + ("" if run.whole else f" The run was not whole: {run.ended}."),
        tabulate(body, headers=head, tablefmt="github", disable_numparse=True),
        legend([row.total for row in grid.rows]),
    ]
    if len(grid.loops) > 1:
        parts += ["## Between the loops", differences(grid).replace("\n  ", "\n- ")]
    parts += ["## Versions", "\n".join(versions(row.target) for row in grid.rows)]
    targets = {row.target.id for row in grid.rows}
    red = [result for result in run.results if result.verdict in RED and result.target in targets]
    if red:
        lines = [f"- `{one.address}[{one.target}]`: {one.verdict.value}: {code(one.reason)}" for one in red]
        parts += ["## Red", "\n".join(lines)]
    failed = [row.target for row in grid.rows if row.target.failed]
    if failed:
        parts += ["## Did not start", "\n".join(f"- `{target.id}`: {code(target.failed)}" for target in failed)]
    return "\n\n".join(parts) + "\n"


def versions(target: TargetRow) -> str:
    """One line: a target, its Python, its loop and the versions of its packages."""
    packages = ", ".join(f"{name} {version}" for name, version in target.versions.items())
    return (
        f"- `{target.id}`: Python {target.python or '?'}, loop {target.found_loop or '?'}, {packages or 'no packages'}"
    )


def code(text: str) -> str:
    """Text that Markdown takes literally, on one line."""
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")
