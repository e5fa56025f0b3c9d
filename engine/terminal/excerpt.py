"""A place in a document as a person sees it: the line, and a caret run under the very value.

The linter's mistakes and failed expectations share this form::

    specs/http/scope.yaml:12:9: error[unknown-key]: there is no key 'pth' in `request`
       12 |       - request: {pth: /scope, expect: {status: 200}}
          |                   ^^^
          = did you mean 'path'?
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine.model.packaged import opened
from engine.model.source_span import Excerpt, SourceSpan
from engine.terminal.escape import visible, width

LONGEST = 120
"""Columns of a source line that are shown."""

_CUT = "..."

_FAR = 4 * LONGEST
"""Characters on either side of a value that are looked at at all: a line can be a megabyte long."""


def show(place: SourceSpan, source: str | Excerpt | None, *, message: str = "", notes: Sequence[str] = ()) -> str:
    """The place with its message, the line with carets, and notes below, each after ``= ``.

    ``source`` is the place's line, or the whole text of its file; where it is None, the file is read, and where that
    fails, no line is shown. Everything is escaped. No line feed at the end.
    """
    shown = [f"{visible(str(place))}: {visible(message)}" if message else visible(str(place))]
    found = source if isinstance(source, Excerpt) else _excerpt(place, source)
    margin = f"{place.line:>5} | "
    bar = " " * (len(margin) - 2)
    if found is not None:
        text, before, length = cut(found.line, found.column, found.length)
        shown.append((margin + text).rstrip())
        shown.append(f"{bar}| {' ' * before}{'^' * length}")
    for note in notes:
        shown.extend(f"{bar}{'=' if index == 0 else ' '} {part}" for index, part in enumerate(_lines(note)))
    return "\n".join(shown)


def _lines(note: str) -> list[str]:
    return [visible(part) for part in note.split("\n")]


def _excerpt(place: SourceSpan, source: str | None) -> Excerpt | None:
    line = _line(place, source)
    return None if line is None else Excerpt(line, max(place.column - 1, 0), place.length)


def _line(place: SourceSpan, source: str | None) -> str | None:
    """The source line; None where there is none to show."""
    if place.line < 1:
        return None
    if source is None:
        try:
            with opened(place.file).open("rb") as file:
                source = file.read(1024 * 1024).decode(errors="replace").replace("\r\n", "\n")
        except (OSError, ValueError):
            return None
    lines = _split(source)
    return lines[place.line - 1] if place.line <= len(lines) else None


@lru_cache(maxsize=4)
def _split(source: str) -> list[str]:
    return source.split("\n")


def cut(line: str, start: int, length: int) -> tuple[str, int, int]:
    """A source line as it is shown, how many columns stand before the caret, and how many carets there are.

    ``start`` and ``length`` are in characters of the line. Tabs become spaces. A long line is cut around the value.
    """
    length = max(length, 1)
    far = max(start - _FAR, 0)
    before_that, line = bool(far), line[far : start + min(length, _FAR) + _FAR]
    start -= far
    plain = line.isascii() and line.isprintable()
    pieces = list(line) if plain else [" " if char == "\t" else visible(char) for char in line]
    start = min(start, len(pieces))
    end = min(max(start + length, start + 1), max(len(pieces), start + 1))
    first, last = 0, len(pieces)
    total = width("".join(pieces))
    if total > LONGEST:
        first, last = _window(pieces, start, end)
    head = _CUT if first or before_that else ""
    tail = _CUT if last < len(pieces) else ""
    before = width(head + "".join(pieces[first:start]))
    carets = max(width("".join(pieces[start : min(end, last)])), 1)
    return head + "".join(pieces[first:last]) + tail, before, carets


def _window(pieces: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """The stretch of a long line to show: from some way before the value, for LONGEST columns."""
    available = LONGEST - 2 * len(_CUT)
    value = width("".join(pieces[start:end]))
    first, lead = start, 0
    while first > 0 and lead + width(pieces[first - 1]) <= max((available - value) // 2, 20):
        first -= 1
        lead += width(pieces[first])
    last, taken = start, lead
    while last < len(pieces) and taken + width(pieces[last]) <= available:
        taken += width(pieces[last])
        last += 1
    while first > 0 and taken + width(pieces[first - 1]) <= available:
        first -= 1
        taken += width(pieces[first])
    return first, last
