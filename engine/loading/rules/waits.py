"""The time that a case waits in any event: its pauses, its silences, its quiet times."""

from __future__ import annotations

from collections.abc import Sequence

from engine.loading.read.outline import Inner, Item
from engine.loading.rules.view import View
from engine.model.nodes import Node
from engine.model.quantities import seconds, show_time

LONGEST = 10.0
"""The longest time in seconds that a case of the default run may wait."""


def check(view: View) -> None:
    """A case of the default run that waits longer than LONGEST even if everything passes."""
    extended = view.node.get("extended")
    if extended is not None and extended.value is True:
        return
    waits = _sum(view.steps)
    if waits > LONGEST:
        what = f"this case waits {show_time(waits)}, and a case of the default run may wait {show_time(LONGEST)}"
        view.notes.error(view.place, "long-wait", what, "shorten its pauses, or add `extended: true`")


def _sum(items: Sequence[Item]) -> float:
    return sum(_of(item) for item in items)


def _of(item: Item) -> float:
    own = _time(item.body) if item.step_type.sleeps else _time(item.body.get("quiet"))
    inner = [_sum(one.items) for one in item.inner]
    if item.step_type.turns is not None:
        times, at_once = _number(item.body.get("times")), _number(item.body.get("at_once"))
        return own + sum(inner) * -(-times // max(at_once, 1))
    return own + (max(inner, default=0.0) if _branches(item.inner) else sum(inner))


def _branches(inner: Sequence[Inner]) -> bool:
    """True if lists of steps run concurrently: a step has several only in that case."""
    return len(inner) > 1


def _time(node: Node | None) -> float:
    """The time in seconds; 0 without one, and for a variable of the run."""
    try:
        return seconds(node.value) if node is not None and isinstance(node.value, str) else 0.0
    except ValueError:
        return 0.0


def _number(node: Node | None) -> int:
    return node.value if node is not None and type(node.value) is int else 1
