"""A transcript without what differs from run to run: dates, ports, nonces, masks. Pure.

Two transcripts of one case can then be compared line by line: what still differs is a difference between the targets.
Each such value becomes a word in angle brackets, with a number where there are several of a sort, by the order in which
they first appear: two ports that are the same one keep the same word. A WebSocket's accept is replaced only where it
belongs to a key that was seen, so that a wrong one stays visible. Doing it twice is doing it once.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from engine.model.expectation import ABSENT, Mismatch
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import TypedValue, typed
from engine.model.verdict import JobResult

# Removing one value can expose another next to it, so the removal is repeated this often.
PASSES = 4

# The text that a WebSocket server appends to the client's key before it takes the digest (RFC 6455, 1.3).
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_DAY = "(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d\d:\d\d:\d\d"
# The three forms of an HTTP date (RFC 9110, 5.6.7), the first one cut by us as well, and those of logs and JSON.
_DATE = re.compile(
    rf"{_DAY}, \d\d[ -]{_MONTH}[ -]\d{{2,4}} {_CLOCK}(?: GMT|(?=…))"
    rf"|{_DAY} {_MONTH} [ \d]\d {_CLOCK} \d{{4}}"
    rf"|\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
    rf"|\d\d/{_MONTH}/\d{{4}}:{_CLOCK} [+-]\d{{4}}"
)
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,16}\b")
_CALL = re.compile(r"(x-engine-call: *)j\d+(?:-[a-z0-9-]+)?\.", re.IGNORECASE)
_JOB = re.compile(r"\bjob j\d+\b")
# A time in seconds since the epoch, with a fraction, as time.time() gives it.
_EPOCH = re.compile(r"(?<![\w.])1[5-9]\d{8}\.\d{2,}(?![\w.])")
_OWN_PORT = re.compile(r"^from port (\d+)$")
_HOST_PORT = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):(\d{4,5})(?!\d)")
_SERVER = re.compile(r"\bserver=\[[^,\]]+, '?(\d{4,5})'?\]")
_KEY = re.compile(r"sec-websocket-key: *([A-Za-z0-9+/]{22}==)(?=\s|$)", re.IGNORECASE)
_BOUNDARY = re.compile(r"boundary=\"?([^\s\"';,<>\\]{8,70})", re.IGNORECASE)
_PID = re.compile(r"\[\d+\]|(?<=pid: )\d+|(?<=process \[)\d+")


@dataclass(slots=True)
class VaryingValues:
    """The values of one transcript that differ from run to run, each with the word that stands for it."""

    run: str = ""
    ports: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """A text with its values replaced."""
        for value, word in self.tokens.items():
            text = text.replace(value, word)
        text = _DATE.sub("<date>", text)
        text = _EPOCH.sub("<time>", text)
        text = _CALL.sub(r"\1<job>.", text)
        text = _JOB.sub("job <job>", text)
        if self.run:
            text = re.sub(rf"(?<![\w-]){re.escape(self.run)}-j\d+(?!\w)", "<run>", text)
        text = _UUID.sub("<uuid>", text)
        text = _ADDRESS.sub("at <address>", text)
        if self.ports:
            known = "|".join(map(re.escape, self.ports))
            text = re.sub(rf"(?<![\w.])(?:{known})(?![\w.])", lambda found: self.ports[found[0]], text)
        return text

    def data(self, data: bytes) -> bytes:
        """The same for bytes, which may be anything."""
        return self.text(data.decode("latin-1")).encode("latin-1")

    def log(self, text: str) -> str:
        """The same for a log, where process ids stand as well."""
        return _PID.sub(lambda found: re.sub(r"\d+", "<pid>", found[0]), self.text(text))


def words_of(transcript: Transcript | None, run: str = "") -> VaryingValues:
    """The parts of a transcript that differ from run to run. ``run`` is the run's nonce, the value of ``$(run)``."""
    words = VaryingValues(run)
    for event in transcript.events if transcript is not None else ():
        if event.side is Side.APP and (server := _SERVER.search(event.detail)):
            words.ports.setdefault(server[1], "<server port>")
        if event.side is not Side.WIRE:
            continue
        if own := _OWN_PORT.match(event.detail):
            _number(words.ports, own[1], "port")
        text = event.data.decode("latin-1")
        if event.what == "sent":
            for host in _HOST_PORT.finditer(text):
                words.ports.setdefault(host[1], "<server port>")
            for key in _KEY.finditer(text):
                word = _number(words.tokens, key[1], "key")
                words.tokens[accept_of(key[1])] = f"<accept of {word[1:]}"
        for boundary in _BOUNDARY.finditer(text):
            _number(words.tokens, boundary[1], "boundary")
    return words


def _number(known: dict[str, str], value: str, sort: str) -> str:
    if value not in known:
        count = sum(word.startswith(f"<{sort} ") for word in known.values()) + 1
        known[value] = f"<{sort} {count}>"
    return known[value]


