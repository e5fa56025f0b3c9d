"""The root of a collection: the folder that addresses of documents are relative to.

The root of a document is the nearest parent folder that contains one of ``ROOT_FILES``; else the nearest that contains
a baseline; else the common parent of all given paths. So the address depends on the position of the document, and not
on the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

# The settings of a project and of pytest, the folder of git, and the contract of a checkout of the engine.
ROOT_FILES = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", ".git", "frameworks/contract.yaml")
BASELINE = "known-failures.yaml"


class Roots:
    """The roots of documents. Folders are checked once, so an object serves one reading of documents."""

    def __init__(self, named: Sequence[Path]) -> None:
        """``named`` are the files and folders given on the command line."""
        self._named = named
        self._common: Path | None = None
        self._found: dict[Path, Path] = {}
        self._below: dict[str, str] = {}

    def address(self, path: Path) -> str:
        """The path of a document relative to its root, with slashes: ``specs/http/wire.yaml``."""
        folder, name = os.path.split(os.path.abspath(path))
        if folder not in self._below:
            inside = Path(folder).relative_to(self.root(Path(folder))).as_posix()
            self._below[folder] = "" if inside == "." else f"{inside}/"
        return self._below[folder] + name

    def root(self, folder: Path) -> Path:
        """The root of the documents in a folder, an absolute path."""
        folder = absolute(folder)
        if folder not in self._found:
            self._found[folder] = marked(folder) or self._of_all(folder)
        return self._found[folder]

    def _of_all(self, folder: Path) -> Path:
        if self._common is None:
            self._common = common(self._named)
        return self._common if folder.is_relative_to(self._common) else folder


def marked(folder: Path) -> Path | None:
    """The nearest of a folder and its parents that contains one of ROOT_FILES, else the nearest that contains a
    baseline; None if there is none."""
    above = (absolute(folder), *absolute(folder).parents)
    found = next((one for one in above if any((one / name).exists() for name in ROOT_FILES)), None)
    return found or next((one for one in above if (one / BASELINE).is_file()), None)


def up_to_root(folder: Path) -> Iterator[Path]:
    """A folder and its parents, up to the root of its collection."""
    root = marked(folder) or absolute(folder)
    for one in (absolute(folder), *absolute(folder).parents):
        yield one
        if one == root:
            return


def common(named: Sequence[Path]) -> Path:
    """The common parent folder of some files and folders; the working directory if there are none."""
    folders = [str(path if path.is_dir() else path.parent) for path in map(absolute, named)]
    return Path(os.path.commonpath(folders)) if folders else Path.cwd()


def absolute(path: Path) -> Path:
    """An absolute path without ``..``. Symbolic links are not resolved, since the position of the link counts."""
    return Path(os.path.abspath(path))
