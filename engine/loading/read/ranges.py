"""Values of a matrix that are written as a range of numbers instead of one by one.

{from: 1, to: 8}                        1, 2, ... 8
{from: 0, to: 100, step: 25}            0, 25, 50, 75, 100
{from: 1, to: 1024, powers: 2}          1, 2, 4, ... 1024
{from: 1000, to: 1015, except: [1005]}  all but some of them
{around: 64KiB}                         one below, the number itself, one above
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.documents.diagnostics import Notes
from engine.model.nodes import Node
from engine.model.quantities import octets

MOST = 1000
"""The number of values that a range may have: that of the cases of a matrix."""

LARGEST = 2**64
"""The largest number of a range: no length field or counter of a protocol holds more."""

AROUND = "around"
_ENDS = {"from", "to"}
_RANGE = _ENDS | {"step", "powers", "except"}


def is_range(node: Node) -> bool:
    """True if a mapping is a range, right or wrong, and no mapping of names to values: it has no other keys than those
    of a range."""
    keys = {name for name, _ in node.entries()}
    return bool(keys & {AROUND, *_ENDS}) and keys <= {AROUND, *_RANGE}


def values_of(node: Node, notes: Notes) -> list[Node]:
    """The numbers of a range in their order, each with the span of the range. An error goes to ``notes``; the range
    then has one value at least, so that the rest of the case can be checked."""
    before = notes.errors
    if not _has_its_keys(node, notes):
        return [Node(1, node.place, node.key)]
    numbers = list(_around(node, notes) if AROUND in node else _from_to(node, notes))
    if notes.errors == before and not numbers:
        notes.error(node.place, "matrix", "this range has no values", "`from` is at most `to`, and `except` omits some")
    return [Node(number, node.place, node.key) for number in numbers or [1]]


def _has_its_keys(node: Node, notes: Notes) -> bool:
    """True if a range has the keys that belong together; else the error is noted."""
    keys = {name: child for name, child in node.entries()}
    others = [child for name, child in keys.items() if name != AROUND]
    if AROUND in keys and others:
        what = f"a range with `{AROUND}` has no `{next(name for name in keys if name != AROUND)}`"
        notes.error(others[0].key, "matrix", what, f"delete it, or `{AROUND}`")
        return False
    missing = sorted(_ENDS - keys.keys()) if AROUND not in keys else []
    if missing:
        hint = "like {from: 1, to: 8}; a mapping of names to values needs another name than those of a range"
        notes.error(node.place, "matrix", f"this range has no `{missing[0]}`", hint)
    return not missing


def _around(node: Node, notes: Notes) -> Iterator[int]:
    one = node.get(AROUND)
    assert one is not None
    number = _number(one, AROUND, notes)
    return iter(()) if number is None else iter((number - 1, number, number + 1))


def _from_to(node: Node, notes: Notes) -> Iterator[int]:
    numbers = {name: _number(child, name, notes) for name, child in node.entries() if name != "except"}
    left_out = node.get("except")
    omitted = {}
    if left_out is not None and not isinstance(left_out.value, list):
        notes.error(left_out.place, "matrix", "`except` is a list of numbers", "like except: [1005, 1006]")
    for item in left_out.items() if left_out is not None else ():
        omitted[_number(item, "except", notes)] = item
    if None in numbers.values() or None in omitted:
        return
    first, last = numbers["from"] or 0, numbers["to"] or 0
    step, factor = numbers.get("step"), numbers.get("powers")
    if step is not None and factor is not None:
        notes.error(node.place, "matrix", "a range has `step` or `powers`, not both", "delete one of them")
    elif step is not None and step < 1:
        notes.error(node.place, "matrix", f"`step` is 1 at least, and here it is {step}")
    elif factor is not None and (factor < 2 or first < 1):
        notes.error(node.place, "matrix", "powers begin at 1 or more, and the factor is 2 at least")
    elif factor is None and (last - first) // (step or 1) >= MOST:
        notes.error(node.place, "matrix", f"this range has over {MOST} values", "choose some of them with `step`")
    else:
        every = list(_counted(first, last, step or 1, factor))
        for number, item in omitted.items():
            if number not in every:
                notes.error(item.place, "matrix", f"{number} is not a value of this range", "delete it from `except`")
        yield from (number for number in every if number not in omitted)


def _counted(first: int, last: int, step: int, factor: int | None) -> Iterator[int]:
    number = first
    while number <= last:
        yield number
        number = number * factor if factor is not None else number + step


def _number(node: Node, name: str, notes: Notes) -> int | None:
    """A whole number, or a size as its number of bytes; None, with an error noted, for anything else."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        if abs(node.value) <= LARGEST:
            return node.value
        notes.error(node.place, "matrix", f"`{name}` of a range is beyond 2**64", "choose a smaller number")
        return None
    if isinstance(node.value, str):
        try:
            return octets(node.value)
        except ValueError:
            pass
    notes.error(
        node.place, "matrix", f"`{name}` of a range is a whole number or a size", f"like {name}: 64, or {name}: 64KiB"
    )
    return None
