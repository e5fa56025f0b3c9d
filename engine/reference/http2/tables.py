"""The tables of HPACK (RFC 7541, section 2.3 and appendix A)."""

from __future__ import annotations

from collections import deque

Field = tuple[bytes, bytes]

OVERHEAD = 32  # bytes that an entry counts beyond its texts
DEFAULT_SIZE = 4096

_names = """
:authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200 :status=204
:status=206 :status=304 :status=400 :status=404 :status=500 accept-charset accept-encoding=gzip,%deflate
accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control
content-disposition content-encoding content-language content-length content-location content-range content-type
cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since
last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after
server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate
"""


def _entry(word: str) -> Field:
    name, _, value = word.partition("=")
    return name.encode(), value.replace("%", " ").encode()


STATIC: tuple[Field, ...] = tuple(_entry(word) for word in _names.split())


class WrongIndex(LookupError):
    """An index that no table has."""


class FieldTable:
    """The static and the dynamic table as one, of which indices begin with 1. ``limit`` is the size in bytes that the
    dynamic table may have now."""

    def __init__(self, limit: int = DEFAULT_SIZE) -> None:
        self.limit = limit
        self.size = 0
        self._entries: deque[Field] = deque()

    def __getitem__(self, index: int) -> Field:
        """The entry of an index. Raises WrongIndex."""
        if 1 <= index <= len(STATIC):
            return STATIC[index - 1]
        if len(STATIC) < index <= len(STATIC) + len(self._entries):
            return self._entries[index - len(STATIC) - 1]
        raise WrongIndex(f"no table has an entry {index}")

    def resize(self, limit: int) -> None:
        """Change the size, and evict what does not fit."""
        self.limit = limit
        self._evict(limit)

    def add(self, field: Field) -> None:
        """Put a field before the others. One that is larger than the table empties it, which is no error."""
        size = len(field[0]) + len(field[1]) + OVERHEAD
        self._evict(max(self.limit - size, 0))
        if size <= self.limit:
            self._entries.appendleft(field)
            self.size += size

    def find(self, field: Field) -> tuple[int, bool]:
        """The index of a field, and whether it has the value too; 0 if there is none with the name."""
        named = 0
        for index, (name, value) in enumerate((*STATIC, *self._entries), 1):
            if name == field[0]:
                if value == field[1]:
                    return index, True
                named = named or index
        return named, False

    def _evict(self, limit: int) -> None:
        while self.size > limit:
            name, value = self._entries.pop()
            self.size -= len(name) + len(value) + OVERHEAD
