"""The names by which cases and baselines choose targets, found without loading any step type."""

from __future__ import annotations

from engine.app.project_paths import ProjectPaths, framework_names
from engine.loading.target_names import TargetNames
from engine.model.target import DIRECT, HTTP_1_1, HTTP_2, LOOPS, RUNTIMES
from engine.targets.catalog.frameworks import CAPABILITIES
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.options import load_options
from engine.targets.catalog.servers import load_servers
from engine.targets.matrix.fitting import PROTOCOLS


def target_names(project_paths: ProjectPaths) -> TargetNames:
    """The names by which cases choose targets."""
    return TargetNames(
        servers=tuple(load_servers(project_paths.own.servers)),
        frameworks=framework_names(project_paths),
        loops=tuple(dict.fromkeys(loop for loops in LOOPS.values() for loop in loops)),
        gateways=(DIRECT, *load_gateways()),
        runtimes=RUNTIMES,
        http=(HTTP_1_1, HTTP_2),
        capabilities=(*CAPABILITIES, *PROTOCOLS),
        options=load_options(),
    )
