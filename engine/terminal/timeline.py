"""A transcript as lines for a terminal: times relative to its start, the wire and the boundary side by side."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator
from itertools import islice

from engine.model.quantities import show_size
from engine.model.transcript import CUT, Side, TraceEvent, Transcript
from engine.terminal import escape
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role
from engine.terminal.tree import cut

# So many lines of one event are shown.
LINES = 24
# Columns where the output has no width of its own.
USUAL = 120

# In a whole time line lines are continued, each for so many rows, and so many rows of one event's bytes are shown.
CONTINUED = 4
MOST = 48

SIGNS = {
    (Side.WIRE, "sent"): ">>",
    (Side.WIRE, "received"): "<<",
    (Side.APP, "received"): "->",
    (Side.APP, "sent"): "<-",
}


def signs(paint: Paint = PLAIN) -> str:
    """The legend of a time line: the sign of each side and direction."""
    return f"({paint(Role.WIRE, '>> <<')} wire, {paint(Role.APP, '-> <-')} application)"


def lines(transcript: Transcript, limit: int = 120, *, width: int = USUAL, paint: Paint = PLAIN) -> Iterator[str]:
    """One line or more for each event, at most ``limit`` events: the first and the last are kept. A line that is
    longer than ``width`` columns is cut."""
    events = list(transcript.events)
    cut = len(events) - limit
    if cut > 0:
        half = limit // 2
        head, tail = events[:half], events[-half:]
        for event in head:
            yield from moment_lines(event, transcript.started, width, paint)
        yield f"{'':>11}  … {cut} events are not shown; the run's file has them"
        for event in events[half:-half]:
            if event.what == CUT:
                yield from moment_lines(event, transcript.started, width, paint)
        events = tail
    for event in events:
        yield from moment_lines(event, transcript.started, width, paint)


def moment_lines(event: TraceEvent, started: float, width: int = USUAL, paint: Paint = PLAIN) -> Iterator[str]:
    """The lines of one event; its bytes stand below its first line where it has several."""
    at = f"{(event.at - started) * 1000:+9.1f} ms  "
    words = f"{visible(event.subject)} {visible(event.what)}"
    size = event.size or len(event.data)
    words = f"{words} {show_size(size)}" if event.data else f"{words} {visible(event.detail)}"
    side = f"{event.side.value:<5}{sign_of(event)}"
    words = cut_line(words.strip(), width - len(at) - len(side) - 1)
    yield f"{paint(Role.DIM, at)}{paint(role_of(event), side)} {words}".rstrip()
    margin = f"{'':>12}  {'':<5}  "
    for row in wire_lines(event.data, size, event.sha256, width - len(margin) - 2) if event.data else ():
        yield f"{margin}{paint(role_of(event), '|')} {row}"


def sign_of(event: TraceEvent) -> str:
    """The sign of an event's side and direction, in two columns."""
    return SIGNS.get((event.side, event.what), "  ")


def role_of(event: TraceEvent) -> Role:
    """The role of an event's side."""
    return {Side.WIRE: Role.WIRE, Side.APP: Role.APP}.get(event.side, Role.DIM)


def wire_lines(data: bytes, size: int, sha256: str = "", width: int = 100) -> Iterator[str]:
    """Bytes as visible text, one line for each that the sender ended, in ``width`` columns; cut, with the full size and
    a digest.

    ``sha256`` is the digest of all bytes where ``data`` is but their beginning, "" where it is not known.
    """
    rows = rows_of(data)
    shown = 0
    for row in rows[:LINES]:
        text = visible(row)
        yield cut_line(text, width)
        shown += len(row)
        if len(text) > width:
            break
    if len(rows) > LINES or shown < len(data) or len(data) < size or any(len(row) > width for row in rows):
        yield from wrapped(in_all(data, size, sha256), max(width, 30))


def rows_of(data: bytes) -> list[bytes]:
    """The lines of bytes with their ends."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def in_all(data: bytes, size: int, sha256: str = "") -> str:
    """The line below truncated bytes: their full size, and their digest if known."""
    digest = sha256 or (hashlib.sha256(data).hexdigest() if len(data) >= size else "")
    return f"… {show_size(size)} in all" + (f", SHA-256 {digest[:16]}" if digest else "")


def whole(transcript: Transcript, available: int = 110, *, times: bool = True, paint: Paint = PLAIN) -> Iterator[str]:
    """Every event, with long lines continued below themselves up to ``available`` columns. Without ``times``, two
    transcripts can be compared line by line."""
    for event in transcript.events:
        at = f"{(event.at - transcript.started) * 1000:+9.1f} ms  " if times else ""
        size = event.size or len(event.data)
        side = f"{event.side.value:<7} {sign_of(event)}"
        words = f" {visible(event.subject)} {visible(event.what)}"
        if event.data:
            words += f" {show_size(size)}"
        first = at + side + words
        pad = " " * (len(at) + 8)
        inner = max(available - len(pad) - 2, 30)
        rows = list(whole_bytes(event.data, size, event.sha256, inner) if event.data else wrapped(event.detail, inner))
        if not event.data and len(rows) == 1 and len(first) + len(rows[0]) < available:
            words, rows = f"{words} {rows[0]}", []
        yield f"{paint(Role.DIM, at)}{paint(role_of(event), side)}{words}".rstrip()
        yield from (f"{pad}{paint(role_of(event), '|')} {row}" for row in rows)


def whole_bytes(data: bytes, size: int, sha256: str, available: int) -> Iterator[str]:
    """Bytes as visible text of at most MOST lines, each continued after ``available`` columns and cut after CONTINUED
    rows; where anything is cut, the whole size and digest stand below."""
    rows: list[str] = []
    is_cut = len(data) < size
    for piece in rows_of(data):
        parts = list(islice(cut(visible(piece), available), CONTINUED + 1))
        rows += parts[:CONTINUED]
        is_cut = is_cut or len(parts) > CONTINUED
    yield from rows[:MOST]
    if is_cut or len(rows) > MOST:
        yield from wrapped(in_all(data, size, sha256), available)


def wrapped(text: str, available: int) -> Iterator[str]:
    """Text made visible, its lines broken between words; no escape is broken in two."""
    for row in textwrap.wrap(visible(text), available, break_long_words=False, break_on_hyphens=False):
        yield from cut(row, available)


def cut_line(text: str, columns: int) -> str:
    """A line of at most so many columns, and of 20 on any terminal."""
    columns = max(columns, 20)
    if escape.width(text) <= columns:
        return text
    taken = 0
    for number, char in enumerate(text):
        taken += escape.width(char)
        if taken > columns - 1:
            return f"{text[:number]}…"
    return text
