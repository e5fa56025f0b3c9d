"""Expectations that can never hold: a fact has a type, and never equals a value of another type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.loading.read.outline import groups
from engine.loading.rules.view import View
from engine.loading.vocabulary import type_of
from engine.matchers.base import Operator
from engine.model.facts import ANY, INTEGER, TEXTS, FactType
from engine.model.moments import NOW
from engine.model.nodes import Node
from engine.model.quantities import SIZE_PATTERN, TIME_PATTERN
from engine.model.variables import names_in
from engine.registry import nearest
from engine.steps.api.step_type import StepType

CODE = "never-matches"

_CLASS = re.compile(r"([1-5])[xX]{2}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_PLURALS = {"list": "lists", "object": "objects"}


def check(view: View) -> None:
    """Literals of another type than their fact, and operators that do not apply to it."""
    for item in view.items():
        checker = _Checker(view, item.step_type)
        for name, matcher in groups(item.body):
            checker.matcher(name, matcher, type_of(item.step_type, name))
            if name == "header.date":
                _from_now(view, matcher)


def _from_now(view: View, matcher: Node) -> None:
    """The date of a message is that of its origination (RFC 9110, 6.6.1), so it is never later than the observation."""
    later = matcher.get("later_than")
    if later is not None and later.value == NOW:
        what = "'header.date' is never later than `now`, which ends with the observation"
        view.notes.error(later.place, CODE, what, "write near: now")
    for one in both.items() if (both := matcher.get("all_of")) is not None else ():
        _from_now(view, one)


@dataclass(frozen=True, slots=True)
class _Checker:
    """Checks the expectations of one step against the types of its step type's facts."""

    view: View
    step_type: StepType[Any]

    def matcher(self, name: str, node: Node, wanted: FactType) -> None:
        """Check a matcher for a value of a type; ``name`` is the fact's, or a description of the value."""
        if not wanted.sorts:
            return
        if not isinstance(node.value, dict):
            self.literal(name, node, wanted)
            return
        for word, argument in node.value.items():
            operator = self.view.vocabulary.operators.get(word)
            if operator is None:
                continue
            if operator.takes and wanted.sorts.isdisjoint(operator.takes):
                what = f"`{word}` applies to {_sorts(operator.takes)}, and {_quoted(name)} is {wanted.phrase}"
                self.view.notes.error(argument.key, CODE, what, _instead(word, argument, wanted))
            elif word == "equals":
                self.literal(name, argument, wanted)
            elif not (word == "not" and wanted.promised):  # a case may look for a server that breaks its promise
                self.inside(name, operator, argument, wanted)

    def inside(self, name: str, operator: Operator, argument: Node, wanted: FactType) -> None:
        """Check the matchers under an operator."""
        part, inner = _part(name, str(operator.part), wanted)
        match str(getattr(operator.argument, "value", operator.argument)):
            case "matcher":
                self.matcher(part, argument, inner)
            case "matchers":
                for item in argument.items():
                    self.matcher(part, item, inner)
            case "fields":
                for key, item in argument.entries():
                    self.matcher(f"{name}.{key}", item, type_of(self.step_type, f"{name}.{key}"))
            case "moment":
                self.moment(name, operator.name, argument, wanted)
            case "near":
                self.near(name, argument, wanted)

    def moment(self, name: str, word: str, argument: Node, wanted: FactType) -> None:
        """Check a fact that is compared with a moment: a duration, a size and a count are none."""
        if "text" in wanted.sorts or "bytes" in wanted.sorts:
            return
        what = f"{_quoted(name)} is {wanted.phrase}, and no moment that `{word}` could compare"
        hint = f"write {{{'more_than' if word.startswith('later') else 'less_than'}: {_as_text(argument)}}}"
        self.view.notes.error(argument.key, CODE, what, hint)

    def near(self, name: str, argument: Node, wanted: FactType) -> None:
        """Check the middle and the tolerance of an amount, which is never near a moment."""
        if "text" in wanted.sorts or "bytes" in wanted.sorts:
            return
        to = argument.get("to") or argument
        if isinstance(to.value, str) and not names_in(to.value) and not _is_unit(to.value):
            what = f"{_quoted(name)} is {wanted.phrase}, and never near the moment {_as_text(to)}"
            self.view.notes.error(to.place, CODE, what, "write an amount")
        elif argument.get("within") is None:
            example = {"time": "10ms", "size": "1KiB"}.get(wanted.dimension, "1")
            what = "only dates have a tolerance by default"
            hint = (
                f"write {{to: {_plain(to) if isinstance(to.value, (str, int, float)) else '...'}, within: {example}}}"
            )
            self.view.notes.error(argument.place, CODE, what, hint)

    def literal(self, name: str, node: Node, wanted: FactType) -> None:
        """Check a value that must equal the fact. Units of times and sizes are checked by ``rules.facts``."""
        value = node.value
        if wanted.promised and value is None:
            return
        if _can_be(value, wanted):
            if isinstance(value, list) and wanted.items is not None:
                self.items(name, value, wanted.items)
            elif isinstance(value, str) and wanted.words:
                self.word(name, node, wanted)
        elif not (wanted.dimension and _is_amount(value)):
            variable = _variable(node, self.view)
            text = f"$({variable})" if variable and isinstance(value, str) else _as_text(node)
            hint = _hint_for_variable(variable, value, wanted) or _hint(name, node, wanted)
            self.view.notes.error(node.place, CODE, f"{_quoted(name)} is {wanted.phrase}, and never {text}", hint)

    def items(self, name: str, items: Sequence[Node], wanted: FactType) -> None:
        """Check the items of a literal list, which are literal too."""
        for item in items:
            if isinstance(item.value, str) and "bytes" in wanted.sorts and not _can_be(item.value, wanted):
                what = f"an item of {name} is {wanted.phrase}, and never {_as_text(item)}"
                hint = f"a literal list holds no bytes: write {{items: [{{bytes: {_as_text(item)}}}]}}"
                self.view.notes.error(item.place, CODE, what, hint)
            elif not isinstance(item.value, dict):
                self.matcher(f"an item of {name}", item, wanted)

    def word(self, name: str, node: Node, wanted: FactType) -> None:
        """Check a text that must be one of a few words."""
        value = str(node.value)
        if value not in wanted.words and "$(" not in value:
            hint = nearest(value, wanted.words)
            what = f"{_quoted(name)} is {wanted.phrase}, and never {_as_text(node)}"
            self.view.notes.error(node.place, CODE, what, "" if hint.startswith("known") else hint)


