from __future__ import annotations

import contextlib
import socket
import sys

import pytest

from engine.errors import UsageError
from engine.targets.runtimes.ports import HERE, listening, reserve


def test_a_listening_socket_keeps_connections_for_the_server() -> None:
    with listening() as listener, socket.create_connection(listener.getsockname()) as client:
        server, _ = listener.accept()
        with server:
            assert server.getpeername() == client.getsockname()
            assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_reserved_port_is_for_whoever_binds_it_himself() -> None:
    reservation = reserve()
    port = reservation.port
    assert reservation.keeps == (sys.platform == "linux")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HERE, port))
    for _ in range(2):
        # create_server sets SO_REUSEADDR, as servers do.
        with socket.create_server((HERE, port)) as server, socket.create_connection((HERE, port)):
            server.accept()[0].close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HERE, port))
    reservation.close()
    reservation.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere two sockets cannot have one address")
def test_nobody_else_is_given_a_reserved_port() -> None:
    reservation = reserve()
    with contextlib.closing(reservation), socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((HERE, reservation.port))


def test_a_port_of_somebody_s_choice_is_bound_or_refused() -> None:
    with socket.create_server((HERE, 0)) as other:
        taken = int(other.getsockname()[1])
        for ask in (listening, reserve):
            with pytest.raises(UsageError, match=f"port {taken} is not available: Address already in use"):
                ask(taken)
    with listening(taken) as listener:
        assert listener.getsockname() == (HERE, taken)
    with contextlib.closing(reserve(taken)) as reservation:
        assert reservation.port == taken
