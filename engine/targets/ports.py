"""Ports for targets: a socket that listens and is handed down, or a port that is kept for whoever binds it himself."""

from __future__ import annotations

import contextlib
import socket
import sys

from engine.errors import StartError

HERE = "127.0.0.1"
BACKLOG = 2048


class PortTaken(Exception):
    """Somebody else has the port: another try with another one."""

    def __init__(self, error: StartError) -> None:
        super().__init__(str(error))
        self.error = error


def listening() -> socket.socket:
    """A socket that listens on a port of the system's choice; connections wait in its queue for the server."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Accepted connections inherit it. A server that is handed a descriptor may not set it itself, and then
        # answers wait for the client's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((HERE, 0))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def reserved() -> tuple[int, socket.socket | None]:
    """A port that nobody has, and the socket that keeps it until it is closed.

    On Linux the socket is bound, and does not listen: with these options another may be bound beside it and listen,
    no outgoing connection is given the port, and who connects while nobody listens is refused. Elsewhere two sockets
    cannot have one address, so there is none, and somebody else may be quicker.
    """
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.ExitStack() as closing:
        closing.callback(keeper.close)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        keeper.bind((HERE, 0))
        port = int(keeper.getsockname()[1])
        if sys.platform != "linux":
            return port, None
        closing.pop_all()
        return port, keeper
