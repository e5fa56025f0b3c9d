"""Matchers as expressions in Python: a plain value, or a condition of ``parts.conditions``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.model.expectation import Literal, Matcher, OperatorCall
from engine.model.wire_bytes import ByteString
from engine.reproduce.unroll.source import CannotUnroll
from engine.reproduce.unroll.variables import Names


class Matching:
    """The expressions of matchers. ``sent`` is the expression of the bytes that the step sent."""

    def __init__(self, names: Names, sent: str) -> None:
        self.names = names
        self.sent = sent

    def of(self, matcher: Matcher, *, wire: bool = False) -> str:
        """The expression of a matcher; ``wire`` if the value is bytes of the wire, for which a text is its UTF-8.
        Raises CannotUnroll for an operator that has no condition."""
        if isinstance(matcher, Literal):
            return self.names.expression(matcher.value, wire=wire)
        found = [self._call(call, wire=wire) for call in matcher.calls]
        return found[0] if len(found) == 1 else f"all_of({', '.join(found)})"

    def _call(self, call: OperatorCall, *, wire: bool) -> str:
        name, argument = call.operator, call.argument
        if name in ITSELF:
            inner = argument if isinstance(argument, tuple) else (argument,)
            return f"{ITSELF[name]}({', '.join(self.of(one, wire=wire) for one in inner)})"
        if name in ITEMS:
            inner = argument if isinstance(argument, tuple) else (argument,)
            return f"{ITEMS[name]}({', '.join(self.of(one) for one in inner)})"
        if name == "fields" and isinstance(argument, Mapping):
            found = [f"{self.names.text(key)}: {self.of(one)}" for key, one in argument.items()]
            return "fields_of({" + ", ".join(found) + "})"
        if name == "present":
            return "present()" if argument else "absent()"
        if name == "sent":
            sent = self.sent if wire else f"{self.sent}.decode()"
            return sent if argument else f"differs_from({sent})"
        if name == "size":
            return f"size({self.names.expression(argument)})"
        if name in VALUES:
            return self.names.expression(argument, wire=wire)
        if name == "near":
            given = argument if isinstance(argument, Mapping) else {"to": argument}
            more = f", {self.names.expression(given['within'])}" if given.get("within") is not None else ""
            return f"near({self.names.expression(given['to'])}{more})"
        if name in CALLS:
            text_as_bytes = wire and name != "matches" and isinstance(argument, str)
            value = self.names.expression(argument, wire=text_as_bytes or isinstance(argument, ByteString))
            return f"{CALLS[name]}({value})"
        raise CannotUnroll(f"the operator `{name}` has no form in plain Python")


ITSELF: Mapping[str, str] = {"not": "differs_from", "any_of": "any_of", "all_of": "all_of"}
ITEMS: Mapping[str, str] = {
    name: name for name in ("some", "each", "none", "first", "last", "items", "in_order", "any_order", "keys", "length")
}
VALUES = ("equals", "var", "bytes")
CALLS: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "at_least", "at_most", "more_than", "less_than", "contains", "starts_with", "ends_with", "same_text",
            "matches", "sha256", "unique", "ordered", "python", "later_than", "earlier_than", "size_of",
        )
    },
    "type": "of_type",
    "is": "form",
}  # fmt: skip

Expression = Callable[[str], Any]
