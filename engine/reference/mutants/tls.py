"""Faults in TLS, and in the extension ``tls`` of the scope."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..server import ReferenceServer
from ..stream import ServerStream
from ..tls import Tls, extension_of, tls_from
from .base import Install, Mutant, Scope, everywhere, replaced, scopes, together

HANDSHAKE = b"\x16"
# The first words of a server of HTTP/2: its settings, and none of them.
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def _extension(change: Callable[[Scope, Tls, Any], None]) -> Install:
    """Change the data of the extension."""

    def wrong(right: Any) -> Any:
        def changed(tls: Tls, connection: Any) -> Scope:
            found: Scope = right(tls, connection)
            change(found, tls, connection)
            return found

        return changed

    return everywhere(extension_of, wrong)


def _context(change: Callable[[ssl.SSLContext], None]) -> Install:
    """Change the context of TLS."""

    def wrong(right: Any) -> Any:
        def changed(*given: Any, **more: Any) -> Tls:
            tls: Tls = right(*given, **more)
            change(tls.context)
            return tls

        return changed

    return everywhere(tls_from, wrong)


def _plain_scheme(scope: Scope) -> None:
    scope["scheme"] = scope["scheme"].removesuffix("s")


def _only_1_3(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def _only_1_2(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def _no_alpn(context: ssl.SSLContext) -> None:
    context.set_alpn_protocols([])


def _http_2(context: ssl.SSLContext) -> None:
    context.set_alpn_protocols(["h2", "http/1.1"])


def _unverified(right: Any) -> Any:
    return lambda certificate, key, client_ca="", client_cert="": right(certificate, key)


def _optional(right: Any) -> Any:
    return lambda certificate, key, client_ca="", client_cert="": right(
        certificate, key, client_ca, "optional" if client_cert else ""
    )


def _mistaken(right: Any) -> Any:
    """Speak HTTP/2 to clients that agreed on http/1.1."""

    def init(self: ServerStream, reader: Any, writer: Any, tls: Any = None) -> None:
        right(self, reader, writer, tls)
        session = writer.get_extra_info("ssl_object")
        if session is not None and session.selected_alpn_protocol():
            writer.write(SETTINGS)

    return init


class Accepting:
    """Accepts connections itself: in turn, or with TLS only for clients that begin it."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext, connected: Any, *, in_turn: bool) -> None:
        self._listener = listener
        self._context = context
        self._connected = connected
        self._in_turn = in_turn
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
            if self._in_turn:
                await self._serve(client, self._context)
            else:
                self._begin(self._either(client))

    async def _either(self, client: socket.socket) -> None:
        first = b""
        while not first:
            with contextlib.suppress(BlockingIOError):
                first = client.recv(1, socket.MSG_PEEK)
                break
            await asyncio.sleep(0.002)
        await self._serve(client, self._context if first == HANDSHAKE else None)

    async def _serve(self, client: socket.socket, context: ssl.SSLContext | None) -> None:
        """Return when the handshake is done."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader, self._connected)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, client, ssl=context)

    def close(self) -> None:
        """Accept no more connections."""
        for task in self._tasks:
            task.cancel()
        self._listener.close()


def _accepted(*, in_turn: bool) -> Install:
    def wrong(right: Any) -> Any:
        async def accept(self: ReferenceServer, listener: socket.socket) -> Any:
            if self._tls is None:
                return await right(self, listener)
            return Accepting(listener, self._tls.context, self._connected, in_turn=in_turn)

        return accept

    return replaced(ReferenceServer, "_accept", wrong)


def _plain_stream(right: Any) -> Any:
    """Let a stream without TLS be one on a server with TLS."""

    def init(self: ServerStream, reader: Any, writer: Any, tls: Any = None) -> None:
        right(self, reader, writer, tls if writer.get_extra_info("ssl_object") is not None else None)

    return init


def _bare_fin(right: Any) -> Any:
    async def close(self: ServerStream, linger: float = 0.0) -> None:
        if self.tls is None:
            return await right(self, linger)  # type: ignore[no-any-return]  # it returns None
        await asyncio.sleep(0.05)  # until everything is out
        with contextlib.suppress(OSError):
            self._writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
        self._writer.transport.abort()

    return close


def _hello_swallowed(right: Any) -> Any:
    async def fill(self: ServerStream) -> bool:
        going = bool(await right(self))
        if self.tls is None and self.buffer[:1] == HANDSHAKE:
            self.buffer.clear()
            return await fill(self)
        return going

    return fill


def _always_there(scope: Scope) -> None:
    scope["extensions"].setdefault("tls", {})


def _in_requests_only(scope: Scope) -> None:
    if scope["type"] == "websocket":
        scope["extensions"].pop("tls", None)


def _nowhere(scope: Scope) -> None:
    scope["extensions"].pop("tls", None)


def _without(name: str) -> Install:
    return _extension(lambda found, tls, connection: found.pop(name) and None)


def _put(name: str, value: Callable[[Scope, Tls, Any], Any]) -> Install:
    def change(found: Scope, tls: Tls, connection: Any) -> None:
        found[name] = value(found, tls, connection)

    return _extension(change)


def _of_the_authority() -> Install:
    """Show the certificate of the authority in place of the server's own."""

    def wrong(right: Any) -> Any:
        def changed(certificate: str, key: str, client_ca: str = "", client_cert: str = "") -> Tls:
            tls: Tls = right(certificate, key, client_ca, client_cert)
            authority = client_ca or Path(certificate).with_name("ca.pem")
            return Tls(tls.context, Path(authority).read_text("ascii"))

        return changed

    return everywhere(tls_from, wrong)


