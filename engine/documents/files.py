"""Discovery and reading of documents. Any file on the disk yields a text or a diagnostic, never an exception."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.documents.diagnostics import Diagnostic
from engine.documents.roots import Roots
from engine.model.source_span import SourceSpan

MAX_SIZE = 1024 * 1024
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a document.

    ``file`` is the path as the user would type it, for diagnostics; ``address`` the path below the root of its
    collection, which names its cases in every record. A text without a file has the same for both.
    """

    file: str
    text: str
    address: str = ""

    def __post_init__(self) -> None:
        if not self.address:
            object.__setattr__(self, "address", self.file)


def display_path(path: Path) -> str:
    """A path as the user would type it: relative where it lies below the working directory."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read_all(paths: Sequence[Path], roots: Roots | None = None) -> Iterator[SourceText | Diagnostic]:
    """All documents at or below the paths, sorted, each file once; a diagnostic for each unreadable one. ``roots``
    determines their addresses, by default from these paths."""
    roots = roots or Roots(paths)
    seen: set[tuple[int, int]] = set()
    for path in paths:
        for found in _walk(path, seen):
            source = found if isinstance(found, Diagnostic) else read(found)
            if isinstance(found, Path) and isinstance(source, SourceText):
                source = replace(source, address=roots.address(found))
            yield source


def has_documents(path: Path) -> bool:
    """True if ``read_all`` finds a document, or a diagnostic, at or below a path."""
    return next(_walk(path, set()), None) is not None


def _walk(path: Path, seen: set[tuple[int, int]]) -> Iterator[Path | Diagnostic]:
    """The documents below a path. ``seen`` contains device and inode of all visited folders, so that a symbolic link to
    a parent ends there."""
    try:
        status = path.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        if not stat.S_ISDIR(status.st_mode):
            yield path
            return
        names = sorted(os.listdir(path))
    except FileNotFoundError:
        if path.is_symlink():
            what = f"this is a symbolic link to {os.readlink(path)!r}, which does not exist"
            yield _refusal(path, "no-file", what, "correct or remove the link")
        else:
            yield _refusal(path, "no-file", "there is no such file or folder", "check the path")
        return
    except OSError as error:
        yield _unreadable(path, error)
        return
    for name in names:
        child = path / name
        if not name.startswith(".") and (name.endswith(SUFFIXES) or child.is_dir()):
            yield from _walk(child, seen)


def read(path: Path) -> SourceText | Diagnostic:
    """The text of one document, or a diagnostic: too large, binary, not UTF-8, unreadable."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _refusal(path, "unreadable", "it is not a regular file", "give a file or a folder")
        if status.st_size > MAX_SIZE:
            return _too_large(path)
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        return _unreadable(path, error)
    return decode(data, path)


def decode(data: bytes, path: Path) -> SourceText | Diagnostic:
    """The text of a document, with all line ends as LF, or a diagnostic."""
    if len(data) > MAX_SIZE:
        return _too_large(path)
    if (zero := data.find(b"\0")) >= 0:
        place = _place_of_byte(data, zero, path)
        return Diagnostic(
            place, "binary", "this is a binary file: it contains a NUL byte", "save the file as UTF-8 text"
        )
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        what = f"byte 0x{data[start]:02x} is not UTF-8"
        return Diagnostic(_place_of_byte(data, start, path), "encoding", what, "save the file as UTF-8")
    return SourceText(display_path(path), text.replace("\r\n", "\n"))


def _place_of_byte(data: bytes, offset: int, path: Path) -> SourceSpan:
    """The span of a byte. Bytes before it are decoded as UTF-8, invalid ones as latin-1."""
    line = data.count(b"\n", 0, offset) + 1
    before = data[data.rfind(b"\n", 0, offset) + 1 : offset].removeprefix(b"\xef\xbb\xbf")
    return SourceSpan(display_path(path), line, len(before.decode(errors="replace")) + 1)


def _too_large(path: Path) -> Diagnostic:
    return _refusal(path, "too-large", "the file is larger than 1 MiB", "split it: a suite is one category's cases")


def _refusal(path: Path, code: str, what: str, hint: str) -> Diagnostic:
    return Diagnostic(SourceSpan(display_path(path), 1, 1), code, what, hint)


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    reason = (error.strerror or type(error).__name__).lower()
    hint = "correct or remove the link" if error.errno == errno.ELOOP else "check its permissions"
    return _refusal(path, "unreadable", f"it cannot be read: {reason}", hint)
