"""The cases of a run for each of its deliveries and clients. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeVar

from engine.model.addresses import meant
from engine.model.case import LIBRARY, CaseHeader
from engine.model.delivery import ALL, BYTES, DELIVERIES, PIECES, WHOLE, Delivery

C = TypeVar("C", bound=CaseHeader)

OWN = "own"
CLIENTS = (OWN, LIBRARY, ALL)
"""The words for clients: the engine's own, the libraries, and both."""


def delivered(cases: Sequence[C], words: Sequence[str], client: str = OWN) -> list[C]:
    """The cases with each delivery and each client that a run requests, in their order.

    ``words`` are names of DELIVERIES, and ALL, which adds the deliveries that a case declares; without any, each case
    has those that it declares. A case that declares a delivery itself stands for it once. ``client`` is one of CLIENTS.
    A case of which no library can perform a step has no second client for ALL; for LIBRARY the plan has the reason.
    """
    if not words and client == OWN:
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
        several = [declared.get(one) or first.delivered(one) for one in (wanted or declared)]
        found += [each for one in several for each in _by_clients(one, client)]
    return found


def _by_clients(case: C, client: str) -> Iterator[C]:
    if client != LIBRARY:
        yield case
    if client == LIBRARY or (client == ALL and case.plain):
        yield case.delivered(case.delivery, LIBRARY)


def addressed(cases: Sequence[C], address: str) -> list[C]:
    """The cases that an address means with a delivery of DELIVERIES which they do not declare, or with the client
    LIBRARY; ``address`` ends in their names. [] for any other address."""
    name = address.removesuffix("]").rpartition("[")[2]
    for delivery, client in product(DELIVERIES.values(), ("", LIBRARY)):
        sending = "-".join(one for one in (delivery.name, client) if one)
        if sending and (name == sending or name.endswith(f"-{sending}")):
            plain = (case for case in cases if case.delivery.whole and (case.plain or not client))
            found = {one.address: one for one in (case.delivered(delivery, client) for case in plain)}
            if several := meant(address, list(found)):
                return [found[one] for one in several]
    return []
