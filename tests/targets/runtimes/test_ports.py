from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path

import pytest

from engine.errors import StartError, UsageError
from engine.targets.runtimes.ports import HERE, HERE_IPV6, LONGEST_PATH, has_ipv6, listening, reserve, socket_in


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


def test_the_path_of_a_unix_socket_is_as_long_as_the_system_permits() -> None:
    folder = Path("/" + "a" * (LONGEST_PATH - len("//server.sock")))
    assert socket_in(folder) == f"{folder}/server.sock"
    with pytest.raises(StartError, match="has at most") as caught:
        socket_in(Path(f"{folder}a"))
    assert "TMPDIR" in caught.value.hint


def test_a_port_of_ipv6_is_reserved_where_the_machine_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if has_ipv6():
        reservation = reserve(0, HERE_IPV6)
        with contextlib.closing(reservation):
            socket.create_server((HERE_IPV6, reservation.port), family=socket.AF_INET6).close()

    def lacking(*family: object) -> socket.socket:
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", lacking)
    with pytest.raises(StartError, match="this machine has no address ::1"):
        reserve(0, HERE_IPV6)
