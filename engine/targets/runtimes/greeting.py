"""The first bytes of the engine's own connections to a server that expects the PROXY protocol. Pure.

They name no address: ``UNKNOWN`` of version 1, ``LOCAL`` of version 2, which a proxy sends for its own health checks.
So the client is the engine itself.
"""

from __future__ import annotations

from collections.abc import Mapping

PROXY = "proxy_protocol"
TEXT = b"PROXY UNKNOWN\r\n"
BINARY = b"\r\n\r\n\x00\r\nQUIT\n" + bytes([0x20, 0, 0, 0])


def greeting(options: Mapping[str, object]) -> bytes:
    """The bytes for a server with these options, b"" if it does not expect the PROXY protocol."""
    version = options.get(PROXY, False)
    return b"" if not version else BINARY if version == "v2" else TEXT
