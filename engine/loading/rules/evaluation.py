"""A case must be able to fail: it expects something, and what it expects can be told apart from nothing."""

from __future__ import annotations

from engine.loading.outline import groups
from engine.loading.rules.view import View
from engine.model.nodes import Node


def check(view: View) -> None:
    """A case that evaluates nothing; ``calls: 0`` without a quiet time."""
    _evaluates(view)
    for item in view.items():
        if "calls" not in {fact.name for fact in item.kind.facts} or "quiet" in item.body:
            continue
        for fact, matcher in groups(item.body):
            if fact == "calls" and _is_zero(matcher):
                what = "`calls: 0` holds at once, whatever happens later"
                view.notes.error(matcher.place, "no-quiet", what, f"add `quiet: 300ms` to `{item.name}`")


def _evaluates(view: View) -> None:
    level = view.key("level")
    may = level is not None and level.value == "may"
    enough = ("expect", "should", "record") if may else ("expect", "should")
    if any(key in item.body for item in view.items() for key in enough):
        return
    if may:
        view.notes.error(
            view.place, "evaluates-nothing", "this case looks at nothing", "add an `expect`, or a `record`"
        )
    else:
        hint = "add an `expect` to a step; a case of level `may` can do with `record` alone"
        view.notes.error(view.place, "evaluates-nothing", "this case expects nothing, and so cannot fail", hint)


def _is_zero(matcher: Node) -> bool:
    if isinstance(matcher.value, dict):
        values = [matcher.value[name].value for name in ("equals", "at_most") if name in matcher.value]
        return 0 in values or ("less_than" in matcher.value and matcher.value["less_than"].value == 1)
    return matcher.value == 0 and matcher.value is not False
