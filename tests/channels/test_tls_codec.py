from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.channels.tls import context_of
from engine.channels.tls_codec import Broken, TlsCodec
from engine.errors import HandshakeFailed
from engine.model.tls import TlsClientOptions, TlsCredentials
from tests.tls_here import HOST, server_context, trust

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    if data:
        yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


CUTS = [whole, byte_by_byte]
cut_either_way = pytest.mark.parametrize("cut", CUTS, ids=["whole", "byte-by-byte"])


def pair(version: str = "", asks: str = "", shows: str = "") -> tuple[TlsCodec, TlsCodec]:
    """A client, and a server that has not heard of it."""
    client = TlsCodec(context_of(TlsClientOptions(trust(asks), version=version, shows=shows)), HOST)
    return client, TlsCodec(server_context(asks), server_side=True)


def carry(data: bytes, to: TlsCodec, cut: Cut = whole) -> tuple[bytes, bytes]:
    """Feed bytes: the plain ones that were in them, and the answer."""
    plain = b"".join(piece for part in cut(data) for piece in to.feed(part))
    return plain, to.outgoing()


def shaken(client: TlsCodec, server: TlsCodec, cut: Cut = whole) -> None:
    """The whole handshake."""
    data = client.start()
    while data:
        _, answer = carry(data, server, cut)
        _, data = carry(answer, client, cut)
    assert client.done
    assert server.done


@cut_either_way
@pytest.mark.parametrize("version", VERSIONS)
def test_bytes_cross_both_ways(version: str, cut: Cut) -> None:
    client, server = pair(version)
    shaken(client, server, cut)
    assert client.session.version() == f"TLSv{version}"
    assert carry(client.encrypt(b"hello"), server, cut)[0] == b"hello"
    assert carry(server.encrypt(b"world"), client, cut)[0] == b"world"
    assert not client.closed
    assert client.broken is None


def test_what_stands_in_several_records_comes_in_as_many_pieces() -> None:
    client, server = pair()
    shaken(client, server)
    large = bytes(range(256)) * 300
    pieces = client.feed(server.encrypt(large))
    assert b"".join(pieces) == large
    assert len(pieces) >= len(large) // 16384


def test_plain_bytes_behind_the_handshake_are_not_lost() -> None:
    client, server = pair("1.3")
    first = server.feed(client.start())
    assert first == []
    client.feed(server.outgoing())
    # The client's last part of the handshake and its first request come together.
    data = client.outgoing() + client.encrypt(b"GET")
    assert server.feed(data) == [b"GET"]


@cut_either_way
@pytest.mark.parametrize("version", VERSIONS)
def test_a_closure_alert_is_the_end(version: str, cut: Cut) -> None:
    client, server = pair(version)
    shaken(client, server)
    plain, _ = carry(server.encrypt(b"last") + server.close(), client, cut)
    assert plain == b"last"
    assert client.closed
    assert client.broken is None
    assert client.feed(b"what comes behind it") == []
    assert client.broken is None


@pytest.mark.parametrize("version", VERSIONS)
def test_an_end_without_a_closure_alert_is_none(version: str) -> None:
    client, server = pair(version)
    shaken(client, server)
    client.feed(server.encrypt(b"x"))
    client.end()
    assert not client.closed


def test_a_closure_alert_goes_out_once_and_not_before_the_handshake() -> None:
    client, server = pair()
    assert client.close() == b""
    shaken(client, server)
    assert client.close() != b""
    assert client.close() == b""


@pytest.mark.parametrize("version", VERSIONS)
def test_after_its_own_closure_alert_a_side_still_hears(version: str) -> None:
    client, server = pair(version)
    shaken(client, server)
    client.close()
    assert carry(server.encrypt(b"late"), client)[0] == b"late"
    with pytest.raises(Broken):
        client.encrypt(b"x")


def test_an_authority_that_nobody_knows() -> None:
    client = TlsCodec(context_of(TlsClientOptions(None)), HOST)
    server = TlsCodec(server_context(), server_side=True)
    server.feed(client.start())
    with pytest.raises(Broken, match="the certificate was not taken"):
        client.feed(server.outgoing())
    # Whoever refuses says so.
    alert = client.outgoing()
    with pytest.raises(Broken, match="alert"):
        server.feed(alert)


def test_a_certificate_of_somebody_else() -> None:
    client = TlsCodec(context_of(TlsClientOptions(trust())), "192.0.2.1")
    server = TlsCodec(server_context(), server_side=True)
    server.feed(client.start())
    with pytest.raises(Broken, match="mismatch"):
        client.feed(server.outgoing())


@cut_either_way
def test_a_peer_that_speaks_no_tls(cut: Cut) -> None:
    client, _ = pair()
    client.start()
    with pytest.raises(Broken, match=r"wrong version number|record layer"):
        carry(b"HTTP/1.1 400 Bad Request\r\n\r\n", client, cut)


def test_an_end_in_the_middle_of_a_handshake() -> None:
    client, _ = pair()
    client.start()
    with pytest.raises(Broken, match="ended the connection"):
        client.end()


def test_no_version_in_common() -> None:
    client = TlsCodec(context_of(TlsClientOptions(trust(), version="1.2")), HOST)
    server = TlsCodec(server_context(version=ssl.TLSVersion.TLSv1_3), server_side=True)
    with pytest.raises(Broken):
        server.feed(client.start())
    with pytest.raises(Broken, match="protocol version"):
        client.feed(server.outgoing())


def test_in_tls_1_3_a_client_hears_after_its_handshake_that_it_was_refused() -> None:
    client, server = pair("1.3", "required", "none")
    server.feed(client.start())
    client.feed(server.outgoing())
    assert client.done
    with pytest.raises(Broken):
        server.feed(client.outgoing())
    assert client.feed(server.outgoing()) == []
    assert "certificate required" in str(client.broken)
    assert not client.closed


def test_a_changed_byte_breaks_it() -> None:
    client, server = pair()
    shaken(client, server)
    good, bad = server.encrypt(b"good"), bytearray(server.encrypt(b"bad"))
    bad[-1] ^= 1
    assert client.feed(good + bytes(bad)) == [b"good"]
    assert client.broken is not None


def test_files_that_are_not_there() -> None:
    nowhere = Path("/nowhere/x.pem")
    with pytest.raises(HandshakeFailed, match="TLS cannot be set up") as caught:
        context_of(TlsClientOptions(TlsCredentials(nowhere, nowhere, nowhere)))
    assert "OpenSSL" in caught.value.hint
