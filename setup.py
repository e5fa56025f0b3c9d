"""The build's one addition to pyproject.toml: the folders of data at the top become data of the package.

A wheel carries them as ``engine/_data``. An editable install copies nothing: the engine finds them beside its package.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOTS = ("specs", "frameworks", "schemas", "docker")


class BuildPy(build_py):
    """Copies the data beside the modules."""

    def run(self) -> None:
        """Build the modules, then the data: from nothing, since a build folder may hold files that are gone."""
        super().run()
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib, "engine", "_data"), ignore_errors=True)
            for source, target in self._data():
                self.mkpath(str(target.parent))
                self.copy_file(source, str(target), preserve_mode=False)

    def get_source_files(self) -> list[str]:
        """The files that the source distribution must have."""
        return [*super().get_source_files(), *(source for source, _ in self._data())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """The files that a build makes."""
        data = [] if self.editable_mode else [str(target) for _, target in self._data()]
        return [*super().get_outputs(include_bytecode), *data]

    def _data(self) -> Iterator[tuple[str, Path]]:
        """Each file of data, and its place in the build."""
        for root in ROOTS:
            for path in sorted(Path(root).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield path.as_posix(), Path(self.build_lib, "engine", "_data", path)


setup(cmdclass={"build_py": BuildPy})
