"""Limits of the evidence that is kept: of each transcript, and of all transcripts and logs of a run. Pure, apart from
``Budget``.

The verdict is known by then, and took all of it into account. A server that sends in tiny pieces, or calls its
application without end, must not fill the disk with evidence, nor the engine's memory, which has all results until the
end. An event marks each cut, and the verdict stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.model.quantities import show_size
from engine.model.transcript import CUT, Side, TraceEvent, Transcript
from engine.model.verdict import JobResult

# The bytes, and the characters of text, that are kept of one event: enough for a head with many headers.
EVENT = 2048

# The events that are kept of one transcript, and their bytes and characters: more than anybody reads. A case that is
# long for good reasons has some hundreds of events.
EVENTS = 1000
RESULT = 256 * 1024

# The bytes of all transcripts and logs of a run: enough for thousands of failures of the usual size.
RUN = 64 * 1024 * 1024

# The bytes that an event takes in addition to its data and its text.
OVERHEAD = 100


def trimmed(transcript: Transcript, events: int = EVENTS, size: int = RESULT) -> Transcript:
    """A transcript of at most ``events`` events and ``size`` bytes. A longer one keeps its beginning and its end."""
    short = [_short(event) for event in transcript.events]
    if len(short) <= events and sum(map(weight, short)) <= size:
        return replace(transcript, events=tuple(short))
    head = _within(short, events // 2, size // 2)
    tail = _within(reversed(short[len(head) :]), events // 2, size // 2)[::-1]
    missing = transcript.events[len(head) : len(short) - len(tail)]
    if not missing:
        return replace(transcript, events=tuple(short))
    bytes_ = sum(event.size or len(event.data) for event in missing)
    note = f"{len(missing):,} events with {show_size(bytes_)} are left out here: a time line is kept up to a bound"
    return replace(transcript, events=(*head, _note(missing[0].at, note), *tail))


def cuts(whole: Transcript, kept: Transcript) -> tuple[str, ...]:
    """Sentences about the parts that a trimmed transcript lacks."""
    short = sum(
        len(one.data) > EVENT or len(one.detail) > EVENT or 0 < len(one.data) < one.size for one in whole.events
    )
    notes = [one.detail for one in kept.events if one.what == CUT]
    if short == 1:
        notes.append("1 event of the transcript keeps only the beginning of its data")
    elif short:
        notes.append(f"{short} events of the transcript keep only the beginning of their data")
    return tuple(notes)


def weight(event: TraceEvent) -> int:
    """The size of an event, in bytes."""
    value = 0 if event.value is None else len(json.dumps(event.value.data))
    return OVERHEAD + len(event.data) + len(event.detail) + value


def _within(events: Iterable[TraceEvent], count: int, size: int) -> list[TraceEvent]:
    """The events from the first one on that fit."""
    found: list[TraceEvent] = []
    for event in events:
        size -= weight(event)
        if len(found) >= count or size < 0:
            break
        found.append(event)
    return found


def _short(event: TraceEvent) -> TraceEvent:
    """An event of at most EVENT bytes or characters, with the complete size and digest."""
    if len(event.detail) > EVENT:
        event = replace(event, detail=f"{event.detail[:EVENT]}… ({len(event.detail)} characters)")
    if len(event.data) <= EVENT:
        return event
    size = event.size or len(event.data)
    is_whole = len(event.data) >= size
    digest = event.sha256 or (hashlib.sha256(event.data).hexdigest() if is_whole else "")
    return replace(event, data=bytes(event.data[:EVENT]), size=size, sha256=digest)


def _note(at: float, text: str) -> TraceEvent:
    return TraceEvent(at, Side.STEP, "", CUT, text)


@dataclass(slots=True)
class Budget:
    """The remaining allowance of a run for transcripts and logs."""

    left: int = RUN

    def fit(self, result: JobResult) -> JobResult:
        """A result with its time line and log, if the budget covers them; else one that says that they are missing."""
        transcript = result.transcript
        if transcript is None and not result.log:
            return result
        events: Sequence[TraceEvent] = transcript.events if transcript is not None else ()
        size = sum(map(weight, events)) + len(result.log)
        if size <= self.left:
            self.left -= size
            return result
        note = f"the time line is left out: those of this run take {show_size(RUN)} already. Run this case by itself"
        at = transcript.started if transcript is not None else 0.0
        kept = replace(transcript, events=(_note(at, note),)) if transcript is not None else None
        return replace(result, transcript=kept, log="", evidence=result.evidence.and_cut(note))
