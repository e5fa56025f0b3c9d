"""Names of facts, and the units of the values that they are compared with."""

from __future__ import annotations

from engine.loading.read.outline import Item, groups
from engine.loading.rules.view import View
from engine.loading.vocabulary import fact_of, type_of
from engine.model.nodes import Node
from engine.model.quantities import OutOfRange, octets, seconds
from engine.registry import nearest

# Registered names with a hyphen (RFC 9110 and related ones) that cases check.
HEADERS = frozenset({
    "accept-ranges", "access-control-allow-origin", "alt-svc", "cache-control", "content-disposition",
    "content-encoding", "content-language", "content-length", "content-location", "content-range",
    "content-security-policy", "content-type", "keep-alive", "last-modified", "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "retry-after", "sec-websocket-accept", "sec-websocket-extensions",
    "sec-websocket-protocol", "sec-websocket-version", "server-timing", "set-cookie", "strict-transport-security",
    "transfer-encoding", "www-authenticate", "x-content-type-options", "x-forwarded-for", "x-frame-options",
})  # fmt: skip

_INNER = ("not", "any_of", "all_of")
_AMOUNTS = ("at_least", "at_most", "more_than", "less_than", "equals")


def check(view: View) -> None:
    """Unknown facts; numbers, times and sizes that do not match the unit of the fact."""
    for item in view.items():
        for name, matcher in groups(item.body):
            _name(name, matcher, item, view)
            _spelling(name, matcher, view, at_value=False)
            wanted = type_of(item.step_type, name)
            if wanted.dimension:
                _unit(name, wanted.dimension, matcher, view)
            elif wanted.sorts:
                _no_unit(name, matcher, view)
        for key in ("record", "capture"):
            if (named := item.body.get(key)) is not None:
                for _, node in named.entries():
                    _name(str(node.value), node, item, view, at_value=True)
                    _spelling(str(node.value), node, view, at_value=True)


def _name(name: str, node: Node, item: Item, view: View, *, at_value: bool = False) -> None:
    if fact_of(item.step_type, name) is not None or not (item.step_type.observes or item.step_type.facts):
        return
    place = node.place if at_value else node.key
    if not item.step_type.facts:
        view.notes.error(place, "unknown-fact", f"`{item.name}` has no facts")
        return
    view.notes.error(place, "unknown-fact", f"`{item.name}` has no fact {name!r}", _suggestion(name, item, view))


def _spelling(name: str, node: Node, view: View, *, at_value: bool) -> None:
    """The spelling of a response header that has `_` in place of `-` in its registered name. A script that sends such a
    name is accepted."""
    root, _, header = name.partition(".")
    right = header.lower().replace("_", "-")
    if root not in ("header", "headers", "trailer") or "_" not in header or right not in HEADERS:
        return
    if view.application is None or header.lower() not in str(view.application.plain()).lower():
        place = node.place if at_value else node.key
        what = f"there is no header {header!r}"
        view.notes.error(place, "unknown-fact", what, f"did you mean '{root}.{right}'?")


def _suggestion(name: str, item: Item, view: View) -> str:
    """A step type that has a fact of that name, if this one has no similar fact; else the nearest fact; for a dotted
    name the nearest beginning, with the rest of the name appended."""
    step_type = item.step_type
    others = [
        other.name
        for other in view.vocabulary.groups[item.group].values()
        if other is not step_type and "." in name and fact_of(other, name) is not None
    ]
    if others and name.partition(".")[0] not in {
        fact.name.partition(".")[0].partition("[")[0] for fact in step_type.facts
    }:
        return f"it is a fact of {' and '.join(f'`{one}`' for one in others[:2])}"
    known = [fact.name.replace("[.*]", "").replace(".*", "") for fact in step_type.facts]
    head, dot, rest = name.partition(".")
    if name in known:
        return f"write `{name}.NAME`"
    if dot and "list" in type_of(step_type, head).sorts:
        return f"match an item of the list: {head}: {{some: {{fields: {{...}}}}}}"
    hint = nearest(name, known)
    if hint.startswith("did you mean") or not dot:
        return hint
    near = nearest(head, {one.partition(".")[0] for one in known})
    return near.replace("'?", f".{rest}'?") if near.startswith("did you mean") and f"{head!r}" not in near else hint


def _unit(fact: str, dimension: str, matcher: Node, view: View) -> None:
    example = "200ms" if dimension == "time" else "64KiB"
    for node in _amounts(matcher):
        value = node.value
        if value is None or isinstance(value, (bool, list, dict)):
            continue
        if isinstance(value, (int, float)):
            hint = f"write a unit, such as {example}"
            view.notes.error(node.place, "unit", f"{fact!r} is a {dimension}, and {value} has no unit", hint)
        elif "$(" not in value and _dimension(value) != dimension:
            what = f"{fact!r} is a {dimension}, and {value!r} is {_sort(value)}"
            view.notes.error(node.place, "unit", what, f"write it like {example}")


def _no_unit(fact: str, matcher: Node, view: View) -> None:
    """A fact without a dimension that is compared with a time or a size by an operator for amounts."""
    if not isinstance(matcher.value, dict):
        return
    for name, node in matcher.value.items():
        if name in _AMOUNTS[:4] and isinstance(node.value, str) and (sort := _dimension(node.value)):
            view.notes.error(
                node.place, "unit", f"{fact!r} is not a {sort}, and {node.value!r} is one", "write a number"
            )


def _amounts(matcher: Node) -> list[Node]:
    """The nodes of a matcher that are compared with the fact itself."""
    if not isinstance(matcher.value, dict):
        return [matcher]
    found: list[Node] = []
    for name, node in matcher.value.items():
        if name in _AMOUNTS:
            found.append(node)
        elif name == "near":
            found += [one for key in ("to", "within") if (one := node.get(key)) is not None]
        elif name in _INNER:
            for one in node.items() or [node]:
                found.extend(_amounts(one))
    return found


def _dimension(text: str) -> str:
    for name, read in (("time", seconds), ("size", octets)):
        try:
            read(text)
        except OutOfRange:
            return name
        except ValueError:
            continue
        return name
    return ""


def _sort(text: str) -> str:
    found = _dimension(text)
    return f"a {found}" if found else "none"
