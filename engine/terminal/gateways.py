"""The comparison of `engine gateways` as a person reads it: a table where it fits, else a list of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.model.verdict import Verdict
from engine.results.analysis.gateways import ABSENT, ValueDifference
from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role, role_of
from engine.terminal.tree import cut

VERDICT = "(verdict)"
_GAP = "  "
# A value has no fewer columns than these on any terminal.
_NARROWEST = 16


def lines(
    found: Sequence[ValueDifference], verdicts: Mapping[str, Verdict], limit: int, paint: Paint = PLAIN
) -> Iterator[str]:
    """The values that differ, each with its value through every gateway, and the verdicts. ``verdicts`` are by the
    gateway's label, and ``limit`` is the terminal's width in columns.

    A table has a column for each gateway. If it is too wide, each value stands on a line of its own, with one line
    below it for each distinct value, behind the gateways through which it came.
    """
    labels = list(verdicts)
    rows = [[visible(one.name), *(visible(one.seen.get(label, "")) for label in labels)] for one in found]
    rows.append([VERDICT, *(verdict.value for verdict in verdicts.values())])
    names = list(map(visible, short(labels)))
    head = ["" if names == labels else visible(labels[0].partition(" ")[2]), *names]
    widths = [max(width(row[number]) for row in [head, *rows]) for number in range(len(head))]
    if sum(widths) + len(_GAP) * len(labels) <= limit:
        for number, row in enumerate([head, *rows]):
            cells = [_painted(cell, number == 0, place == 0, paint) for place, cell in enumerate(row)]
            spaces = [" " * (size - width(cell)) for cell, size in zip(row, widths, strict=True)]
            yield _GAP.join(cell + space for cell, space in zip(cells, spaces, strict=True)).rstrip()
        return
    for name, *values in rows:
        yield paint(Role.NAME, name)
        yield from _below(names, values, limit, paint)


def short(labels: Sequence[str]) -> list[str]:
    """Labels of gateway and server, without the server where it is the same in all of them."""
    pairs = [label.partition(" ") for label in labels]
    same = len({server for _, _, server in pairs}) == 1
    return [gateway for gateway, _, _ in pairs] if same else list(labels)


def _painted(cell: str, is_head: bool, is_name: bool, paint: Paint) -> str:
    if is_head:
        return paint(Role.HEADING, cell)
    if is_name:
        return paint(Role.NAME, cell)
    return _value(cell, paint)


def _value(text: str, paint: Paint) -> str:
    if text == ABSENT:
        return paint(Role.DIM, text)
    return paint(role_of(Verdict(text)), text) if text in set(Verdict) else text


def _below(labels: Sequence[str], values: Sequence[str], limit: int, paint: Paint) -> Iterator[str]:
    """Each distinct value behind the labels that have it: all of them on one line where half of the terminal takes
    them, else each on a line of its own."""
    by_value: dict[str, list[str]] = {}
    for label, value in zip(labels, values, strict=True):
        by_value.setdefault(value, []).append(label)
    if len(by_value) == 1:
        by_value = {value: ["all"] for value in by_value}
    joined = {value: [", ".join(named)] for value, named in by_value.items()}
    if max(width(named[0]) for named in joined.values()) <= limit // 2:
        by_value = joined
    widest = max(width(label) for named in by_value.values() for label in named)
    available = limit - widest - 2 * len(_GAP)
    if available < _NARROWEST:
        widest, available = 0, max(limit - 2 * len(_GAP), _NARROWEST)
    for value, named in by_value.items():
        parts = list(cut(value, available)) or [""]
        if not widest:
            yield from (_GAP + label for label in named)
            yield from (2 * _GAP + _value(part, paint) for part in parts)
            continue
        yield from (_GAP + label for label in named[:-1])
        for number, part in enumerate(parts):
            label = "" if number else named[-1]
            yield f"{_GAP}{label}{' ' * (widest - width(label))}{_GAP}{_value(part, paint)}".rstrip()
