"""A connection of a client: plain blocking sockets, with the times of arrivals."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import struct
import time

from engine.reproduce.parts.checks import Absent, Overdue

PORT = int(os.environ.get("PORT", "8000"))
HOST = "127.0.0.1"
# True to send in one piece what the steps send in several.
WHOLE = bool(os.environ.get("WHOLE"))
LIMIT = 10.0


class Clock:
    """``began`` is the start of the run under way."""

    began = time.monotonic()


def left(within: float | None) -> float:
    """The seconds that a wait may last: ``within``, or the rest of the time for the whole reproduction. Raises Overdue
    if that is over."""
    rest = Clock.began + LIMIT - time.monotonic()
    if rest <= 0:
        raise Overdue(f"it was not over after {LIMIT:g} s")
    return rest if within is None else min(within, rest)


def connected(address: tuple[str, int], within: float, receive_buffer: int | None = None) -> socket.socket:
    """A socket connected to a host and a port, or to the path of a Unix socket. Raises OSError."""
    host = address[0]
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        if receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.settimeout(within)
        made.connect(host if family == socket.AF_UNIX else address)
        if family != socket.AF_UNIX:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made


def restart_clock() -> None:
    """Begin the time for the whole reproduction again."""
    Clock.began = time.monotonic()


class Connection:
    """A TCP connection to the server, and what was received on it."""

    def __init__(
        self,
        address: tuple[str, int] = (HOST, PORT),
        receive_buffer: int | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, with TLS if a context is given. Raises OSError."""
        self.socket: socket.socket = connected(address, left(5.0), receive_buffer)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname=address[0])
        # The client of a Unix socket has no address.
        self.local: tuple[str, int] = tuple(self.socket.getsockname()[:2] or ("", 0))
        self.port = self.local[1]
        self.began = self.sent_at = self.arrived_at = time.monotonic()
        self.sent: bytes | Absent = Absent()
        self.unread = b""
        self.ended = ""
        self.reads = True

    def send(self, data: bytes | list[bytes], sent: bytes | None = None) -> None:
        """Send bytes in one write, or pieces one after the other. A connection that the server has ended takes none."""
        if isinstance(data, list):
            if not WHOLE:
                self.send_slowly(data, 0.002, sent)
                return
            data = b"".join(data)
        self.sent = data if sent is None else sent
        try:
            self.socket.settimeout(left(None))
            self.socket.sendall(data)
        except TimeoutError:
            left(None)
        except OSError:
            self.ended = self.ended or "reset"
        self.sent_at = time.monotonic()

    def send_slowly(self, pieces: list[bytes], every: float, sent: bytes | None = None) -> None:
        """Send pieces, so many seconds apart."""
        began = time.monotonic()
        for number, piece in enumerate(pieces):
            time.sleep(max(0.0, began + number * every - time.monotonic()))
            self.send(piece, b"".join(pieces) if sent is None else sent)

    def receive(self, within: float | None = None) -> bytes:
        """The next bytes; none at the end, after which ``ended`` is fin, tls or reset. Raises TimeoutError."""
        if self.unread:
            data, self.unread = self.unread, b""
            return data
        if self.ended:
            return b""
        waits = left(within)
        self.socket.settimeout(max(waits, 0.001))
        try:
            data = self.socket.recv(65536)
            self.ended = "" if data else "tls" if isinstance(self.socket, ssl.SSLSocket) else "fin"
        except ssl.SSLEOFError:
            data, self.ended = b"", "fin"
        except TimeoutError:
            left(None)
            raise
        except OSError:
            data, self.ended = b"", "reset"
        self.arrived_at = time.monotonic()
        return data

    def read(self, size: int | None = None, until: bytes | None = None, within: float | None = None) -> bytes:
        """Bytes up to a size, or up to and including some bytes; all up to the end without either. What was received
        until the time was over or the connection ended, if that comes first."""
        deadline = time.monotonic() + left(within)
        found = b""
        while True:
            end = size if size is not None and len(found) >= size else -1
            if until is not None and until in found:
                end = found.index(until) + len(until)
            if end >= 0:
                self.unread = found[end:] + self.unread
                return found[:end]
            try:
                data = self.receive(deadline - time.monotonic() if within is not None else None)
            except TimeoutError:
                return found
            if not data:
                return found
            found += data

    def silence(self, seconds: float) -> bytes:
        """Wait so long. Returns the bytes that were received meanwhile, which stay unread."""
        deadline = time.monotonic() + seconds
        try:
            data = self.receive(seconds)
        except TimeoutError:
            return b""
        self.unread = data + self.unread
        time.sleep(max(0.0, deadline - time.monotonic()))
        return data

    def pause(self, seconds: float) -> None:
        """Wait so long, and take what is received meanwhile, unless reading is off."""
        deadline = time.monotonic() + seconds
        kept, self.unread = self.unread, b""
        while self.reads and not self.ended and (rest := deadline - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                kept += self.receive(rest)
        self.unread = kept
        time.sleep(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Close the connection; with TLS, after a closure alert."""
        if isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.socket.settimeout(0.2)
                self.socket = self.socket.unwrap()
        self.socket.close()
        self.ended = self.ended or "closed"

    def close_without_alert(self) -> None:
        """Close the connection by a FIN, without the closure alert of TLS."""
        self.socket.close()
        self.ended = self.ended or "closed"

    def close_writing(self) -> None:
        """End the writing half; reading goes on."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection by a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        self.ended = self.ended or "closed"


class Closed:
    """The end of a connection by the server: ``how`` it ended (fin, tls or reset; "" while it is open), the unread
    bytes before it, and the seconds from the last byte sent."""

    def __init__(self, connection: Connection, within: float | None = None) -> None:
        deadline = time.monotonic() + left(within)
        self.rest = b""
        self.how = ""
        try:
            while data := connection.receive(deadline - time.monotonic() if within is not None else None):
                self.rest += data
            self.how = connection.ended
        except TimeoutError:
            connection.unread = self.rest
        self.elapsed = connection.arrived_at - connection.sent_at


class Flood:
    """Bytes sent again and again: the number that was ``accepted``, the number of complete ``rounds``, and how it
    ``ended`` (sent, blocked, closed or reset)."""

    def __init__(self, connection: Connection, piece: bytes, up_to: int, blocked_for: float, write: int = 1) -> None:
        """``write`` is the number of rounds in one write."""
        self.accepted = self.rounds = 0
        self.ended = "sent"
        view = connection.socket
        while self.accepted < up_to:
            part = (piece * write)[: up_to - self.accepted]
            view.settimeout(left(blocked_for))
            try:
                view.sendall(part)
            except TimeoutError:
                self.ended = "blocked"
                break
            except OSError:
                self.ended = "reset"
                break
            self.accepted += len(part)
            self.rounds = self.accepted // len(piece)


def connect(
    address: tuple[str, int] = (HOST, PORT),
    receive_buffer: int | None = None,
    context: ssl.SSLContext | None = None,
) -> tuple[str, Connection | None, str]:
    """The outcome of connecting (connected, refused, reset, handshake or timeout), the connection, and the error."""
    try:
        return "connected", Connection(address, receive_buffer, context), ""
    except ConnectionRefusedError as error:
        return "refused", None, str(error)
    except ConnectionResetError as error:
        return "handshake" if context else "reset", None, str(error)
    except TimeoutError as error:
        return "timeout", None, str(error)
    except OSError as error:
        return "handshake" if context else "refused", None, str(error)


def filled(pattern: bytes, size: int) -> bytes:
    """A pattern repeated to a size in bytes."""
    return (pattern * (size // len(pattern) + 1))[:size]


def in_chunks(*pieces: bytes) -> bytes:
    """The chunked coding of some pieces, with its last chunk."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def text(value: object) -> str:
    """A value inside text: true, false and null as in JSON, bytes as latin-1."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def byte_by_byte(data: bytes) -> list[bytes]:
    """Bytes one by one; what follows the first 512 in at most 16 pieces."""
    step = max(1, -(-(len(data) - 512) // 16))
    return cut(data[:512], 1) + cut(data[512:], step)


def cut(data: bytes, piece: int | None, cut_at: tuple[int, ...] = ()) -> list[bytes]:
    """Bytes in pieces: cut at each offset, and what is longer than ``piece`` bytes again."""
    edges = sorted({0, len(data), *(at for at in cut_at if 0 < at < len(data))})
    pieces = []
    for start, end in itertools.pairwise(edges):
        step = piece or end - start
        pieces += [data[at : min(at + step, end)] for at in range(start, end, step)]
    return pieces
