"""The same request through several gateways: the values that the application did not see alike. Pure.

The data that an application receives (its scope or environ, and the body that it read) are taken apart into named
values, and the values are laid side by side. Ports and the engine's own words differ from run to run and mean nothing
here; objects that are the server's own are named by their class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.model.boundary import AppCall, OpaqueValue
from engine.model.showing import as_text
from engine.results.analysis.redaction import redacted_fact

ABSENT = "(absent)"
MOST = 44  # characters of a value
# The interpreter's and the process's own, which are in some servers' environ.
LEFT_OUT = frozenset({"wsgi.input", "wsgi.errors", "wsgi.file_wrapper", "state"})
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=localhost:)\d+")
_PORTS = ("SERVER_PORT", "REMOTE_PORT")


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """One value that is not the same everywhere. ``seen`` is the value as text by the gateway's label; ABSENT
    where it was not there."""

    name: str
    seen: Mapping[str, str]


def differences(seen: Mapping[str, Sequence[AppCall]]) -> list[ValueDifference]:
    """The values that an application did not see alike, in the order of names. ``seen`` are its calls by the gateway's
    label."""
    taken = {label: values(calls) for label, calls in seen.items()}
    names = sorted({name for found in taken.values() for name in found})
    return [
        ValueDifference(name, {label: found.get(name, ABSENT) for label, found in taken.items()})
        for name in names
        if len({found.get(name, ABSENT) for found in taken.values()}) > 1
    ]


def values(calls: Sequence[AppCall]) -> dict[str, str]:
    """The values that an application was given, by name and as text, with secrets masked."""
    found = {"calls": str(len(calls))}
    for number, call in enumerate(calls, 1):
        before = f"call {number}: " if len(calls) > 1 else ""
        for name, value in _of_call(call):
            found[before + name] = redacted_fact(name, value)
    return found


def _of_call(call: AppCall) -> Iterator[tuple[str, str]]:
    for name, value in call.scope.items():
        if name in LEFT_OUT or name.startswith(("uwsgi.", "x-wsgiorg.")):
            continue
        if name == "headers" and isinstance(value, (list, tuple)):
            yield from _headers(value)
        elif name in ("client", "server") and isinstance(value, (list, tuple)) and len(value) == 2:
            yield name, f"{value[0]}, {type(value[1]).__name__} port"
        elif name in _PORTS:
            yield name, "port"
        else:
            yield name, _text(value)
    if call.received_total is not None:
        size, digest = call.received_total
        yield "body", f"{size} B, {digest[:12]}" if size else "empty"


def _headers(pairs: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Fields by their names, those of one name together and in their order."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], bytes):
            found.setdefault(pair[0].decode("latin-1"), []).append(_text(pair[1]))
    for name, lines in found.items():
        yield f"header {name}", " | ".join(lines)


def _text(value: object) -> str:
    if isinstance(value, OpaqueValue):
        return f"(a {value.cls})" if value.value is None else f"{_text(value.value)} (a {value.cls})"
    return _PORT.sub("PORT", as_text(value, MOST))
