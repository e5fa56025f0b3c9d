"""The grid as tables of text, drawn by tabulate."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from engine.model.verdict import Verdict
from engine.results.analysis.grid import Cell, Grid
from engine.results.analysis.grouping import GridLine, GroupedGrid, Square, not_started, tables

Letter = tuple[str, str, tuple[Verdict, ...]]

# The letters after a figure, one for each type of verdict that is not a pass, with their meanings.
LETTERS: tuple[Letter, ...] = (
    ("F", "failed", (Verdict.FAIL,)),
    ("T", "timed out", (Verdict.TIMEOUT,)),
    ("C", "crashed", (Verdict.CRASH,)),
    ("E", "error", (Verdict.ERROR,)),
    ("K", "known failure", (Verdict.KNOWN,)),
    ("X", "unexpected pass, listed as known", (Verdict.UNEXPECTED_PASS,)),
    ("~", "flaky", (Verdict.FLAKY,)),
    ("w", "warning", (Verdict.WARN,)),
    ("i", "for information", (Verdict.INFO,)),
    ("u", "unsupported", (Verdict.UNSUPPORTED,)),
    ("b", "blocked", (Verdict.BLOCKED,)),
)
# If frameworks are columns, there is only space for the letters of verdicts that need attention.
PRESSING = LETTERS[:7]

# tabulate's formats: lines around the table, and lines between its lines as well.
OUTLINE, GRID = "simple_outline", "simple_grid"


def figure(cell: Cell, letters: Sequence[Letter] = LETTERS) -> str:
    """A cell in a few characters: ``17/19 2F 1w``; a dash where nothing was applicable."""
    words = [f"{cell.passed}/{cell.applicable}" if cell.applicable else "–"]
    words += [f"{cell.count(*verdicts)}{letter}" for letter, _, verdicts in letters if cell.count(*verdicts)]
    if cell.runs[1]:
        words.append(f"({cell.runs[0]}/{cell.runs[1]})")
    return " ".join(words)


def head_of(table: GroupedGrid) -> list[str]:
    """A table's head."""
    return [table.corner, *(["version"] if has_version(table) else []), "loop", *table.columns]


def body_of(table: GroupedGrid) -> list[list[str]]:
    """A table's lines as texts."""
    version = has_version(table)
    return [
        [line.name, *([line.detail] if version else []), loops(line), *squares(table, line)] for line in table.lines
    ]


def has_version(table: GroupedGrid) -> bool:
    """True if a line has a detail in addition to its name."""
    return any(line.detail for line in table.lines)


def loops(line: GridLine) -> str:
    """The loops of a line; ``both`` for two with the same figures."""
    return "both" if len(line.loops) == 2 else ", ".join(line.loops)


def squares(table: GroupedGrid, line: GridLine) -> list[str]:
    """The cells of a line as texts."""
    if table.crossed:
        return [crossed(square) for square in line.squares]
    total = line.squares[-1]
    if total is not None and total.failed and not total.cell.applicable:
        return ["did not start", *[""] * (len(line.squares) - 2), figure(total.cell)]
    return ["" if square is None else figure(square.cell) for square in line.squares]


def crossed(square: Square | None) -> str:
    """A cell of servers x frameworks. A target that did not start has no figure: its errors are not the cases'."""
    if square is None:
        return ""
    if square.failed and not square.cell.applicable:
        return "no start"
    return figure(square.cell, PRESSING)


def figures(grid: Grid) -> list[Cell]:
    """The totals of a grid's targets that started."""
    return [row.total for row in grid.rows if not not_started(row)]


def legend(cells: Sequence[Cell], letters: Sequence[Letter] = LETTERS) -> str:
    """The meaning of the letters that occur, on one line."""
    found = [
        f"{letter} {meaning}" for letter, meaning, verdicts in letters if any(cell.count(*verdicts) for cell in cells)
    ]
    if any(cell.runs[1] for cell in cells):
        found.append("(k/n) runs that passed, of all runs")
    return "passed/applicable; " + ", ".join(found) if found else "passed/applicable"


