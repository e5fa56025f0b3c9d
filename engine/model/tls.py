"""TLS of a target: the files by which its clients know it, and how one connection begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What the server may ask of a client's certificate; "" is nothing.
ASKS = ("optional", "required")
# Which certificate a client shows.
OURS, WRONG, NONE = "ours", "wrong", "none"


@dataclass(frozen=True, slots=True)
class TlsCredentials:
    """What the clients of a target need for its TLS.

    ``ca`` is the file of the certificate that all others are signed by. ``client`` holds a client's certificate and its
    key, ``wrong`` likewise one that nobody has signed whom the server knows. ``client_name`` is the name in the former,
    as RFC 4514 writes it. ``asks`` is a word of ASKS, or "" where the server asks for none.
    """

    ca: Path
    client: Path
    wrong: Path
    client_name: str = ""
    asks: str = ""

    @property
    def shown(self) -> Path | None:
        """The certificate of a client that does as it is asked, None where it need not have one."""
        return self.client if self.asks == "required" else None


@dataclass(frozen=True, slots=True)
class TlsClientOptions:
    """How a connection begins TLS.

    ``trust`` is that of the target, None on one that has no TLS: then nobody is trusted. ``alpn`` are the protocols
    that are offered, ``version`` is the only one that is spoken (``1.2``, ``1.3``), "" for either. ``shows`` is a
    certificate: OURS, WRONG, NONE, or "" for what the server asks for.
    """

    trust: TlsCredentials | None = None
    alpn: tuple[str, ...] = ("http/1.1",)
    version: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What a handshake came to, as the client sees it.

    ``version`` is ``1.2`` or ``1.3`` and ``number`` the same as it crosses the wire (0x0303, 0x0304), ``cipher`` the
    suite's name with OpenSSL and ``suite`` its number at IANA, ``alpn`` the protocol that was chosen, "" for none.
    Certificates are PEM, without a line break at the end; ``client_cert`` and ``client_name`` are of the one that was
    shown, "" for none.
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
