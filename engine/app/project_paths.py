"""The folders of the project: suites, frameworks, cache, results."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.model.target import CONTROLS
from engine.targets.catalog.frameworks import names_in
from engine.targets.environments.cache import default_cache


@dataclass(frozen=True, slots=True)
class ProjectPaths:
    """``frameworks`` holds the contract and a folder for each framework, ``shipped_frameworks`` those that the suites
    know, which are the same unless another folder was asked for; ``specs`` the suites and the catalogue of clauses;
    ``results`` takes runs and grids, ``cache`` the environments of services. ``given`` are the
    options that said where ``frameworks`` is."""

    frameworks: Path
    shipped_frameworks: Path
    specs: Path
    schemas: Path
    results: Path
    cache: Path
    given: tuple[str, ...] = ()


def find(results: str = "", frameworks: str = "") -> ProjectPaths:
    """The places: those of the current folder where it is a checkout, else those of the checkout that the engine was
    installed from. Raises UsageError where neither has the frameworks."""
    home = next((root for root in (Path.cwd(), *Path.cwd().parents) if is_checkout(root)), None)
    own = Path(__file__).resolve().parent.parent.parent
    root = home or own
    folder = Path(frameworks) if frameworks else root / "frameworks"
    if not (folder / "contract.yaml").is_file():
        raise UsageError(
            f"there is no contract.yaml in {folder}",
            hint="run the engine inside a checkout, or name the folder with --frameworks",
        )
    return ProjectPaths(
        frameworks=folder,
        shipped_frameworks=root / "frameworks",
        specs=root / "specs",
        schemas=root / "schemas",
        results=Path(results) if results else (home or Path.cwd()) / "results",
        cache=default_cache(),
        given=("--frameworks", frameworks) if frameworks else (),
    )


def framework_names(project_paths: ProjectPaths) -> tuple[str, ...]:
    """The names of all frameworks that a case may choose. A suite that names a shipped one stays right where a run has
    other frameworks."""
    return tuple(sorted({*CONTROLS, *names_in(project_paths.frameworks), *names_in(project_paths.shipped_frameworks)}))


def is_checkout(folder: Path) -> bool:
    """True if a folder has the engine's layout."""
    return (folder / "frameworks" / "contract.yaml").is_file() and (folder / "specs").is_dir()


def relative(path: Path) -> Path:
    """A path as the user would type it from here."""
    here = os.path.relpath(path)
    return path if here.startswith("..") else Path(here)
