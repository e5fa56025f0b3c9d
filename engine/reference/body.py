"""A request's body, sans I/O: bytes in, content out (RFC 9112, sections 6 and 7.1).

h11 can read bodies as well, but is more lenient than the clauses: it accepts white space after a chunk's size and a
single CR in its extensions, waits for ever at a single LF, and reads a size of any number of digits.
"""

from __future__ import annotations

import re

from .refused import RequestRefused

LONGEST_LINE = 4096  # of a chunk's size and its extensions
LONGEST_EXTENSIONS = 64 * 1024  # of all chunks together
LONGEST_TRAILERS = 16 * 1024
LARGEST_CHUNK = 2**63 - 1

_token = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_quoted = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_extension = rb"[\t ]*;[\t ]*%b(?:[\t ]*=[\t ]*(?:%b|%b))?" % (_token, _token, _quoted)
_size = re.compile(rb"([0-9A-Fa-f]+)((?:%b)*)" % _extension)
_trailer = re.compile(_token + rb":[\t\x20-\x7e\x80-\xff]*")
_stray_return = re.compile(rb"\r(?!\n|\Z)")


class SizedBody:
    """A body of a known length; 0 for a request without one."""

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def done(self) -> bool:
        """True if everything has been taken."""
        return not self._left

    def take(self, buffer: bytearray) -> bytes:
        """Take the body's bytes out of ``buffer``."""
        piece = bytes(buffer[: self._left])
        del buffer[: len(piece)]
        self._left -= len(piece)
        return piece


class Chunked:
    """A body in chunks. Extensions and trailers are read and dropped."""

    def __init__(self) -> None:
        self._left = 0  # bytes of the chunk under way
        self._ending = False  # CR LF comes next, behind a chunk's data
        self._trailing = False  # the last chunk has come
        self._extensions = 0
        self._trailers = 0
        self.done = False

    def take(self, buffer: bytearray) -> bytes:
        """Take the body's bytes out of ``buffer``, without their framing. Raises RequestRefused."""
        pieces = []
        while not self.done:
            if self._left:
                piece = bytes(buffer[: self._left])
                if not piece:
                    break
                del buffer[: len(piece)]
                self._left -= len(piece)
                self._ending = not self._left
                pieces.append(piece)
            elif self._ending:
                if not b"\r\n".startswith(bytes(buffer[:2])):
                    raise RequestRefused(400, "FRAME-20", "a chunk's data is longer than its size")
                if len(buffer) < 2:
                    break
                del buffer[:2]
                self._ending = False
            elif not self._line(buffer):
                break
        return b"".join(pieces)

    def _line(self, buffer: bytearray) -> bool:
        """Take a line in, a chunk's size or a trailer; False if it is not complete yet."""
        line = self._next_line(buffer)
        if line is None:
            return False
        if not self._trailing:
            self._begin(line)
        elif not line:
            self.done = True
        else:
            self._trailers += len(line)
            if self._trailers > LONGEST_TRAILERS:
                raise RequestRefused(431, "FRAME-24", f"trailers have at most {LONGEST_TRAILERS} bytes")
            if not _trailer.fullmatch(line):
                raise RequestRefused(400, "FRAME-23", "a trailer is no field")
        return True

    def _begin(self, line: bytes) -> None:
        match = _size.fullmatch(line)
        if match is None:
            raise RequestRefused(400, "FRAME-15", "a chunk begins with its size")
        self._extensions += len(match[2])
        if self._extensions > LONGEST_EXTENSIONS:
            raise RequestRefused(400, "FRAME-18", f"chunk extensions have at most {LONGEST_EXTENSIONS} bytes")
        self._left = int(match[1], 16)
        if self._left > LARGEST_CHUNK:
            raise RequestRefused(400, "FRAME-16", "a chunk's size is beyond 63 bits")
        self._trailing = not self._left

    def _next_line(self, buffer: bytearray) -> bytes | None:
        """The next line, without its CR LF; None if it is not complete. Raises RequestRefused if it cannot be a
        line."""
        longest = LONGEST_TRAILERS if self._trailing else LONGEST_LINE
        end = buffer.find(b"\n", 0, longest + 1)
        seen = bytes(buffer[: end if end >= 0 else longest + 1])
        if end < 0 and len(seen) > longest:
            status, clause = (431, "FRAME-24") if self._trailing else (400, "FRAME-18")
            raise RequestRefused(status, clause, f"a line of a chunked body has at most {longest} bytes")
        if _stray_return.search(seen):
            raise RequestRefused(400, "FRAME-19", "CR stands alone in a chunked body")
        if end < 0:
            return None
        if not seen.endswith(b"\r"):
            raise RequestRefused(400, "FRAME-21", "LF stands alone in a chunked body")
        del buffer[: end + 1]
        return seen[:-1]


Body = SizedBody | Chunked


def body_of(length: int | None) -> Body:
    """A reader for a body of ``length`` bytes, or for chunks if it is None."""
    return Chunked() if length is None else SizedBody(length)
