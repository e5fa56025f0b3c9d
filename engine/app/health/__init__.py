"""The checks of ``engine doctor``: this machine, the tools around the engine, the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.app.health import machine, project, tools
from engine.app.health.base import HealthFinding, HealthState, missing
from engine.errors import EngineError

Check = Callable[[], HealthFinding]


def checks(project_of: project.Project, *, offline: bool = False) -> list[tuple[str, Check]]:
    """All checks in their order, each with a name. ``offline`` leaves out the request to the package index."""
    found: list[tuple[str, Check]] = [
        ("system", machine.system),
        ("python", machine.python),
        ("uv", tools.uv),
        ("uvloop", tools.uvloop),
        ("git", tools.git),
        ("docker", tools.docker),
        ("nginx", tools.nginx),
        ("reproduction", tools.reproduction),
        ("ports", machine.ports),
        ("open files", machine.open_files),
        ("scratch", machine.scratch),
        ("cache", project_of.cache),
        ("results", project_of.results),
        ("data", project_of.data),
        ("project", project_of.folders),
        ("locks", project_of.locks),
        ("environments", project_of.environments),
        ("claims", project_of.claims),
        ("schemas", project_of.schemas),
        ("specs", project_of.specs),
    ]
    if not offline:
        # After the environments: only what has to be made needs the index.
        found.insert(-2, ("package index", lambda: tools.index(needed=not project_of.all_made)))
    return found


def findings(checks: Sequence[tuple[str, Check]]) -> Iterator[tuple[str, HealthFinding]]:
    """Each finding with its name, one by one. A check that fails with an error counts as missing."""
    for name, check in checks:
        try:
            yield name, check()
        except EngineError as error:
            yield name, missing(error.what, error.hint)
        except OSError as error:
            yield name, missing(f"cannot be checked: {error.strerror or error}")


__all__ = ["HealthFinding", "HealthState", "checks", "findings"]
