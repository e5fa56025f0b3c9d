"""Bytes before a run: what is known of them, with ``$(name)`` where only the run knows a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.model.case import Step
from engine.model.quantities import show_size
from engine.model.variables import Unknown, Variable
from engine.model.wire_bytes import ByteString, ByteStringPart, size_of
from engine.steps.api.preview import PreviewBytes
from engine.steps.api.step_type import StepType

# More bytes than these are shown as written, and not made.
LARGEST = 6 * 1024 * 1024

HOST = "$(host)"
LENGTH = b"$(length)"
_DIGITS = re.compile(rb"\b[0-9a-f]+\b")


class Placeholders(Mapping[str, object]):
    """The variables of a case before its run: the values that its matrix gave, and ``$(name)`` for any other name.

    ``mark`` stands behind each placeholder: bytes that change with it in another way than by it depend on the run.
    """

    def __init__(self, known: Mapping[str, object], mark: str = "") -> None:
        self._known = known
        self._mark = mark

    def __contains__(self, name: object) -> bool:
        # A part of a known variable is looked up in that one.
        return isinstance(name, str) and (name in self._known or name.partition(".")[0] not in self._known)

    def __getitem__(self, name: str) -> object:
        return self._known.get(name, f"$({name}){self._mark}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def preview(
    step: Step, step_type: StepType[Any], variables: Mapping[str, object], *, http2: bool = False
) -> list[PreviewBytes] | None:
    """The bytes that a step will send, or with ``http2`` the frames that it will send over HTTP/2; None if there are
    none, or they depend on the run, or are too large to be made."""
    previewed = (step_type.preview_http2 if http2 else None) or step_type.preview
    if previewed is None or size(step.params) > LARGEST:
        return None
    try:
        found = previewed(step.params, Placeholders(variables), HOST)
        other = previewed(step.params, Placeholders(variables, "*"), HOST + "*")
    except (Unknown, ValueError, TypeError):
        return None
    return [PreviewBytes(lengths_aside(one.data, two.data), one.what) for one, two in zip(found, other, strict=True)]


def lengths_aside(data: bytes, other: bytes) -> bytes:
    """Bytes with ``$(length)`` for each number that depends on a placeholder's length.

    ``other`` are the same with longer placeholders. A line that differs and has no placeholder has such a number.
    """
    if data == other:
        return data
    lines, others = data.split(b"\n"), other.split(b"\n")
    if len(lines) != len(others):
        return data
    return b"\n".join(
        line if line == two or b"$(" in line else _DIGITS.sub(LENGTH, line)
        for line, two in zip(lines, others, strict=True)
    )


def size(value: object) -> int:
    """About how many bytes the byte strings in a step's parameters make, where numbers say so."""
    if isinstance(value, ByteString):
        return size_of(value)
    if isinstance(value, (list, tuple)):
        return sum(size(item) for item in value)
    if isinstance(value, Mapping):
        return sum(size(item) for item in value.values())
    if isinstance(value, Step):
        return 0
    if is_dataclass(value) and not isinstance(value, type):
        return sum(size(getattr(value, field.name)) for field in fields(value))
    return 0


def in_words(data: ByteString, variables: Mapping[str, object]) -> bytes | str:
    """A byte string's bytes, or a phrase where they cannot be known or are too many."""
    try:
        if size(data) <= LARGEST:
            return data.render(Placeholders(variables))
    except (Unknown, ValueError, TypeError):
        pass
    return " + ".join(part_in_words(part) for part in data.parts)


def part_in_words(part: ByteStringPart) -> str:
    """A part as the document has it, on one line."""
    return f"{part.word} {argument_in_words(part.argument)}"


def argument_in_words(argument: object) -> str:
    """A part's argument on one line."""
    if isinstance(argument, Variable):
        return f"$({argument.name})" + (f" + {argument.plus}" if argument.plus is not None else "")
    if isinstance(argument, ByteString):
        return " + ".join(part_in_words(part) for part in argument.parts)
    if isinstance(argument, Mapping):
        return ", ".join(
            f"{name} {show_size(value) if name == 'size' and isinstance(value, int) else argument_in_words(value)}"
            for name, value in argument.items()
        )
    if isinstance(argument, (list, tuple)):
        return "[" + ", ".join(argument_in_words(item) for item in argument) + "]"
    return repr(argument)
