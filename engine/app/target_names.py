"""The names by which cases and baselines choose targets, found without loading any step kind."""

from __future__ import annotations

from engine.app.places import Places, framework_names
from engine.loading.vocabulary import Names
from engine.model.target import DIRECT, LOOPS, RUNTIMES
from engine.targets.fitting import PROTOCOLS
from engine.targets.frameworks import CAPABILITIES
from engine.targets.gateways import load_gateways
from engine.targets.servers import load_servers


def target_names(places: Places) -> Names:
    """The names by which cases choose targets."""
    return Names(
        servers=tuple(load_servers()),
        frameworks=framework_names(places),
        loops=tuple(dict.fromkeys(loop for loops in LOOPS.values() for loop in loops)),
        gateways=(DIRECT, *load_gateways()),
        runtimes=RUNTIMES,
        capabilities=(*CAPABILITIES, *PROTOCOLS),
    )
