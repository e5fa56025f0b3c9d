"""A place in a document as a person sees it: the line, and a caret run under the very value.

The linter's errors and failed expectations share this form::

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
from engine.terminal.paint import PLAIN, Paint, Role, wrap

LONGEST = 120
"""Columns of a source line that are shown where the output has no width of its own."""

NARROWEST = 24
"""Columns of a source line that are shown on any terminal."""

_CUT = "..."

_FAR = 4 * LONGEST
"""Characters on either side of a value that are read: a line can be a megabyte long."""


Note = str | tuple[Role, str]
"""A line below an excerpt, and the role that it is painted in."""


def show(
    place: SourceSpan,
    source: str | Excerpt | None,
    *,
    lead: str = "",
    message: str = "",
    notes: Sequence[Note] = (),
    role: Role = Role.CARET,
    limit: int = 0,
    paint: Paint = PLAIN,
) -> str:
    """The place with its message, the line with carets, and notes below, each after ``= ``.

    ``source`` is the place's line, or the whole text of its file; where it is None, the file is read, and where that
    fails, no line is shown. ``lead`` stands before the message; it and the carets are painted in ``role``. Everything
    is escaped. ``limit`` is the terminal's width in columns: the line is cut around the value, and words are wrapped;
    without a limit the line has LONGEST columns, and words are not wrapped. No line feed at the end.
    """
    words = f"{paint(role, visible(lead))}: {visible(message)}" if lead else visible(message)
    head = paint(Role.HEADING, visible(str(place)) + ":" * bool(words))
    rows = _wrapped(f"{head} {words}".rstrip(), limit, "", "  ")
    found = source if isinstance(source, Excerpt) else _excerpt(place, source)
    margin = f"{place.line:>5} | "
    bar = " " * (len(margin) - 2)
    if found is not None:
        longest = max(limit - len(margin), NARROWEST) if limit else LONGEST
        text, before, length = cut(found.line, found.column, found.length, longest)
        rows.append((paint(Role.DIM, margin.rstrip()) + " " + text).rstrip())
        rows.append(f"{bar}{paint(Role.DIM, '|')} {' ' * before}{paint(role, '^' * length)}")
    for note in notes:
        painted, text = (None, note) if isinstance(note, str) else note
        text = visible(text, lines=True)
        if painted is not None:
            text = paint(painted, text)
        rows += _wrapped(text, limit, f"{bar}{paint(Role.DIM, '=')} ", f"{bar}  ")
    return "\n".join(rows)


def _wrapped(text: str, limit: int, first: str, further: str) -> list[str]:
    if limit:
        return wrap(text, limit, first=first, further=further)
    return [(further if number else first) + line for number, line in enumerate(text.split("\n"))]


def _excerpt(place: SourceSpan, source: str | None) -> Excerpt | None:
    line = _line(place, source)
    return None if line is None else Excerpt(line, max(place.column - 1, 0), place.length)


def _line(place: SourceSpan, source: str | None) -> str | None:
    """The source line; None where there is none to show."""
    if place.line < 1:
        return None
    if source is None:
        try:
            path = opened(place.file)
            if not path.is_file():
                return None  # to open a named pipe would wait for its writer
            with path.open("rb") as file:
                source = file.read(1024 * 1024).decode(errors="replace").replace("\r\n", "\n")
        except (OSError, ValueError):
            return None
    lines = _split(source)
    return lines[place.line - 1] if place.line <= len(lines) else None


@lru_cache(maxsize=4)
def _split(source: str) -> list[str]:
    return source.split("\n")


def cut(line: str, start: int, length: int, longest: int = LONGEST) -> tuple[str, int, int]:
    """A source line as it is shown, how many columns stand before the caret, and how many carets there are.

    ``start`` and ``length`` are in characters of the line. Tabs become spaces. A line of more than ``longest``
    columns is cut around the value.
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
    if total > longest:
        first, last = _window(pieces, start, end, longest)
    head = _CUT if first or before_that else ""
    tail = _CUT if last < len(pieces) else ""
    before = width(head + "".join(pieces[first:start]))
    carets = max(width("".join(pieces[start : min(end, last)])), 1)
    return head + "".join(pieces[first:last]) + tail, before, carets


def _window(pieces: Sequence[str], start: int, end: int, longest: int) -> tuple[int, int]:
    """The stretch of a long line to show: from some way before the value, for ``longest`` columns."""
    available = longest - 2 * len(_CUT)
    value = width("".join(pieces[start:end]))
    first, lead = start, 0
    while first > 0 and lead + width(pieces[first - 1]) <= max((available - value) // 2, min(20, available // 2)):
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
