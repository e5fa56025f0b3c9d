"""Explaining one result of a run that is over."""

from __future__ import annotations

from engine.app import addresses, grids, runs
from engine.app.front import Front
from engine.app.places import Places
from engine.app.run_ids import nonce
from engine.loading.catalogue import read_clauses
from engine.results.choosing import choose
from engine.results.explaining import Explanation, document, explained

__all__ = ["Explanation", "document", "explain"]


def explain(named: str, case: str, target: str, places: Places, *, raw: bool = False) -> Explanation:
    """The explanation of a case on a target of a run. Raises UsageError and ResultsError, as the parts do."""
    run = runs.again(named, places)
    result = choose(run, addresses.canonical(case, Front(places)), target)
    whose = grids.whose(run).get((result.address, result.target))
    clauses = read_clauses([places.specs])
    return explained(run, result, clauses, whose, nonce=nonce(run.id), raw=raw)
