"""The root of a collection: the folder below which the path of a document is its address.

The root of a document is the nearest folder above it that holds one of ``ROOT_FILES``; else the nearest that holds a
baseline; else the folder that holds all named paths. So the address depends on the position of the document, and not on
the working directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

# The settings of a project and of pytest, version control, and the contract of a checkout of the engine.
ROOT_FILES = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", ".git", "frameworks/contract.yaml")
BASELINE = "known-failures.yaml"


class Roots:
    """The roots of documents. Folders are checked once, so an object serves one reading of documents."""

    def __init__(self, named: Sequence[Path]) -> None:
        """``named`` are the files and folders of the command line."""
        self._named = named
        self._common: Path | None = None
        self._found: dict[Path, Path] = {}

    def address(self, path: Path) -> str:
        """The path of a document below its root, with slashes: ``specs/http/wire.yaml``."""
        path = absolute(path)
        return path.relative_to(self.root(path.parent)).as_posix()

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
    """The nearest of a folder and those above it that holds one of ROOT_FILES, else the nearest that holds a baseline;
    None where none does."""
    above = (absolute(folder), *absolute(folder).parents)
    found = next((one for one in above if any((one / name).exists() for name in ROOT_FILES)), None)
    return found or next((one for one in above if (one / BASELINE).is_file()), None)


def up_to_root(folder: Path) -> Iterator[Path]:
    """A folder and those above it, up to the root of its collection."""
    root = marked(folder) or absolute(folder)
    for one in (absolute(folder), *absolute(folder).parents):
        yield one
        if one == root:
            return


def common(named: Sequence[Path]) -> Path:
    """The folder that holds all of some files and folders; the working directory for none."""
    folders = [str(path if path.is_dir() else path.parent) for path in map(absolute, named)]
    return Path(os.path.commonpath(folders)) if folders else Path.cwd()


def absolute(path: Path) -> Path:
    """A path from the root of the file system, without ``..``. A symbolic link stays one: its own place counts."""
    return Path(os.path.abspath(path))
