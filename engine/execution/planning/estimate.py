"""A declared guess of how long a case takes, for a case that no earlier run has measured. Pure."""

from __future__ import annotations

from collections.abc import Callable

from engine.model.case import Case, Step

# Seconds that a step of its kind lasts, as the kind declares it.
Lasts = Callable[[Step], float]

# Seconds that a server for one case adds to it: it starts and ends within the case, or beside it.
OWN_PROCESS = 0.5
# A case may take so many seconds unless its author says otherwise. Who asks for more expects the case to need some of
# it, when it fails at the latest: a tenth is what such cases took on average.
USUAL_TIMEOUT = 10.0
OF_TIMEOUT = 0.1


def estimate(case: Case, lasts: Lasts, *, own_process: bool) -> float:
    """Seconds that a case is guessed to take: what its steps declare, one after the other, and more where it has a
    process of its own or a longer timeout than usual."""
    steps = sum(lasts(step) for step in case.body.steps)
    longer = OF_TIMEOUT * case.timeout if case.timeout > USUAL_TIMEOUT else 0.0
    return steps + longer + (OWN_PROCESS if own_process else 0.0)
