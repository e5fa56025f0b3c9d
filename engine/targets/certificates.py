"""Certificates that are made for one run: an authority, a server's, and two for clients.

They are made when the first target with TLS is started, and live in the scratch folders of such targets alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engine.errors import EnvironmentFailed
from engine.model.tls import Trust
from engine.targets.servers.tls import Files

NAMES = ("localhost", "127.0.0.1", "::1")
CLIENT, ORGANIZATION = "client.example", "Clients, and others"
FOLDER = "tls"


@dataclass(frozen=True, slots=True)
class Made:
    """PEM: the authority, the server's certificate and key, a client's with its key, and a wrong one likewise."""

    ca: bytes
    cert: bytes
    key: bytes
    client: bytes
    wrong: bytes
    client_name: str


class Certificates:
    """The certificates of one run; made once, and written where they are wanted."""

    @cached_property
    def made(self) -> Made:
        """The certificates. Raises EnvironmentFailed where this installation cannot make any."""
        try:
            return make()
        except ImportError as error:
            hint = "install it beside the engine: pip install trustme cryptography"
            raise EnvironmentFailed(f"certificates for TLS need the package {error.name}", hint=hint) from None

    def write(self, folder: Path, asks: str = "", reader: int | None = None) -> tuple[Files, Trust]:
        """Write them into a new folder ``tls`` of this one: what the server is given, and what its clients need.

        Keys are for their owner alone, who is the user ``reader`` where the server runs as another than the engine.
        Raises EnvironmentFailed, and OSError.
        """
        made, home = self.made, folder / FOLDER
        home.mkdir(mode=0o755)
        home.chmod(0o755)
        files = Files(home / "server.pem", home / "server.key", home / "ca.pem", asks)
        trust = Trust(files.ca, home / "client.pem", home / "wrong.pem", made.client_name, asks)
        for path, data in ((files.cert, made.cert), (files.ca, made.ca)):
            path.write_bytes(data)
            path.chmod(0o644)
        for path, data in ((files.key, made.key), (trust.client, made.client), (trust.wrong, made.wrong)):
            secret(path, data)
        if reader is not None:
            os.chown(files.key, reader, -1)
        return files, trust


def secret(path: Path, data: bytes) -> None:
    """Write a file that nobody else can read, not even for a moment. Raises OSError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def make() -> Made:
    """Make them. Raises ImportError."""
    # A tenth of a second, which only those pay who have TLS.
    import trustme  # noqa: PLC0415
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    def key_of(leaf: trustme.LeafCert) -> bytes:
        """Its key in PKCS 8, which every server reads."""
        key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
        form = serialization.PrivateFormat.PKCS8
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())

    def cert_of(leaf: trustme.LeafCert) -> bytes:
        return b"".join(part.bytes() for part in leaf.cert_chain_pems)

    def client_of(signed_by: trustme.CA) -> trustme.LeafCert:
        return signed_by.issue_cert(CLIENT, common_name=CLIENT, organization_name=ORGANIZATION)

    authority, stranger = trustme.CA(), trustme.CA()
    server, client, wrong = authority.issue_cert(*NAMES), client_of(authority), client_of(stranger)
    name = x509.load_pem_x509_certificate(cert_of(client)).subject.rfc4514_string()
    return Made(
        authority.cert_pem.bytes(), cert_of(server), key_of(server),
        cert_of(client) + key_of(client), cert_of(wrong) + key_of(wrong), name,
    )  # fmt: skip
