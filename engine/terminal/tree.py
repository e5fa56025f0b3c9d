"""Entries that stand inside each other, as indented lines; bytes to the byte, everything escaped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model.quantities import show_size
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role

INDENT = 2
# Columns of a pipe.
USUAL = 120
# So many lines of one stretch of bytes are shown, at the beginning.
MOST = 32

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_PIECE = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A line of words, and the entries below it. ``data`` are bytes, shown line by line after a ``>``. ``hanging`` is
    the indentation of the further lines of words that are wrapped, counted from their beginning. ``role`` is that of
    the words."""

    words: str
    below: Sequence[TreeEntry] = ()
    data: bytes | None = None
    hanging: int = 2
    role: Role | None = None


def lines(entries: Sequence[TreeEntry], limit: int = 0, depth: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The lines of entries, indented and wrapped to ``limit`` columns; 0 for a pipe."""
    available = (limit or USUAL) - depth * INDENT
    pad = " " * (depth * INDENT)
    for entry in entries:
        if entry.words:
            rows = textwrap.wrap(
                visible(entry.words),
                max(available, 20),
                subsequent_indent=" " * entry.hanging,
                break_on_hyphens=False,
                replace_whitespace=False,
                drop_whitespace=True,
                break_long_words=False,
            )
            yield from (pad + (row if entry.role is None else paint(entry.role, row)) for row in rows)
        elif entry.data is None:
            yield ""
        if entry.data is not None:
            yield from (
                f"{pad}{paint(Role.WIRE, '>')} {row}" for row in bytes_lines(entry.data, max(available - 2, 18))
            )
        yield from lines(entry.below, limit, depth + 1, paint)


def bytes_lines(data: bytes, available: int) -> Iterator[str]:
    """Bytes as visible text: a line for each that they end, continued where it is too long for ``available`` columns.

    After MOST lines only the full size follows. No bytes are one line that says so.
    """
    if not data:
        yield "(nothing)"
        return
    count = 0
    # No more than this is shown, so the rest of something large is not read.
    for row in _LINE.findall(data[: MOST * available]):
        for part in cut(visible(row), available):
            count += 1
            if count > MOST:
                break
            yield part
    if count > MOST or len(data) > MOST * available:
        yield f"… {show_size(len(data))} in all"


def cut(text: str, available: int) -> Iterator[str]:
    """Escaped text in pieces of at most ``available`` characters; no escape is cut in two."""
    line = ""
    for piece in _PIECE.findall(text):
        if line and len(line) + len(piece) > available:
            yield line
            line = ""
        line += piece
    if line:
        yield line
