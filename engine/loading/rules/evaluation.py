"""A case must be able to fail: it has expectations, and they do not hold before anything has happened."""

from __future__ import annotations

from engine.loading.read.outline import groups
from engine.loading.rules.view import View
from engine.model.nodes import Node


def check(view: View) -> None:
    """A case that evaluates nothing; ``calls: 0`` and similar expectations without a quiet time."""
    _evaluates(view)
    for item in view.items():
        if "calls" not in {fact.name for fact in item.step_type.facts} or "quiet" in item.body:
            continue
        for fact, matcher in groups(item.body):
            if _NONE.get(fact, _no_number)(matcher):
                what = f"`{fact}: {_as_text(matcher)}` holds immediately, even if it does not hold later"
                view.notes.error(matcher.place, "no-quiet", what, f"add `quiet: 300ms` to `{item.name}`")


def _evaluates(view: View) -> None:
    level = view.key("level")
    may = level is not None and level.value == "may"
    enough = ("expect", "should", "record") if may else ("expect", "should")
    if any(key in item.body for item in view.items() for key in enough):
        return
    if may:
        view.notes.error(view.place, "evaluates-nothing", "this case checks nothing", "add an `expect`, or a `record`")
    else:
        hint = "add an `expect` to a step; a case of level `may` can consist of `record` only"
        view.notes.error(view.place, "evaluates-nothing", "this case expects nothing, so it cannot fail", hint)


def _as_text(matcher: Node) -> str:
    """The text of a matcher, if it is short."""
    if isinstance(matcher.value, dict):
        return f"{{{', '.join(f'{name}: ...' for name in matcher.value)}}}"
    return "[]" if isinstance(matcher.value, list) else str(matcher.value)


def _no_number(matcher: Node) -> bool:
    del matcher
    return False


def _takes_zero(matcher: Node) -> bool:
    """True if a matcher holds for the number 0."""
    if not isinstance(matcher.value, dict):
        return matcher.value == 0 and matcher.value is not False
    return all(_holds_of_zero(name, argument) for name, argument in matcher.entries())


def _holds_of_zero(operator: str, argument: Node) -> bool:
    of_matchers = {"any_of": any, "all_of": all}
    if operator in of_matchers and isinstance(argument.value, list):
        return of_matchers[operator](_takes_zero(one) for one in argument.items())
    if operator == "not":
        return not _takes_zero(argument)
    value = argument.value
    if not isinstance(value, int):
        return False
    bounds = {"equals": value == 0, "at_most": value >= 0, "less_than": value > 0, "at_least": value <= 0}
    return bounds.get(operator, False)


def _takes_nothing(matcher: Node) -> bool:
    """True if a matcher holds for an empty list, as far as its operators were written for that."""
    if not isinstance(matcher.value, dict):
        return matcher.value == []
    return all(
        name == "none" or (name == "equals" and argument.value == []) or (name == "length" and _takes_zero(argument))
        for name, argument in matcher.entries()
    )


# The facts of which something holds before anything has happened.
_NONE = {"calls": _takes_zero, "paths": _takes_nothing}
