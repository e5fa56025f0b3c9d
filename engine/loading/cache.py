"""Documents that were found to be without a mistake, kept by their content: what has not changed is not read again.

A document's key covers its text, its name, and everything that it was held against: the engine's own code, the
schemas, the contract and the clauses. A document with any mistake, or a warning, is never kept, so that it is always
explained anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.model.case import Suite

# Folders of other fingerprints are removed when nobody has used them for so long, in seconds.
OLD = 7 * 24 * 3600.0


def fingerprint(packages: Iterable[Path], facts: Iterable[str]) -> str:
    """What a document's meaning depends on besides its text: the modules of some packages, other facts, and Python."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        for path in sorted(package.rglob("*.py")):
            digest.update(path.read_bytes())
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()[:24]


class Kept:
    """A folder of suites. Nothing is raised: where it cannot be read or written, documents are loaded afresh."""

    def __init__(self, folder: Path, mark: str) -> None:
        """``mark`` is the fingerprint. The folder is made when the first suite is kept."""
        self._folder = folder / mark

    def find(self, file: str, text: str) -> Suite | None:
        """The suite of a document that was kept, or None."""
        try:
            data = self._path(file, text).read_bytes()
            suite = pickle.loads(data)
        except Exception:  # whatever a broken file makes of itself, the document is there to be read
            return None
        return suite if isinstance(suite, Suite) and suite.file == file else None

    def keep(self, file: str, text: str, suite: Suite) -> None:
        """Keep the suite of a document without mistakes."""
        path = self._path(file, text)
        with suppress(OSError, pickle.PicklingError, TypeError, AttributeError):
            if not self._folder.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._clean()
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as new:
                new.write(pickle.dumps(suite, protocol=5))
            os.replace(name, path)

    def _path(self, file: str, text: str) -> Path:
        key = hashlib.sha256(f"{file}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / f"{key}.pickle"

    def _clean(self) -> None:
        """Remove what other versions kept and nobody used for a while."""
        for other in self._folder.parent.iterdir():
            if other != self._folder and time.time() - other.stat().st_mtime > OLD:
                shutil.rmtree(other, ignore_errors=True)
