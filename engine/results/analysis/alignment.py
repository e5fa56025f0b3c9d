"""The time lines of one case on two targets: aligned events, and the first difference. Pure.

Two time lines of equal targets still differ: in times, ports and dates, in the number of pieces of a response, in the
order of events on the two sides of the server, and in values by which each server names itself. None of these is marked
as a difference. So events are compared after ``results.record.normal``, each connection and each call by itself, with
bytes of one direction as one unit, and without NAMES, KEYS, reason phrases and the engine's own
requests. The layout keeps the order of time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.results.analysis.own_requests import sentinel_connections
from engine.results.record.normal import normalised

NAMES = (b"server", b"date")
"""The header fields of a response that name the server or the time."""
KEYS = ("asgi", "extensions", "state")
"""The keys of a scope that state what a server supports."""

UNDER_WAY = "  -> send() has not come back"
"""The remark about a send() whose end was not seen. At the end of a case that is chance."""
RETURNED = " returned"
"""The end of a call: the time line ends with the case, and the call may return later."""

_HEAD = re.compile(rb"HTTP/1\.[01] [0-9]{3}")
_STATUS_LINE = re.compile(rb"(HTTP/1\.[01] [0-9]{3} )[\t -~\x80-\xff]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")
_PART = re.compile(r", (?=[a-z_]+=)")


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of a time line. ``differs`` if the other time line has no equal one."""

    event: TraceEvent
    differs: bool = False


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The earliest difference. ``at`` is its time in seconds after the start of the case, ``where`` the connection or
    call with the word of the event; ``left`` and ``right`` are the differing values, "" where there is no such event.
    Not yet escaped."""

    at: float
    where: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two time lines: ``rows`` has the events that stand next to each other, None for none."""

    rows: tuple[tuple[Entry | None, Entry | None], ...]
    first: FirstDifference | None = None

    @property
    def left(self) -> tuple[Entry, ...]:
        """The events of the first time line, in order."""
        return tuple(left for left, _ in self.rows if left is not None)

    @property
    def right(self) -> tuple[Entry, ...]:
        """The events of the second time line, in order."""
        return tuple(right for _, right in self.rows if right is not None)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Events that are compared as one: an event, or bytes that follow each other in one direction. ``members`` are
    their positions in the time line; ``lines`` is the content, neutral, in the lines that a reader would name;
    ``is_detail`` if these are the parts of one text."""

    where: str
    lines: tuple[str, ...]
    at: float
    members: tuple[int, ...]
    is_detail: bool

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        return self.where, self.lines


def aligned(left: Transcript, right: Transcript, runs: tuple[str, str] = ("", "")) -> Alignment:
    """Align two time lines. ``runs`` are the nonces of their runs."""
    sides = (left, right)
    streams = [units(one, run) for one, run in zip(sides, runs, strict=True)]
    differing: tuple[set[int], set[int]] = (set(), set())
    found: list[FirstDifference] = []
    compared = [_without(stream, sentinel_connections(one)) for stream, one in zip(streams, sides, strict=True)]
    for name in dict.fromkeys([*compared[0], *compared[1]]):
        ours, theirs = (_ended(stream.get(name, [])) for stream in compared)
        for one, other in _unequal(ours, theirs):
            if name in compared[0] and name in compared[1] and _by_chance(one, other):
                continue
            for side, unit in enumerate((one, other)):
                differing[side].update(unit.members if unit is not None else ())
            found.append(_difference(one, other))
    keys = [_row_keys(stream, len(one.events)) for stream, one in zip(streams, sides, strict=True)]
    entries = [
        [Entry(event, number in differing[side]) for number, event in enumerate(one.events)]
        for side, one in enumerate(sides)
    ]
    rows = tuple(_rows(entries[0], entries[1], keys[0], keys[1]))
    return Alignment(rows, min(found, key=lambda one: one.at, default=None))


def _without(
    stream: dict[tuple[Side, str], list[_Unit]], connections: frozenset[str]
) -> dict[tuple[Side, str], list[_Unit]]:
    return {name: own for name, own in stream.items() if name[0] is not Side.WIRE or name[1] not in connections}


def units(transcript: Transcript, run: str = "") -> dict[tuple[Side, str], list[_Unit]]:
    """The units of each connection and each call."""
    gathered: dict[tuple[Side, str], list[list[int]]] = {}
    events = normalised(transcript, run).events
    for number, event in enumerate(events):
        own = gathered.setdefault((event.side, event.subject), [])
        if own and event.data and events[own[-1][-1]].data and events[own[-1][-1]].what == event.what:
            own[-1].append(number)
        else:
            own.append([number])
    return {
        name: [_unit([events[number] for number in members], members, transcript.started) for members in own]
        for name, own in gathered.items()
    }


def _unit(events: Sequence[TraceEvent], members: Sequence[int], started: float) -> _Unit:
    first = events[0]
    where = " ".join(word for word in (first.subject or first.side.value, first.what) if word)
    if first.data:
        data = b"".join(event.data for event in events)
        size = sum(event.size or len(event.data) for event in events)
        lines = [line.decode("utf-8", "backslashreplace") for line in neutral(data)]
        lines += [f"{size} B in all"] if size > len(data) else []
    else:
        lines = [part for part in _PART.split(first.detail) if part.partition("=")[0] not in KEYS]
    return _Unit(where, tuple(lines), first.at - started, tuple(members), not first.data)


def neutral(data: bytes) -> list[bytes]:
    """Bytes in lines. The header of a response is without NAMES and without the reason phrase, which a client ignores
    (RFC 9112, 4). Its field names are in lower case and sorted: neither their case nor their order has a meaning
    (RFC 9110, 5.1 and 5.3). Values of one name keep their order."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not _HEAD.match(data):
        return data.split(b"\n")
    status, *rest = head.split(b"\r\n")
    known = _STATUS_LINE.fullmatch(status)
    status = known[1] if known else status
    fields = []
    for line in rest:
        field = _FIELD.fullmatch(line)
        name = field[1].lower() if field else line
        if name not in NAMES:
            fields.append((name, name + b": " + field[2] if field else line))
    lines = [line for _, line in sorted(fields, key=lambda pair: pair[0])]
    # More responses may follow on the connection.
    return [status, *lines, *([b""] if end else []), *(neutral(body) if _HEAD.match(body) else body.split(b"\n"))]


