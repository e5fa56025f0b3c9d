"""The documents that come with an installation as data of the package.

A wheel carries the folders ``specs``, ``frameworks``, ``schemas`` and ``docker`` in ``DATA``; a checkout and an
editable install have no such folder. A path in it is shown from DATA on, which is what it is in a checkout: an address
is the same in every installation.
"""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "_data"
_PART = f"{os.sep}{DATA.parent.name}{os.sep}{DATA.name}{os.sep}"


def display_path(file: str) -> str:
    """A path as it is shown: that of a packaged document from DATA on, any other as it is."""
    if _PART not in file:
        return file
    path = os.path.abspath(file)
    root = f"{DATA}{os.sep}"
    return Path(path.removeprefix(root)).as_posix() if path.startswith(root) else file


def opened(file: str) -> Path:
    """The file that a shown path means: the one at that path, or else the packaged one."""
    path = Path(file)
    return DATA / path if not path.exists() and (DATA / path).is_file() else path
