"""Redaction of a run before it is published: credentials, cookies, secrets of the environment, home folders. Pure.

A masked value keeps its length, its spaces and its separators (``=``, ``;``, ``,``): sizes on the wire stay right, and
a reader still sees the number of cookies. A value in pieces is masked as well, since the bytes of one direction of a
connection are masked together. A home folder becomes ``~``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.model.expectation import ABSENT, Mismatch
from engine.model.transcript import TraceEvent, Transcript
from engine.model.typed_value import TypedValue, typed
from engine.model.verdict import Excuse, JobResult
from engine.results.record.store import Run, TargetRow

MASK = "*"

_NAME = r"(?:proxy-)?authorization|(?:set-)?cookie2?"
_ENVIRON = r"HTTP_(?:PROXY_)?AUTHORIZATION|HTTP_COOKIE"
# A field line on the wire, with its continuations (RFC 9112, 5.2).
_LINE = re.compile(rf"(?im)((?:^|(?<=[\r\n]))(?:{_NAME})[ \t]*:)([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)".encode())
# In texts: a field in a command or a log, a pair of a scope, a variable of an environ, and a secret by its name.
_FIELD = re.compile(rf"(?i)(?:(?<=\\[nr])|(?<![\w-]))((?:{_NAME}):[ \t]*)((?:(?!\\[rn])[^\r\n'\"])+)")
_PAIR = re.compile(rf"(?i)(b?(['\"])(?:{_NAME}|{_ENVIRON})\2[,:]\s*b?)(['\"])((?:(?!\3).)*)(?=\3)")
_NESTED = re.compile(rf"(?i)(b?(['\"])(?:{_NAME}|{_ENVIRON})\2[,:]\s*)([\[({{][^\])}}]*)")
_VARIABLE = re.compile(rf"(?i)\b((?:{_ENVIRON})=b?)(['\"])((?:(?!\2).)*)(?=\2)")
_SECRET = re.compile(
    r"\b([A-Z][A-Z0-9_]*(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)[A-Z0-9_]*['\"]?\s*[=:]\s*['\"]?)"
    r"([^\s'\"]+)"
)
_HOME = re.compile(r"(?<![\w.])/(?:home|Users)/[^/\s'\":,;)\]]+")
# Every pattern above needs one of these words; most texts have none of them.
_ANY = re.compile(r"(?i)authorization|cookie|token|secret|passw|key|credential|/home/|/users/")
_QUOTED = re.compile(r"(['\"])((?:(?!\1).)*)\1")
_SECRET_NAME = re.compile(rf"(?i)(?:{_NAME}|{_ENVIRON})")
_SECRET_FACT = re.compile(rf"(?i)(?:^|[.\[])(?:{_NAME}|{_ENVIRON})(?:$|[.\[\]])")
_KEPT = re.compile(r"[^\s=;,]")
_KEPT_BYTES = re.compile(rb"[^\s=;,]")


def redacted(run: Run) -> Run:
    """The run with every secret masked, in its header, its targets and its results."""
    return replace(
        run,
        header={name: value if name in _PLAIN else _plain(value) for name, value in run.header.items()},
        targets=tuple(map(redacted_row, run.targets)),
        results=tuple(map(redacted_result, run.results)),
        counterparts=tuple(map(redacted_result, run.counterparts)),
        counterpart_targets=tuple(map(redacted_row, run.counterpart_targets)),
    )


def redacted_texts(run: Run) -> Run:
    """The run with every secret masked and without transcripts and logs, which a list of results does not show."""
    results = tuple(replace(one, transcript=None, log="") if one.transcript or one.log else one for one in run.results)
    return redacted(replace(run, results=results))


# Names that identify targets and cases: a masked one would match nothing.
_PLAIN = frozenset({"targets", "cases", "categories", "digests", "run"})


def redacted_result(one: JobResult) -> JobResult:
    """A result with every secret masked. One that has nothing but its verdict is returned as it is."""
    plain = not (one.reason or one.mismatches or one.warnings or one.recorded or one.transcript or one.log)
    if plain and not one.reproduce:
        return one
    return replace(
        one,
        reason=_phrase(one, one.reason),
        mismatches=tuple(map(_mismatch, one.mismatches)),
        warnings=tuple(map(_mismatch, one.warnings)),
        recorded={name: _value(value, bool(_SECRET_NAME.search(name))) for name, value in one.recorded.items()},
        transcript=None if one.transcript is None else redacted_transcript(one.transcript),
        reproduce=redacted_text(one.reproduce),
        log=redacted_text(one.log),
        excuse=None if one.excuse is None else _excuse(one.excuse, _phrase(one, one.excuse.failure)),
    )


def redacted_reason(one: JobResult) -> str:
    """The reason of a result with every secret masked."""
    return _phrase(one, one.reason)


def redacted_fact(name: str, text: str) -> str:
    """The text of a fact, or of a header, with every secret masked; all of it if the name is that of a secret."""
    secret = any(_SECRET_NAME.fullmatch(word) for word in re.split(r"[\s.\[\]]+", name))
    return masked(text) if secret else redacted_text(text)


def _phrase(one: JobResult, text: str) -> str:
    """A sentence about a result. If it may be about a secret, everything in quotes is masked."""
    secret = any(_SECRET_FACT.search(each.where) for each in (*one.mismatches, *one.warnings))
    return _quoted(text) if secret else redacted_text(text)


def redacted_text(text: str) -> str:
    """A text with every secret masked."""
    if not _ANY.search(text):
        return text
    text = _PAIR.sub(lambda found: found[1] + found[3] + masked(found[4]), text)
    text = _NESTED.sub(lambda found: found[1] + _QUOTED.sub(_mask_quoted, found[3]), text)
    text = _VARIABLE.sub(lambda found: found[1] + found[2] + masked(found[3]), text)
    text = _FIELD.sub(lambda found: found[1] + masked(found[2]), text)
    text = _SECRET.sub(lambda found: found[1] + masked(found[2]), text)
    return _HOME.sub("~", text)


def redacted_bytes(data: bytes) -> bytes:
    """Bytes of a connection with the values of secret fields masked; as long as before."""
    return _LINE.sub(lambda found: found[1] + _KEPT_BYTES.sub(MASK.encode(), found[2]), data)


def masked(text: str) -> str:
    """A text of the same length that shows no character but spaces and separators."""
    return _KEPT.sub(MASK, text)


def redacted_transcript(transcript: Transcript) -> Transcript:
    """A transcript with every secret masked. The bytes of each direction of a connection are masked together."""
    streams: dict[tuple[str, str], list[int]] = {}
    for number, event in enumerate(transcript.events):
        if event.data:
            streams.setdefault((event.subject, event.what), []).append(number)
    data: dict[int, bytes] = {}
    for numbers in streams.values():
        joined = redacted_bytes(b"".join(transcript.events[number].data for number in numbers))
        for number in numbers:
            size = len(transcript.events[number].data)
            data[number], joined = joined[:size], joined[size:]
    events = tuple(_event(event, data.get(number, b"")) for number, event in enumerate(transcript.events))
    return replace(transcript, events=events)


def _event(event: TraceEvent, data: bytes) -> TraceEvent:
    value = None if event.value is None else _value(event.value, False)
    digest = event.sha256 if data == event.data else ""
    return replace(event, detail=redacted_text(event.detail), data=data, sha256=digest, value=value)


def _mismatch(one: Mismatch) -> Mismatch:
    secret = bool(_SECRET_FACT.search(one.where))
    known = one.expected_value is not ABSENT
    return replace(
        one,
        expected=_quoted(one.expected) if secret else redacted_text(one.expected),
        actual=_value(one.actual, secret),
        why=redacted_text(one.why),
        expected_value=_value(one.expected_value, secret) if known else ABSENT,
    )


def _excuse(excuse: Excuse, failure: str) -> Excuse:
    return replace(excuse, failure=failure, because=redacted_text(excuse.because))


def redacted_row(row: TargetRow) -> TargetRow:
    """A target with every secret masked."""
    return replace(
        row,
        failed=redacted_text(row.failed),
        hint=redacted_text(row.hint),
        log=redacted_text(row.log),
        source=redacted_text(row.source),
    )


def _quoted(text: str) -> str:
    """A sentence about a secret, with everything in quotes masked."""
    return _QUOTED.sub(_mask_quoted, redacted_text(text))


def _mask_quoted(found: re.Match[str]) -> str:
    return found[1] + masked(found[2]) + found[1]


def _value(value: object, secret: bool) -> TypedValue:
    made = typed(value)
    text = (_quoted(made.text) if secret else redacted_text(made.text)) if made.text else made.text
    return TypedValue(text, _tagged(made.data, secret), made.cut)


def _tagged(data: object, secret: bool) -> object:
    """Tagged JSON with its secrets masked: everything if ``secret``, else the values of secret names."""
    if isinstance(data, str):
        return masked(data) if secret else redacted_text(data)
    if isinstance(data, Mapping):
        return {key: _tagged(item, secret or bool(_SECRET_NAME.fullmatch(str(key)))) for key, item in data.items()}
    if isinstance(data, list):
        named = len(data) == 2 and (name := _name_of(data[0])) is not None and _SECRET_NAME.fullmatch(name)
        return [data[0], _tagged(data[1], True)] if named else [_tagged(item, secret) for item in data]
    return data


def _name_of(data: object) -> str | None:
    """The text of a value that may be a field's name: a text, or bytes."""
    if isinstance(data, Mapping):
        data = data.get("$b")
    return data if isinstance(data, str) else None


def _plain(value: Any) -> Any:
    """JSON's types with every text redacted."""
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, Sequence) else value
