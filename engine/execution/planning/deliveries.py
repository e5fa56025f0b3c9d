"""The cases of a run for each of its deliveries. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from engine.model.addresses import meant
from engine.model.case import CaseHeader
from engine.model.delivery import ALL, BYTES, DELIVERIES, PIECES, WHOLE, Delivery

C = TypeVar("C", bound=CaseHeader)


def delivered(cases: Sequence[C], words: Sequence[str]) -> list[C]:
    """The cases with each delivery that a run requests, in their order; as they are without ``words``.

    ``words`` are names of DELIVERIES, and ALL, which adds the deliveries that a case declares. A case that declares
    a delivery itself stands for it once.
    """
    if not words:
        return list(cases)
    by_id: dict[tuple[str, str], dict[Delivery, C]] = {}
    for case in cases:
        by_id.setdefault((case.file, case.plain_id), {})[case.delivery] = case
    found: list[C] = []
    for declared in by_id.values():
        first = next(iter(declared.values()))
        wanted: dict[Delivery, None] = {}
        for word in words:
            wanted.update(dict.fromkeys((WHOLE, PIECES, BYTES, *declared) if word == ALL else (DELIVERIES[word],)))
        found += [declared.get(one) or first.delivered(one) for one in wanted]
    return found


def addressed(cases: Sequence[C], address: str) -> list[C]:
    """The cases that an address means with a delivery of DELIVERIES which they do not declare; ``address`` ends in its
    name. [] for any other address."""
    name = address.removesuffix("]").rpartition("[")[2]
    for delivery in DELIVERIES.values():
        if not delivery.whole and (name == delivery.name or name.endswith(f"-{delivery.name}")):
            found = {one.address: one for one in (case.delivered(delivery) for case in cases if case.delivery.whole)}
            return [found[one] for one in meant(address, list(found))]
    return []
