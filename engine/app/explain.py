"""Explaining one result of a run that is over."""

from __future__ import annotations

from engine.app import grids, logs, runs
from engine.app.places import Places
from engine.app.run_ids import nonce
from engine.loading.catalogue import read_clauses
from engine.results.choosing import choose
from engine.results.explaining import Explanation, document, explained

__all__ = ["LAST", "Explanation", "document", "explain", "run_of"]

LAST = "last"


def run_of(named: str, places: Places) -> runs.Run:
    """A run by its folder or id, or the newest for ``last``. Raises UsageError where there is none, ResultsError where
    it cannot be read."""
    return runs.again(str(logs.run_folder("" if named == LAST else named, places)), places)


def explain(named: str, case: str, target: str, places: Places, *, raw: bool = False) -> Explanation:
    """The explanation of a case on a target of a run. Raises UsageError and ResultsError, as the parts do."""
    run = run_of(named, places)
    result = choose(run, case, target)
    whose = grids.whose(run).get((result.address, result.target))
    clauses = read_clauses([places.specs])
    return explained(run, result, clauses, whose, nonce=nonce(run.id), raw=raw)
