"""The size and digest of a complete body, computed from its pieces as they pass."""

from __future__ import annotations

import hashlib
from typing import Any

from .tagged import LONG, blob, encode, encode_message


class Body:
    """The body in one direction of a call. ``kind`` is the type of the events that carry its pieces (``http.request``).

    A short body costs nothing beyond its record: the first piece is kept while it is short and the only one, and the
    record of the end has no total if all pieces are in the records in full.
    """

    __slots__ = ("_digest", "_first", "_kind", "_long", "_size")

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._size = 0
        self._first = b""
        self._digest: Any = None
        self._long = False

    def encode(self, message: Any) -> str:
        """The event as tagged JSON; its piece of the body, if it carries one, is counted. Never raises."""
        try:
            if isinstance(message, dict) and message.get("type") == self._kind:
                piece = message.get("body")
                if type(piece) is bytes:
                    ready = self.add(piece) if piece else ""
                    if ready and type(message) is dict:
                        return encode_message(message, ready)
                elif isinstance(piece, (bytes, bytearray, memoryview)):
                    self.add(bytes(piece))
        except Exception:  # an event with methods of its own; it is recorded all the same
            pass
        return encode(message)

    def add(self, piece: bytes) -> str:
        """Count a piece. Returns its JSON text if the digest was computed for it anyway, else ""."""
        self._size += len(piece)
        long = len(piece) > LONG
        self._long = self._long or long
        if self._digest is not None:
            self._digest.update(piece)
            return ""
        if not self._first and not long:
            self._first = piece
            return ""
        first, self._first = self._first, b""
        self._digest = hashlib.sha256(first)
        self._digest.update(piece)
        return "" if first else blob(piece, self._digest.hexdigest())

    def total(self, name: str) -> str:
        """A member for the record of the end: size and SHA-256, or "" if the records contain every piece completely."""
        return f',"{name}":[{self._size},"{self._digest.hexdigest()}"]' if self._long else ""
