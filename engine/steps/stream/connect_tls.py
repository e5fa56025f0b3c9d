"""The TLS part of ``connect``: its parameters and its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.model.expectation import ABSENT
from engine.model.facts import INTEGER, TEXT, one_of
from engine.model.nodes import Node
from engine.model.protocols import Channel
from engine.model.tls import NONE, OURS, WRONG, TlsClientOptions, TlsCredentials, TlsSession
from engine.model.variables import Variable, WrongValue, resolve
from engine.steps.api.facts import FactSet, fact
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, literal
from engine.steps.shared.values import scalar, text

VERSIONS = ("1.2", "1.3")
HTTP = ("http/1.1",)

SCHEMA: Schema = {
    "title": "true, false, or a mapping",
    "description": "TLS on this connection; by default as the target has it.",
    "type": ["boolean", "object"],
    "properties": {
        "alpn": {
            "type": "array",
            "items": literal("text", "A protocol's name: http/1.1, h2."),
            "description": "The protocols that are offered, in order; [http/1.1] by default, none for [].",
        },
        "version": literal("text", 'The one version that is spoken: "1.2" or "1.3"; by default either.'),
        "client_cert": scalar(
            "boolean",
            "string",
            description="Show a certificate: true, false, or wrong (one that nobody signed whom the server knows). "
            "By default as the server requires it.",
        ),
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class TlsOptions:
    """The parameters under ``tls``: ``on`` is None without any."""

    on: bool | None = None
    alpn: tuple[str, ...] = HTTP
    version: object = ""
    client_cert: object = None

    def tls_options(self, trust: TlsCredentials | None, variables: Mapping[str, object]) -> TlsClientOptions | None:
        """The TLS options of the connection, None for a plain one. Raises ValueError for an unknown value."""
        if self.on is False or (self.on is None and trust is None):
            return None
        version = text(self.version, variables)
        if version not in ("", *VERSIONS):
            raise WrongValue(f"there is no version {version!r} of TLS here: use one of {', '.join(VERSIONS)}")
        shows = certificate(resolve(self.client_cert, variables))
        if shows in (OURS, WRONG) and trust is None:
            raise WrongValue("there are certificates on a target with TLS alone: say `server: {tls: true}`")
        return TlsClientOptions(trust, tuple(text(word, variables) for word in self.alpn), version, shows)


NOTHING_SAID = TlsOptions()


def certificate(value: object) -> str:
    """The certificate that ``client_cert`` selects, "" by default. Raises ValueError."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return OURS if value else NONE
    if value == WRONG:
        return WRONG
    raise WrongValue(f"client_cert is {value!r}, and should be true, false or {WRONG}")


def parse_tls(node: Node | None, reader: NodeReader) -> TlsOptions:
    """The parameters of a valid node."""
    if node is None:
        return NOTHING_SAID
    if isinstance(node.value, bool):
        return TlsOptions(on=node.value)
    alpn, version, cert = (node.get(key) for key in ("alpn", "version", "client_cert"))
    spoken = reader.value(version) if version else ""
    if version and isinstance(spoken, str) and "$(" not in spoken and spoken not in VERSIONS:
        reader.mistake(version, f"there is no version {spoken!r} of TLS here", 'use "1.2" or "1.3"')
    wanted = reader.value(cert) if cert else None
    if cert and not isinstance(wanted, (bool, Variable)) and wanted != WRONG and "$(" not in str(wanted):
        reader.mistake(cert, f"there is no client's certificate {wanted!r}", f"use true, false or {WRONG}")
    names = tuple(str(reader.value(item)) for item in alpn.items()) if alpn else HTTP
    return TlsOptions(True, names, spoken, wanted)


def session_of(channel: Channel) -> TlsSession | None:
    """The TLS that a connection's handshake agreed upon, None for a plain one."""
    agreed = getattr(channel, "agreed", None)
    return agreed if isinstance(agreed, TlsSession) else None


class TlsFacts(FactSet):
    """The facts of a connection's handshake: absent on a plain one, and what is not there has no fact either.
    ``error`` says why there is no session."""

    def __init__(self, session: TlsSession | None, error: str = "") -> None:
        self._session = session
        self._error = error

    def _agreed(self, read: Callable[[TlsSession], object]) -> object:
        value = None if self._session is None else read(self._session)
        return ABSENT if value in (None, "", 0) else value

    @fact("tls.version", one_of(*VERSIONS))
    def tls_version(self) -> object:
        """The version of TLS that was agreed on: 1.2 or 1.3."""
        return self._agreed(lambda session: session.version)

    @fact("tls.number", INTEGER)
    def tls_number(self) -> object:
        """The version as it crosses the wire: 771 (0x0303) or 772 (0x0304)."""
        return self._agreed(lambda session: session.number)

    @fact("tls.cipher", TEXT)
    def tls_cipher(self) -> object:
        """The cipher suite that was agreed on, by OpenSSL's name."""
        return self._agreed(lambda session: session.cipher)

    @fact("tls.suite", INTEGER)
    def tls_suite(self) -> object:
        """The IANA number of the suite."""
        return self._agreed(lambda session: session.suite)

    @fact("tls.alpn", TEXT)
    def tls_alpn(self) -> object:
        """The protocol that the server chose of those offered; absent where it chose none."""
        return self._agreed(lambda session: session.alpn)

    @fact("tls.server_cert", TEXT)
    def tls_server_cert(self) -> object:
        """The server's certificate, as PEM."""
        return self._agreed(lambda session: session.server_cert)

    @fact("tls.client_cert", TEXT)
    def tls_client_cert(self) -> object:
        """The certificate that was shown to the server, as PEM; absent where none was."""
        return self._agreed(lambda session: session.client_cert)

    @fact("tls.client_name", TEXT)
    def tls_client_name(self) -> object:
        """The name in it, as RFC 4514 writes it; absent for a wrong one."""
        return self._agreed(lambda session: session.client_name)

    @fact("tls.error", TEXT)
    def tls_error(self) -> object:
        """The reason why the TLS handshake failed."""
        return self._error or ABSENT