def accept_of(key: str) -> str:
    """The value of Sec-WebSocket-Accept that belongs to a key."""
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def normalised(transcript: Transcript, run: str = "") -> Transcript:
    """The transcript with its dates, ports and nonces replaced, and the frames of WebSocket clients without masks.

    Sizes are those of what is left: a port has four digits or five, and that is no difference. Cut data keep their
    size, and their digest if nothing in their beginning was replaced.
    """
    for _ in range(PASSES):
        again = _pass(transcript, run)
        if again == transcript:
            break
        transcript = again
    return transcript


def _pass(transcript: Transcript, run: str) -> Transcript:
    words = words_of(transcript, run)
    upgraded: set[str] = set()
    events = []
    for event in transcript.events:
        data = event.data
        if event.side is Side.WIRE and event.what == "sent" and event.subject in upgraded:
            data = unmasked(data)
        elif event.side is Side.WIRE and event.what == "received" and data.startswith(b"HTTP/1.1 101"):
            upgraded.add(event.subject)
        value = None if event.value is None else _value(event.value, words.text)
        events.append(_with(replace(event, detail=words.text(event.detail), value=value), words.data(data)))
    return replace(transcript, events=tuple(events))


def apart(transcript: Transcript) -> Transcript:
    """The events of each connection and each call by themselves, in the order in which these begin, and bytes of one
    direction in several pieces as one: the side that came first, or the number of pieces, is often chance.
    """
    found: dict[tuple[Side, str], list[TraceEvent]] = {}
    for event in transcript.events:
        own = found.setdefault((event.side, event.subject), [])
        if own and event.data and own[-1].data and own[-1].what == event.what and _is_whole(own[-1]):
            size = len(own[-1].data) + (event.size or len(event.data))
            own[-1] = replace(own[-1], data=own[-1].data + event.data, size=size, sha256="")
        else:
            own.append(event)
    return replace(transcript, events=tuple(event for own in found.values() for event in own))


def _is_whole(event: TraceEvent) -> bool:
    return len(event.data) >= event.size


def _with(event: TraceEvent, data: bytes) -> TraceEvent:
    if data == event.data:
        return event
    return replace(event, data=data, size=len(data) if _is_whole(event) else event.size, sha256="")


def unmasked(data: bytes) -> bytes:
    """Frames of a WebSocket client with the mask 00 00 00 00, which leaves their payload readable. Data that are not
    complete masked frames stay as they are, and so do frames with that mask."""
    out, rest = b"", data
    if _mask(data) == bytes(4):
        return data
    while rest:
        if len(rest) < 2 or not rest[1] & 0x80:
            return data
        length, start = rest[1] & 0x7F, 2
        if length > 125:
            start += 2 if length == 126 else 8
            length = int.from_bytes(rest[2:start])
        end = start + 4 + length
        if len(rest) < end:
            return data
        key = int.from_bytes((rest[start : start + 4] * (length // 4 + 1))[:length])
        payload = (int.from_bytes(rest[start + 4 : end]) ^ key).to_bytes(length)
        out += rest[:start] + bytes(4) + payload
        rest = rest[end:]
    return out


def _mask(data: bytes) -> bytes:
    """The mask of the first frame."""
    start = 2 + (0 if len(data) < 2 else {126: 2, 127: 8}.get(data[1] & 0x7F, 0))
    return data[start : start + 4]


def normalised_result(result: JobResult, run: str = "") -> JobResult:
    """A result as it would read in any other run: its transcript, and every text that quotes from it. The command that
    reproduces it stays as it is, since it is there to be run."""
    words = words_of(result.transcript, run)

    def all_of(mismatches: Iterable[Mismatch]) -> tuple[Mismatch, ...]:
        return tuple(_quoted(one, words.text) for one in mismatches)

    return replace(
        result,
        reason=words.text(result.reason),
        mismatches=all_of(result.mismatches),
        warnings=all_of(result.warnings),
        recorded={name: _value(value, words.text) for name, value in result.recorded.items()},
        transcript=None if result.transcript is None else normalised(result.transcript, run),
    )


def _quoted(mismatch: Mismatch, change: Callable[[str], str]) -> Mismatch:
    return replace(
        mismatch,
        expected=change(mismatch.expected),
        actual=_value(mismatch.actual, change),
        why=change(mismatch.why),
        expected_value=ABSENT if mismatch.expected_value is ABSENT else _value(mismatch.expected_value, change),
    )


def _value(value: object, change: Callable[[str], str]) -> TypedValue:
    """A value with every text that stands for it changed."""
    made = typed(value)
    return TypedValue(change(made.text), _changed(made.data, change), made.cut)


def _changed(data: object, change: Callable[[str], str]) -> object:
    """Tagged JSON with every text in it changed, keys apart, and every number that reads otherwise as a text."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, (int, float)) and not isinstance(data, bool):
        return data if change(str(data)) == str(data) else change(str(data))
    if isinstance(data, list):
        return [_changed(item, change) for item in data]
    if isinstance(data, dict):
        return {key: _changed(item, change) for key, item in data.items()}
    return data


__all__ = [
    "TraceEvent",
    "VaryingValues",
    "accept_of",
    "apart",
    "normalised",
    "normalised_result",
    "unmasked",
    "words_of",
]