def _quoted(name: str) -> str:
    """A fact's name in quotes; a description of a value unchanged."""
    return name if " " in name else repr(name)


def _part(name: str, part: str, wanted: FactType) -> tuple[str, FactType]:
    """A description of the value that an operator's inner matchers apply to, and its type."""
    match part:
        case "itself":
            return name, wanted
        case "items":
            return f"an item of {name}", wanted.items or ANY
        case "length":
            return f"the length of {name}", INTEGER
        case "keys":
            return f"the list of keys of {name}", TEXTS
    return name, ANY


def _is_amount(value: object) -> bool:
    """True if a value is a time or a size, or a number without its unit; values known only to the run are text."""
    if isinstance(value, str):
        return not names_in(value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_unit(value: str) -> bool:
    """True if a text is a time or a size with its unit."""
    return re.search(f"{TIME_PATTERN}|{SIZE_PATTERN}", value) is not None


def _can_be(value: object, wanted: FactType) -> bool:
    """True if a value has a type that the fact can have."""
    if isinstance(value, str):
        return "text" in wanted.sorts or (wanted.wire and "bytes" in wanted.sorts)
    if isinstance(value, bool):
        return "boolean" in wanted.sorts
    if isinstance(value, (int, float)):
        return "number" in wanted.sorts or ("integer" in wanted.sorts and float(value).is_integer())
    if value is None:
        return "null" in wanted.sorts
    return ("list" if isinstance(value, list) else "object") in wanted.sorts


def _hint_for_variable(variable: str, value: object, wanted: FactType) -> str:
    """The other form of a variable if that one would match, or ""."""
    if variable and isinstance(value, str) and wanted.sorts.isdisjoint(("text", "bytes")):
        return f"write {{var: {variable}}}: $({variable}) is always text"
    if variable and not isinstance(value, str) and "text" in wanted.sorts:
        return f'write "$({variable})": {{var: {variable}}} keeps the variable\'s own type'
    return ""


def _hint(name: str, node: Node, wanted: FactType) -> str:
    """The most likely intended form."""
    value, sorts = node.value, wanted.sorts
    if value is None:
        return "an absent fact is {present: false}"
    if isinstance(value, list):
        return _hint_for_list(node, wanted)
    if "list" in sorts:
        one = f"`{name.replace('headers.', 'header.')}` is the single value; or " if "headers." in name else ""
        return f"{one}write [{_as_text(node)}], or {{some: {_as_text(node)}}}"
    if isinstance(value, str) and sorts & {"integer", "number"}:
        if _NUMBER.fullmatch(value):
            return f"write {value} without quotes"
        if match := _CLASS.fullmatch(value):
            first = int(match[1]) * 100
            return f"write {{at_least: {first}, less_than: {first + 100}}}"
        return "write a number"
    if isinstance(value, str) and "boolean" in sorts and value in ("true", "false"):
        return f"write {value} without quotes"
    if isinstance(value, str) and "bytes" in sorts:
        return f"write {{bytes: {_as_text(node)}}}"
    if isinstance(value, (int, float)) and "text" in sorts:
        return f'quote it: "{_plain(node)}"'
    return ""


def _hint_for_list(node: Node, wanted: FactType) -> str:
    text = ", ".join(_as_text(item) for item in node.items()[:8])
    if "bytes" in wanted.sorts:
        return f"write {{bytes: [{text}]}} for a sequence of parts, {{any_of: [{text}]}} for one of several"
    return f"write {{any_of: [{text}]}}"


def _instead(word: str, argument: Node, wanted: FactType) -> str:
    """The operator or form to use in place of one that does not apply."""
    if "list" in wanted.sorts:
        return f"write {{some: {{{word}: {_as_text(argument)}}}}} for an item of the list"
    if word == "bytes" and "text" in wanted.sorts:
        return "write only the text"
    if word == "items":
        return "write {any_of: [...]} for one of several values"
    return ""


def _variable(node: Node, view: View) -> str:
    """The variable that a value was written with in the document, or ""."""
    source = view.source(node)
    if isinstance(node.value, str) and (late := names_in(node.value)):
        return late[0]
    if match := re.search(r"\{\s*var:\s*([A-Za-z_][\w.-]*)", source):
        return match[1]
    return named[0] if (named := names_in(source)) else ""


def _sorts(words: Iterable[str]) -> str:
    """Types of values as part of a sentence: ``lists and text``."""
    names = sorted({"numbers" if word in ("integer", "number") else _PLURALS.get(word, word) for word in words})
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(node: Node) -> str:
    return str(node.value).lower() if isinstance(node.value, bool) else str(node.value)


def _as_text(node: Node) -> str:
    """A value as written in a document, shortened."""
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:37] + "..."
        return f'"{text}"'
    return _plain(node)
