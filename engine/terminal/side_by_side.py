"""The time lines of two targets: side by side on a wide terminal, below each other on a narrow one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, zip_longest

from engine.model.transcript import Transcript
from engine.results.analysis.alignment import Alignment, Entry, FirstDifference
from engine.results.analysis.summary import plural
from engine.terminal import timeline
from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role

GAP = " │ "
MARK = "! "
"""Stands before an event that the other time line lacks."""
COLUMN = 56
"""The narrowest column of a time line, its mark included."""
MANY, FIRST, LAST = 16, 6, 4
"""Of so many equal rows in a row, so many are shown at the beginning and at the end."""

Row = tuple[Entry | None, Entry | None]


def fits(limit: int) -> bool:
    """True if two time lines fit side by side into so many columns; 0 is a pipe, where they do not."""
    return limit >= 2 * COLUMN + len(GAP)


def side_by_side(
    found: Alignment,
    names: tuple[str, str],
    started: tuple[float, float],
    limit: int,
    *,
    full: bool = False,
    paint: Paint = PLAIN,
) -> Iterator[str]:
    """Two time lines in columns, each under the name of its target, in ``limit`` columns. ``started`` are the times of
    their first events' origin, in seconds of the engine's clock. Events that only one of them has are marked. Unless
    ``full``, the middle of long transfers and of long data is left out."""
    column = (limit - len(GAP)) // 2
    heads = [paint(Role.HEADING, timeline.cut_line(visible(name), column)) for name in names]
    yield from _joined([heads[0]], [heads[1]], column)
    for rows in _folded(found.rows, full):
        if isinstance(rows, int):
            yield paint(Role.DIM, f"  … {plural(rows, 'event')} the same on both; --full shows them")
            continue
        left, right = (
            [] if entry is None else list(entry_lines(entry, start, column, full=full, paint=paint))
            for entry, start in zip(rows, started, strict=True)
        )
        yield from _joined(left, right, column)


def below(
    entries: Sequence[Entry], started: float, limit: int, *, full: bool = False, paint: Paint = PLAIN
) -> Iterator[str]:
    """One time line with the marks of its differences from another one."""
    for rows in _folded([(entry, None) for entry in entries], full):
        if isinstance(rows, int):
            yield paint(Role.DIM, f"  … {plural(rows, 'event')} without a difference; --full shows them")
        elif rows[0] is not None:
            yield from entry_lines(rows[0], started, limit, full=full, paint=paint)


def entry_lines(
    entry: Entry, started: float, available: int, *, full: bool = False, paint: Paint = PLAIN
) -> Iterator[str]:
    """The lines of one event with its mark, in ``available`` columns."""
    mark = paint(Role.FAILING, MARK) if entry.differs else " " * len(MARK)
    one = Transcript(started, (entry.event,))
    for line in timeline.whole(one, available - len(MARK), full=full, paint=paint):
        yield mark + line
        mark = " " * len(MARK)


def first_difference(found: FirstDifference, names: tuple[str, str], limit: int, paint: Paint = PLAIN) -> Iterator[str]:
    """The first difference: the time and the connection or call, and the value of each target."""
    yield f"first difference: {visible(found.where)} ({found.at * 1000:+.1f} ms)"
    widest = max(width(visible(name)) for name in names)
    for name, value in zip(names, (found.left, found.right), strict=True):
        text = visible(value.rstrip("\r ")) if value else "nothing"
        shown = timeline.cut_line(text, (limit or timeline.USUAL) - widest - 4)
        yield f"  {paint(Role.NAME, visible(name))}{' ' * (widest - width(visible(name)))}  {shown}"


def _folded(rows: Sequence[Row], full: bool) -> Iterator[Row | int]:
    """The rows; for the middle of many without a difference, their number."""
    differs: Callable[[Row], bool] = lambda row: any(entry is not None and entry.differs for entry in row)  # noqa: E731
    for different, group in groupby(rows, key=differs):
        members = list(group)
        if full or different or len(members) < MANY:
            yield from members
            continue
        yield from members[:FIRST]
        yield len(members) - FIRST - LAST
        yield from members[-LAST:]


def _joined(left: Sequence[str], right: Sequence[str], column: int) -> Iterator[str]:
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"{one}{' ' * max(column - width(one), 0)}{GAP}{other}".rstrip()
