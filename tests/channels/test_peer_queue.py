from __future__ import annotations

import socket
import sys

import pytest

from engine.channels.peer_queue import unread


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a peer has read")
def test_the_bytes_that_a_peer_has_not_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as client:
            peer, _ = listener.accept()
            with peer:
                client.sendall(b"abc")
                assert unread(client.getsockname(), address) == 3
                peer.recv(2)
                assert unread(client.getsockname(), address) == 1
                peer.recv(2)
                assert unread(client.getsockname(), address) == 0


def test_of_another_peer_nothing_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert unread(("127.0.0.1", 1), listener.getsockname()) is None
    assert unread(("not an address", 1), ("127.0.0.1", 1)) is None
