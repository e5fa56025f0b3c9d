"""The number of bytes that the peer of a local connection has not read yet, as Linux knows it.

The kernel answers for one socket by its addresses (sock_diag(7)), in a few microseconds and without privileges. The
peer's socket is found if it is in the same network namespace: a server on this machine, but not one in a container.
"""

from __future__ import annotations

import socket
import struct

_PROTOCOL = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20
_ESTABLISHED = frozenset({1, 4, 5, 8})  # the states that have a receive queue: ESTABLISHED, FIN_WAIT1 and 2, CLOSE_WAIT
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBBI")
_ANY_COOKIE = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
_QUEUE = 16 + 4 + 48 + 4


def unread(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """The bytes that the peer at ``remote`` has received from ``local`` and not read; None if that cannot be known: on
    other systems, of a peer on another machine or in a container, and of a connection that is over."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return None
    try:
        inner = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
        addresses = [socket.inet_pton(inner, host).ljust(16, b"\0") for host in (remote[0], local[0])]
        body = b"".join(
            (
                _REQUEST.pack(inner, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF),
                struct.pack("!HH", remote[1], local[1]),
                *addresses,
                _ANY_COOKIE,
            )
        )
        with socket.socket(family, socket.SOCK_DGRAM, _PROTOCOL) as asked:
            asked.settimeout(1.0)
            asked.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, 1, 1, 0) + body)
            answer = asked.recv(4096)
    except OSError:
        return None
    kind = struct.unpack_from("=H", answer, 4)[0]
    if kind != _BY_FAMILY or len(answer) < _QUEUE + 4 or answer[_HEADER.size + 1] not in _ESTABLISHED:
        return None
    return int(struct.unpack_from("=I", answer, _QUEUE)[0])
