"""Deliveries: how the client's bytes are cut when they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REQUEST_LINE, CRLF, CHUNK_SIZE, FRAME_HEAD, RECORD_HEAD, UTF_8 = (
    "request-line",
    "crlf",
    "chunk-size",
    "frame-head",
    "record-head",
    "utf-8",
)
CUTS: Mapping[str, str] = {
    REQUEST_LINE: "inside the request line",
    CRLF: "between CR and LF",
    CHUNK_SIZE: "inside a chunk size",
    FRAME_HEAD: "inside the head of a WebSocket frame",
    RECORD_HEAD: "inside the head of a FastCGI record",
    UTF_8: "inside a UTF-8 character",
}
"""The places that a message is cut at by name, each with its description."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way to deliver bytes.

    ``name`` stands in ids; "" for bytes that are not cut. ``cuts`` are the places at which each write of a step is
    cut: names of CUTS, and offsets from its first byte. ``singly`` is true if every byte goes out by itself.
    """

    name: str = ""
    cuts: tuple[int | str, ...] = ()
    singly: bool = False

    @property
    def whole(self) -> bool:
        """True if no write is cut."""
        return not self.name

    @property
    def described(self) -> str:
        """The delivery in words, behind "delivered"."""
        if self.singly:
            return "byte by byte"
        if self.whole:
            return "whole"
        if self == PIECES:
            return "in pieces"
        return "cut " + " and ".join(f"at {cut}" if isinstance(cut, int) else CUTS[cut] for cut in self.cuts)


WHOLE = Delivery()
PIECES = Delivery("pieces", tuple(CUTS))
BYTES = Delivery("bytes", singly=True)

DELIVERIES: Mapping[str, Delivery] = {
    "whole": WHOLE,
    "pieces": PIECES,
    "bytes": BYTES,
    **{name: Delivery(name, (name,)) for name in CUTS},
}
"""The deliveries that have a name of their own: ``pieces`` cuts at every place of CUTS, the others at one."""

ALL = "all"
"""The word for ``whole``, ``pieces`` and ``bytes``, and the deliveries that a case declares itself."""


def cut_at(cuts: tuple[int | str, ...]) -> Delivery:
    """A delivery with cuts of its own. Its name lists them: ``cut-3-17``."""
    return Delivery("-".join(["cut", *map(str, cuts)]), cuts)
