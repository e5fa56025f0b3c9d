"""The header of the PROXY protocol, sans I/O: the addresses of the client that a proxy accepted (HAProxy's
specification, versions 1 and 2)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LONGEST_LINE = 107  # of version 1, with its CRLF
VERSIONS = {"v1": (1,), "v2": (1, 2), "any": (1, 2)}  # a receiver of version 2 understands both (PROXY-03)

_line = re.compile(rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})")
# The sizes of the address blocks of version 2, by family and transport: TCP over IPv4 and IPv6. Other valid
# combinations, such as UDP, count as unspecified.
_blocks = {0x11: 12, 0x21: 36}
_LAST_FAMILY, _LAST_TRANSPORT = 3, 2

Ends = tuple[tuple[str, int], tuple[str, int]]


class Malformed(Exception):
    """The connection does not begin with a valid header."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A header. ``ends`` are the addresses of the client and of the server that it reached, None if those of the
    connection count."""

    ends: Ends | None = None


def take(buffer: bytearray, version: str) -> ProxyHeader | None:
    """Take the header at the start of ``buffer`` out of it; None if more bytes are needed. ``version`` is a word of
    VERSIONS. Raises Malformed."""
    versions = VERSIONS[version]
    seen = bytes(buffer[: len(SIGNATURE)])
    if 2 in versions and SIGNATURE.startswith(seen):
        return _binary(buffer) if len(seen) == len(SIGNATURE) else None
    if 1 in versions and b"PROXY ".startswith(seen[:6]):
        return _text(buffer)
    raise Malformed("the connection does not begin with a header")


def _text(buffer: bytearray) -> ProxyHeader | None:
    """A header of version 1."""
    end = buffer.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        if len(buffer) >= LONGEST_LINE:
            raise Malformed(f"a line of version 1 has at most {LONGEST_LINE} bytes")
        return None
    line = bytes(buffer[:end])
    if line == b"PROXY UNKNOWN" or line.startswith(b"PROXY UNKNOWN "):
        del buffer[: end + 2]
        return ProxyHeader()
    match = _line.fullmatch(line)
    if match is None:
        raise Malformed("the line of version 1 is malformed")
    family, *hosts, source, destination = (part.decode() for part in match.groups())
    try:
        parse = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
        client, server = (str(parse(host)) for host in hosts)
    except ValueError as error:
        raise Malformed(str(error)) from None
    if max(int(source), int(destination)) > 65535:
        raise Malformed("a port is larger than 65535")
    del buffer[: end + 2]
    return ProxyHeader(((client, int(source)), (server, int(destination))))


def _binary(buffer: bytearray) -> ProxyHeader | None:
    """A header of version 2. The fields behind the addresses are ignored."""
    start = len(SIGNATURE)
    if len(buffer) < start + 4:
        return None
    command, family, size = buffer[start], buffer[start + 1], int.from_bytes(buffer[start + 2 : start + 4], "big")
    if command not in (0x20, 0x21):
        raise Malformed(f"version and command are {command:#04x}")
    if family >> 4 > _LAST_FAMILY or family & 15 > _LAST_TRANSPORT:
        raise Malformed(f"family and transport are {family:#04x}")
    if command == 0x21 and size < _blocks.get(family, 0):
        raise Malformed(f"an address block has {_blocks[family]} bytes, and the header has {size}")
    end = start + 4 + size
    if len(buffer) < end:
        return None
    block = bytes(buffer[start + 4 : end])
    del buffer[:end]
    if command == 0x20 or family not in _blocks:
        return ProxyHeader()
    return ProxyHeader(_ends(block, 4 if family == 0x11 else 16))


def _ends(block: bytes, width: int) -> Ends:
    """The addresses of a block: two hosts of ``width`` bytes, and two ports."""
    hosts = [str(ipaddress.ip_address(block[at : at + width])) for at in (0, width)]
    ports = [int.from_bytes(block[at : at + 2], "big") for at in (2 * width, 2 * width + 2)]
    return (hosts[0], ports[0]), (hosts[1], ports[1])
