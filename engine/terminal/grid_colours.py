"""Colours of a drawn grid: figures that pass in full, the counts behind a figure, and the lines around the table."""

from __future__ import annotations

import re
from itertools import zip_longest

from engine.terminal.paint import Paint, Role

_RULE = re.compile(r"[─━┌┐└┘├┤┬┴┼│┃]+")
_FIGURE = re.compile(r"(?<![\w./-])(\d+)/(\d+)((?: \d+[FTCEKX~wiub])*)(?![\w./])")
_COUNT = re.compile(r"(?<![\w./-])\d+([FTCEKX~wiub])(?![\w./])")
_FAILED = re.compile(r"(?:did not start|no start)(?= *│)")
_ROLES = {
    **dict.fromkeys("FTCEX", Role.FAILING),
    "K": Role.KNOWN,
    "~": Role.WARNING,
    "w": Role.WARNING,
    **dict.fromkeys("iub", Role.UNSUPPORTED),
}


def painted(drawn: str, paint: Paint) -> str:
    """A grid that ``reports.table.draw`` has drawn, in colour. Only lines of tables are painted. No column moves."""
    if not paint.enabled:
        return drawn
    lines = drawn.split("\n")
    return "\n".join(
        _line(line, below, paint) if line[:1] in "┌├└│" else line
        for line, below in zip_longest(lines, lines[1:], fillvalue="")
    )


def _line(line: str, below: str, paint: Paint) -> str:
    # Counts stand below their figures where a table is narrow.
    line = _counts(_FIGURE.sub(lambda found: _figure(found, _under(found, below), paint), line), paint)
    line = _FAILED.sub(lambda found: paint(Role.FAILING, found[0]), line)
    return _RULE.sub(lambda found: paint(Role.DIM, found[0]), line)


def _under(figure: re.Match[str], below: str) -> str:
    """The text of the next line in the cell of a figure."""
    start, end = figure.string.rfind("│", 0, figure.start()), figure.string.find("│", figure.end())
    return below[start + 1 : end] if below[start : start + 1] == "│" == below[end : end + 1] else ""


def _figure(found: re.Match[str], under: str, paint: Paint) -> str:
    passed, applicable, counts = found.groups()
    if not counts and "/" not in under:
        under = under if all(_COUNT.fullmatch(word) for word in under.split()) else ""
    else:
        under = ""
    roles = {_ROLES[one[1]] for one in _COUNT.finditer(f"{counts} {under}")}
    first = f"{passed}/{applicable}"
    if passed == applicable:
        first = paint(Role.PASSING, first)
    elif roles & {Role.FAILING, Role.KNOWN}:
        first = paint(Role.FAILING if Role.FAILING in roles else Role.KNOWN, first)
    return first + _counts(counts, paint)


def _counts(text: str, paint: Paint) -> str:
    return _COUNT.sub(lambda found: paint(_ROLES[found[1]], found[0]), text)
