"""Ports for targets: a listening socket that is handed down, or a port that is reserved for the server to bind."""

from __future__ import annotations

import contextlib
import socket
import sys

from engine.errors import StartError, UsageError

HERE = "127.0.0.1"
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


def reserve(port: int = 0) -> PortReservation:
    """Reserve a port, a free one for 0. Raises UsageError if the given one is not available."""
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.ExitStack() as closing:
        closing.callback(keeper.close)
        if port:  # with the options below it could be shared with a listener that has them as well
            _probe(port)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(keeper, port)
        port = int(keeper.getsockname()[1])
        if sys.platform != "linux":
            return PortReservation(port)
        closing.pop_all()
        return PortReservation(port, keeper)


def _probe(port: int) -> None:
    """Raises UsageError where somebody listens on the port already, or this user may not have it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(probe, port)


def _bind(one: socket.socket, port: int) -> None:
    try:
        one.bind((HERE, port))
    except OSError as error:
        if not port:
            raise
        raise UsageError(
            f"port {port} is not available: {error.strerror}", hint="name another one with --port"
        ) from error
