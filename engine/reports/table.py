"""The grid as a table of text, drawn by tabulate."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from engine.model.verdict import Verdict
from engine.results.grid import Cell, Grid, Row
from engine.results.store import TargetRow

# What stands behind a figure, apart from what passed: a letter for each sort of verdict, and what it means.
LETTERS: tuple[tuple[str, str, tuple[Verdict, ...]], ...] = (
    ("F", "failed", (Verdict.FAIL,)),
    ("T", "timed out", (Verdict.TIMEOUT,)),
    ("C", "crashed", (Verdict.CRASH,)),
    ("E", "error", (Verdict.ERROR,)),
    ("K", "known failure", (Verdict.KNOWN,)),
    ("X", "fixed, but listed as known", (Verdict.FIXED,)),
    ("~", "flaky", (Verdict.FLAKY,)),
    ("w", "warning", (Verdict.WARN,)),
    ("i", "for information", (Verdict.INFO,)),
    ("u", "unsupported", (Verdict.UNSUPPORTED,)),
    ("b", "blocked", (Verdict.BLOCKED,)),
)


def figure(cell: Cell) -> str:
    """A square in a few characters: ``17/19 2F 1w``; a dash where nothing was applicable."""
    words = [f"{cell.passed}/{cell.applicable}" if cell.applicable else "–"]
    words += [f"{cell.count(*verdicts)}{letter}" for letter, _, verdicts in LETTERS if cell.count(*verdicts)]
    return " ".join(words)


def label(target: TargetRow, *, servers: bool) -> str:
    """A row's name: the framework, with its server where a run has several, and its gateway and runtime."""
    words = [target.server, target.framework] if servers else [target.framework]
    words += [word for word in (target.gateway, target.runtime) if word not in ("direct", "local")]
    return " ".join(words)


def loop(target: TargetRow) -> str:
    """The loop asked for; for ``auto``, the one that was found as well."""
    if target.loop == "auto" and target.found_loop:
        return f"auto ({target.found_loop})"
    return target.loop


def rows(grid: Grid) -> tuple[list[str], list[list[str]]]:
    """The table's head and body as texts."""
    servers = len({row.target.server for row in grid.rows}) > 1
    head = ["framework", "loop", *grid.categories, "total"]
    body = [
        [label(row.target, servers=servers), loop(row.target), *_squares(row), figure(row.total)] for row in grid.rows
    ]
    return head, body


def _squares(row: Row) -> list[str]:
    if row.target.failed:
        return ["did not start", *[""] * (len(row.cells) - 1)]
    return [figure(cell) for cell in row.cells]


def legend(cells: Sequence[Cell]) -> str:
    """What the letters mean that occur, on one line; "" if none does."""
    found = [
        f"{letter} {meaning}" for letter, meaning, verdicts in LETTERS if any(cell.count(*verdicts) for cell in cells)
    ]
    return "passed/applicable; " + ", ".join(found) if found else "passed/applicable"


def draw(grid: Grid, width: int = 0) -> str:
    """The grid as a person reads it in a terminal, with what the letters mean and the differences between loops.

    ``width`` is the terminal's, in columns; 0 where there is no limit.
    """
    head, body = rows(grid)
    parts = [*tables(head, body, width), legend([row.total for row in grid.rows])]
    if len(grid.loops) > 1:
        parts.append(differences(grid))
    return "\n".join(parts)


# The first two columns say which row it is, and stand in every table.
NAMES = 2


def tables(head: Sequence[str], body: Sequence[Sequence[str]], width: int) -> list[str]:
    """The table if it fits; else with its words below each other; else cut into several, side by side columns apart."""
    drawn = outline(head, body)
    if fits(drawn, width):
        return [drawn]
    narrow_head = [word.replace("-", "-\n") for word in head]
    narrow_body = [[*row[:NAMES], *(word.replace(" ", "\n", 1) for word in row[NAMES:])] for row in body]
    drawn = outline(narrow_head, narrow_body)
    if fits(drawn, width) or len(head) <= NAMES + 1:
        return [drawn]
    last = len(head) - 1
    while last > NAMES + 1 and not fits(outline(narrow_head[:last], [row[:last] for row in narrow_body]), width):
        last -= 1
    first = outline(narrow_head[:last], [row[:last] for row in narrow_body])
    rest = [[*row[:NAMES], *row[last:]] for row in body]
    return [first, *tables([*head[:NAMES], *head[last:]], rest, width)]


def outline(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """One table with lines around it."""
    return tabulate(body, headers=head, tablefmt="simple_outline", disable_numparse=True)


def fits(drawn: str, width: int) -> bool:
    """Whether no line of a table is wider than the terminal."""
    return not width or max(len(line) for line in drawn.splitlines()) <= width


def differences(grid: Grid) -> str:
    """The cases whose verdicts differ between loops, one a line."""
    if not grid.differences:
        return f"no difference between {' and '.join(grid.loops)}"
    lines = ["differences between loops:"]
    for one in grid.differences:
        verdicts = ", ".join(f"{verdict} on {loop}" for loop, verdict in one.verdicts)
        lines.append(f"  {one.file}::{one.case} [{one.pairing}]: {verdicts}")
    return "\n".join(lines)
