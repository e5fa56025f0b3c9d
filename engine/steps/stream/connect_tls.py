"""What ``connect`` says of TLS, and what it sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.facts import INTEGER, TEXT, one_of
from engine.model.nodes import Node
from engine.model.protocols import Channel
from engine.model.tls import NONE, OURS, WRONG, TlsClientOptions, TlsCredentials, TlsSession
from engine.model.variables import Variable, resolve
from engine.steps.api.facts import Fact
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import Schema, notation
from engine.steps.shared.values import scalar, text

VERSIONS = ("1.2", "1.3")
HTTP = ("http/1.1",)

TLS_FACTS = (
    Fact("tls.version", "The version of TLS that was agreed on: 1.2 or 1.3.", one_of(*VERSIONS)),
    Fact("tls.number", "That version as it crosses the wire: 771 (0x0303) or 772 (0x0304).", INTEGER),
    Fact("tls.cipher", "The cipher suite that was agreed on, by OpenSSL's name.", TEXT),
    Fact("tls.suite", "That suite's number at IANA.", INTEGER),
    Fact("tls.alpn", "The protocol that the server chose of those offered; absent where it chose none.", TEXT),
    Fact("tls.server_cert", "The server's certificate, as PEM.", TEXT),
    Fact("tls.client_cert", "The certificate that was shown to the server, as PEM; absent where none was.", TEXT),
    Fact("tls.client_name", "The name in it, as RFC 4514 writes it; absent for a wrong one.", TEXT),
    Fact("tls.error", "Why TLS was not agreed upon.", TEXT),
)

SCHEMA: Schema = {
    "title": "true, false, or a mapping",
    "description": "TLS on this connection; by default as the target has it.",
    "type": ["boolean", "object"],
    "properties": {
        "alpn": {
            "type": "array",
            "items": notation("text", "A protocol's name: http/1.1, h2."),
            "description": "The protocols that are offered, in order; [http/1.1] by default, none for [].",
        },
        "version": notation("text", 'The one version that is spoken: "1.2" or "1.3"; by default either.'),
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
    """What stands under ``tls``: ``on`` is None where nothing does."""

    on: bool | None = None
    alpn: tuple[str, ...] = HTTP
    version: object = ""
    client_cert: object = None

    def hello(self, trust: TlsCredentials | None, variables: Mapping[str, object]) -> TlsClientOptions | None:
        """How the connection begins TLS, None for a plain one. Raises ValueError for what there is not."""
        if self.on is False or (self.on is None and trust is None):
            return None
        version = text(self.version, variables)
        if version not in ("", *VERSIONS):
            raise ValueError(f"there is no version {version!r} of TLS here: use one of {', '.join(VERSIONS)}")
        shows = shown(resolve(self.client_cert, variables))
        if shows in (OURS, WRONG) and trust is None:
            raise ValueError("there are certificates on a target with TLS alone: say `server: {tls: true}`")
        return TlsClientOptions(trust, tuple(text(word, variables) for word in self.alpn), version, shows)


NOTHING_SAID = TlsOptions()


def shown(value: object) -> str:
    """Which certificate ``client_cert`` means, "" where nobody says. Raises ValueError."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return OURS if value else NONE
    if value == WRONG:
        return WRONG
    raise ValueError(f"client_cert is {value!r}, and should be true, false or {WRONG}")


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


def facts_of(channel: Channel) -> Mapping[str, object] | None:
    """The facts of a connection's handshake, None for a plain one. What is not there has no fact."""
    agreed = getattr(channel, "agreed", None)
    if not isinstance(agreed, TlsSession):
        return None
    facts: dict[str, object] = {
        "tls.version": agreed.version,
        "tls.number": agreed.number,
        "tls.cipher": agreed.cipher,
        "tls.suite": agreed.suite,
        "tls.alpn": agreed.alpn,
        "tls.server_cert": agreed.server_cert,
        "tls.client_cert": agreed.client_cert,
        "tls.client_name": agreed.client_name,
    }
    return {name: value for name, value in facts.items() if value not in ("", 0)}
