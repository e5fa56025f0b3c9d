"""Rows as aligned columns, as wide as the terminal and no wider."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.terminal.escape import visible, width

# A first cell beyond this stands on a line of its own, so that one long name does not push all else aside.
LONGEST_NAME = 36
# The last column is wrapped to what is left of the terminal, and to no less than this.
NARROWEST = 24
INDENT = "  "
PIPE_WIDTH = 120
"""Columns of output that goes to no terminal."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Some rows of one sort under a title; no title, no indentation. A cell may have several lines."""

    title: str
    rows: Sequence[Sequence[str]]


def terminal_width() -> int:
    """The columns of standard output: COLUMNS where it is set, else the terminal's; 0 for a pipe, without a limit."""
    return shutil.get_terminal_size((0, 0)).columns


def available_width() -> int:
    """The columns that a table or an excerpt may take: those of ``terminal_width``, or 120 in a pipe."""
    return terminal_width() or PIPE_WIDTH


def draw(head: Sequence[str], tables: Sequence[TextTable], limit: int = 0) -> str:
    """The tables below each other with their columns aligned, under one head. Everything is escaped.

    ``limit`` is the terminal's width in columns: the last column is wrapped to it; 0 for no limit.
    """
    from tabulate import tabulate  # noqa: PLC0415 - a width alone needs no table

    indented = any(table.title for table in tables)
    rows = [[visible(cell, lines=True) for cell in row] for table in tables for row in table.rows]
    if not rows:
        return ""
    first = [width(row[0]) for row in rows if width(row[0]) <= LONGEST_NAME]
    middle = [max(width(row[column]) for row in [head, *rows]) for column in range(1, len(head) - 1)]
    # tabulate puts two columns between any two of this format.
    taken = max([width(head[0]), *first]) + sum(middle) + 2 * (len(head) - 1) + (len(INDENT) if indented else 0)
    available = max(limit - taken, NARROWEST) if limit else 0
    cells = [[*row[:-1], wrapped(row[-1], available)] for row in rows]
    alone = [width(row[0]) > LONGEST_NAME for row in cells]
    drawn = tabulate(
        [list(head), *([""] * long + row[long:] for row, long in zip(cells, alone, strict=True))],
        tablefmt="plain",
        disable_numparse=True,
    ).split("\n")
    lines = iter(drawn)
    pad = INDENT if indented else ""
    out = [pad + next(lines).rstrip()]
    rest = zip(cells, alone, strict=True)
    for number, table in enumerate(tables):
        if table.title:
            out += [""] * bool(number) + [visible(table.title)]
        for _ in table.rows:
            row, long = next(rest)
            out += [pad + row[0]] * long
            out += [(pad + line).rstrip() for line in taking(lines, height(row[long:]))]
    return "\n".join(out)


def wrapped(text: str, available: int) -> str:
    """Text with each of its lines cut between words to ``available`` columns; as it is for 0."""
    if not available:
        return text
    return "\n".join("\n".join(textwrap.wrap(line, available, break_on_hyphens=False)) for line in text.split("\n"))


def height(row: Sequence[str]) -> int:
    """The number of lines that a row takes."""
    return max(cell.count("\n") + 1 for cell in row)


def taking(lines: Iterator[str], count: int) -> list[str]:
    """The next lines."""
    return [next(lines) for _ in range(count)]
