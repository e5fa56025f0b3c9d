"""Ports for targets: a socket that listens and is handed down, or a port that is kept for whoever binds it himself."""

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

    Raises UsageError where the port cannot be had.
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


def reserved(port: int = 0) -> tuple[int, socket.socket | None]:
    """A port that nobody has, the given one unless that is 0, and the socket that keeps it until it is closed.

    Raises UsageError where the given one cannot be had.

    On Linux the socket is bound, and does not listen: with these options another may be bound beside it and listen,
    no outgoing connection is given the port, and who connects while nobody listens is refused. Elsewhere two sockets
    cannot have one address, so there is none, and somebody else may be quicker.
    """
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
            return port, None
        closing.pop_all()
        return port, keeper


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
        raise UsageError(f"port {port} cannot be had: {error.strerror}", hint="name another one with --port") from error
