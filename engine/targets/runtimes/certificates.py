"""Certificates that are created for one run: an authority, servers', and two for clients.

They are created when the first target with TLS starts, and are kept only in the scratch folders of such targets.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import StartError
from engine.model.tls import TlsCredentials
from engine.targets.catalog.servers.tls import Files

if TYPE_CHECKING:
    import trustme

NAMES = ("localhost", "127.0.0.1", "::1")
CLIENT, ORGANIZATION = "client.example", "Clients, and others"
FOLDER = "tls"


class Certificates:
    """The certificates of one run; each is made once, and written where it is wanted."""

    def __init__(self) -> None:
        self._servers: dict[str, trustme.LeafCert] = {}

    def write(self, folder: Path, host: str, asks: str = "", reader: int | None = None) -> tuple[Files, TlsCredentials]:
        """Write them into a new folder ``tls`` of this one. Returns the files of a server at ``host``, and the options
        of its clients. ``asks`` is the mode of client certificates, a word of ASKS or "".

        Keys are readable only by their owner, who is the user ``reader`` if the server runs as another user than the
        engine. Raises StartError if this installation cannot create any, and OSError.
        """
        try:
            server, (client, name), (wrong, _) = self._server(host), self._client, self._wrong
            ca = self._authority.cert_pem.bytes()
        except ImportError as error:
            hint = "install it in the engine's environment: pip install trustme cryptography"
            raise StartError(f"certificates for TLS need the package {error.name}", hint=hint) from None
        home = folder / FOLDER
        home.mkdir()
        home.chmod(0o755)
        files = Files(home / "server.pem", home / "server.key", home / "ca.pem", asks)
        trust = TlsCredentials(files.ca, home / "client.pem", home / "wrong.pem", name, asks)
        for path, data in ((files.cert, cert_of(server)), (files.ca, ca)):
            path.write_bytes(data)
            path.chmod(0o644)
        for path, data in ((files.key, key_of(server)), (trust.client, client), (trust.wrong, wrong)):
            secret(path, data)
        if reader is not None:
            os.chown(files.key, reader, -1)
        return files, trust

    @cached_property
    def _authority(self) -> trustme.CA:
        # A tenth of a second, which only those pay who have TLS.
        import trustme  # noqa: PLC0415

        return trustme.CA()

    def _server(self, host: str) -> trustme.LeafCert:
        """The certificate of servers at an address."""
        if host not in self._servers:
            self._servers[host] = self._authority.issue_cert(*dict.fromkeys((*NAMES, host)))
        return self._servers[host]

    @cached_property
    def _client(self) -> tuple[bytes, str]:
        """A client's certificate with its key, and the name in it."""
        return client_of(self._authority)

    @cached_property
    def _wrong(self) -> tuple[bytes, str]:
        """The same, signed by somebody else."""
        import trustme  # noqa: PLC0415

        return client_of(trustme.CA())


def client_of(authority: trustme.CA) -> tuple[bytes, str]:
    """A client's certificate with its key in one PEM, and the name in it as RFC 4514 writes it."""
    from cryptography import x509  # noqa: PLC0415

    leaf = authority.issue_cert(CLIENT, common_name=CLIENT, organization_name=ORGANIZATION)
    name = x509.load_pem_x509_certificate(cert_of(leaf)).subject.rfc4514_string()
    return cert_of(leaf) + key_of(leaf), name


def cert_of(leaf: trustme.LeafCert) -> bytes:
    """The certificate, and those of whoever stands between it and the authority."""
    return b"".join(part.bytes() for part in leaf.cert_chain_pems)


def key_of(leaf: trustme.LeafCert) -> bytes:
    """The key in PKCS 8, which every server reads."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def secret(path: Path, data: bytes) -> None:
    """Write a file that nobody else can read, not even for a moment. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
