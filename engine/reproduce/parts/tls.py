"""TLS of a client, with the certificates that ``certificates.py`` creates."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from engine.reproduce.parts.checks import ABSENT

if TYPE_CHECKING:
    from engine.reproduce.parts.wire import Connection

FOLDER = Path(__file__).resolve().parent


def tls(alpn: tuple[str, ...] = ("http/1.1",), version: str = "", certificate: str = "") -> ssl.SSLContext:
    """The TLS options of a connection; ``certificate`` is the file of the certificate to present, "" for none."""
    authority = FOLDER / "ca.pem"  # which a server without TLS does not have
    context = ssl.create_default_context(cafile=authority if authority.exists() else None)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        number = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
        context.minimum_version = context.maximum_version = number
    if certificate:
        context.load_cert_chain(FOLDER / certificate)
    return context


class Session:
    """The result of a TLS handshake."""

    def __init__(self, connection: Connection | None, error: str = "", certificate: str = "") -> None:
        self.error: object = error or ABSENT
        self.version: object = ABSENT
        self.number: object = ABSENT
        self.cipher: object = ABSENT
        self.suite: object = ABSENT
        self.alpn: object = ABSENT
        self.server_cert: object = ABSENT
        self.client_cert: object = ABSENT
        self.client_name: object = ABSENT
        used: socket.socket | None = None if connection is None else connection.socket
        if isinstance(used, ssl.SSLSocket):
            self.version = (used.version() or "").removeprefix("TLSv")
            self.number = {"1.2": 771, "1.3": 772}.get(str(self.version), ABSENT)
            name = (used.cipher() or ("",))[0]
            self.cipher = name
            known = [one for one in ssl.create_default_context().get_ciphers() if one["name"] == name]
            self.suite = known[0]["id"] & 0xFFFF if known else ABSENT
            self.alpn = used.selected_alpn_protocol() or ABSENT
            der = used.getpeercert(binary_form=True)
            self.server_cert = ssl.DER_cert_to_PEM_cert(der).rstrip("\n") if der else ABSENT
            if certificate:
                pem = (FOLDER / certificate).read_text()
                start = pem.index("-----BEGIN CERTIFICATE-----")
                self.client_cert = pem[start : pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----"
                names = FOLDER / (certificate + ".name")
                self.client_name = names.read_text().strip() if names.exists() else ABSENT
