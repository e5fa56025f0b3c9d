"""A cache of spec files that have no errors, so that unchanged files are not read again.

Each entry has two files: the content with only the headers of the cases, and the content with complete cases. Most
commands collect, list or lint, which needs only headers. The steps are the largest part of a case, and reading them
requires the step types that created them; only the process that runs cases does so.

The key of an entry covers the text and address of the file, and everything that its meaning depends on: the engine's
code, the schemas, the contract and the clauses. It does not cover the path, which depends on the working directory: an
entry has a placeholder for it. A file with an error or a warning is never cached, so that it
is always reported. A file of clauses is also checked against the other files of clauses, so it is used only if all of
them are cached. The clauses that suites may cite are needed by every process that reads a suite, so they have an entry
of their own, for all files of clauses together.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import pickle
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from engine.documents.diagnostics import Diagnostic
from engine.documents.files import SourceText, read_all
from engine.documents.roots import Roots
from engine.loading.loaded import Loaded
from engine.model.case import Case
from engine.model.clause import Clause
from engine.replacing import replacing

# The length of a file's first part, in bytes.
SIZE = struct.Struct("!Q")
CLAIMS = "claims"
PATIENCE = 10.0
"""The seconds that a process waits for another to read a document; reading one takes less than a second."""


def fingerprint(engine: str, facts: Iterable[str]) -> str:
    """The key of all inputs, apart from its text, that the meaning of a document depends on: the engine's own key, and
    other facts."""
    digest = hashlib.sha256(engine.encode())
    for fact in facts:
        digest.update(fact.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:24]


def digest_of(source: SourceText) -> str:
    """A digest of a document's address and its text: 32 hexadecimal digits."""
    key = f"{source.address}\0{source.text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(key).hexdigest()[:32]


class DocumentCache:
    """A folder with the content of single documents. It raises nothing: if it is not readable or writable, documents
    are loaded from their files."""

    def __init__(self, folder: Path, mark: str) -> None:
        """``mark`` is the fingerprint. The folder is made for the first document."""
        self.folder = folder / mark
        self._claims = -1  # the descriptor of the file of locks; -1 while it is not open

    def find(self, source: SourceText, *, whole: bool) -> Loaded | None:
        """The cached content of a document, with ``whole`` cases or only their headers; None if it is not cached."""
        return opened(self.path(source), source.file, whole=whole)

    def keep(self, source: SourceText, held: Loaded) -> None:
        """Cache the content of a document without errors."""
        with suppress(pickle.PicklingError, TypeError, AttributeError):
            headers = packed(_with_headers(held), source.file)
            self._write(self.path(source), SIZE.pack(len(headers)) + headers + packed(held, source.file))

    def has(self, source: SourceText) -> bool:
        """True if a document is cached."""
        return self.path(source).exists()

    def claim(self, source: SourceText, *, wait: bool) -> bool:
        """Say that this process reads a document, so that others wait for it or read others: workers of pytest-xdist
        all begin with the same empty cache. Returns False if another process reads it, for longer than PATIENCE if this
        one does ``wait``: the other may be suspended. Where there are no locks, each process reads every document."""
        try:
            if self._claims < 0:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._claims = os.open(self.folder / CLAIMS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return True
        until = time.monotonic() + (PATIENCE if wait else 0.0)
        while True:
            try:
                # A byte a document: a lock of a byte range ends with its process, and leaves no file.
                fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(source))
            except (BlockingIOError, PermissionError):  # POSIX permits either
                if time.monotonic() >= until:
                    return False
                time.sleep(0.01)
            except OSError:
                return True
            else:
                return True

    def release(self, source: SourceText) -> None:
        """End a claim."""
        if self._claims < 0:
            return
        with suppress(OSError):
            fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, _byte_of(source))

    def clauses(
        self, documents: Sequence[SourceText], read: Callable[[Sequence[SourceText]], dict[str, Clause]]
    ) -> dict[str, Clause]:
        """What ``read`` makes of some documents, which it is asked once for."""
        names = "".join(f"{digest_of(one)} {one.file}\0" for one in documents)
        digest = hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        path = self.folder / f"{digest}.clauses"
        with suppress(Exception):  # as in ``opened``
            held = pickle.loads(path.read_bytes())
            if isinstance(held, dict):
                return held
        found = read(documents)
        self._write(path, pickle.dumps(found, protocol=5))
        return found

    def _write(self, path: Path, content: bytes) -> None:
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as new:
                new.write(content)

    def path(self, source: SourceText) -> Path:
        """The file of a document in the cache; the content of such a file never changes."""
        return self.folder / f"{digest_of(source)}.pickle"


def _byte_of(source: SourceText) -> int:
    """The position of a document's byte in the file of locks; two documents may have the same."""
    return int(digest_of(source)[:12], 16)


def _with_headers(held: Loaded) -> Loaded:
    """The content of a document, with only the headers of its cases."""
    suites = (
        replace(one, cases=tuple(case.header if isinstance(case, Case) else case for case in one.cases))
        for one in held.suites
    )
    return replace(held, suites=tuple(suites))


class _Packer(pickle.Pickler):
    """Writes a placeholder for the path of a document: for this very text, since an address may be equal to it."""

    def __init__(self, out: IO[bytes], file: str) -> None:
        super().__init__(out, protocol=5)
        self._file = file

    def persistent_id(self, obj: Any) -> int | None:
        return 0 if obj is self._file else None


class _Unpacker(pickle.Unpickler):
    """Reads the path of a document for each placeholder."""

    def __init__(self, content: bytes, file: str) -> None:
        super().__init__(io.BytesIO(content))
        self._file = file

    def persistent_load(self, pid: Any) -> str:
        return self._file


def packed(held: Loaded, file: str) -> bytes:
    """The content of a document as bytes, without its path."""
    out = io.BytesIO()
    _Packer(out, file).dump(held)
    return out.getvalue()


def opened(path: Path, file: str, *, whole: bool) -> Loaded | None:
    """The content of a cache file for the document at a path, or None if it is not a valid one."""
    try:
        with path.open("rb") as entry:
            (size,) = SIZE.unpack(entry.read(SIZE.size))
            if whole:
                entry.seek(size, os.SEEK_CUR)
            held = _Unpacker(entry.read() if whole else entry.read(size), file).load()
    except Exception:  # whatever a broken file makes of itself, the document is there to be read
        return None
    return held if isinstance(held, Loaded) else None


def unchanged(
    paths: Sequence[Path], kept: DocumentCache, roots: Roots | None = None, *, whole: bool = False
) -> Loaded | None:
    """The content of the documents at or below the paths, with ``whole`` cases or only their headers; None if one of
    them is not cached."""
    found: list[Loaded] = []
    digests: list[str] = []
    for source in read_all(paths, roots):
        if isinstance(source, Diagnostic):
            return None
        path = kept.path(source)
        held = opened(path, source.file, whole=whole)
        if held is None:
            return None
        found.append(held)
        digests.append(path.stem)
    clauses = [clause for held in found for clause in held.clauses]
    if len({clause.id for clause in clauses}) < len(clauses):
        return None
    return Loaded(
        tuple(suite for held in found for suite in held.suites),
        (),
        tuple(line for held in found for line in held.known_failures),
        bugs=tuple(bug for held in found for bug in held.bugs),
        settings=tuple(file for held in found for file in held.settings),
        files=len(found),
        clauses=tuple(clauses),
        digests=tuple(digests),
    )
