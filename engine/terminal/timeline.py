"""A transcript as lines for a terminal: times relative to its start, the wire and the boundary side by side."""

from __future__ import annotations

import hashlib
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from engine.model.quantities import show_size
from engine.model.transcript import CUT, Side, TraceEvent, Transcript
from engine.results.analysis.summary import plural
from engine.terminal import escape
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role
from engine.terminal.tree import cut

# So many lines of one event are shown.
LINES = 24
# Columns where the output has no width of its own.
USUAL = 120

# Of a long transfer, so many events make it one, and so many are shown at its beginning and its end.
MANY, FIRST, LAST = 12, 3, 2

# In a whole time line lines are continued, each for so many rows, and so many rows of one event's bytes are shown.
CONTINUED = 4
# A line of no more bytes than this is shown in full.
SHORT = 1024
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
        yield f"{'':>11}  … {plural(cut, 'event')} {'is' if cut == 1 else 'are'} not shown; the run's file has them"
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
    count = 0
    for row in rows[:LINES]:
        text = visible(row)
        yield cut_line(text, width)
        count += len(row)
        if len(text) > width:
            break
    if len(rows) > LINES or count < len(data) or len(data) < size or any(len(row) > width for row in rows):
        yield from wrapped(in_all(data, size, sha256), max(width, 30))


def rows_of(data: bytes) -> list[bytes]:
    """The lines of bytes with their ends."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def in_all(data: bytes, size: int, sha256: str = "") -> str:
    """The line below truncated bytes: their full size, and their digest if known."""
    digest = sha256 or (hashlib.sha256(data).hexdigest() if len(data) >= size else "")
    return f"… {show_size(size)} in all" + (f", SHA-256 {digest[:16]}" if digest else "")


@dataclass(frozen=True, slots=True)
class _Style:
    """The options of a time line: its start, its columns, and the arguments of ``whole``."""

    started: float
    available: int
    times: bool
    full: bool
    paint: Paint


def whole(
    transcript: Transcript, available: int = 110, *, times: bool = True, full: bool = True, paint: Paint = PLAIN
) -> Iterator[str]:
    """Every event, with long lines continued below themselves up to ``available`` columns. Without ``times``, two
    transcripts can be compared line by line. Unless ``full``, the middle of a long transfer is one line, and so is the
    rest of long data."""
    style = _Style(transcript.started, available, times, full, paint)
    events = transcript.events
    at = 0
    for start, end in () if full else transfers(events):
        for event in events[at : start + FIRST]:
            yield from _event(event, style)
        yield from _between(events[start + FIRST : end - LAST], style)
        at = end - LAST
    for event in events[at:]:
        yield from _event(event, style)


def transfers(events: Sequence[TraceEvent]) -> Iterator[tuple[int, int]]:
    """The first and the end index of each long transfer: at least MANY events in a row of two sorts at most, as those
    of a body that the application sends piece by piece and the client receives."""
    start = 0
    while start < len(events):
        sorts: set[tuple[str, ...]] = set()
        end = start
        while end < len(events) and (len(sorts) < 2 or _sort(events[end]) in sorts):
            sorts.add(_sort(events[end]))
            end += 1
        if end - start >= MANY:
            yield start, end
            start = end
        else:
            start += 1


def _sort(event: TraceEvent) -> tuple[str, ...]:
    return event.side.value, event.subject, event.what, event.detail.partition(" ")[0]


def _between(events: Sequence[TraceEvent], style: _Style) -> Iterator[str]:
    """The lines that stand for the middle of a transfer: its end, and for each sort of event their number and size."""
    counts = Counter(_sort(event) for event in events)
    parts = []
    for sort, count in counts.items():
        size = sum(event.size or len(event.data) for event in events if _sort(event) == sort)
        words = " ".join(word for word in sort if word)
        parts.append(f"{words}, {count} times" + (f", {show_size(size)}" if size else ""))
    last = (events[-1].at - style.started) * 1000
    text = f"… until {last:+.1f} ms: {'; '.join(parts)}; --full shows them"
    pad = " " * 14
    rows = wrapped(text, max(style.available - len(pad), 30))
    yield from (style.paint(Role.DIM, pad + row) for row in rows)


def _event(event: TraceEvent, style: _Style) -> Iterator[str]:
    paint = style.paint
    at = f"{(event.at - style.started) * 1000:+9.1f} ms  " if style.times else ""
    size = event.size or len(event.data)
    side = f"{event.side.value:<7} {sign_of(event)}"
    words = f" {visible(event.subject)} {visible(event.what)}"
    if event.data:
        words += f" {show_size(size)}"
    first = at + side + words
    pad = " " * (len(at) + 8)
    inner = max(style.available - len(pad) - 2, 30)
    if event.data:
        rows = list(whole_bytes(event.data, size, event.sha256, inner, full=style.full))
    else:
        rows = list(wrapped(event.detail, inner))
        if len(rows) == 1 and len(first) + len(rows[0]) < style.available:
            words, rows = f"{words} {rows[0]}", []
    yield f"{paint(Role.DIM, at)}{paint(role_of(event), side)}{words}".rstrip()
    yield from (f"{pad}{paint(role_of(event), '|')} {row}" for row in rows)


def whole_bytes(data: bytes, size: int, sha256: str, available: int, *, full: bool = True) -> Iterator[str]:
    """Bytes as visible text, one line for each that the sender ended, continued after ``available`` columns, between
    words where there are some. Unless ``full``, a line longer than SHORT is cut after CONTINUED rows, and all data
    after MOST. Below cut bytes stand their full size and digest, and the way to see more."""
    rows: list[str] = []
    is_cut = False
    for piece in rows_of(data):
        most = None if full or len(piece) <= SHORT else CONTINUED
        parts = list(islice(between_words(visible(piece), available), most and most + 1))
        rows += parts[:most]
        is_cut = is_cut or (most is not None and len(parts) > most)
    is_cut = is_cut or (not full and len(rows) > MOST)
    yield from rows if full else rows[:MOST]
    if is_cut or len(data) < size:
        kept = f"; the record has the first {show_size(len(data))}" if len(data) < size else ""
        more = f"; --full shows {'these' if kept else 'them'}" if is_cut else ""
        yield from wrapped(in_all(data, size, sha256) + kept + more, available)


def between_words(text: str, available: int) -> Iterator[str]:
    """Escaped text in pieces of at most ``available`` characters, each ended behind a space, or else behind a comma, if
    there is one in its second half; no escape is cut in two."""
    rest = text
    while len(rest) > available:
        piece = next(cut(rest, available))
        ends = [end for mark in " ," if (end := piece.rfind(mark) + 1) > available // 2]
        piece = piece[: ends[0]] if ends else piece
        yield piece
        rest = rest[len(piece) :]
    if rest:
        yield rest


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
