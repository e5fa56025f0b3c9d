"""A file that an application has sent (the extension Path Send)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from .violations import Violation

PIECE = 64 * 1024


def pieces(path: str) -> Iterator[bytes]:
    """A file's content, in pieces. Raises Violation, before the first piece, for a path without a file."""
    if not os.path.isabs(path):
        raise Violation("EXT-15", f"the path of http.response.pathsend is absolute, and this is {path!r}")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Violation("EXT-17", f"{path!r} is no file")
        with open(path, "rb") as file:
            while data := file.read(PIECE):
                yield data
    except (OSError, ValueError) as error:
        raise Violation("EXT-17", f"{path!r} cannot be read: {error}") from None
