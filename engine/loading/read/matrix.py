"""A case's matrix: from variables and their values to the resulting cases."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.documents.diagnostics import Notes
from engine.loading.read import ranges
from engine.loading.read.substitution import ExpansionBudget, FixedParts, Substitution, Value, nodes_in
from engine.loading.read.variants import applied, entries_of
from engine.model.nodes import Node
from engine.model.variables import BUILT_IN, as_text

MAX_CASES = 1000

MAX_NODES = 100_000
"""Values of a case, times its variants: so large a matrix would take the machine's memory."""

MAX_FILLED = 4 * 1024**2
"""The size limit of the matrix values in the variants of a case, as ``ExpansionBudget`` counts it."""

_word = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}|-[0-9.]{1,31}")
_variable = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Expanded:
    """A case with one combination of its matrix values filled in. ``variant`` is "" for a case without a matrix.
    ``sound`` is true if filling in found no error."""

    node: Node
    variant: str
    title: str
    variables: Mapping[str, object]
    sound: bool = True


def expand(case: Node, schema: Mapping[str, Any], notes: Notes) -> list[Expanded]:
    """The cases that a case expands to: itself if it has no matrix. Errors of the matrix go to ``notes``."""
    title = case.get("title")
    sentence = str(title.value) if title is not None else ""
    matrix = case.get("matrix")
    if matrix is None:
        variants = case.get("variants")
        if variants is None:
            return [Expanded(case, "", sentence, {})]
        notes.error(variants.key, "matrix", "`variants` are of a matrix, and this case has none", "add `matrix`")
        return [Expanded(_without(case, "variants"), "", sentence, {}, sound=False)]
    values = {name: _values(name, node, notes) for name, node in matrix.entries()}
    count = 1
    for several in values.values():
        count *= len(several)
    if count > MAX_CASES:
        notes.error(matrix.key, "matrix", f"this matrix makes {count} cases, and {MAX_CASES} is the most", "split it")
        return _first(case, sentence, values, schema, notes)
    # The variants share the matrix itself; the values that they take from it are counted as they are filled in.
    if count * (nodes_in(case) - nodes_in(matrix)) > MAX_NODES:
        notes.error(matrix.key, "matrix", "this case is too long for so large a matrix", "split it")
        return _first(case, sentence, values, schema, notes)
    return list(_expand(case, sentence, values, schema, notes))


def _first(
    case: Node, title: str, values: Mapping[str, list[Value]], schema: Mapping[str, Any], notes: Notes
) -> list[Expanded]:
    """The first of the cases, to find its other errors; the matrix itself has one."""
    first = {name: several[:1] for name, several in values.items()}
    return [replace(one, sound=False) for one in _expand(case, title, first, schema, notes)]


def _expand(
    case: Node, title: str, values: Mapping[str, list[Value]], schema: Mapping[str, Any], notes: Notes
) -> Iterator[Expanded]:
    used: set[str] = set()
    titled: set[str] = set()
    parts: set[str] = set()
    at_first = notes.errors
    matrix = case.get("matrix")
    kept = {name: node for name, node in case.entries() if name in ("title", "id")}
    bare = _without(case, "matrix", "variants", *kept)
    known = schema["$defs"]["case"]
    entries = entries_of(case, values, notes)
    differing: dict[tuple[int, ...], Node] = {}
    seen: set[str] = set()
    plains = {id(value): value.node.plain() for several in values.values() for value in several}
    budget, fixed = ExpansionBudget(MAX_FILLED), FixedParts()
    for combination in itertools.product(*values.values()):
        chosen = dict(zip(values, combination, strict=True))
        substitution = Substitution(chosen, schema, notes, budget, fixed)
        which = tuple(index for index, entry in enumerate(entries) if entry.covers(chosen))
        if which not in differing:
            differing[which] = applied(bare, [entries[index] for index in which], schema, notes)
        before = notes.errors
        sentence = substitution.title(title)
        titled |= substitution.used
        substitution.used.clear()
        filled = substitution.fill(differing[which], known)
        if matrix is not None and budget.left < 0:
            notes.error(
                matrix.key, "matrix", "the values of this matrix are too long for all that they fill", "split it"
            )
            return
        used |= substitution.used
        parts |= substitution.parts
        variant = "-".join(value.word for value in combination)
        if variant in seen:
            notes.error(
                combination[-1].node.place,
                "matrix",
                f"two values of the matrix are both called {variant!r}",
                "name them: a mapping of names to values",
            )
            continue
        seen.add(variant)
        plain = {name: plains[id(value)] for name, value in chosen.items()}
        whole = Node({**kept, **dict(filled.entries())}, case.place, case.key)
        yield Expanded(whole, variant, sentence, plain, sound=notes.errors == before)
    if matrix is not None and seen:
        used |= {name for entry in entries for name in entry.when}
        for name, node in matrix.entries():
            if name not in used:
                what = f"the variable {name!r} is used nowhere in this case"
                if name in titled:
                    what = f"only the title uses the variable {name!r}, so every value runs the same steps"
                hint = f"use it with $({name}) or {{var: {name}}}, or delete it"
                notes.error(node.key, "unused-variable", what, hint)
        if notes.errors == at_first:
            _unused_parts({name: several for name, several in values.items() if name in used - parts}, parts, notes)


def _unused_parts(values: Mapping[str, list[Value]], parts: set[str], notes: Notes) -> None:
    """Warn about keys of mapping values that are never used, if other keys of them are."""
    for name, several in values.items():
        reported: set[str] = set()
        for value in several:
            for key, child in value.node.entries():
                if f"{name}.{key}" not in parts and key not in reported:
                    reported.add(key)
                    hint = f"use it with $({name}.{key}) or {{var: {name}.{key}}}, or delete it"
                    what = f"the part {key!r} of {name!r} is used nowhere in this case"
                    notes.warning(child.key, "unused-part", what, hint)


def _without(case: Node, *keys: str) -> Node:
    """A case without some of its keys."""
    return Node({name: node for name, node in case.entries() if name not in keys}, case.place, case.key)


def _values(name: str, node: Node, notes: Notes) -> list[Value]:
    if not _variable.fullmatch(name):
        notes.error(
            node.key, "matrix", f"a variable's name is a word, and {name!r} is none", "use letters, digits, - and _"
        )
    if name in BUILT_IN:
        notes.error(node.key, "matrix", f"{name!r} is the engine's own variable", "choose another name")
    if ranges.is_range(node):
        return [Value(one, as_text(one.value)) for one in ranges.values_of(node, notes)]
    if isinstance(node.value, dict):
        for word, child in node.value.items():
            if not _word.fullmatch(word):
                notes.error(
                    child.key, "matrix", f"{word!r} cannot stand in a case's id", "use letters, digits, -, _, . and +"
                )
        return [Value(child, word) for word, child in node.value.items()]
    return [Value(item, _word_of(item, index)) for index, item in enumerate(node.items())]


def _word_of(node: Node, index: int) -> str:
    """The name of a list's value in an id: the value itself if it is a word, else its index."""
    if isinstance(node.value, (list, dict)):
        return str(index)
    text = as_text(node.value)
    return text if _word.fullmatch(text) else str(index)
