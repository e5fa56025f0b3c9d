"""The small server is right when no fault is on: what the table of faults proves rests on it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.faults.switches import FAULTS, Switch

ROOT = Path(__file__).parents[2]
Address = tuple[str, int]


@contextlib.contextmanager
def running(fault: str = "", loop: str = "asyncio") -> Iterator[tuple[Address, subprocess.Popen[str]]]:
    """A small server in a process of its own. Its socket listens before it starts, so nobody need wait for it."""
    listener = socket.create_server(("127.0.0.1", 0))
    command = [sys.executable, "-m", "tests.faults.server", "tests.faults.plain:app", "--fd", str(listener.fileno())]
    process = subprocess.Popen(
        [*command, "--fault", fault, "--loop", loop],
        cwd=ROOT, pass_fds=[listener.fileno()], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    address = listener.getsockname()
    listener.close()
    try:
        yield address, process
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest) -> Iterator[Address]:
    with running(loop=request.param) as (address, _):
        yield address


def raw(address: Address, data: bytes, *, then: Callable[[socket.socket], None] | None = None) -> bytes:
    """Everything that comes back for these bytes until the server closes."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(data)
        if then:
            then(client)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65536):
                got += piece
        return got


def get(address: Address, path: str = "/", **options: Any) -> httpx.Response:
    return httpx.get(f"http://{address[0]}:{address[1]}{path}", **options)


def journal(address: Address, wanted: list[str]) -> list[str]:
    """The application's journal, as soon as it ends with what is wanted, or after two seconds as it is."""
    deadline = time.monotonic() + 2
    while True:
        found: list[str] = get(address).json()["journal"]
        if found[-len(wanted) :] == wanted or time.monotonic() > deadline:
            return found[-len(wanted) :]
        time.sleep(0.01)


def test_a_request_is_told_to_the_application(server: Address) -> None:
    target = f"http://{server[0]}:{server[1]}/a%20b%C3%A9?q=%20+"
    answer = httpx.get(target, headers=[("X-D", "1"), ("X-D", "2")])
    facts = answer.json()
    assert (facts["path"], facts["query"], facts["version"]) == ("/a bé", "q=%20+", "1.1")
    assert [value for name, value in facts["headers"] if name == "x-d"] == ["1", "2"]
    assert "date" in answer.headers


def test_each_request_has_its_own_copy_of_the_state_and_its_own_context(server: Address) -> None:
    with httpx.Client(base_url=f"http://{server[0]}:{server[1]}") as client:
        for _ in range(2):
            facts = client.get("/").json()
            assert facts["state"] == {"started": "yes"}
            assert facts["leak"] == ""


@pytest.mark.parametrize("body", [b"", b"hello", bytes(range(256)) * 1000])
def test_a_body_comes_back(server: Address, body: bytes) -> None:
    assert httpx.post(f"http://{server[0]}:{server[1]}/echo", content=body).content == body


