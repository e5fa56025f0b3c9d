from __future__ import annotations

import ipaddress

import pytest

from engine.reference.proxy import SIGNATURE, Ends, Malformed, ProxyHeader, take
from tests.reference.serving import Receive, Scope, Send, exchange, head, run, serving
from tests.reference.test_limits import echo

Seen = list[object]
FOUR: Ends = ("192.0.2.1", 56324), ("198.51.100.7", 443)
SIX: Ends = ("2001:db8::1", 1), ("::1", 65535)


def binary(command: int, family: int, ends: Ends | None = None, more: bytes = b"") -> bytes:
    block = b""
    if ends is not None:
        block = b"".join(ipaddress.ip_address(host).packed for host, _ in ends)
        block += b"".join(port.to_bytes(2, "big") for _, port in ends)
    block += more
    return SIGNATURE + bytes([command, family]) + len(block).to_bytes(2, "big") + block


VALID = [
    (b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", FOUR),
    (b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", SIX),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::ffff what ever 1 2\r\n", None),
    (binary(0x21, 0x11, FOUR), FOUR),
    (binary(0x21, 0x21, SIX), SIX),
    (binary(0x21, 0x11, FOUR, b"\x04\x00\x01x"), FOUR),
    (binary(0x20, 0x11, FOUR), None),
    (binary(0x20, 0x00), None),
    (binary(0x21, 0x00, None, b"abc"), None),
    (binary(0x21, 0x31, None, bytes(216)), None),
    (binary(0x21, 0x12, FOUR), None),
]
INVALID = [
    b"GET / HTTP/1.1\r\n",
    b"PROXY\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n",
    b"PROXY TCP4  192.0.2.1 198.51.100.7 56324 443\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 056324 443\r\n",
    b"PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n",
    b"PROXY TCP4 ::1 ::1 1 1\r\n",
    b"PROXY TCP6 192.0.2.1 198.51.100.7 1 1\r\n",
    b"PROXY UDP4 192.0.2.1 198.51.100.7 1 1\r\n",
    b"PROXY UNKNOWN" + b" " * 100 + b"\r\n",
    binary(0x11, 0x11, FOUR),
    binary(0x22, 0x11, FOUR),
    binary(0x21, 0x41, FOUR),
    binary(0x21, 0x13, FOUR),
    binary(0x21, 0x21, FOUR),
]


@pytest.mark.parametrize(("data", "ends"), VALID)
def test_a_header_is_taken_whole_or_byte_by_byte_and_nothing_behind_it(data: bytes, ends: Ends | None) -> None:
    buffer = bytearray(data + b"GET")
    assert take(buffer, "any") == ProxyHeader(ends)
    assert buffer == b"GET"
    buffer = bytearray()
    for byte in data[:-1]:
        buffer.append(byte)
        assert take(buffer, "any") is None
    buffer.append(data[-1])
    assert take(buffer, "any") == ProxyHeader(ends)


@pytest.mark.parametrize("data", INVALID)
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        take(bytearray(data + bytes(300)), "any")


def test_only_the_versions_that_are_expected() -> None:
    with pytest.raises(Malformed):
        take(bytearray(VALID[4][0]), "v1")
    assert take(bytearray(VALID[0][0]), "v2") == ProxyHeader(FOUR)


def test_the_application_is_told_the_addresses_of_the_header_and_a_wrong_one_ends_the_connection() -> None:
    scopes: Seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append((scope["client"], scope["server"]))
        await echo(scope, receive, send)

    async def test() -> None:
        async with serving(app, proxy_protocol="any") as address:
            request = head("GET / HTTP/1.1", "Connection: close")
            assert b" 201 " in await exchange(address, VALID[0][0], request)
            assert await exchange(address, request) == b""
            assert await exchange(address, INVALID[3], request) == b""

    run("asyncio", test())
    assert scopes == [FOUR]


def test_a_header_is_only_taken_from_those_who_may_send_it() -> None:
    async def test() -> None:
        for peers, served in (("192.0.2.0/24", False), ("192.0.2.0/24, 127.0.0.1", True)):
            async with serving(echo, proxy_protocol="any", proxy_from=peers) as address:
                request = head("GET / HTTP/1.1", "Connection: close")
                assert (b" 201 " in await exchange(address, VALID[0][0], request)) == served

    run("asyncio", test())
