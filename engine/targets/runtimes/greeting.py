"""The first bytes of the engine's own connections to a server that expects the PROXY protocol. Pure.

They name the addresses of the connection itself, so the client is the engine. A header without addresses (``UNKNOWN``
of version 1, ``LOCAL`` of version 2) would do as well for a server that follows the specification; one that refuses
it would never become ready, and no case could show that. Only on a Unix socket there are no addresses to name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from engine.model.network import Address

PROXY = "proxy_protocol"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL, PROXIED = 0x20, 0x21
FAMILIES = {4: 0x11, 6: 0x21}


def greeting(options: Mapping[str, object], own: Address, server: Address) -> bytes:
    """The bytes for a server with these options, b"" if it does not expect the PROXY protocol. ``own`` is the address
    of the client's end of the connection, ``server`` that of the other end."""
    version = options.get(PROXY, False)
    if not version:
        return b""
    return _binary(own, server) if version == "v2" else _text(own, server)


def _text(own: Address, server: Address) -> bytes:
    family = _family(own, server)
    if not family:
        return b"PROXY UNKNOWN\r\n"
    return f"PROXY TCP{family} {own[0]} {server[0]} {own[1]} {server[1]}\r\n".encode()


def _binary(own: Address, server: Address) -> bytes:
    family = _family(own, server)
    if not family:
        return SIGNATURE + bytes([LOCAL, 0, 0, 0])
    block = b"".join(ipaddress.ip_address(host).packed for host, _ in (own, server))
    block += b"".join(port.to_bytes(2, "big") for _, port in (own, server))
    return SIGNATURE + bytes([PROXIED, FAMILIES[family]]) + len(block).to_bytes(2, "big") + block


def _family(own: Address, server: Address) -> int:
    """4 or 6, if both are addresses of that version of IP; else 0."""
    try:
        versions = {ipaddress.ip_address(host).version for host, _ in (own, server)}
    except ValueError:
        return 0
    return versions.pop() if len(versions) == 1 else 0
