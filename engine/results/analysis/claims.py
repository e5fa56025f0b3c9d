"""The findings of a run about the claims of servers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model.target import configuration
from engine.results.record.store import TargetRow


def refuted(rows: Iterable[TargetRow]) -> list[str]:
    """The claims of servers that a probe found wrong, a sentence each, once for all of a server's targets on a loop."""
    found: dict[str, None] = {}
    for row in rows:
        name = configuration(row.server, row.release, row.variant)
        where = name if row.loop == "auto" else f"{name} on {row.loop}"
        found |= dict.fromkeys(f"{where}: {claim}" for claim in row.refuted)
    return list(found)
