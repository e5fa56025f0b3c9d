"""Ports for targets: a listening socket that is handed down, or a port that is reserved for the server to bind."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from functools import cache
from pathlib import Path

from engine.errors import StartError, UsageError

HERE = "127.0.0.1"
HERE_IPV6 = "::1"
# Of sockaddr_un, without the terminating null.
LONGEST_PATH = 107 if sys.platform == "linux" else 103
BACKLOG = 2048


class PortTaken(Exception):
    """Somebody else has the port: another try with another one."""

    def __init__(self, error: StartError) -> None:
        super().__init__(str(error))
        self.error = error


def listening(port: int = 0) -> socket.socket:
    """A socket that listens on a port, of the system's choice for 0; connections wait in its queue for the server.

    Raises UsageError if the port is not available.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Accepted connections inherit it. A server that is handed a descriptor may not set it itself, and then
        # answers wait for the client's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if port:  # connections of a server that used it a moment ago may still wait for their end
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(listener, port)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


class PortReservation:
    """A port that the system gives to no other process until the reservation is closed, for a server that binds it
    itself.

    On Linux it is kept by a bound socket that does not listen: with its options another socket may be bound to the same
    port and listen, no outgoing connection gets the port, and until then clients are refused. On other systems two
    sockets cannot have one address, so nothing keeps the port, and another process may take it.
    """

    def __init__(self, port: int, keeper: socket.socket | None = None) -> None:
        self.port = port
        self.keeps = keeper is not None
        self._keeper = keeper

    def close(self) -> None:
        """Give the port back. Safe to call again."""
        if self._keeper is not None:
            self._keeper.close()


@cache
def has_ipv6() -> bool:
    """True if this machine has the address ::1."""
    try:
        reserve(0, HERE_IPV6).close()
    except (StartError, OSError):
        return False
    return True


def socket_in(folder: Path) -> str:
    """The path of a Unix socket in a folder. Raises StartError if the system does not permit a path of that length."""
    path = str(folder / "server.sock")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise StartError(
            f"the path of a Unix socket has at most {LONGEST_PATH} bytes, and this one is longer: {path}",
            hint="set TMPDIR to a shorter path",
        )
    return path


def reserve(port: int = 0, host: str = HERE) -> PortReservation:
    """Reserve a port, a free one for 0. Raises UsageError if the given one is not available, and StartError if this
    machine has no such host."""
    try:
        keeper = socket.socket(socket.AF_INET6 if host == HERE_IPV6 else socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        raise StartError(f"this machine has no address {host}: {error.strerror}") from None
    with contextlib.ExitStack() as closing:
        closing.callback(keeper.close)
        if port:  # with the options below it could be shared with a listener that has them as well
            _probe(port, host)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(keeper, port, host)
        port = int(keeper.getsockname()[1])
        if sys.platform != "linux":
            return PortReservation(port)
        closing.pop_all()
        return PortReservation(port, keeper)


def _probe(port: int, host: str) -> None:
    """Raises UsageError where somebody listens on the port already, or this user may not have it."""
    with socket.socket(socket.AF_INET6 if host == HERE_IPV6 else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(probe, port, host)


def _bind(one: socket.socket, port: int, host: str = HERE) -> None:
    try:
        one.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise StartError(f"this machine has no address {host}: {error.strerror}") from None
        if not port:
            raise
        raise UsageError(
            f"port {port} is not available: {error.strerror}", hint="name another one with --port"
        ) from error
