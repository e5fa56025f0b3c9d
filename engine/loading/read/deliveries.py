"""The key ``delivery`` of a suite or a case: the deliveries that a case runs with."""

from __future__ import annotations

from engine.loading.read.reader import CaseReader
from engine.model.delivery import CUTS, DELIVERIES, WHOLE, Delivery, cut_at
from engine.model.nodes import Node
from engine.registry import nearest


def deliveries(node: Node | None, reader: CaseReader) -> list[Delivery]:
    """The deliveries of a case, in order, each once; only WHOLE without the key. Unknown names are noted."""
    if node is None:
        return [WHOLE]
    found: dict[str, Delivery] = {}
    for one in node.items() if isinstance(node.value, list) else [node]:
        delivery = _delivery(one, reader)
        if delivery is None:
            continue
        if delivery.name in found:
            reader.mistake(one, "this delivery stands here twice", "remove one of the two")
        found[delivery.name] = delivery
    return list(found.values()) or [WHOLE]


def _delivery(node: Node, reader: CaseReader) -> Delivery | None:
    if isinstance(node.value, str):
        if node.value not in DELIVERIES:
            hint = nearest(node.value, DELIVERIES)
            hint = hint if hint.startswith("did you mean") else f"known: {', '.join(DELIVERIES)}, {{cut_at: [...]}}"
            reader.mistake(node, f"there is no delivery {node.value!r}", hint)
        return DELIVERIES.get(node.value)
    listed = node.get("cut_at")
    cuts: list[int | str] = []
    for one in listed.items() if listed is not None else ():
        if isinstance(one.value, str) and one.value not in CUTS:
            reader.mistake(one, f"there is no place {one.value!r} to cut at", f"known: {', '.join(CUTS)}, or an offset")
        elif isinstance(one.value, (int, str)):
            cuts.append(one.value)
    return cut_at(tuple(dict.fromkeys(cuts))) if cuts else None
