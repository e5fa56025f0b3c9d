"""A grid's rows as tables that a person can take in: a server's frameworks, a framework's servers, or one by the other.

Pure over the grid. A target is one of a server's, a framework's and a loop's; each grouping makes one of the three a
table of its own, and where that is the loop (or nothing), frameworks are the columns. Loops on which
all cells of a line are the same share that line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine.model.target import DIRECT, HTTP_1_1, LOCAL, configuration, python_word
from engine.results.analysis.grid import Cell, Grid, Row, summed
from engine.results.record.store import TargetRow

BY = ("server", "framework", "loop")
# A run of no more categories than this shows servers x frameworks for each of them.
FEW = 3
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Square:
    """A cell of a table: its verdicts, without those of targets that did not start, and the number of these."""

    cell: Cell
    failed: int = 0


Squares = tuple[Square | None, ...]


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of a table: its name, a detail such as a version, the loops it holds for, and its cells. A cell
    is None where the run has no such target."""

    name: str
    detail: str
    loops: tuple[str, ...]
    squares: Squares


@dataclass(frozen=True, slots=True)
class GroupedGrid:
    """``title`` is what all lines have in common, "" where that is nothing, ``corner`` what a line is, ``columns`` are
    the heads of the columns; the last is the total. ``crossed`` says that columns are frameworks and not categories,
    ``sourced`` that the lines are of one server, or one framework, in another release than the pinned one, which only
    the title names."""

    title: str
    corner: str
    columns: tuple[str, ...]
    lines: tuple[GridLine, ...]
    crossed: bool = False
    sourced: bool = False


def tables(grid: Grid, by: str = "") -> tuple[GroupedGrid, ...]:
    """The tables of a grid; ``by`` is one of BY. "" takes what suits the run: categories as columns where it has one
    server or one framework, else servers x frameworks, for each category where these are few."""
    if by == "loop":
        return tuple(crossed(rows, f"loop {rows[0].target.loop}") for rows in loops(grid))
    of_servers, of_frameworks = servers(grid), frameworks(grid)
    if by == "server" or (not by and len(of_servers) == 1):
        # One table is short enough for each loop to have its line, as each target has in the run.
        return tuple(_by_category(rows, server_of(rows[0].target), "framework", grid, bool(by)) for rows in of_servers)
    if by == "framework" or (not by and len(of_frameworks) == 1):
        return tuple(_by_category(rows, framework_of(rows[0].target), "server", grid, True) for rows in of_frameworks)
    if 1 < len(grid.categories) <= FEW:
        apart = [crossed(grid.rows, name, number) for number, name in enumerate(grid.categories)]
        return (*apart, crossed(grid.rows, "all of these"))
    return (crossed(grid.rows, grid.categories[0] if len(grid.categories) == 1 else ""),)


def groups(grid: Grid, by: str) -> list[tuple[str, list[Row]]]:
    """The rows of each server, framework or loop, by its name; nothing for ""."""
    if by == "server":
        return [(configured(rows[0].target), rows) for rows in servers(grid)]
    if by == "framework":
        return [(rows[0].target.framework_configuration, rows) for rows in frameworks(grid)]
    if by == "loop":
        return [(rows[0].target.loop, rows) for rows in loops(grid)]
    return []


def loops(grid: Grid) -> list[list[Row]]:
    """The rows of each loop that was asked for."""
    return _grouped(grid.rows, lambda row: row.target.loop)


def servers(grid: Grid) -> list[list[Row]]:
    """The rows of each server, release and variant."""
    return _grouped(grid.rows, lambda row: configured(row.target))


def frameworks(grid: Grid) -> list[list[Row]]:
    """The rows of each framework in each of its releases."""
    return _grouped(grid.rows, lambda row: row.target.framework_configuration)


def crossed(rows: Sequence[Row], title: str = "", category: int | None = None) -> GroupedGrid:
    """Servers x frameworks: everything, or one category by its number."""
    columns = {row.target.framework_configuration: framework_of(row.target) for row in rows}
    lines: list[GridLine] = []
    for group in _grouped(rows, lambda row: (configured(row.target), around(row.target))):
        by_loop: list[tuple[str, Squares]] = []
        for same in _grouped(group, lambda row: row.target.loop):
            squares = [
                _square([row for row in same if row.target.framework_configuration == name], category)
                for name in columns
            ]
            by_loop.append((loop_of(same[0].target), (*squares, _square(same, category))))
        targets = [row.target for row in group]
        lines += _lines(_name(targets[0], "server"), _detail(targets), by_loop)
    return GroupedGrid(title, "server", (*columns.values(), TOTAL), tuple(lines), crossed=True)


