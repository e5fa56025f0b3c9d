"""Daphne 4.2.3 (Twisted) leaves a connection open over HTTP/2 after an error of the connection.

The exit status is 1 if the fault shows, 0 if it does not, 2 if that is unknown.
"""

from __future__ import annotations

import socket
import ssl

import support
from support import CONTINUATION, END_HEADERS, Connection, expect, frame, main, need, section

TITLE = "Daphne 4.2.3 (Twisted) leaves a connection open over HTTP/2 after an error of the connection"
connect = socket.create_connection


def secure(address: tuple[str, int], timeout: float) -> ssl.SSLSocket:
    """A connection with TLS that selects HTTP/2 by ALPN."""
    context = ssl.create_default_context(cafile="ca.pem")
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(connect(address, timeout), server_hostname="localhost")


def reproduction() -> None:
    support.socket.create_connection = secure
    connection = Connection()
    connection.send(frame(CONTINUATION, END_HEADERS, 1, section(("x-a", "b"))))
    connection.read(5, lambda: connection.closed)
    need("the code of GOAWAY", connection.goaway and connection.goaway[0], 1)
    expect("the connection, 5 s after CONTINUATION without HEADERS", connection.closed or "open", "closed")


if __name__ == "__main__":
    main(reproduction, TITLE)
