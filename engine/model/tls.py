"""TLS of a target: the files for its clients, the options of one connection, and the parameters of a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# The modes of client certificates; "" requests none.
ASKS = ("optional", "required")
# Which certificate a client shows.
OURS, WRONG, NONE = "ours", "wrong", "none"
# The protocols that a client offers by default.
HTTP = ("http/1.1",)


@dataclass(frozen=True, slots=True)
class TlsCredentials:
    """The files that clients of a target need, all PEM.

    ``ca`` is the certificate of the authority that signs all others. ``client`` holds a client's certificate and its
    key, ``wrong`` the same by an authority that the server does not know. ``client_name`` is the subject of the former
    in the form of RFC 4514. ``asks`` is one of ASKS, or "" if the server requests no certificate.
    """

    ca: Path
    client: Path
    wrong: Path
    client_name: str = ""
    asks: str = ""

    @property
    def certificate(self) -> Path | None:
        """The certificate that a correct client presents; None if the server does not require one."""
        return self.client if self.asks == "required" else None


@dataclass(frozen=True, slots=True)
class TlsClientOptions:
    """The options of a client for one connection.

    ``trust`` are the target's credentials, None for a target without TLS, whose certificate nothing can verify.
    ``alpn`` are the offered protocols; ``version`` is the only offered one (``1.2``, ``1.3``), "" for both. ``shows``
    selects the certificate: OURS, WRONG, NONE, or "" for the one that the server requires.
    """

    trust: TlsCredentials | None = None
    alpn: tuple[str, ...] = HTTP
    version: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class TlsSession:
    """The parameters of an established session, as the client sees them.

    ``version`` is ``1.2`` or ``1.3``, ``number`` its code on the wire (0x0303, 0x0304). ``cipher`` is OpenSSL's name of
    the suite, ``suite`` its IANA number, ``alpn`` the selected protocol or "". Certificates are PEM without a trailing
    newline; ``client_cert`` and ``client_name`` are those of the presented certificate, "" without one.
    """

    version: str
    number: int
    cipher: str
    suite: int
    alpn: str = ""
    server_cert: str = ""
    client_cert: str = ""
    client_name: str = ""

    def __str__(self) -> str:
        return f"TLS {self.version}, {self.cipher}" + (f", {self.alpn}" if self.alpn else "")
