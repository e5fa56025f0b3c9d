"""TLS of the small server, right, or with the one fault that is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .switches import Switch

VERSIONS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
MODES = {"": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
SHUTDOWN_WITHIN = 1.0  # seconds
HANDSHAKE = b"\x16"
# What a server of HTTP/2 says first: its settings, and none of them.
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tls:
    """``context`` is OpenSSL's; ``certificate`` and ``ca`` are PEM."""

    context: ssl.SSLContext
    certificate: str
    ca: str


def tls_of(certificate: str, key: str, ca: str, asks: str, switch: Switch) -> Tls:
    """TLS from files; ``asks`` is what is asked of a client's certificate: "", ``optional`` or ``required``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if switch("tls-1.2-refused") else ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    if ca and not switch("tls-clients-not-verified"):
        context.load_verify_locations(ca)
        context.verify_mode = MODES[asks]
    authority = ca or Path(certificate).with_name("ca.pem")
    return Tls(context, Path(certificate).read_text("ascii"), Path(authority).read_text("ascii"))


def extension_of(tls: Tls | None, session: ssl.SSLObject | None, kind: str, switch: Switch) -> dict[str, Any] | None:
    """The extension's data for a connection; ``kind`` is ``http`` or ``websocket``. None for no extension."""
    if tls is None or session is None:
        return {} if switch("tls-extension-without-tls") else None
    if kind == "websocket" and switch("tls-extension-of-http"):
        return None
    name, version, _ = session.cipher() or ("", "", 0)
    version = session.version() or version
    suites = {one["name"]: one["id"] & 0xFFFF for one in tls.context.get_ciphers()}
    found: dict[str, Any] = {
        "server_cert": tls.ca if switch("tls-certificate-of-the-authority") else tls.certificate,
        "client_cert_chain": [],
        "client_cert_name": None,
        "client_cert_error": "" if switch("tls-error-empty") else None,
        "tls_version": version if switch("tls-version-text") else VERSIONS[version],
        "cipher_suite": name if switch("tls-suite-by-name") else suites[name],
    }
    leaf = session.getpeercert(True)
    if leaf:
        from cryptography import x509  # slow to load, as websockets in http1

        subject = x509.load_der_x509_certificate(leaf).subject
        found["client_cert_chain"] = [] if switch("tls-chain-missing") else [ssl.DER_cert_to_PEM_cert(leaf)]
        slashed = f"/{subject.rfc4514_string().replace(',', '/')}"
        found["client_cert_name"] = slashed if switch("tls-name-in-slashes") else subject.rfc4514_string()
    if switch("tls-keys-missing"):
        del found["cipher_suite"]
    return found


class Accepting:
    """Accepts connections itself, for faults that asyncio's own way to do it does not have."""

    def __init__(self, listener: socket.socket, tls: Tls, connected: Connected, switch: Switch) -> None:
        self._listener = listener
        self._tls = tls
        self._connected = connected
        self._switch = switch
        self._tasks: set[asyncio.Task[None]] = set()
        self._begin(self._run())

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            client.setblocking(False)
            if self._switch("tls-handshakes-in-turn"):
                await self._serve(client, self._tls.context)
            else:
                self._begin(self._either(client))

    async def _either(self, client: socket.socket) -> None:
        """With TLS or without, as the client begins."""
        first = b""
        while not first:
            with contextlib.suppress(BlockingIOError):
                first = client.recv(1, socket.MSG_PEEK)
                break
            await asyncio.sleep(0.002)
        await self._serve(client, self._tls.context if first == HANDSHAKE else None)

    async def _serve(self, client: socket.socket, context: ssl.SSLContext | None) -> None:
        """Until the handshake is done."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._connected)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, client, ssl=context)

    def close(self) -> None:
        """Accept nobody any more."""
        for task in self._tasks:
            task.cancel()
        self._listener.close()


def bare_fin(writer: asyncio.StreamWriter) -> None:
    """End a connection by a FIN without a closure alert."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
    writer.transport.abort()
