"""A CGI response from the STDOUT stream, sans I/O (RFC 3875, section 6; FastCGI 1.0, sections 6.1 and 6.2)."""

from __future__ import annotations

import re

from engine.protocols.fastcgi import MalformedRecord

# A head that is longer than this is none.
LONGEST_HEAD = 1024 * 1024

_END = re.compile(rb"(?:\A|\n)\r?\n")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS = re.compile(r"([1-9][0-9]{2})(?: (.*))?")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

# Section 6.3: each of these at most once.
CGI_FIELDS = ("content-type", "location", "status")


class ResponseParser:
    """Bytes of STDOUT in, a head and the body's bytes out.

    ``headers`` are the head's lines in order, including Status, or None until the head is complete. ``status`` is that
    of the Status field; without it, 302 if there is a Location with a URI, else 200 (sections 6.2 and 6.3.3).
    ``faults`` are rules that the head violates while it remains readable.
    """

    __slots__ = ("_head", "faults", "headers", "reason", "status")

    def __init__(self) -> None:
        self._head = bytearray()
        self.headers: list[tuple[str, str]] | None = None
        self.status: int | None = None
        self.reason = ""
        self.faults: tuple[str, ...] = ()

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the stream. Returns those of the body among them. Raises MalformedRecord if the head cannot be
        read."""
        if self.headers is not None:
            return data
        searched = max(0, len(self._head) - 2)
        self._head += data
        found = _END.search(self._head, searched)
        if found is None:
            if len(self._head) > LONGEST_HEAD:
                raise MalformedRecord(f"a head of more than {LONGEST_HEAD} bytes")
            return b""
        head, body = bytes(self._head[: found.start()]), bytes(self._head[found.end() :])
        self._head.clear()
        self._read(head)
        return body

    @property
    def began(self) -> bool:
        """True if anything was fed."""
        return bool(self._head) or self.headers is not None

    def _read(self, head: bytes) -> None:
        pairs = [_field(line) for line in head.split(b"\n")] if head else []
        if not pairs:
            raise MalformedRecord("the head has no field (RFC 3875, 6.3)")
        self.headers = pairs
        names = [name.lower() for name, _ in pairs]
        self.faults = tuple(
            f"{name} comes {names.count(name)} times (RFC 3875, 6.3)" for name in CGI_FIELDS if names.count(name) > 1
        )
        values = dict(zip(names, [value for _, value in pairs], strict=True))
        if "status" not in values:
            self.status = 302 if _ABSOLUTE.match(values.get("location", "")) else 200
            return
        status = _STATUS.fullmatch(values["status"])
        if status is None:
            raise MalformedRecord(f"{values['status']!r} is no Status: three digits, and a phrase (RFC 3875, 6.3.3)")
        self.status, self.reason = int(status[1]), status[2] or ""


def _field(line: bytes) -> tuple[str, str]:
    """A line of the head as a name and a value. Raises MalformedRecord for any other line."""
    name, colon, value = line.removesuffix(b"\r").partition(b":")
    if not colon or not _TOKEN.fullmatch(name):
        raise MalformedRecord(f"no field of a head: {line[:80]!r} (RFC 3875, 6.3)")
    return name.decode("ascii"), value.strip(b" \t").decode("latin-1")