def draw(grid: Grid, width: int = 0, by: str = "") -> str:
    """The grid as a person reads it in a terminal, with what the letters mean and the differences between loops.

    ``width`` is the terminal's, in columns; 0 where there is no limit. ``by`` says what each table is about.
    """
    made = tables(grid, by)
    parts: list[str] = []
    for table in made:
        if table.title and (by or table.crossed or table.sourced):
            parts.append(f"{'' if not parts else chr(10)}{table.title}")
        parts += drawn(table, width)
    letters = PRESSING if all(table.crossed for table in made) else LETTERS
    parts.append(legend(figures(grid), letters))
    if len(grid.loops) > 1:
        parts.append(differences(grid))
    return "\n".join(parts)


def drawn(table: GroupedGrid, width: int) -> list[str]:
    """A table if it fits; else one with a line for each category; else with its words below each other; else cut into
    several, side by side columns apart."""
    head, body = head_of(table), body_of(table)
    whole = outline(head, body)
    if fits(whole, width):
        return [whole]
    if not table.crossed:
        for narrow in (False, True):
            if fits(turned := by_category(table, narrow=narrow), width):
                return [turned]
    # The coordinates of a line share one column as well, so that seven frameworks fit into 120 characters.
    names = [f"{line.name}\n{' '.join((line.detail, loops(line))).strip()}" for line in table.lines]
    body = [[name, *stacked(squares(table, line))] for name, line in zip(names, table.lines, strict=True)]
    if table.crossed:
        return cut([table.corner, *table.columns], body, width, GRID)
    return cut([table.corner, *(word.replace("-", "-\n") for word in table.columns)], body, width, OUTLINE)


def by_category(table: GroupedGrid, *, narrow: bool = False) -> str:
    """A table whose columns are categories, with these as lines, and its lines as columns. A ``narrow`` one has letters
    below their figures."""
    names = ["\n".join(word for word in (line.name, line.detail, loops(line)) if word) for line in table.lines]
    columns = [[square(one) for one in line.squares] for line in table.lines]
    body = [
        [category, *(stacked(words) if narrow else words)]
        for category, *words in zip(table.columns, *columns, strict=True)
    ]
    return outline(["category", *names], body)


def square(one: Square | None) -> str:
    """The figure of one line and one category as text. A target that did not start has no figure."""
    if one is None:
        return ""
    return "no start" if one.failed and not one.cell.passed else figure(one.cell)


def stacked(words: Sequence[str]) -> list[str]:
    """Figures with their letters below them, and words on two lines."""
    return [word.replace(" ", "\n", 1) if "/" in word else "\n".join(word.rsplit(" ", 1)) for word in words]


def cut(head: Sequence[str], body: Sequence[Sequence[str]], width: int, lines: str) -> list[str]:
    """A table, or several of as many columns as fit; the first column stands in each."""
    whole = outline(head, body, lines)
    if fits(whole, width) or len(head) <= 2:
        return [whole]
    last = len(head) - 1
    while last > 2 and not fits(outline(head[:last], [row[:last] for row in body], lines), width):
        last -= 1
    first = outline(head[:last], [row[:last] for row in body], lines)
    return [first, *cut([head[0], *head[last:]], [[row[0], *row[last:]] for row in body], width, lines)]


def outline(head: Sequence[str], body: Sequence[Sequence[str]], lines: str = OUTLINE) -> str:
    """One table with lines around it."""
    if lines == GRID:
        # Its head is like any line, and tabulate leaves two columns empty behind each word of a head.
        return tabulate([head, *body], tablefmt=lines, disable_numparse=True)
    return tabulate(body, headers=head, tablefmt=lines, disable_numparse=True)


def fits(drawn: str, width: int) -> bool:
    """True if no line of a table is wider than the terminal."""
    return not width or max(len(line) for line in drawn.splitlines()) <= width


def differences(grid: Grid) -> str:
    """The cases whose verdicts differ between loops, one a line, with the servers and frameworks where they do."""
    if not grid.differences:
        return f"no difference between {', '.join(grid.loops[:-1])} and {grid.loops[-1]}"
    found: dict[tuple[str, str], list[str]] = {}
    for one in grid.differences:
        verdicts = ", ".join(f"{verdict} on {loop}" for loop, verdict in one.verdicts)
        found.setdefault((f"{one.file}::{one.case}", verdicts), []).append(one.pairing)
    lines = [f"  {case} [{several(pairings)}]: {verdicts}" for (case, verdicts), pairings in found.items()]
    return "\n".join(["differences between loops:", *lines])


def several(names: Sequence[str], most: int = 4) -> str:
    """Names with commas between them; after ``most`` of them, how many more there are."""
    more = len(names) - most
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:most])} and {more} more"
