"""Variables that get their value during the run: each must have a value before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.loading.read.outline import Item
from engine.loading.rules.view import View
from engine.model.nodes import Node
from engine.model.source_span import SourceSpan
from engine.model.variables import BUILT_IN, PLACES, names_in
from engine.registry import nearest

_NOT_TEXT = ("capture", "record", "as", "index", "var")


# The keys that are read during the run; all others are read before, and only the matrix fills them in.
_LATE = ("steps", "application")
# The keys that are only read by people.
_PROSE = ("note", "because")

# The forms of other tools, where the variable has a name that is known here.
_foreign = re.compile(r"\$\{ *([A-Za-z_][A-Za-z0-9_.-]*) *\}|\{\{ *([A-Za-z_][A-Za-z0-9_.-]*) *\}\}")


def check(view: View) -> None:
    """Unknown variables, in the order of execution; variables in places that are not filled in; and variables in
    another tool's form."""
    _before(view)
    known = set(BUILT_IN)
    if (application := view.application) is not None:
        _complain(view, application, known, "the application's script is passed on before the first step")
    _sequence(view, view.steps, known)


def _before(view: View) -> None:
    """Check the keys that are read before the run: those of the case and its suite."""
    root = view.frame.root
    of_suite = [(name, child) for name, child in root.entries() if name != "cases"]
    own = [(name, child) for name, child in view.node.entries() if name not in _LATE]
    for name, child in (*own, *((name, child) for name, child in of_suite if name not in view.node)):
        if name in _PROSE:
            continue
        for used, place, value in _uses(view, child):
            # A title's variables are filled in by their names, after this.
            if name == "title" and child is view.node.get("title") and used.partition(".")[0] in view.matrix:
                continue
            if name == "server" and used in PLACES and _in_flags(child, value):
                continue  # filled in when the server's command line is made
            what = f"`{name}` is read before the run, when {used!r} has no value yet"
            hint = nearest(used, view.matrix) if view.matrix else "only variables of the case's `matrix` do"
            view.notes.variable(place, value, what, hint)


def _in_flags(server: Node, value: SourceSpan) -> bool:
    """True if a text is one of the server's own flags."""
    flags = server.get("flags")
    return flags is not None and any(value == item.place for item in flags.items())


def _sequence(view: View, items: tuple[Item, ...], known: set[str]) -> set[str]:
    """Check a sequence of steps, which can use the ``known`` variables. Returns the captured variables; ``known`` grows
    by them."""
    captured: set[str] = set()
    for item in items:
        new = _item(view, item, known)
        known |= new
        captured |= new
    return captured


def _item(view: View, item: Item, known: set[str]) -> set[str]:
    """Check one step; returns the variables that it captures for later steps."""
    inside = {inner.key for inner in item.inner}
    gathered: set[str] = set()
    checks = [("expect", item.body.get("expect")), ("should", item.body.get("should"))]
    for key, child in item.body.entries():
        if key not in inside and key not in ("expect", "should", *_NOT_TEXT):
            _complain(view, child, known)
    if not isinstance(item.body.value, dict):
        _complain(view, item.body, known)
    turns = item.step_type.turns
    for inner in item.inner:
        scope = set(known)
        if turns is not None:
            index = item.body.get(turns[0])
            scope.add(str(index.value) if index is not None else turns[1])
        gathered |= _sequence(view, inner.items, scope)
    if turns is not None:
        gathered = {f"all.{name.removeprefix('all.')}" for name in gathered}
    for _, node in checks:
        if node is not None:
            _complain(view, node, known | gathered)
    capture = item.body.get("capture")
    return gathered | ({name for name, _ in capture.entries()} if capture is not None else set())


def _complain(view: View, node: Node, known: set[str], why: str = "") -> None:
    _in_foreign_notation(view, node, known)
    for name, place, value in _uses(view, node):
        parts = name.split(".")
        if name in known or parts[0] in known or ".".join(parts[:2]) in known:
            continue
        hint = nearest(name, (*known, *view.matrix))
        if name.startswith("all."):
            hint = f"no step of a `repeat` before it captures {name.removeprefix('all.')!r}"
        elif why and not hint.startswith("did you mean"):
            hint = f"{why}; {hint}"
        view.notes.variable(place, value, f"there is no variable {name!r} here", hint)


def _in_foreign_notation(view: View, node: Node, known: set[str]) -> None:
    """Report ``${name}`` and ``{{name}}`` of a known variable, which would be sent literally."""
    value = node.value
    if isinstance(value, str):
        for match in _foreign.finditer(value) if "{" in value else ():
            name = match[1] or match[2]
            if name.partition(".")[0] in known or name.partition(".")[0] in view.matrix:
                what = f"{match[0]!r} is plain text here, not a variable"
                view.notes.error(view.inside(node, match[0]), "variable", what, f"write $({name})")
    elif isinstance(value, (list, dict)):
        for child in value if isinstance(value, list) else value.values():
            _in_foreign_notation(view, child, known)


def _uses(view: View, node: Node) -> Iterator[tuple[str, SourceSpan, SourceSpan]]:
    """The names of variables in a value, each with its span and the span of the text that has it."""
    value = node.value
    if isinstance(value, str):
        if "$(" in value:
            for name in dict.fromkeys(names_in(value)):
                yield name, view.inside(node, f"$({name})"), node.place
    elif isinstance(value, list):
        for item in value:
            yield from _uses(view, item)
    elif isinstance(value, dict):
        for key, child in value.items():
            for name in names_in(key) if "$(" in key else ():
                yield name, child.key, child.key
            if key == "var" and isinstance(child.value, str) and _names_variable(view, value):
                yield child.value, child.place, child.place
            else:
                yield from _uses(view, child)


def _names_variable(view: View, mapping: Mapping[str, Node]) -> bool:
    """True if a mapping with `var` is a variable, possibly among operators, and not a JSON object with that key."""
    return all(key in ("var", "plus") or key in view.vocabulary.operators for key in mapping)
