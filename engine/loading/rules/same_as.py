"""``same_as``: the earlier step exists, observes the same sort of thing, and the compared facts can be equal."""

from __future__ import annotations

from collections.abc import Iterator

from engine.loading.read.expectations import part_name
from engine.loading.read.outline import Item
from engine.loading.rules.references import near
from engine.loading.rules.view import View
from engine.loading.vocabulary import fact_of, type_of
from engine.model.nodes import Node
from engine.registry import nearest

# A step observes it only if it names it itself.
_ASKED_FOR = frozenset({"open"})


def check(view: View) -> None:
    """Steps that do not exist or come later, steps that observe something else, and facts that do not exist, are not
    compared, or differ each time."""
    earlier: dict[str, list[Item]] = {}
    for top in view.steps:
        _visit(view, top, earlier)


def _visit(view: View, item: Item, earlier: dict[str, list[Item]]) -> None:
    for node in _uses(item.body):
        _check(view, item, node, earlier)
    for inner in item.inner:
        for one in inner.items:
            _visit(view, one, earlier)
    name = item.body.get("as") if item.step_type.named else None
    if name is not None:
        earlier.setdefault(str(name.value), []).extend(item.walk())


def _uses(body: Node) -> Iterator[Node]:
    for key in ("expect", "should"):
        if (group := body.get(key)) is not None:
            yield from _in_group(group)


def _in_group(group: Node) -> Iterator[Node]:
    for name, child in group.entries():
        if name == "same_as":
            yield child
        elif name == "any_of":
            for inner in child.items():
                yield from _in_group(inner)


def _check(view: View, item: Item, node: Node, earlier: dict[str, list[Item]]) -> None:
    step_type = item.step_type
    if not step_type.compared:
        what = f"`{item.name}` has no `same_as`: nothing that it observes is equal each time"
        view.notes.error(node.key, "unknown-fact", what)
        return
    step = node.get("step") or node
    known = earlier.get(str(step.value))
    if known is None:
        what = f"no step before this one is called {step.value!r}"
        hint = near(str(step.value), earlier) if earlier else "name an earlier step with `as:`"
        view.notes.error(step.place, "unknown-step-name", what, hint)
    elif not any(one.step_type.compared == step_type.compared for one in known):
        what = f"the step {step.value!r} observes nothing that `{item.name}` could be compared with"
        sorts = sorted({one.name for one in known if one.step_type.compared})
        hint = f"it observes {', '.join(f'`{one}`' for one in sorts)}" if sorts else "it has no observation"
        view.notes.error(step.place, "never-matches", what, hint)
    _facts(view, item, node)


def _facts(view: View, item: Item, node: Node) -> None:
    step_type = item.step_type
    only, without = node.get("only"), node.get("without")
    if only is not None and without is not None:
        what = "`only` names the compared facts, so `without` leaves nothing out"
        view.notes.error(without.key, "unused", what, "delete one of the two")
        return
    for one in only.items() if only is not None else ():
        name = str(one.value)
        if fact_of(step_type, name) is None:
            hint = nearest(name, [fact.name for fact in step_type.facts if "*" not in fact.name])
            view.notes.error(one.place, "unknown-fact", f"`{item.name}` has no fact {name!r}", hint)
        elif type_of(step_type, name).dimension == "time" or name in _ASKED_FOR:
            what = f"{name!r} cannot be compared with that of another step"
            why = "it is only known to a step that expects it" if name in _ASKED_FOR else "a time differs each time"
            view.notes.error(one.place, "never-matches", what, why)
    for one in without.items() if without is not None else ():
        name = part_name(str(one.value))
        if not any(name == fact or name.startswith(f"{fact}.") for fact in _families(item)):
            hint = f"compared are {', '.join(step_type.compared)}"
            view.notes.error(one.place, "unknown-fact", f"{name!r} is not compared anyway", hint)


def _families(item: Item) -> tuple[str, ...]:
    return (*item.step_type.compared, *(["trailer"] if "trailers" in item.step_type.compared else []))
