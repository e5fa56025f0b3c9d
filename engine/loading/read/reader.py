"""From the valid nodes of a case to its steps: the reader of literals for a step type's ``parse``.

The reader implements ``engine.steps.api.reader.NodeReader``. It notes an error and continues with a harmless value, so
that one run finds all errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from engine.documents.diagnostics import Notes
from engine.loading.read.app_script import read_command
from engine.loading.read.expectations import read_group
from engine.loading.read.wire_bytes import read_bytes
from engine.loading.vocabulary import Vocabulary
from engine.model.case import AppCommand, Step
from engine.model.expectation import NO_CHECKS, Checks
from engine.model.iterables import ONCE, TUPLE, AppIterable
from engine.model.moments import NOW, moment_of, show_moment
from engine.model.nodes import Node
from engine.model.phrasing import Seconds, Size
from engine.model.quantities import SIZE_PATTERN, TIME_PATTERN, OutOfRange, octets, seconds, show_size
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, plain, size_of
from engine.steps.api.groups import STEP
from engine.steps.api.step_type import StepType

MOST_BYTES = 256 * 1024**2
"""So many bytes at most does one value of a document make."""

AMOUNT_PATTERN = f"{TIME_PATTERN}|{SIZE_PATTERN}"

_CHECKS = ("expect", "should", "record", "capture", "within", "quiet")


@dataclass(slots=True)
class CaseReader:
    """Reads one case. ``noted`` counts its errors."""

    vocabulary: Vocabulary
    notes: Notes
    noted: int = 0

    def wrong(self, node: Node, code: str, what: str, hint: str = "") -> None:
        """Note an error at a value."""
        self.noted += 1
        self.notes.error(node.place, code, what, hint)

    def mistake(self, node: Node, what: str, hint: str = "") -> None:
        """Note an error found by a step type's ``parse``."""
        self.wrong(node, "value", what, hint)

    def bytes(self, node: Node) -> ByteString:
        """Byte literals."""
        found = read_bytes(node, self)
        if size_of(found) > MOST_BYTES:
            self.wrong(
                node, "range", f"these bytes are more than {show_size(MOST_BYTES)}", "send them in several pieces"
            )
            return ByteString(())
        return found

    def headers(self, node: Node) -> tuple[tuple[str, ByteString], ...]:
        """Names and values in their order; a list of values gives several lines with one name."""
        found: list[tuple[str, ByteString]] = []
        if isinstance(node.value, list):
            for pair in node.value:
                if len(pair.items()) != 2:
                    self.wrong(pair, "type", "a header is a pair: [name, value]")
                    continue
                name, value = pair.items()
                if not isinstance(name.value, str):
                    self.wrong(name, "header-name", "a header's name is text here", "send unusual names with `tcp`")
                else:
                    found.append((name.value, self.bytes(value)))
            return tuple(found)
        for key, child in node.entries():
            values = child.value if isinstance(child.value, list) else [child]
            found.extend((key, self.bytes(value)) for value in values)
        return tuple(found)

    def pairs(self, node: Node) -> list[list[ByteString]]:
        """Headers as ASGI has them: a list of pairs of byte strings."""
        if isinstance(node.value, list):
            pairs = []
            for pair in node.value:
                if len(pair.items()) != 2:
                    self.wrong(pair, "type", "a header is a pair: [name, value]")
                    continue
                pairs.append([self._octets(item) for item in pair.items()])
            return pairs
        return [[plain(name), value] for name, value in self.headers(node)]

    def _octets(self, node: Node) -> ByteString:
        if isinstance(node.value, (int, float)) or node.value is None:
            self.wrong(
                node, "header-value", "a header's value is text or bytes, never a number", f'quote it: "{node.value}"'
            )
            return ByteString(())
        return self.bytes(node)

    def query(self, node: Node) -> str | tuple[tuple[str, object], ...]:
        """The exact text, or names and values to encode; a list of values repeats the name."""
        if isinstance(node.value, str):
            return node.value
        pairs: list[tuple[str, object]] = []
        for name, child in node.entries():
            values = child.value if isinstance(child.value, list) else [child]
            pairs.extend((name, self.value(value)) for value in values)
        return tuple(pairs)

    def time(self, node: Node) -> float | Variable:
        """Seconds."""
        if (variable := _variable(node)) is not None:
            return variable
        try:
            return seconds(str(node.value))
        except OutOfRange as error:
            self.wrong(node, "range", str(error))
            return 0.0
        except ValueError:
            self.wrong(node, "unit", f"{node.value!r} is not a time", "write a number and ms, s or min")
            return 0.0

    def size(self, node: Node) -> int | Variable:
        """Bytes."""
        if (variable := _variable(node)) is not None:
            return variable
        try:
            return octets(str(node.value))
        except OutOfRange as error:
            self.wrong(node, "range", str(error))
            return 0
        except ValueError as error:
            whole = "whole number" in str(error)
            what = f"{node.value!r} is not a whole number of bytes" if whole else f"{node.value!r} is not a size"
            self.wrong(node, "unit", what, "write a whole number and B, KiB, MiB or GiB")
            return 0

    def amount(self, node: Node) -> Any:
        """A number as it is, a time as Seconds, a size as Size."""
        if isinstance(node.value, (int, float)):
            return node.value
        if str(node.value).endswith("B"):
            size = self.size(node)
            return Size(size) if isinstance(size, int) else size
        time = self.time(node)
        return Seconds(time) if isinstance(time, float) else time

    def moment(self, node: Node) -> Any:
        """`now`, a date as text, seconds since 1970, or an amount with its unit."""
        value = node.value
        if not isinstance(value, str) or value == NOW or "$(" in value:
            return self.value(node)
        if re.search(AMOUNT_PATTERN, value):
            return self.amount(node)
        if moment_of(value) is None:
            hint = f'write `now`, a date of HTTP such as "{show_moment(0.0)}", or one of ISO 8601'
            self.wrong(node, "date", f"{value!r} is not a date", hint)
        return value

    def value(self, node: Node) -> Any:
        """JSON's types, with ``{var: x}`` as a Variable; text keeps its ``$(x)``."""
        if isinstance(node.value, dict):
            variable = _variable(node)
            return variable or {name: self.value(child) for name, child in node.value.items()}
        if isinstance(node.value, list):
            return [self.value(child) for child in node.value]
        return node.value

    def raw(self, node: Node) -> Any:
        """A value for the application: text is str, ``{bytes: ...}`` a byte string, ``{tuple: [...]}`` a tuple, and
        ``{once: [...]}`` an iterator."""
        if isinstance(node.value, dict):
            if len(node.value) == 1:
                ((name, child),) = node.value.items()
                if name == "bytes":
                    return self.bytes(child)
                if name in (TUPLE, ONCE) and isinstance(child.value, list):
                    return AppIterable(name, tuple(self.raw(item) for item in child.value))
            variable = _variable(node)
            return variable or {name: self.raw(child) for name, child in node.value.items()}
        if isinstance(node.value, list):
            return [self.raw(child) for child in node.value]
        return node.value

    def commands(self, node: Node) -> tuple[AppCommand, ...]:
        """The commands of an application's script."""
        return tuple(read_command(item, self) for item in node.items())

    def steps(self, node: Node) -> tuple[Step, ...]:
        """The steps of a list of them."""
        return tuple(self._step(item, STEP) for item in node.items())

    def script(self, node: Node, group: str) -> tuple[Step, ...]:
        """The actions of a script; ``group`` is the step type with the script."""
        return tuple(self._step(item, group) for item in node.items())

    def _step(self, node: Node, group: str) -> Step:
        name, body = node.only
        step_type = self.vocabulary.step_type(group, name)
        return Step(
            step_type=name,
            group=group,
            params=step_type.parse(body, self),
            place=body.key,
            name=self._name(body, "as") if step_type.named else None,
            connection=self._name(body, "connection") if step_type.connects else None,
            checks=self.checks(body, step_type),
        )

    def _name(self, body: Node, key: str) -> str | None:
        node = body.get(key)
        if node is None:
            return None
        if "$(" in str(node.value):
            self.wrong(
                node,
                "variable",
                f"`{key}` is a name, and cannot wait for a value of the run",
                "only a variable of the matrix can stand in it",
            )
        return str(node.value)

    def checks(self, node: Node, step_type: StepType[Any]) -> Checks:
        """The checks of a step: the keys that all step types share."""
        if not isinstance(node.value, dict) or not any(key in node.value for key in _CHECKS):
            return NO_CHECKS
        group = {
            key: read_group(child, step_type, self)
            for key in ("expect", "should")
            if step_type.observes and (child := node.get(key)) is not None
        }
        return Checks(
            expect=group.get("expect"),
            should=group.get("should"),
            record=self._names(node, "record") if step_type.observes else (),
            capture=self._names(node, "capture") if step_type.observes else (),
            within=self._fixed_time(node, "within") if step_type.within else None,
            quiet=self._fixed_time(node, "quiet") if step_type.quiet else None,
        )

    def _names(self, node: Node, key: str) -> tuple[tuple[str, str], ...]:
        found = node.get(key)
        return tuple((name, str(child.value)) for name, child in found.entries()) if found is not None else ()

    def _fixed_time(self, node: Node, key: str) -> float | None:
        found = node.get(key)
        if found is None:
            return None
        time = self.time(found)
        if isinstance(time, Variable):
            self.wrong(
                found, "variable", f"`{key}` cannot wait for a value of the run", "write a time, or use the matrix"
            )
            return None
        return time


def _variable(node: Node) -> Variable | None:
    """The variable that ``{var: name}`` or ``{var: name, plus: number}`` is, None for anything else."""
    if not isinstance(node.value, dict) or "var" not in node.value or len(node.value) > 2:
        return None
    name, plus = node.value["var"].value, node.get("plus")
    if not isinstance(name, str) or (len(node.value) == 2 and plus is None):
        return None
    if plus is None:
        return Variable(name, None, node.place)
    if isinstance(plus.value, bool) or not isinstance(plus.value, (int, float)):
        return None
    return Variable(name, plus.value, node.place)
