"""The bytes of a failing result as lines of text, and what the server has put into scopes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.transcript import Side, TraceEvent
from engine.model.verdict import JobResult
from engine.site.subjects import Entry

EVENTS = 16
"""The events of a result that are shown, of which the last ones decide: the middle is left out."""
BYTES = 600
"""The bytes of one event that are shown."""
SCOPES = ("http", "lifespan", "websocket")
_ARROWS = {"sent": ">>", "received": "<<"}
_ESCAPES = {13: "\\r", 9: "\\t", 92: "\\\\"}
_TEXTS = tuple(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in range(256))


@dataclass(frozen=True, slots=True)
class Shown:
    """One event on the wire: its direction in words, its size, and its bytes as lines."""

    arrow: str
    head: str
    lines: tuple[str, ...] = ()


def wire(result: JobResult) -> tuple[Shown, ...]:
    """The events of a result on the wire; none if it has no transcript."""
    if result.transcript is None:
        return ()
    events = [one for one in result.transcript.events if one.side is Side.WIRE]
    if len(events) <= EVENTS:
        return tuple(map(_event, events))
    half = EVENTS // 2
    middle = Shown("..", f"{len(events) - EVENTS:,} events are left out here")
    return (*map(_event, events[:half]), middle, *map(_event, events[-half:]))


def _event(event: TraceEvent) -> Shown:
    arrow = _ARROWS.get(event.what, "--")
    size = max(event.size, len(event.data))
    head = f"{event.subject} {event.what}" + (f" {size:,} B" if size else f" {event.detail}" if event.detail else "")
    lines = as_lines(event.data[:BYTES])
    more = size - min(len(event.data), BYTES)
    return Shown(arrow, head, (*lines, f"… {more:,} more bytes") if more > 0 else lines)


def as_lines(data: bytes) -> tuple[str, ...]:
    """Bytes as text, a line for each line feed, with every other byte than printable ASCII written out."""
    *lines, rest = data.split(b"\n")
    return tuple([f"{_as_text(line)}\\n" for line in lines] + ([_as_text(rest)] if rest else []))


def _as_text(line: bytes) -> str:
    return "".join(map(_TEXTS.__getitem__, line))


def scopes(entries: Iterable[Entry]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each scope type that is in a transcript, the ``spec_version`` of the scope, and the names of its
    extensions. "" is a scope without a version. Scopes of cases that call the application without a server do not
    count: nothing is on the wire there."""
    versions: dict[str, str] = {}
    extensions: dict[str, set[str]] = {}
    for entry in entries:
        transcript = entry.result.transcript
        if transcript is None or not any(event.side is Side.WIRE for event in transcript.events):
            continue
        for event in transcript.events:
            if event.what != "called" or event.value is None or not isinstance(event.value.data, Mapping):
                continue
            scope = event.value.data
            name = scope.get("type")
            if name not in SCOPES:
                continue
            asgi, own = scope.get("asgi"), scope.get("extensions")
            version = asgi.get("spec_version", "") if isinstance(asgi, Mapping) else ""
            versions.setdefault(name, str(version))
            extensions.setdefault(name, set()).update(map(str, own) if isinstance(own, Mapping) else ())
    return {name: (versions[name], tuple(sorted(extensions[name]))) for name in sorted(versions)}
