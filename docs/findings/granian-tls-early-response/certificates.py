"""Creates the certificates for TLS: an authority, one for the server, and two for clients.

The packages trustme and cryptography are needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from trustme import LeafCert

FOLDER = Path(__file__).resolve().parent


def key(leaf: LeafCert) -> bytes:
    """The key of a certificate in PKCS 8, which every server reads."""
    private = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    form = serialization.PrivateFormat.PKCS8
    return private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def write_client(name: str, authority: trustme.CA) -> None:
    """Write a client's certificate with its key, and the name in it."""
    leaf = authority.issue_cert("client.example", common_name="client.example", organization_name="Clients, and others")
    certificate = leaf.cert_chain_pems[0].bytes()
    (FOLDER / name).write_bytes(certificate + key(leaf))
    (FOLDER / f"{name}.name").write_text(x509.load_pem_x509_certificate(certificate).subject.rfc4514_string())


def main() -> None:
    """Write ca.pem, server.pem, server.key, client.pem, and wrong.pem, which another authority has signed."""
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost", "::1")
    (FOLDER / "ca.pem").write_bytes(authority.cert_pem.bytes())
    (FOLDER / "server.pem").write_bytes(server.cert_chain_pems[0].bytes())
    (FOLDER / "server.key").write_bytes(key(server))
    write_client("client.pem", authority)
    write_client("wrong.pem", trustme.CA())


if __name__ == "__main__":
    main()
