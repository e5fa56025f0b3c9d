from __future__ import annotations

import pytest

from engine.reference.proxy import Malformed
from engine.reference.uwsgi import client_of, head_of, take
from tests.reference.serving import exchange, run, serving
from tests.reference.test_limits import echo

VARIABLES = {
    "REQUEST_METHOD": "POST",
    "REQUEST_URI": "/a?b",
    "HTTP_HOST": "a",
    "HTTP_X_ONE": "1",
    "HTTP_CONTENT_LENGTH": "9",
    "CONTENT_LENGTH": "2",
    "REMOTE_ADDR": "192.0.2.7",
    "REMOTE_PORT": "5",
}
HEAD = b"POST /a?b HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\nHOST: a\r\nX-ONE: 1\r\n\r\n"


def packet(variables: dict[str, str]) -> bytes:
    words = [word.encode() for pair in variables.items() for word in pair]
    block = b"".join(len(word).to_bytes(2, "little") + word for word in words)
    return b"\0" + len(block).to_bytes(2, "little") + b"\0" + block


def test_a_packet_is_taken_whole_or_byte_by_byte_and_nothing_behind_it() -> None:
    buffer = bytearray()
    for byte in packet(VARIABLES):
        assert take(buffer) is None
        buffer.append(byte)
    buffer += b"ab"
    found = take(buffer)
    assert found == VARIABLES
    assert buffer == b"ab"
    assert head_of(found) == HEAD
    assert client_of(found) == ("192.0.2.7", 5)
    assert client_of({}) is None


@pytest.mark.parametrize("data", [b"\1\0\0\0", b"\0\3\0\0\2\0a", b"\0\3\0\0\1\0a"])
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        take(bytearray(data))


def test_a_variable_adds_no_line() -> None:
    with pytest.raises(Malformed):
        head_of({"HTTP_A": "1\r\nB: 2"})


def test_a_request_is_served() -> None:
    async def test() -> None:
        async with serving(echo, protocol="uwsgi") as address:
            assert (await exchange(address, packet(VARIABLES), b"ab")).endswith(b"ab")
            assert await exchange(address, b"GET / HTTP/1.1\r\n\r\n") == b""

    run("asyncio", test())
