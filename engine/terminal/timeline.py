"""A transcript as lines for a terminal: times relative to its start, the wire and the boundary side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from engine.model.quantities import show_size
from engine.model.transcript import Moment, Side, Transcript
from engine.terminal.escape import visible

# So much of one moment is shown: lines of text, and characters of a line.
LINES = 24
WIDTH = 100

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
        moments = tail
    for moment in moments:
        yield from moment_lines(moment, transcript.started)


def moment_lines(moment: Moment, started: float) -> Iterator[str]:
    """The lines of one moment; what crossed stands below its first line where it has several."""
    at = f"{(moment.at - started) * 1000:+9.1f} ms"
    sign = SIGNS.get((moment.side, moment.what), "  ")
    size = moment.size or len(moment.data)
    first = f"{at}  {moment.side.value:<5}{sign} {moment.subject} {moment.what}".rstrip()
    if not moment.data:
        yield f"{first} {cut_line(visible(moment.detail))}".rstrip()
        return
    rows = list(wire_lines(moment.data, size))
    yield f"{first} {show_size(size)}"
    for row in rows:
        yield f"{'':>12}  {'':<5}  | {row}"


def wire_lines(data: bytes, size: int) -> Iterator[str]:
    """Bytes as visible text, one line for each that the sender ended; cut, with the whole size and a digest."""
    pieces = data.split(b"\n")
    rows = [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
    shown = 0
    for row in rows[:LINES]:
        text = visible(row)
        yield cut_line(text)
        shown += len(row)
        if len(text) > WIDTH:
            break
    if len(rows) > LINES or shown < len(data) or len(data) < size or any(len(row) > WIDTH for row in rows):
        digest = f", SHA-256 {hashlib.sha256(data).hexdigest()[:16]}" if len(data) == size else ""
        yield f"… {show_size(size)} in all{digest}"


def cut_line(text: str) -> str:
    """A line of at most WIDTH characters."""
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
