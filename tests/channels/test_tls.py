from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from engine.channels.tls import TlsChannel, open_tls
from engine.errors import ChannelClosed, ChannelError, ConnectionRefused, HandshakeFailed, Reset
from engine.model.tls import OURS, WRONG, TlsClientOptions
from tests.channels.test_tcp import LOOPS
from tests.tls_here import Peer, secure, server_context, trust

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a test on each loop."""

    def run(work: Coroutine[Any, Any, None]) -> None:
        async def limited() -> None:
            await asyncio.wait_for(work, 15)

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(limited())

    return run


async def echoing(peer: Peer) -> None:
    await peer.shake()
    going = True
    while going:
        peer.say(peer.plain)
        peer.plain = b""
        going = await peer.more()


def whats(channel: TlsChannel) -> list[str]:
    return [event.what for event in channel.events]


def test_plain_bytes_are_recorded_and_what_was_agreed_on(run: Run) -> None:
    async def work() -> None:
        async with secure(echoing) as address:
            channel = await open_tls(address, TlsClientOptions(trust(), version="1.3"), label="one")
            await channel.send(b"ping")
            assert (await channel.receive())[0] == b"ping"
            events = channel.events
            assert [event.what for event in events] == ["connected", "tls", "sent", "received"]
            assert [event.data for event in events[2:]] == [b"ping", b"ping"]
            assert events[1].detail.startswith("TLS 1.3, TLS_")
            assert events[1].detail.endswith(", http/1.1")
            assert {event.subject for event in events} == {"one"}
            assert channel.closure == ""
            channel.close()
            with pytest.raises(ChannelClosed):
                channel.write(b"x")

    run(work())


@pytest.mark.parametrize(("version", "number"), [("1.2", 0x0303), ("1.3", 0x0304)])
def test_what_the_client_sees_is_what_the_server_sees(run: Run, version: str, number: int) -> None:
    async def work() -> None:
        seen: asyncio.Future[ssl.SSLObject] = asyncio.get_running_loop().create_future()

        async def noting(peer: Peer) -> None:
            await peer.shake()
            seen.set_result(peer.codec.session)
            await peer.rest()

        async with secure(noting, server_context("optional")) as address:
            channel = await open_tls(address, TlsClientOptions(trust("optional"), version=version, shows=OURS))
            agreed = channel.agreed
            assert agreed is not None
            assert (agreed.version, agreed.number, agreed.alpn) == (version, number, "http/1.1")
            theirs = await seen
            assert (theirs.cipher() or ("",))[0] == agreed.cipher
            assert 0 < agreed.suite <= 0xFFFF
            assert (agreed.suite >> 8 == 0x13) is (version == "1.3")
            certificate = theirs.getpeercert(True)
            assert certificate is not None
            assert ssl.DER_cert_to_PEM_cert(certificate).strip() == agreed.client_cert
            assert "O=Clients\\, and others" in agreed.client_name
            assert agreed.server_cert.startswith("-----BEGIN CERTIFICATE-----")
            channel.close()

    run(work())


def test_a_large_body_both_ways(run: Run) -> None:
    async def work() -> None:
        body = bytes(range(256)) * 8192  # 2 MiB
        async with secure(echoing) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            sending = asyncio.ensure_future(channel.send(body))
            got = b""
            while len(got) < len(body):
                got += (await channel.receive())[0]
            await sending
            assert got == body
            channel.close()

    run(work())


@pytest.mark.parametrize(("alert", "closure", "detail"), [
    (True, "tls", "by the peer, with a closure alert"),
    (False, "fin", "by the peer, without a closure alert"),
])  # fmt: skip
def test_a_closure_alert_is_told_from_a_bare_fin(run: Run, alert: bool, closure: str, detail: str) -> None:
    async def ending(peer: Peer) -> None:
        await peer.shake()
        peer.say(b"bye")
        if alert:
            peer.writer.write(peer.codec.close())
        peer.writer.write_eof()
        await peer.rest()

    async def work() -> None:
        async with secure(ending) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            assert (await channel.receive())[0] == b"bye"
            assert (await channel.receive())[0] == b""
            assert (await channel.receive())[0] == b""
            assert (channel.ended, channel.closure) == ("fin", closure)
            assert [event.detail for event in channel.events if event.what == "closed"] == [detail]
            channel.close()

    run(work())


def test_a_closure_alert_alone_ends_the_stream(run: Run) -> None:
    async def alerting(peer: Peer) -> None:
        await peer.shake()
        peer.writer.write(peer.codec.close())
        await peer.rest()

    async def work() -> None:
        async with secure(alerting) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            assert (await channel.receive())[0] == b""
            assert channel.closure == "tls"
            channel.close()

    run(work())


def test_a_reset(run: Run) -> None:
    async def resetting(peer: Peer) -> None:
        await peer.shake()
        raw = peer.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.writer.transport.abort()

    async def work() -> None:
        async with secure(resetting) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            with pytest.raises(Reset):
                await channel.receive()
            assert (channel.ended, channel.closure) == ("reset", "")

    run(work())


def test_a_broken_record_is_as_good_as_a_reset(run: Run) -> None:
    async def breaking(peer: Peer) -> None:
        await peer.shake()
        peer.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await peer.reader.read()

    async def work() -> None:
        async with secure(breaking) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            with pytest.raises(Reset):
                await channel.receive()
            with pytest.raises(Reset):
                channel.write(b"x")
            assert whats(channel)[-1] == "reset"
            channel.close()

    run(work())


@pytest.mark.parametrize(("act", "alert"), [("close", True), ("half_close", True), ("truncate", False)])
def test_how_this_side_ends_it(run: Run, act: str, alert: bool) -> None:
    async def work() -> None:
        heard: asyncio.Future[tuple[bytes, bool]] = asyncio.get_running_loop().create_future()

        async def hearing(peer: Peer) -> None:
            await peer.shake()
            heard.set_result((await peer.rest(), peer.alert))

        async with secure(hearing) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            await channel.send(b"last")
            getattr(channel, act)()
            assert await heard == (b"last", alert)
            channel.close()

    run(work())


def test_reading_goes_on_after_half_a_close(run: Run) -> None:
    async def late(peer: Peer) -> None:
        await peer.shake()
        await peer.rest()
        peer.say(b"late")

    async def work() -> None:
        async with secure(late) as address:
            channel = await open_tls(address, TlsClientOptions(trust(), version="1.3"))
            channel.half_close()
            assert (await channel.receive())[0] == b"late"
            with pytest.raises(ChannelClosed):
                channel.write(b"x")
            channel.close()

    run(work())


def failing(
    tls_options: TlsClientOptions, match: str, context: ssl.SSLContext | None = None
) -> Coroutine[Any, Any, None]:
    async def shaking(peer: Peer) -> None:
        try:
            await peer.shake()
        finally:
            await peer.writer.drain()
            peer.writer.close()

    async def work() -> None:
        async with secure(shaking, context) as address:
            with pytest.raises(HandshakeFailed, match=match):
                await open_tls(address, tls_options)

    return work()


def test_a_server_that_nobody_trusts(run: Run) -> None:
    run(failing(TlsClientOptions(None), "the certificate was not taken"))


def test_a_server_of_another_version(run: Run) -> None:
    run(
        failing(
            TlsClientOptions(trust(), version="1.2"), "protocol version", server_context(version=ssl.TLSVersion.TLSv1_3)
        )
    )


@pytest.mark.parametrize(("shows", "alert"), [("none", "handshake failure"), (WRONG, "unknown ca")])
def test_a_certificate_that_is_required(run: Run, shows: str, alert: str) -> None:
    run(failing(TlsClientOptions(trust("required"), version="1.2", shows=shows), alert, server_context("required")))


def test_one_that_is_required_is_shown_by_itself(run: Run) -> None:
    async def work() -> None:
        async with secure(echoing, server_context("required")) as address:
            channel = await open_tls(address, TlsClientOptions(trust("required")))
            await channel.send(b"x")
            assert (await channel.receive())[0] == b"x"
            channel.close()

    run(work())


def plain_server(answer: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(answer)
        writer.close()

    return connected


@pytest.mark.parametrize(
    ("answer", "match"), [(b"", "ended the connection"), (b"HTTP/1.1 400 X\r\n\r\n", "version|record")]
)
def test_a_server_without_tls(run: Run, answer: bytes, match: str) -> None:
    async def work() -> None:
        async with await asyncio.start_server(plain_server(answer), "127.0.0.1", 0) as server:
            with pytest.raises(HandshakeFailed, match=match):
                await open_tls(server.sockets[0].getsockname(), TlsClientOptions(None))

    run(work())


def test_nobody_listens(run: Run) -> None:
    async def work() -> None:
        with pytest.raises(ConnectionRefused):
            await open_tls(("127.0.0.1", 1), TlsClientOptions(trust()))

    run(work())


def test_a_handshake_that_is_given_up(run: Run) -> None:
    async def work() -> None:
        ends: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            ends.set_result(await reader.read(-1))
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await open_tls(server.sockets[0].getsockname(), TlsClientOptions(trust()))
            # The connection went with it.
            assert (await ends)[:1] == b"\x16"

    run(work())


def test_errors_are_the_channels_own() -> None:
    assert issubclass(HandshakeFailed, ChannelError)
