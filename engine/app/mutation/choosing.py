"""The cases to run on each mutant. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from engine.app.mutation.table import Table

Chosen = Mapping[str, frozenset[str]]
"""The cases by mutant, as the table names both."""

MOST = 3
"""The cases of a mutant that are run though other mutants prove them as well."""


def of_table(table: Table, mutants: Sequence[str], most: int = MOST) -> Chosen:
    """The cases that prove most by the table: up to ``most`` of each mutant, those first that kill the fewest mutants;
    and every case on the mutant with the fewest cases of those that it kills, so that each case is proved once."""
    kept = Table({name: table.rows[name] for name in mutants if name in table.rows})
    found: dict[str, set[str]] = {name: set() for name in mutants}
    for name, row in kept.rows.items():
        rarest = sorted(row.killed, key=lambda case: (len(kept.killers[case]), case))
        found[name].update(rarest[:most] if row.killed else row.timeouts[:most])
    for case, killed in kept.killers.items():
        if not any(case in found[name] for name in killed):
            found[min(killed, key=lambda name: (len(kept.rows[name].cases), name))].add(case)
    return {name: frozenset(cases) for name, cases in found.items()}


def sampled(mutants: Sequence[str], count: int, seed: int) -> list[str]:
    """A random choice of mutants, in their order; all if there are no more than ``count``."""
    if count >= len(mutants):
        return list(mutants)
    picked = set(random.Random(seed).sample(list(mutants), count))
    return [name for name in mutants if name in picked]