def _with_slashes(found: Scope, tls: Tls, connection: Any) -> Any:
    name = found["client_cert_name"]
    return name and "/" + name.replace(",", "/")


def _in_reverse(found: Scope, tls: Tls, connection: Any) -> Any:
    name = found["client_cert_name"]
    return name and ",".join(name.split(",")[::-1]) + ("," if "," not in name else "")


def _version_of_record(found: Scope, tls: Tls, connection: Any) -> int:
    return 0x0303


MUTANTS: Mapping[str, Mutant] = {
    "tls-scheme-http": Mutant("the scheme of a connection with TLS is that of one without", scopes(_plain_scheme)),
    "tls-1-2-refused": Mutant("only TLS 1.3 is spoken", _context(_only_1_3)),
    "tls-1-3-refused": Mutant("only TLS 1.2 is spoken", _context(_only_1_2)),
    "tls-no-alpn": Mutant("no protocol is agreed on by ALPN", _context(_no_alpn)),
    "tls-alpn-h2": Mutant("h2 is agreed on by ALPN, and HTTP/1.1 is spoken", _context(_http_2)),
    "tls-alpn-mistaken": Mutant(
        "clients that agreed on http/1.1 are spoken to in HTTP/2", replaced(ServerStream, "__init__", _mistaken)
    ),
    "tls-plain-served": Mutant(
        "a request without TLS is served on the port with TLS",
        together(_accepted(in_turn=False), replaced(ServerStream, "__init__", _plain_stream)),
    ),
    "tls-handshakes-in-turn": Mutant(
        "no connection is accepted during the handshake of another", _accepted(in_turn=True)
    ),
    "tls-bare-fin": Mutant("connections end without a closure alert", replaced(ServerStream, "close", _bare_fin)),
    "tls-clients-not-verified": Mutant("no client certificate is requested", everywhere(tls_from, _unverified)),
    "tls-clients-optional": Mutant("a required client certificate is optional", everywhere(tls_from, _optional)),
    "tls-hello-hangs": Mutant(
        "a TLS handshake on a port without TLS is not answered", replaced(ServerStream, "fill", _hello_swallowed)
    ),
    "tls-extension-without-tls": Mutant("the scope has the extension tls without TLS", scopes(_always_there)),
    "tls-extension-of-http": Mutant(
        "the scope of a WebSocket does not have the extension tls", scopes(_in_requests_only)
    ),
    "tls-extension-missing": Mutant("no scope has the extension tls", scopes(_nowhere)),
    "tls-keys-missing": Mutant("the extension tls has no cipher_suite", _without("cipher_suite")),
    "tls-version-missing": Mutant("the extension tls has no tls_version", _without("tls_version")),
    "tls-version-text": Mutant(
        "tls_version is OpenSSL's name of it", _put("tls_version", lambda found, tls, connection: connection.version())
    ),
    "tls-version-of-the-record": Mutant(
        "tls_version is always that of TLS 1.2", _put("tls_version", _version_of_record)
    ),
    "tls-suite-by-name": Mutant(
        "cipher_suite is OpenSSL's name of it",
        _put("cipher_suite", lambda found, tls, connection: connection.cipher()[0]),
    ),
    "tls-suite-whole-id": Mutant(
        "cipher_suite is OpenSSL's number of it",
        _put("cipher_suite", lambda found, tls, connection: (found["cipher_suite"] or 0) | 0x03000000),
    ),
    "tls-certificate-of-the-authority": Mutant("server_cert is the certificate of its authority", _of_the_authority()),
    "tls-certificate-none": Mutant("server_cert is None", _put("server_cert", lambda found, tls, connection: None)),
    "tls-error-empty": Mutant(
        "client_cert_error is an empty text if there is no error",
        _put("client_cert_error", lambda found, tls, connection: ""),
    ),
    "tls-chain-missing": Mutant(
        "client_cert_chain is empty if the client has presented a certificate",
        _put("client_cert_chain", lambda found, tls, connection: []),
    ),
    "tls-chain-der": Mutant(
        "client_cert_chain has DER in place of PEM",
        _put("client_cert_chain", lambda found, tls, connection: [one.encode() for one in found["client_cert_chain"]]),
    ),
    "tls-name-in-slashes": Mutant("client_cert_name is written with slashes", _put("client_cert_name", _with_slashes)),
    "tls-name-none": Mutant(
        "client_cert_name is None if the client has presented a certificate",
        _put("client_cert_name", lambda found, tls, connection: None),
    ),
    "tls-name-reversed": Mutant(
        "client_cert_name has its parts in reverse order", _put("client_cert_name", _in_reverse)
    ),
}
