"""The estimated duration of a case that no earlier run has measured. Pure."""

from __future__ import annotations

from collections.abc import Callable

from engine.model.case import Case, Step

# Seconds that a step lasts, as its step type declares.
Lasts = Callable[[Step], float]

# Seconds that a server for one case adds to it: it starts and ends within the case, or around it.
OWN_PROCESS = 0.5
# An author who sets a longer time limit than the default expects the case to need some of it, at least when it fails:
# such cases took a tenth of it on average.
OF_TIMEOUT = 0.1


def estimate(case: Case, lasts: Lasts, *, own_process: bool) -> float:
    """The estimated duration of a case in seconds: the sum of its steps as their types declare, and more if it has a
    dedicated server or a longer timeout than usual."""
    steps = sum(lasts(step) for step in case.body.steps)
    longer = OF_TIMEOUT * case.timeout if case.is_long else 0.0
    return steps + longer + (OWN_PROCESS if own_process else 0.0)