def _ended(own: Sequence[_Unit]) -> Sequence[_Unit]:
    """The units of a call without the remark that its last send() was under way when the case ended."""
    for number in range(len(own) - 1, -1, -1):
        lines = own[number].lines
        if lines and lines[-1].endswith(UNDER_WAY):
            ended = replace(own[number], lines=(*lines[:-1], lines[-1].removesuffix(UNDER_WAY)))
            return [*own[:number], ended, *own[number + 1 :]]
        if not own[number].where.endswith(RETURNED):
            break
    return own


def _by_chance(left: _Unit | None, right: _Unit | None) -> bool:
    """True if the only difference is that a call had returned before the case ended, and the other had not yet."""
    there = [one for one in (left, right) if one is not None]
    return len(there) == 1 and there[0].where.endswith(RETURNED)


def _unequal(left: Sequence[_Unit], right: Sequence[_Unit]) -> Iterator[tuple[_Unit | None, _Unit | None]]:
    """The pairs of units that differ, in order; None for a unit without a partner."""
    matcher = SequenceMatcher(None, [one.key for one in left], [one.key for one in right], autojunk=False)
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        if tag != "equal":
            yield from zip_longest(left[begin:end], right[other_begin:other_end])


def _difference(left: _Unit | None, right: _Unit | None) -> FirstDifference:
    """The difference of a pair, as the first of their lines that differ."""
    there = [one for one in (left, right) if one is not None]
    at = min(one.at for one in there)
    if left is None or right is None or left.where != right.where:
        words = ["" if one is None else f"{one.where} {_opening(one)}".strip() for one in (left, right)]
        return FirstDifference(at, there[0].where.rpartition(" ")[0] or there[0].where, *words)
    matcher = SequenceMatcher(None, left.lines, right.lines, autojunk=False)
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        if tag != "equal":
            return FirstDifference(
                at,
                left.where,
                next(iter(left.lines[begin:end]), ""),
                next(iter(right.lines[other_begin:other_end]), ""),
            )
    return FirstDifference(at, left.where, "", "")


def _opening(unit: _Unit) -> str:
    """The beginning of a unit's content: all parts of a detail, or the first line of bytes."""
    return ", ".join(unit.lines) if unit.is_detail else next((line for line in unit.lines if line), "")


def _row_keys(stream: dict[tuple[Side, str], list[_Unit]], count: int) -> list[object]:
    """A key for each event, equal for events that may stand in one row."""
    keys: list[object] = [None] * count
    for name, own in stream.items():
        for unit in own:
            for index, member in enumerate(unit.members):
                keys[member] = (name, unit.key, index)
    return keys


def _rows(
    left: Sequence[Entry], right: Sequence[Entry], left_keys: Sequence[object], right_keys: Sequence[object]
) -> Iterator[tuple[Entry | None, Entry | None]]:
    matcher = SequenceMatcher(None, left_keys, right_keys, autojunk=False)
    for _, begin, end, other_begin, other_end in matcher.get_opcodes():
        yield from zip_longest(left[begin:end], right[other_begin:other_end])
