"""Files that are replaced in full or not at all: who reads one has the former content or the new one, never a part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o644


@contextmanager
def replacing(path: Path, mode: int = MODE) -> Iterator[BinaryIO]:
    """A file to write into, which takes the place of ``path`` when the block ends, with the permissions ``mode``. Its
    folder exists. If the block raises, ``path`` stays as it is, and no draft is left. Raises OSError."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as into:
            yield into
        os.chmod(draft, mode)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def replace_text(path: Path, text: str, mode: int = MODE) -> None:
    """Replace a file by one with this text, in UTF-8. Its folder exists. Raises OSError."""
    with replacing(path, mode) as into:
        into.write(text.encode("utf-8"))
