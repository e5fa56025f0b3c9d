"""Rows as aligned columns, as wide as the terminal and no wider."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role

# A first cell beyond this stands on a line of its own, so that one long name does not push all else aside.
LONGEST_NAME = 36
# The last column is wrapped to the rest of the terminal's width; where that is less, it stands below the others.
NARROWEST = 32
INDENT = "  "
BELOW = "    "
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


def draw(head: Sequence[str], tables: Sequence[TextTable], limit: int = 0, paint: Paint = PLAIN) -> str:
    """The tables below each other with their columns aligned, under one head. Everything is escaped.

    ``limit`` is the terminal's width in columns: the last column is wrapped to it, and stands below the others where
    less than NARROWEST columns are left for it; 0 for no limit. ``paint`` is for the head, the titles and the first
    column.
    """
    from tabulate import tabulate  # noqa: PLC0415 - the width needs no table

    indented = any(table.title for table in tables)
    rows = [[visible(cell, lines=True) for cell in row] for table in tables for row in table.rows]
    if not rows:
        return ""
    first = [width(row[0]) for row in rows if width(row[0]) <= LONGEST_NAME]
    middle = [max(width(row[column]) for row in [head, *rows]) for column in range(1, len(head) - 1)]
    # tabulate puts two columns between any two of this format.
    taken = max([width(head[0]), *first]) + sum(middle) + 2 * (len(head) - 1) + (len(INDENT) if indented else 0)
    available = limit - taken if limit else 0
    stacked = bool(limit) and available < NARROWEST and len(head) > 1
    pad = INDENT if indented else ""
    if stacked:
        last = [wrapped(row[-1], max(limit - len(pad + BELOW), NARROWEST)) for row in rows]
        cells = [[*row[:-1], ""] for row in rows]
        head = [*head[:-1], ""]
    else:
        last = [""] * len(rows)
        cells = [[*row[:-1], wrapped(row[-1], available)] for row in rows]
    alone = [width(row[0]) > LONGEST_NAME for row in cells]
    drawn = tabulate(
        [list(head), *([""] * long + row[long:] for row, long in zip(cells, alone, strict=True))],
        tablefmt="plain",
        disable_numparse=True,
    ).split("\n")
    lines = iter(drawn)
    out = [paint(Role.DIM, pad + next(lines).rstrip())]
    rest = zip(cells, alone, last, strict=True)
    for number, table in enumerate(tables):
        if table.title:
            out += [""] * bool(number) + [paint(Role.HEADING, visible(table.title))]
        for _ in table.rows:
            row, long, words = next(rest)
            out += [pad + paint(Role.NAME, row[0])] * long
            below = [(pad + line).rstrip() for line in taking(lines, height(row[long:]))]
            if not long and below:
                below[0] = pad + paint(Role.NAME, row[0]) + below[0].removeprefix(pad + row[0])
            out += [line for line in below if line or not stacked]
            out += [pad + BELOW + line for line in words.split("\n") if words]
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
