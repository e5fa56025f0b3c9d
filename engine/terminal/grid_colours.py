"""Colours of a drawn grid: figures that pass in full, the counts behind a figure, and the lines around the table."""

from __future__ import annotations

import re

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
    return "\n".join(_line(line, paint) if line[:1] in "┌├└│" else line for line in drawn.split("\n"))


def _line(line: str, paint: Paint) -> str:
    # Counts stand below their figures where a table is narrow.
    line = _counts(_FIGURE.sub(lambda found: _figure(found, paint), line), paint)
    line = _FAILED.sub(lambda found: paint(Role.FAILING, found[0]), line)
    return _RULE.sub(lambda found: paint(Role.DIM, found[0]), line)


def _figure(found: re.Match[str], paint: Paint) -> str:
    passed, applicable, counts = found.groups()
    roles = {_ROLES[one[1]] for one in _COUNT.finditer(counts)}
    first = f"{passed}/{applicable}"
    if passed == applicable:
        first = paint(Role.PASSING, first)
    elif roles & {Role.FAILING, Role.KNOWN}:
        first = paint(Role.FAILING if Role.FAILING in roles else Role.KNOWN, first)
    return first + _counts(counts, paint)


def _counts(text: str, paint: Paint) -> str:
    return _COUNT.sub(lambda found: paint(_ROLES[found[1]], found[0]), text)
