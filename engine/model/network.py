"""The address of a server: host and port, or the path of a Unix socket with port 0. Pure."""

from __future__ import annotations

Address = tuple[str, int]
IPV4, IPV6, UNIX = "ipv4", "ipv6", "unix"
# The Host header's value where the address is a path: a URL cannot name one.
LOCALHOST = "localhost"


def unix_path(address: Address) -> str:
    """The path of a Unix socket, "" for a host and a port. A host never begins with a slash."""
    return address[0] if address[0].startswith("/") else ""


def authority(address: Address) -> str:
    """The authority of a URL, and the value of a Host header: ``127.0.0.1:80``, ``[::1]:80``, or ``localhost`` for a
    Unix socket."""
    host, port = address
    if unix_path(address):
        return LOCALHOST
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def display(address: Address) -> str:
    """The address for people and for the flags of most servers: ``127.0.0.1:80``, ``[::1]:80``,
    ``unix:/run/a.sock``."""
    path = unix_path(address)
    return f"unix:{path}" if path else authority(address)
