"""A TCP connection that uses TLS: it records the plain bytes, and the result of the handshake."""

from __future__ import annotations

import asyncio
import ssl
import time
from functools import lru_cache
from pathlib import Path

from engine.channels.tcp import Clock, TcpChannel, open_tcp
from engine.channels.tls_codec import Broken, TlsCodec
from engine.errors import ChannelClosed, HandshakeFailed, Reset
from engine.model.network import LOCALHOST, unix_path
from engine.model.tls import OURS, WRONG, TlsClientOptions, TlsSession

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
NUMBERS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


class TlsChannel(TcpChannel):
    """``engine.model.protocols.Channel`` over TLS. ``open_tls`` creates one, with its handshake done.

    A closure alert ends the stream as a FIN does, and ``closure`` distinguishes them. An alert that aborts TLS counts
    as a reset.
    """

    def __init__(self, label: str, clock: Clock, codec: TlsCodec) -> None:
        super().__init__(label, clock)
        self._codec = codec
        self._shaking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.agreed: TlsSession | None = None

    @property
    def closure(self) -> str:
        """The end announced by the peer: ``tls`` for a closure alert, else ``fin``; "" for neither."""
        if self._codec.closed:
            return "tls"
        return "fin" if self._ended == "fin" else ""

    async def handshake(self, tls_options: TlsClientOptions) -> TlsSession:
        """Begin TLS. Raises HandshakeFailed, and Reset if the connection is lost meanwhile."""
        try:
            self._transport.write(self._codec.start())
            await self._shaking
        except Broken as error:
            self._record.event(self._clock(), "tls", f"no handshake: {error}")
            raise HandshakeFailed(f"the TLS handshake failed: {error}") from None
        self.agreed = agreed(self._codec.session, tls_options)
        self._record.event(self._clock(), "tls", str(self.agreed))
        return self.agreed

    # asyncio's callbacks

    def data_received(self, data: bytes) -> None:
        try:
            pieces = self._codec.feed(data)
        except Broken as error:
            self._put(self._codec.outgoing())
            self._shaken(error)
            return
        self._put(self._codec.outgoing())
        self._shaken()
        for piece in pieces:
            super().data_received(piece)
        if self._codec.broken is not None:
            self._broken(self._codec.broken)
        if self._codec.closed and not self._ended:
            self._finish("by the peer, with a closure alert")

    def eof_received(self) -> bool:
        try:
            self._codec.end()
        except Broken as error:
            self._shaken(error)
        if not self._ended:
            self._finish("by the peer, without a closure alert")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._shaken(Reset("the peer reset the connection during the TLS handshake"))

    def _finish(self, detail: str) -> None:
        self._fin_at = self._clock()
        self._ended = "fin"
        self._record.event(self._fin_at, "closed", detail)
        self._wake_reader()

    def _shaken(self, error: Exception | None = None) -> None:
        """Notify the waiter for the handshake that it is over, or failed."""
        if self._shaking.done():
            return
        if error is not None:
            self._shaking.set_exception(error)
        elif self._codec.done:
            self._shaking.set_result(None)

    def _put(self, data: bytes) -> None:
        """Send the output of TLS itself, as long as this side may send."""
        if data and not self._shut and not self._transport.is_closing():
            self._transport.write(data)

    def _broken(self, error: Broken) -> None:
        """Record that TLS cannot continue, which counts as a reset."""
        if not self._ended:
            self._ended = "reset"
            self._record.event(self._clock(), "reset", f"by the peer: {error}")
            self._wake_reader()
            self.resume_writing()

    # Actions

    def write(self, data: bytes) -> float:
        """As in TcpChannel; the plain bytes are recorded."""
        self._may_write()
        self._record.data(self._clock(), "sent", data)
        if data:
            try:
                self._transport.write(self._codec.encrypt(data))
            except Broken as error:
                raise ChannelClosed(f"TLS takes nothing more: {error}") from None
        return self._clock()

    def half_close(self) -> None:
        """Send a closure alert and a FIN, and continue reading."""
        self._may_write()
        self._put(self._codec.close())
        super().half_close()

    def close(self) -> None:
        """Close both sides, with a closure alert."""
        if not self._lost and self._ended != "reset":
            self._put(self._codec.close())
        super().close()

    def truncate(self) -> None:
        """Close both sides by a bare FIN."""
        super().close()


async def open_tls(
    address: tuple[str, int],
    tls_options: TlsClientOptions,
    *,
    label: str = "connection",
    clock: Clock = time.monotonic,
    timeout: float | None = None,
    receive_buffer: int | None = None,
) -> TlsChannel:
    """A new connection to ``address`` on which TLS was agreed. The server's certificate must name the address.

    Raises HandshakeFailed, and what ``open_tcp`` raises.
    """
    name = LOCALHOST if unix_path(address) else address[0]
    channel = TlsChannel(label, clock, TlsCodec(context_of(tls_options), name))
    await open_tcp(
        address, label=label, clock=clock, timeout=timeout, receive_buffer=receive_buffer, make=lambda *_: channel
    )
    try:
        await channel.handshake(tls_options)
    except BaseException:
        channel.truncate()
        raise
    return channel


@lru_cache(maxsize=256)
def context_of(tls_options: TlsClientOptions) -> ssl.SSLContext:
    """OpenSSL's context for a way to begin. Raises HandshakeFailed where the files, or this OpenSSL, do not have it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if tls_options.trust is not None:
            context.load_verify_locations(tls_options.trust.ca)
        certificate = certificate_of(tls_options)
        if certificate is not None:
            context.load_cert_chain(certificate)
        if tls_options.alpn:
            context.set_alpn_protocols(list(tls_options.alpn))
        if tls_options.version:
            context.minimum_version = context.maximum_version = VERSIONS[tls_options.version]
    except (OSError, ValueError) as error:
        hint = f"the engine's own is {ssl.OPENSSL_VERSION}: is it built, and allowed, to speak this?"
        raise HandshakeFailed(f"TLS cannot be set up: {error}", hint=hint) from None
    return context


def certificate_of(tls_options: TlsClientOptions) -> Path | None:
    """The file with the client's certificate, None for none."""
    if tls_options.trust is None:
        return None
    if tls_options.shows in (OURS, WRONG):
        return tls_options.trust.client if tls_options.shows == OURS else tls_options.trust.wrong
    return None if tls_options.shows else tls_options.trust.certificate


def agreed(session: ssl.SSLObject, tls_options: TlsClientOptions) -> TlsSession:
    """The parameters of an established session."""
    name, version, _ = session.cipher() or ("", "", 0)
    version = session.version() or version
    suites = {one["name"]: int(one["id"]) & 0xFFFF for one in session.context.get_ciphers()}
    certificate = certificate_of(tls_options)
    text = certificate.read_text("ascii") if certificate is not None else ""
    begin, end = text.find("-----BEGIN CERTIFICATE-----"), text.find("-----END CERTIFICATE-----")
    theirs = session.getpeercert(True)
    return TlsSession(
        version.removeprefix("TLSv"),
        NUMBERS.get(version, 0),
        name,
        suites.get(name, 0),
        session.selected_alpn_protocol() or "",
        ssl.DER_cert_to_PEM_cert(theirs).strip() if theirs else "",
        f"{text[begin:end]}-----END CERTIFICATE-----" if text else "",
        tls_options.trust.client_name
        if tls_options.trust is not None and certificate == tls_options.trust.client
        else "",
    )
