"""The key of the engine's own code and libraries, for everything in the cache that depends on them.

A hand-kept list of modules forgets one sooner or later, so the key covers every module of the engine. Contents are
read, not times: two checkouts of one commit share a cache, and so do runs of CI.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from engine.registry import extensions

PACKAGE = Path(__file__).resolve().parent.parent

LIBRARIES = ("h11", "hpack", "httpx", "jsonschema", "packaging", "pyyaml", "websockets")
"""The libraries that read a document or perform a step. A test holds the list to the imports."""

_installed = re.compile(r"(.+?)-(.+)\.(?:dist|egg)-info")


@cache
def engine_key() -> str:
    """A digest of the engine's modules, those of its extensions, the versions of its LIBRARIES, and Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name, content in contents(PACKAGE):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    for extension in extensions():
        for folder in _folders(extension):
            for name, content in contents(folder):
                digest.update(f"{extension} {name}\0{len(content)}\0".encode() + content)
    for found in versions(LIBRARIES, sys.path):
        digest.update(found.encode() + b"\0")
    return digest.hexdigest()[:24]


def _folders(package: str) -> Iterator[Path]:
    """The folders of the import path that may hold a package."""
    inner = Path(*package.split("."))
    return (path for folder in sys.path if (path := Path(folder, inner)).is_dir())


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The modules in a folder, at any depth: the path of each in the folder, and what it holds, sorted."""
    for path in sorted(_modules(str(folder))):
        with open(path, "rb") as file:
            yield os.path.relpath(path, folder), file.read()


def _modules(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _modules(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path


def versions(libraries: Iterable[str], path: Sequence[str]) -> list[str]:
    """``name version`` of each library as the folders of ``path`` have it installed, without its version where none
    has it. As importlib.metadata finds them, which takes 20 ms to load."""
    found: dict[str, str] = {}
    for folder in path:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if match := _installed.fullmatch(name):
                found.setdefault(match[1].lower().replace("_", "-"), match[2])
    return [f"{name} {found.get(name, '')}".strip() for name in libraries]
