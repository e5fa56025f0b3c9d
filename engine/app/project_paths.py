"""The folders of the engine's data, and those for its products.

The data are the suites and clauses, the frameworks with their contracts, and the schemas. They are sought in a checkout
of this project above the working directory, then among the package's own data, and last next to the package, where an
editable install has its checkout. Nothing is written into an installation.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from engine.app.settings import framework_names as own_names
from engine.app.settings import located, settings_in
from engine.errors import UsageError
from engine.model.packaged import DATA, display_path
from engine.model.settings import Settings
from engine.model.target import CONTROLS
from engine.results.baseline.corpus import parts
from engine.targets.catalog.frameworks import names_in
from engine.targets.environments.cache import default_cache

PROJECT = "asgi-conformance-engine"
"""The name that a checkout's pyproject.toml gives the project."""
VERSION = "VERSION"
"""The file in ``specs`` that has the version of the corpus."""
CHECKOUT, INSTALLATION, EDITABLE = "checkout", "installation", "editable"


@dataclass(frozen=True, slots=True)
class ProjectPaths:
    """``frameworks`` holds the contract and a folder for each framework, ``shipped_frameworks`` those that the suites
    know, which are the same unless another folder was asked for; ``specs`` the suites and the catalogue of clauses;
    ``results`` takes runs and grids, ``cache`` the environments of services. ``given`` are the options that said where
    ``frameworks`` is. ``settings`` is the file with the settings of the user's project, "" for none, and ``apps`` are
    applications that the command line names. ``origin`` is what the data belong to: a CHECKOUT above the working
    directory, the INSTALLATION, or the checkout of an EDITABLE install."""

    frameworks: Path
    shipped_frameworks: Path
    specs: Path
    schemas: Path
    results: Path
    cache: Path
    given: tuple[str, ...] = ()
    origin: str = CHECKOUT
    settings: str = ""
    apps: tuple[str, ...] = ()

    @property
    def own(self) -> Settings:
        """The settings of the project. Raises DocumentError for the first error of their file, and UsageError for an
        application of the command line that cannot be used."""
        return settings_in(self.settings, self.apps)

    @property
    def root(self) -> Path:
        """The folder that holds the data."""
        return self.specs.parent

    @property
    def installed(self) -> bool:
        """True if the data are those of an installed package, which nobody changes."""
        return self.origin == INSTALLATION

    @property
    def corpus(self) -> str:
        """The version of the corpus, which is all suites together; "" where the data have none."""
        try:
            return (self.specs / VERSION).read_text("utf-8").strip()
        except OSError:
            return ""

    @property
    def data(self) -> dict[str, str]:
        """The data as the header of a record has them."""
        return {"origin": self.origin, "folder": str(self.root), "corpus": self.corpus}


def find(results: str = "", frameworks: str = "", settings: str = "", apps: tuple[str, ...] = ()) -> ProjectPaths:
    """The folders for a command that is run in the working directory, with the values of its options. Raises UsageError
    where there are no frameworks, and for a file of settings that does not exist."""
    home = checkout(Path.cwd())
    root = home or (DATA if DATA.is_dir() else DATA.parent.parent)
    folder = Path(frameworks) if frameworks else root / "frameworks"
    if not (folder / "contract.yaml").is_file():
        raise UsageError(
            f"there is no contract.yaml in {folder}",
            hint="--frameworks names the folder that has one, or install the engine again",
        )
    own = located(settings, Path.cwd())
    base = Path(own).parent if own else Path.cwd()
    again = (("--frameworks", frameworks), ("--settings", settings), *(("--app", app) for app in apps))
    return ProjectPaths(
        frameworks=folder,
        shipped_frameworks=root / "frameworks",
        specs=root / "specs",
        schemas=root / "schemas",
        results=Path(results) if results else (home or base) / "results",
        cache=default_cache(),
        given=tuple(word for pair in again if pair[1] for word in pair),
        origin=CHECKOUT if home else INSTALLATION if root == DATA else EDITABLE,
        settings=own,
        apps=apps,
    )


def framework_names(project_paths: ProjectPaths) -> tuple[str, ...]:
    """The names of all frameworks that a case may choose. A suite that names a shipped one stays right where a run has
    other frameworks."""
    shipped = names_in(project_paths.frameworks), names_in(project_paths.shipped_frameworks)
    return tuple(sorted({*CONTROLS, *shipped[0], *shipped[1], *own_names(project_paths.own)}))


def checked_corpus(version: str, project_paths: ProjectPaths) -> str:
    """The version of the corpus that an option asks for. Raises UsageError for what is none, and for a later one than
    that of the data."""
    if not version:
        return ""
    if not re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", version):
        raise UsageError(f"{version!r} is not a version of the corpus", hint="a version looks like 0.1")
    there = project_paths.corpus
    if there and parts(version) > parts(there):
        raise UsageError(
            f"unknown corpus version {version}", hint=f"the data in {project_paths.root} have version {there}"
        )
    return version


def checkout(folder: Path) -> Path | None:
    """The nearest of a folder and those above it that is a checkout of this project."""
    return next((one for one in (folder, *folder.parents) if is_checkout(one)), None)


def is_checkout(folder: Path) -> bool:
    """True if a folder's pyproject.toml has this project's name."""
    try:
        text = (folder / "pyproject.toml").read_text("utf-8")
        # Parsing takes a while, and most projects do not have the name anywhere.
        return PROJECT in text and tomllib.loads(text).get("project", {}).get("name") == PROJECT
    except (OSError, ValueError, AttributeError):
        return False


def relative(path: Path) -> Path:
    """A path as the user would type it from here."""
    here = os.path.relpath(path)
    return path if here.startswith("..") else Path(here)


def displayed(path: Path) -> str:
    """A path as it is shown: from here, or that of packaged data as a checkout has it."""
    return display_path(str(relative(path)))
