"""TLS without I/O: bytes of a socket in, plain bytes out, and the reverse, on ``ssl.MemoryBIO``.

The transports of asyncio and uvloop hide two observations made here: whether the peer announced its end (a closure
alert, close_notify) or just closed, and which alert aborted a handshake. OpenSSL implements the protocol; this module
moves the bytes.
"""

from __future__ import annotations

import contextlib
import ssl

PIECE = 64 * 1024


class Broken(Exception):
    """TLS cannot continue; the message is OpenSSL's reason. The remaining output is still sent."""


class TlsCodec:
    """One end of a TLS connection; the client's, unless ``server_side``.

    ``done`` says that the handshake is over, ``closed`` that the peer has sent its closure alert: no more will come.
    ``broken`` is the reason why nothing can arrive after the handshake, None while it can.
    """

    def __init__(self, context: ssl.SSLContext, host: str = "", *, server_side: bool = False) -> None:
        """``host`` is the name or address that the server's certificate must have."""
        self._in = ssl.MemoryBIO()
        self._out = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side, host or None)
        self.done = False
        self.closed = False
        self.broken: Broken | None = None
        self._said = False

    @property
    def session(self) -> ssl.SSLObject:
        """OpenSSL's side of it, for the negotiated parameters."""
        return self._tls

    def start(self) -> bytes:
        """The first bytes of the client's handshake. Raises Broken."""
        self._shake()
        return self.outgoing()

    def feed(self, data: bytes) -> list[bytes]:
        """Decrypt bytes of the socket. Returns the plain bytes, a piece for each record. ``outgoing`` must be sent
        afterwards, even after Broken, which is raised for a handshake that failed."""
        self._in.write(data)
        if not self.done:
            self._shake()
        return self._read() if self.done else []

    def end(self) -> None:
        """Note that the peer has ended the stream. Raises Broken in the middle of a handshake."""
        self._in.write_eof()
        if not self.done:
            self._shake()

    def encrypt(self, data: bytes) -> bytes:
        """Encrypt plain bytes. Returns the bytes to be sent. Raises Broken."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError as error:
            raise Broken(reason(error)) from None
        return self.outgoing()

    def close(self) -> bytes:
        """The closure alert, once, and nothing before the handshake is over."""
        if self.done and not self._said:
            self._said = True
            with contextlib.suppress(ssl.SSLError):  # it wants the peer's, and nobody waits for that here
                self._tls.unwrap()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """The bytes to be sent now."""
        return self._out.read()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise Broken(reason(error)) from None
        self.done = True

    def _read(self) -> list[bytes]:
        pieces: list[bytes] = []
        while not self.closed and self.broken is None:
            try:
                piece = self._tls.read(PIECE)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            except ssl.SSLError as error:
                self.broken = Broken(reason(error))
                break
            if piece:
                pieces.append(piece)
            else:
                self.closed = True
        return pieces


def reason(error: ssl.SSLError) -> str:
    """OpenSSL's reason in its own words, without the line of its code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate was not taken: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "the peer ended the connection"
    word = error.reason or error.strerror or str(error)
    return word.lower().replace("_", " ")
