"""The reference server's limits, its access log, its pings and its last request, over real connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.reference.head import take
from engine.reference.limits import LIMITS, Limits
from engine.reference.options import parsed
from engine.reference.refused import RequestRefused
from tests.reference.serving import Receive, Scope, Send, body_of, connected, exchange, head, run, serving


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        assert (await receive())["type"] == "websocket.disconnect"
        return
    body = await body_of(receive)
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (Limits(request_line=14), 0),
        (Limits(request_line=13), 414),
        (Limits(fields=2), 0),
        (Limits(fields=1), 431),
        (Limits(field=9), 0),
        (Limits(field=8), 431),
        (Limits(head=38), 0),
        (Limits(head=30), 431),
    ],
)
def test_a_head_beyond_a_limit_is_refused(limits: Limits, status: int) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nX: 123456\r\n\r\n"
    if not status:
        assert take(bytearray(data), limits) is not None
        return
    with pytest.raises(RequestRefused) as caught:
        take(bytearray(data), limits)
    assert caught.value.status == status


def test_options_of_limits() -> None:
    assert parsed(["m:a"]).limits == LIMITS
    found = parsed(["m:a", "--limit-body", "5", "--limit-request-line", "9", "--ping-timeout", "0.5"])
    assert found.limits == Limits(body=5, request_line=9)
    assert found.ping_timeout == 0.5


@pytest.mark.parametrize(
    "body", [("Content-Length: 6", "123456"), ("Transfer-Encoding: chunked", "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n")]
)
def test_a_body_beyond_the_limit_is_a_413(body: tuple[str, str]) -> None:
    async def test() -> None:
        for size, status in ((6, b"201"), (5, b"413")):
            async with serving(echo, limits=Limits(body=size)) as address:
                answer = await exchange(address, head("POST / HTTP/1.1", body[0], "Connection: close"), body[1])
                assert answer.split(b" ")[1] == status

    run("asyncio", test())


def test_connections_beyond_the_limit_are_turned_away() -> None:
    async def test() -> None:
        async with serving(echo, limit_connections=1) as address, connected(address) as client:
            await client.send(head("GET / HTTP/1.1"))
            assert b" 201 " in await client.until(b"\r\n\r\n")
            answer = await exchange(address, head("GET / HTTP/1.1"))
            assert answer.startswith(b"HTTP/1.1 503 ")

    run("asyncio", test())


def test_a_request_is_logged_with_its_status_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    async def test() -> None:
        async with serving(echo, access_log=True) as address:
            await exchange(address, head("POST /a HTTP/1.1", "Content-Length: 3"), "abc", head("GET / HTTP/1.0"))

    run("asyncio", test())
    lines = [line.partition('"')[2] for line in capsys.readouterr().err.splitlines() if '"' in line]
    assert lines == ['POST /a HTTP/1.1" 201 3', 'GET / HTTP/1.0" 201 0']


HANDSHAKE = head(
    "GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


@pytest.mark.parametrize("pongs", [True, False])
def test_pings_come_in_their_interval_and_a_silent_client_is_dropped(pongs: bool) -> None:
    async def test() -> None:
        async with serving(echo, ping=0.2, ping_timeout=0.1) as address, connected(address) as client:
            begin = asyncio.get_running_loop().time()
            await client.send(HANDSHAKE)
            await client.until(b"\r\n\r\n")
            if not pongs:
                assert await client.reader.readexactly(4) == b"\x89\x00\x88\x15"
                return
            for _ in range(3):
                assert await client.reader.readexactly(2) == b"\x89\x00"
                await client.send(b"\x8a\x80\0\0\0\0")
            assert 0.5 < asyncio.get_running_loop().time() - begin < 2.0

    run("asyncio", test())


def test_after_its_last_request_a_server_answers_new_connections_once_and_ends() -> None:
    async def test() -> None:
        retired: dict[str, Any] = {"max_requests": 2, "status": 4}
        async with serving(echo, **retired) as address, connected(address) as waiting, connected(address) as client:
            for last in (False, True):
                await client.send(head("GET / HTTP/1.1"))
                answer = await client.until(b"\r\n\r\n")
                assert (b"connection: close" in answer) is last
            await waiting.send(head("GET / HTTP/1.1"))
            assert b"connection: close" in await waiting.until(b"\r\n\r\n")

    run("asyncio", test())
