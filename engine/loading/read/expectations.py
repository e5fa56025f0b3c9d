"""Matchers and groups of expectations, from nodes to ``engine.model.expectation``."""

from __future__ import annotations

import re
import warnings
from typing import Any, Protocol

from engine.loading.vocabulary import Vocabulary, type_of
from engine.matchers.base import Operator
from engine.model.expectation import Expectation, Group, Literal, Matcher, OperatorCall, Operators, SameAs
from engine.model.nodes import Node
from engine.model.phrasing import Seconds, Size
from engine.model.quantities import OutOfRange, octets, seconds
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from engine.steps.api.step_type import StepType

LONGEST_PATTERN = 2000
_KEEP_DIMENSION = ("not", "any_of", "all_of")


class NotationReader(Protocol):
    """The part of a case's reader that matchers need."""

    @property
    def vocabulary(self) -> Vocabulary: ...

    def bytes(self, node: Node) -> ByteString: ...

    def value(self, node: Node) -> Any: ...

    def size(self, node: Node) -> int | Variable: ...

    def amount(self, node: Node) -> Any: ...

    def moment(self, node: Node) -> Any: ...

    def wrong(self, node: Node, code: str, what: str, hint: str = "") -> None: ...


def read_group(node: Node, step_type: StepType[Any], reader: NotationReader) -> Group:
    """The body of an ``expect`` or ``should`` of a step of a step type."""
    expectations = []
    groups: tuple[Group, ...] = ()
    same_as: SameAs | None = None
    for name, child in node.entries():
        if name == "any_of":
            groups = tuple(read_group(item, step_type, reader) for item in child.items())
            continue
        if name == "same_as" and step_type.compared:
            same_as = read_same_as(child, step_type)
            continue
        dimension = type_of(step_type, name).dimension
        expectations.append(Expectation(name, read_matcher(child, reader, dimension), child.key))
    return Group(tuple(expectations), groups, node.place, same_as)


def part_name(name: str) -> str:
    """The name of a part that `same_as` compares: it is `headers.x` for `header.x` as well."""
    family, dot, rest = name.partition("header.")
    return f"{family}headers.{rest}" if dot and family in ("", "scope.") else name


def read_same_as(node: Node, step_type: StepType[Any]) -> SameAs:
    """``same_as``: the name of a step, or a mapping with it and `only` or `without`."""
    step, only, without = node.get("step"), node.get("only"), node.get("without")
    names = tuple(part_name(str(one.value)) for one in without.items()) if without is not None else ()
    facts = tuple(str(one.value) for one in only.items()) if only is not None else step_type.compared
    kept = tuple(fact for fact in facts if fact not in names)
    return SameAs(str(step.value if step is not None else node.value), kept, names, node.place)


def read_matcher(node: Node, reader: NotationReader, dimension: str = "") -> Matcher:
    """A literal, or operators all of which must hold. ``dimension`` is that of the fact; its literals have a unit."""
    if not isinstance(node.value, dict):
        return Literal(_literal(node, reader, dimension), node.place)
    calls = []
    for name, child in node.value.items():
        if name == "plus":
            continue
        operator = reader.vocabulary.operators[name]
        calls.append(OperatorCall(name, _argument(operator, node, child, reader, dimension), child.place))
    return Operators(tuple(calls), node.place)


def _literal(node: Node, reader: NotationReader, dimension: str) -> object:
    value = reader.value(node)
    if dimension and isinstance(value, str) and "$(" not in value:
        try:
            return Seconds(seconds(value)) if dimension == "time" else Size(octets(value))
        except OutOfRange as error:
            reader.wrong(node, "range", str(error))
        except ValueError:
            return value
    return value


def _argument(operator: Operator, whole: Node, node: Node, reader: NotationReader, dimension: str) -> object:
    inner = dimension if operator.name in _KEEP_DIMENSION else ""
    match str(getattr(operator.argument, "value", operator.argument)):
        case "matcher":
            return read_matcher(node, reader, inner)
        case "matchers":
            return tuple(read_matcher(item, reader, inner) for item in node.items())
        case "fields":
            return {name: read_matcher(child, reader) for name, child in node.entries()}
        case "bytes":
            return reader.bytes(node)
        case "text":
            return str(node.value) if isinstance(node.value, str) else reader.bytes(node)
        case "amount":
            return reader.amount(node)
        case "size":
            return node.value if isinstance(node.value, int) else reader.size(node)
        case "moment":
            return reader.moment(node)
        case "near":
            return _near(node, reader)
        case "pattern":
            return _pattern(node, reader)
        case "variable":
            plus = whole.get("plus")
            number = plus.value if plus is not None and isinstance(plus.value, (int, float)) else None
            return Variable(str(node.value), number, node.place)
        case "flag" | "word" | "name":
            return node.value
    return _literal(node, reader, dimension) if operator.name == "equals" else reader.value(node)


def _near(node: Node, reader: NotationReader) -> dict[str, object]:
    """A moment or an amount, by itself or with its tolerance."""
    to, within = node.get("to"), node.get("within")
    if to is None:
        if within is not None or (isinstance(node.value, dict) and "var" not in node.value):
            reader.wrong(node, "missing-key", "a tolerance has no value that it is around", "add `to: now`")
        return {"to": reader.moment(node)}
    return {"to": reader.moment(to)} | ({} if within is None else {"within": reader.amount(within)})


def _pattern(node: Node, reader: NotationReader) -> str:
    pattern = str(node.value)
    try:
        if len(pattern) > LONGEST_PATTERN:
            what = f"a regular expression has {LONGEST_PATTERN} characters at most, and this one {len(pattern)}"
            reader.wrong(node, "pattern", what, "search for a part, or compare with the complete value")
        elif "$(" not in pattern:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # a set that a later Python may interpret differently is valid in this one
                re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        why = (
            "it is nested too deeply" if isinstance(error, RecursionError) else str(error).partition(" at position")[0]
        )
        reader.wrong(
            node, "pattern", f"this is not a regular expression: {why}", "see the documentation of Python's re"
        )
    return pattern
