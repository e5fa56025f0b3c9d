from __future__ import annotations

import pytest

from engine.reference.head import Request, take
from engine.reference.opening import is_handshake, opened
from engine.reference.refused import RequestRefused

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"
UPGRADE = ("Upgrade: websocket", "Connection: Upgrade")


def request(*fields: str, line: str = "GET / HTTP/1.1") -> Request:
    found = take(bytearray("".join(f"{one}\r\n" for one in (line, "Host: a", *fields, "")).encode()))
    assert found is not None
    return found


def answer(*fields: str) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in opened(request(*UPGRADE, *fields), 1000).fields}


@pytest.mark.parametrize(
    "fields",
    [
        UPGRADE,
        ("Upgrade: WebSocket", "Connection: keep-alive, uPGRADE"),
        ("Upgrade: h2c, websocket", "Connection: Upgrade"),
        ("Upgrade: h2c", "Upgrade: websocket", "Connection: x", "Connection: Upgrade"),
    ],
)
def test_what_asks_for_a_websocket(fields: tuple[str, ...]) -> None:
    assert is_handshake(request(*fields))
    assert opened(request(*fields, KEY, VERSION), 1000)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (UPGRADE, "POST / HTTP/1.1"),
        (UPGRADE, "GET / HTTP/1.0"),
        (("Upgrade: websocket2", "Connection: Upgrade"), "GET / HTTP/1.1"),
        (("Upgrade: websocket",), "GET / HTTP/1.1"),
        (("Connection: Upgrade",), "GET / HTTP/1.1"),
    ],
)
def test_what_does_not(fields: tuple[str, ...], line: str) -> None:
    assert not is_handshake(request(*fields, line=line))


def test_the_answer() -> None:
    found = answer(KEY, VERSION)
    assert found[b"sec-websocket-accept"] == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert (found[b"upgrade"], found[b"connection"]) == (b"websocket", b"Upgrade")
    assert not {b"sec-websocket-protocol", b"sec-websocket-extensions", b"content-length"} & set(found)


@pytest.mark.parametrize(
    ("offer", "agreed"),
    [
        ("permessage-deflate", b"permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=9", b"permessage-deflate; server_max_window_bits=9"),
        ("x-other, permessage-deflate; client_max_window_bits", b"permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=99", None),
        ("permessage-deflate; nothing_known", None),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", None),
        ("x-other", None),
    ],
)
def test_compression_where_it_is_offered_rightly(offer: str, agreed: bytes | None) -> None:
    assert answer(KEY, VERSION, f"Sec-WebSocket-Extensions: {offer}").get(b"sec-websocket-extensions") == agreed


@pytest.mark.parametrize(
    ("fields", "status", "clause"),
    [
        ((VERSION,), 400, "WS-05"),
        ((VERSION, "Sec-WebSocket-Key: abc"), 400, "WS-06"),
        ((VERSION, "Sec-WebSocket-Key: AAAA"), 400, "WS-06"),
        ((VERSION, KEY, KEY), 400, "WS-07"),
        ((VERSION, VERSION, KEY), 400, "WS-07"),
        ((KEY,), 426, "WS-08"),
        (("Sec-WebSocket-Version: 8", KEY), 426, "WS-08"),
        ((VERSION, KEY, "Sec-WebSocket-Extensions: ;"), 400, "WS-51"),
        ((VERSION, KEY, "Sec-WebSocket-Protocol: a\x01b"), 400, "H1-32"),
    ],
)
def test_what_is_refused(fields: tuple[str, ...], status: int, clause: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        opened(request(*UPGRADE, *fields), 1000)
    assert (caught.value.status, caught.value.clause) == (status, clause)
    if status == 426:
        assert {(b"sec-websocket-version", b"13"), (b"upgrade", b"websocket")} <= set(caught.value.fields)
