"""Server-sent events, sans I/O: the event stream of the HTML standard, section 9.2.6."""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from dataclasses import dataclass

_line_end = re.compile(r"\r\n|\n|\r(?!\Z)")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as a browser would dispatch it: its type, its data lines joined, and the last id that was seen."""

    event: str
    data: str
    id: str = ""

    def as_fact(self) -> dict[str, object]:
        """The event as the language shows it; with ``json`` if the data is JSON."""
        fact: dict[str, object] = {"event": self.event, "data": self.data, "id": self.id}
        with contextlib.suppress(ValueError, RecursionError):
            fact["json"] = json.loads(self.data)
        return fact


class EventStream:
    """Bytes in, events out, in pieces of any size. An event without its empty line is never dispatched."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._fresh = True
        self._event = ""
        self._data: list[str] = []
        self._id = ""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Take bytes. Returns the events that they complete."""
        text = self._text + self._decoder.decode(data)
        if self._fresh and text:
            self._fresh = False
            text = text.removeprefix("\ufeff")
        lines, self._text = _split(text)
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        event, data = self._event, self._data
        self._event, self._data = "", []
        return ServerSentEvent(event or "message", "\n".join(data), self._id) if data else None


def _split(text: str) -> tuple[list[str], str]:
    """Whole lines, which end in CR LF, LF or CR, and the rest. A CR at the very end may still become CR LF."""
    lines, start = [], 0
    for end in _line_end.finditer(text):
        lines.append(text[start : end.start()])
        start = end.end()
    return lines, text[start:]


def events(body: bytes) -> list[ServerSentEvent]:
    """The events of a whole body; a last CR counts as the end of its line."""
    stream = EventStream()
    found = stream.feed(body)
    return found + stream.feed(b"\n") if body.endswith(b"\r") else found
