"""The limits of a request, and what the server answers beyond them."""

from __future__ import annotations

from dataclasses import dataclass

from .refused import RequestRefused


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request that the server accepts. All sizes are in bytes.

    ``request_line`` is the longest request line (RFC 9112, section 3, recommends at least 8000), ``field`` the longest
    field line, ``fields`` their number, and ``head`` the size of all lines together. ``body`` limits the body and is
    None for no limit.
    """

    request_line: int = 16 * 1024
    field: int = 64 * 1024
    fields: int = 256
    head: int = 64 * 1024
    body: int | None = None

    def check_body(self, size: int | None) -> None:
        """Check a body, or the part of one that has arrived. Raises RequestRefused with status 413."""
        if self.body is not None and size is not None and size > self.body:
            raise RequestRefused(413, "FRAME-30", f"a body has at most {self.body} bytes")


LIMITS = Limits()