def _by_category(rows: Sequence[Row], title: str, corner: str, grid: Grid, merged: bool) -> GroupedGrid:
    """One server's frameworks, or one framework's servers, with a column for each category."""
    released = any(row.target.framework_release for row in rows)
    lines: list[GridLine] = []
    for group in _grouped(
        rows, lambda row: (configured(row.target), row.target.framework_configuration, around(row.target))
    ):
        numbers = (*range(len(grid.categories)), None)
        by_loop = [(loop_of(row.target), tuple(_square([row], number) for number in numbers)) for row in group]
        targets = [row.target for row in group]
        detail = _detail(targets) if corner == "server" else _framework_detail(targets, pinned=released)
        lines += _lines(_name(targets[0], corner), detail, by_loop, merged)
    sourced = any(row.target.release for row in rows) if corner == "framework" else released
    return GroupedGrid(title, corner, (*grid.categories, TOTAL), tuple(lines), sourced=sourced)


def _lines(name: str, detail: str, by_loop: Sequence[tuple[str, Squares]], merged: bool = True) -> Iterable[GridLine]:
    """One line where all loops have the same cells, else one for each."""
    if merged and len({squares for _, squares in by_loop}) == 1:
        yield GridLine(name, detail, tuple(loop for loop, _ in by_loop), by_loop[0][1])
        return
    for loop, squares in by_loop:
        yield GridLine(name, detail, (loop,), squares)


def _square(rows: Sequence[Row], category: int | None = None) -> Square | None:
    if not rows:
        return None
    cells = [row.total if category is None else row.cells[category] for row in rows if not not_started(row)]
    return Square(summed(cells), sum(bool(row.target.failed) for row in rows))


def not_started(row: Row) -> bool:
    """True if a target did not start, and so none of its cases ran: its errors are those of no case."""
    return bool(row.target.failed) and not row.total.passed


def configured(target: TargetRow) -> str:
    """The server with its release and variant, as one word."""
    return configuration(target.server, target.release, target.variant)


def around(target: TargetRow) -> tuple[str, ...]:
    """The coordinates of a target apart from server, framework and loop, where they are not the defaults."""
    words = (target.gateway, target.runtime, target.http, python_word(target.interpreter))
    return tuple(word for word in words if word not in (DIRECT, LOCAL, HTTP_1_1, python_word("")))


def server_of(target: TargetRow) -> str:
    """The server with the version that was installed."""
    return " ".join(word for word in (configured(target), _detail([target])) if word)


def framework_of(target: TargetRow, *, pinned: bool = False) -> str:
    """The framework; in another release than the pinned one, or where ``pinned``, with the version and the commit that
    were installed."""
    words = (target.framework_configuration, _framework_detail([target], pinned=pinned))
    return " ".join(word for word in words if word)


def loop_of(target: TargetRow) -> str:
    """The loop asked for; for ``auto``, the one that was found as well."""
    return f"auto ({target.found_loop})" if target.loop == "auto" and target.found_loop else target.loop


def _name(target: TargetRow, corner: str) -> str:
    return " ".join((configured(target) if corner == "server" else target.framework_configuration, *around(target)))


def _detail(targets: Sequence[TargetRow]) -> str:
    """The version that was really installed, unless the name says it, and where it was made from."""
    for target in targets:
        if detail := _installed(target.release, target.version, target.commit):
            return detail
    return ""


def _framework_detail(targets: Sequence[TargetRow], *, pinned: bool = False) -> str:
    """The same of a framework; "" for a pinned one unless ``pinned``, since the list of versions has it."""
    for target in targets:
        detail = _installed(target.framework_release, target.framework_version, target.framework_commit)
        if detail and (target.framework_release or pinned):
            return detail
    return ""


def _installed(release: str, version: str, commit: str) -> str:
    """A version and a commit in one word each: ``1.2.0 (0123abcde)``, without a version that the release says."""
    version = "" if release == f"=={version}" else version
    return f"{version} ({short(commit)})".strip() if commit else version


def short(commit: str) -> str:
    """A commit as a person recognises it, with ``+changes`` where the checkout has any."""
    digits, plus, changes = commit.partition("+")
    return f"{digits[:9]}{plus}{changes}"


def _grouped(rows: Iterable[Row], key: Callable[[Row], object]) -> list[list[Row]]:
    """The rows of each key, in the order in which the keys first appear."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.values())