def test_a_chunked_body_is_decoded_and_a_request_may_come_byte_by_byte(server: Address) -> None:
    request = (
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: ChUnKeD\r\n\r\n"
        b"00A;a=b\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"
    )

    def drip(client: socket.socket) -> None:
        for byte in request[1:]:
            client.sendall(bytes([byte]))

    whole, dripped = raw(server, request), raw(server, request[:1], then=drip)
    assert whole.endswith(b"a\r\n0123456789\r\n0\r\n\r\n")
    assert dripped.startswith(b"HTTP/1.1 200 ")
    assert b"".join(piece for piece in dripped.split(b"\r\n") if piece.isdigit() and len(piece) == 1)
    assert b"x-t" not in whole.lower()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xd9\xa5", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xa0chunked", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0b", 400),
        (b"GET / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nHost : a", 400),
        (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: a", 414),
    ],
)
def test_wrong_syntax_is_refused_and_the_connection_closed(server: Address, head: bytes, status: int) -> None:
    answer = raw(server, head + b"\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b"\r\ndate: " in answer.lower()


@pytest.mark.parametrize("size", [b"0x1", b"-1", b"+1", b"1_0", b"", b"g"])
def test_a_bad_chunk_size_ends_the_request(server: Address, size: bytes) -> None:
    answer = raw(
        server,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + size
        + b"\r\nx\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    assert b"smuggled" not in answer


def test_pipelined_requests_are_answered_in_order(server: Address) -> None:
    answer = raw(
        server,
        b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    assert answer.index(b'"/slow"') < answer.index(b'"/second"')
    assert answer.lower().count(b"connection: close") >= 1


def test_a_client_that_waits_is_told_to_continue(server: Address) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"

    def wait(client: socket.socket) -> None:
        assert client.recv(1024).startswith(b"HTTP/1.1 ")
        client.sendall(b"hello")

    assert b"hello" in raw(server, head, then=wait)


def test_head_and_204_have_no_body(server: Address) -> None:
    answer = raw(
        server, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /no-content HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    first, second, rest = answer.split(b"\r\n\r\n")
    assert b"content-length" in first.lower()
    assert second.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in second.lower()
    assert rest == b""


def test_an_http_1_0_client_gets_no_chunks(server: Address) -> None:
    answer = raw(server, b"POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nok")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert body == b"ok"


@pytest.mark.parametrize("path", ["/raise", "/nothing"])
def test_no_answer_becomes_a_500_without_the_exceptions_text(server: Address, path: str) -> None:
    answer = get(server, path)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_response_that_breaks_off_does_not_look_complete(server: Address) -> None:
    assert raw(server, b"GET /partial HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"part\r\n")
    short = raw(server, b"GET /short HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert short.endswith(b"\r\n\r\nhello")


def test_the_application_is_told_that_the_client_left_again_and_again(server: Address) -> None:
    with socket.create_connection(server) as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
    wanted = ["http.request", "http.disconnect", "http.disconnect"]
    assert journal(server, wanted) == wanted


def test_messages_come_back(server: Address) -> None:
    with connect(f"ws://{server[0]}:{server[1]}/ws", subprotocols=["a", "b"]) as client:  # type: ignore[list-item]  # plain texts are subprotocols to a user
        assert client.subprotocol == "a"
        messages: list[str | bytes] = ["ü", "", b"\x00\xff", b"", "x" * 100_000]
        for message in messages:
            client.send(message)
            assert client.recv() == message
        client.send(["on", "e"])
        assert client.recv() == "one"
        assert client.ping(b"p").wait(2)
        client.close(4000)
        assert client.close_code == 4000
    assert journal(server, ["ws 4000"]) == ["ws 4000"]


@pytest.mark.parametrize(("path", "code"), [("/close", 4001), ("/after", 1011)])
def test_a_close_reaches_the_client(server: Address, path: str, code: int) -> None:
    with connect(f"ws://{server[0]}:{server[1]}{path}") as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=2)
        assert client.close_code == code


@pytest.mark.parametrize(("path", "status"), [("/reject", 403), ("/before", 500)])
def test_a_rejected_handshake_is_an_http_answer(server: Address, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://{server[0]}:{server[1]}{path}"):
        pass
    assert caught.value.response.status_code == status


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x01x", 1002),  # no mask
        (b"\x83\x81\0\0\0\0x", 1002),  # a reserved opcode
        (b"\x80\x81\0\0\0\0x", 1002),  # a continuation of nothing
        (b"\x81\x81\0\0\0\0\x80", 1007),  # not UTF-8
        (b"\x88\x82\0\0\0\0\x03\xed", 1002),  # 1005 in a close frame
        (b"\x88\x82\0\0\0\0\x0f\xa0", 4000),  # right: it is echoed
    ],
)
def test_a_wrong_frame_fails_the_connection_with_its_code(server: Address, frame: bytes, code: int) -> None:
    answer = raw(server, HANDSHAKE + frame + b"\x81\x81\0\0\0\0x")
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    assert frames[0] == 0x88
    assert int.from_bytes(frames[2:4], "big") == code
    assert len(frames) == 2 + frames[1], "nothing comes after the close frame"


def test_a_wrong_handshake_is_refused(server: Address) -> None:
    assert raw(server, HANDSHAKE.replace(b"13", b"8")).startswith(b"HTTP/1.1 4")
    assert raw(server, HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"abc")).startswith(b"HTTP/1.1 400 ")


def test_sigterm_lets_a_request_end_and_shuts_the_application_down() -> None:
    with running() as (address, process), socket.create_connection(address, timeout=5) as client:
        get(address)
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        get(address)  # by its answer the request before it has been read
        process.terminate()
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        out, _ = process.communicate(timeout=10)
        assert "shut down" in out
        assert process.returncode == 0


def test_a_fault_is_a_fault() -> None:
    with running("no-date") as (address, _):
        assert "date" not in get(address).headers
    with running("scope-query-decoded") as (address, _):
        assert get(address, "/?q=%41").json()["query"] == "q=A"


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(KeyError):
        Switch("no-such-fault")
    with pytest.raises(KeyError):
        Switch()("no-such-fault")
    assert not any(Switch()(name) for name in FAULTS)
