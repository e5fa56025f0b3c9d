"""A transcript as lines for a terminal: times relative to its start, the wire and the boundary side by side."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator
from itertools import islice

from engine.model.quantities import show_size
from engine.model.transcript import CUT, Side, TraceEvent, Transcript
from engine.terminal.escape import visible
from engine.terminal.tree import cut

# So much of one moment is shown: lines of text, and characters of a line.
LINES = 24
WIDTH = 100

# In a whole time line lines are continued, each for so many rows, and so many rows of one moment's bytes are shown.
CONTINUED = 4
MOST = 48

SIGNS = {
    (Side.WIRE, "sent"): ">>",
    (Side.WIRE, "received"): "<<",
    (Side.APP, "received"): "->",
    (Side.APP, "sent"): "<-",
}


def lines(transcript: Transcript, limit: int = 120) -> Iterator[str]:
    """One line or more for each moment, at most ``limit`` moments: the first and the last are kept."""
    moments = list(transcript.moments)
    cut = len(moments) - limit
    if cut > 0:
        half = limit // 2
        head, tail = moments[:half], moments[-half:]
        for moment in head:
            yield from moment_lines(moment, transcript.started)
        yield f"{'':>11}  … {cut} moments are not shown; the run's file has them"
        for moment in moments[half:-half]:
            if moment.what == CUT:
                yield from moment_lines(moment, transcript.started)
        moments = tail
    for moment in moments:
        yield from moment_lines(moment, transcript.started)


def moment_lines(moment: TraceEvent, started: float) -> Iterator[str]:
    """The lines of one moment; what crossed stands below its first line where it has several."""
    at = f"{(moment.at - started) * 1000:+9.1f} ms"
    sign = SIGNS.get((moment.side, moment.what), "  ")
    size = moment.size or len(moment.data)
    first = f"{at}  {moment.side.value:<5}{sign} {visible(moment.subject)} {visible(moment.what)}".rstrip()
    if not moment.data:
        yield f"{first} {cut_line(visible(moment.detail))}".rstrip()
        return
    rows = list(wire_lines(moment.data, size, moment.sha256))
    yield f"{first} {show_size(size)}"
    for row in rows:
        yield f"{'':>12}  {'':<5}  | {row}"


def wire_lines(data: bytes, size: int, sha256: str = "") -> Iterator[str]:
    """Bytes as visible text, one line for each that the sender ended; cut, with the whole size and a digest.

    ``sha256`` is the digest of the whole where ``data`` is but its beginning, "" where it is not known.
    """
    rows = rows_of(data)
    shown = 0
    for row in rows[:LINES]:
        text = visible(row)
        yield cut_line(text)
        shown += len(row)
        if len(text) > WIDTH:
            break
    if len(rows) > LINES or shown < len(data) or len(data) < size or any(len(row) > WIDTH for row in rows):
        yield in_all(data, size, sha256)


def rows_of(data: bytes) -> list[bytes]:
    """The lines of bytes with their ends."""
    pieces = data.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def in_all(data: bytes, size: int, sha256: str = "") -> str:
    """The line below truncated bytes: their full size, and their digest if known."""
    digest = sha256 or (hashlib.sha256(data).hexdigest() if len(data) >= size else "")
    return f"… {show_size(size)} in all" + (f", SHA-256 {digest[:16]}" if digest else "")


def whole(transcript: Transcript, available: int = 110, *, times: bool = True) -> Iterator[str]:
    """Every moment, with long lines continued below themselves up to ``available`` columns. Without ``times``, two
    transcripts can be compared line by line."""
    for moment in transcript.moments:
        at = f"{(moment.at - transcript.started) * 1000:+9.1f} ms  " if times else ""
        sign = SIGNS.get((moment.side, moment.what), "  ")
        size = moment.size or len(moment.data)
        first = f"{moment.side.value:<7} {sign} {visible(moment.subject)} {visible(moment.what)}"
        if moment.data:
            first += f" {show_size(size)}"
        first = at + first
        pad = " " * (len(at) + 8)
        inner = max(available - len(pad) - 2, 40)
        rows = list(
            whole_bytes(moment.data, size, moment.sha256, inner) if moment.data else wrapped(moment.detail, inner)
        )
        if not moment.data and len(rows) == 1 and len(first) + len(rows[0]) < available:
            first, rows = f"{first} {rows[0]}", []
        yield first.rstrip()
        yield from (f"{pad}| {row}" for row in rows)


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
        yield in_all(data, size, sha256)


def wrapped(text: str, available: int) -> Iterator[str]:
    """Text made visible, its lines broken between words; no escape is broken in two."""
    for row in textwrap.wrap(visible(text), available, break_long_words=False, break_on_hyphens=False):
        yield from cut(row, available)


def cut_line(text: str) -> str:
    """A line of at most WIDTH characters."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
