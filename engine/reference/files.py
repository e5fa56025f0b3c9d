"""A file that an application has sent by its path (Path Send) or by its descriptor (Zero Copy Send)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from .violations import Violation

PIECE = 64 * 1024

Event = Mapping[str, Any]


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


def pieces_of_descriptor(event: Event) -> Iterator[bytes]:
    """The part of an open file that an event of Zero Copy Send names, in pieces. The descriptor stays open.

    Without an offset the part begins at the file's position, which moves on. Raises Violation, before the first piece,
    for a file without a descriptor.
    """
    offset, left = event.get("offset"), event.get("count")
    try:
        descriptor = event["file"].fileno()
        while left is None or left > 0:
            size = PIECE if left is None else min(PIECE, left)
            data = os.read(descriptor, size) if offset is None else os.pread(descriptor, size, offset)
            if not data:
                return
            offset = None if offset is None else offset + len(data)
            left = None if left is None else left - len(data)
            yield data
    except AttributeError:
        raise Violation("EXT-12", f"file has a descriptor, and this is {type(event['file']).__name__}") from None
    except (OSError, ValueError) as error:
        raise Violation("EXT-12", f"the file cannot be read: {error}") from None
