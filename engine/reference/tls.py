"""TLS: the server's side of it, and the data about a connection that the application receives (the ASGI extension
``tls``).

The ssl module verifies certificates itself: an invalid client certificate ends the handshake, even if certificates are
optional. So no application ever sees an invalid one, and ``client_cert_error`` is None.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASKS = {"": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
VERSIONS = {"TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
HANDSHAKE_WITHIN = 10.0  # seconds
# The time that the client has for its own closure alert, in seconds. The server has sent one, and need not wait.
SHUTDOWN_WITHIN = 1.0
END = "-----END CERTIFICATE-----"
# The names of attributes that RFC 4514, section 3, has, by OpenSSL's.
NAMES = {
    "commonName": "CN",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userId": "UID",
}


@dataclass(frozen=True, slots=True)
class Tls:
    """``context`` is OpenSSL's, ``certificate`` the server's own as PEM."""

    context: ssl.SSLContext
    certificate: str


def tls_from(certificate: str, key: str, client_ca: str = "", client_cert: str = "") -> Tls:
    """TLS with the certificate of one file and the key of another. ``client_ca`` is the file of the authority for
    clients, whose certificate is requested as ``client_cert`` says: a word of ASKS. Raises OSError for missing or
    invalid files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    if client_ca:
        context.load_verify_locations(client_ca)
    context.verify_mode = ASKS[client_cert]
    text = Path(certificate).read_text("ascii")
    first = text[text.index("-----BEGIN CERTIFICATE-----") : text.index(END) + len(END)] + "\n"
    return Tls(context, first)


def extension_of(tls: Tls, connection: ssl.SSLObject) -> dict[str, Any]:
    """The content of the extension ``tls`` for a connection."""
    leaf = connection.getpeercert(True)
    chain = [ssl.DER_cert_to_PEM_cert(leaf)] if leaf else []
    if leaf and hasattr(connection, "get_unverified_chain"):  # since 3.13
        chain = [ssl.DER_cert_to_PEM_cert(one) for one in connection.get_unverified_chain()]
    name, _, _ = connection.cipher() or ("", "", 0)
    suites = {one["name"]: int(one["id"]) & 0xFFFF for one in tls.context.get_ciphers()}
    return {
        "server_cert": tls.certificate,
        "client_cert_chain": chain,
        "client_cert_name": rfc4514(connection.getpeercert() or {}) if leaf else None,
        "client_cert_error": None,
        "tls_version": VERSIONS.get(connection.version() or ""),
        "cipher_suite": suites.get(name),
    }


def rfc4514(certificate: dict[str, Any]) -> str:
    """The subject of a certificate, as the ssl module has it, in the string form of RFC 4514: the last part first."""
    parts = certificate.get("subject", ())
    return ",".join("+".join(f"{NAMES.get(name, name)}={escaped(value)}" for name, value in one) for one in parts[::-1])


def escaped(value: str) -> str:
    """A value of an attribute (RFC 4514, section 2.4)."""
    text = "".join(f"\\{one}" if one in '"+,;<>\\' else "\\00" if one == "\0" else one for one in value)
    if text.startswith((" ", "#")):
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if text.endswith(" ") and len(value) > 1 else text
