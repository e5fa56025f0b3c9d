from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.targets.runtimes import readiness
from engine.targets.runtimes.certificates import Certificates
from engine.targets.runtimes.readiness import NotReady, parse, ready
from tests.targets.runtimes.plain_spool import PlainSpool
from tests.tls_here import Peer as Shaken
from tests.tls_here import secure, server_context, trust

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nOK"


def record(spool: PlainSpool, token: str = "ready.1", **end: Any) -> None:
    """The records that an observer would have written of one call."""
    call = {"k": "call", "t": 1.0, "n": 1, "c": 0, "token": token, "loop": "uvloop.Loop", "scope": {"type": "http"}}
    ended = {"k": "end", "t": 2.0, "n": 2, "c": 0, "returned": True, **end}
    (spool.folder / "records" / "77.ndjson").write_text("".join(json.dumps(one) + "\n" for one in (call, ended)))


class Peer:
    """Answers each connection with the next of some answers; None drops it at once."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.heads: list[bytes] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.pop(0)
        if answer is not None:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
        writer.close()

    def __call__(self, spool: PlainSpool, *, fronted: bool = False, any_status: bool = False) -> object:
        async def scene() -> object:
            server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
            async with server:
                asking = ready(server.sockets[0].getsockname(), spool, fronted=fronted, any_status=any_status)
                return await asyncio.wait_for(asking, 20)

        return asyncio.run(scene())


@pytest.fixture
def spool(tmp_path: Path) -> PlainSpool:
    return PlainSpool(tmp_path / "desk")


def test_ready_is_an_answer_and_a_record_of_that_very_call(spool: PlainSpool) -> None:
    record(spool)
    peer = Peer(OK)
    call = peer(spool)
    assert getattr(call, "loop", "") == "uvloop.Loop"
    assert peer.heads[0].startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nx-engine-call: ready.1\r\n" in peer.heads[0]


def test_a_dropped_connection_is_tried_again(spool: PlainSpool) -> None:
    record(spool)
    assert Peer(None, b"", OK)(spool) is not None


def test_an_answer_without_a_record_is_a_strangers(spool: PlainSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "RECORD_WITHIN", 0.05)
    record(spool, token="other.1")
    with pytest.raises(NotReady, match="not by this target's observer") as caught:
        Peer(OK)(spool)
    assert caught.value.stranger


def test_another_status_tells_what_the_app_raised(spool: PlainSpool) -> None:
    record(spool, returned=False, raised="KeyError", message="'state'")
    with pytest.raises(NotReady, match=r"answered with 500 \(the app raised KeyError: 'state'\)") as caught:
        Peer(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")(spool)
    assert not caught.value.stranger


def test_what_is_no_http(spool: PlainSpool) -> None:
    with pytest.raises(NotReady, match="no HTTP response"):
        Peer(b"SSH-2.0-x\r\n")(spool)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_answers_are_read_whole_however_they_come(spool: PlainSpool, size: int) -> None:
    assert parse(OK).status == 200
    for cut in range(0, len(OK), size):
        if cut <= OK.index(b" OK"):
            with pytest.raises(NotReady):
                parse(OK[:cut][:9])
        else:
            assert parse(OK[:cut]).status == 200
    assert parse(OK + b"trailing").rest.endswith(b"OKtrailing")
    for broken in (b"HTTP/1.1\r\n", b"HTTP/1.1 abc\r\n", b"HTTP/2 200\r\n", b"\r\n"):
        with pytest.raises(NotReady):
            parse(broken)


NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n"


def test_what_a_gateway_answers_while_the_server_does_not_is_tried_again(spool: PlainSpool) -> None:
    class Later(Peer):
        async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self.answers) == 1:  # only now the request comes through
                record(spool)
            await super().connected(reader, writer)

    peer = Later(BAD_GATEWAY, BAD_GATEWAY, OK)
    assert getattr(peer(spool, fronted=True), "token", "") == "ready.1"
    assert len(peer.heads) == 3


def test_a_502_of_the_app_s_own_is_an_answer(spool: PlainSpool) -> None:
    record(spool)
    with pytest.raises(NotReady, match="answered with 502"):
        Peer(BAD_GATEWAY)(spool, fronted=True)


def test_an_app_need_not_have_the_endpoint_where_nobody_promised_it(spool: PlainSpool) -> None:
    record(spool)
    assert Peer(NOT_FOUND)(spool, any_status=True) is not None
    with pytest.raises(NotReady, match="answered with 404"):
        Peer(NOT_FOUND)(spool)


def test_an_app_that_raises_is_not_ready_whatever_it_has(spool: PlainSpool) -> None:
    record(spool, returned=False, raised="ValueError", message="no")
    with pytest.raises(NotReady, match="the app raised ValueError"):
        Peer(b"HTTP/1.1 500 Error\r\n\r\n")(spool, any_status=True)


def over_tls(spool: PlainSpool, peer: Peer, given: ssl.SSLContext | None, asks: str = "", within: float = 20) -> object:
    async def scene() -> object:
        server = await asyncio.start_server(peer.connected, "127.0.0.1", 0, ssl=given)
        async with server:
            asking = ready(server.sockets[0].getsockname(), spool, tls=trust(asks))
            return await asyncio.wait_for(asking, within)

    return asyncio.run(scene())


def test_a_target_with_tls_is_waited_for_over_tls(spool: PlainSpool) -> None:
    record(spool)
    peer = Peer(OK)
    assert over_tls(spool, peer, server_context()) is not None
    assert peer.heads[0].startswith(b"GET /health HTTP/1.1")


def test_a_certificate_is_shown_where_one_is_required(spool: PlainSpool) -> None:
    record(spool)
    assert over_tls(spool, Peer(OK), server_context("required"), "required") is not None


def test_a_target_that_was_to_have_tls_and_has_none(spool: PlainSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    peer = Peer()
    monkeypatch.setattr(peer, "connected", plain)
    with pytest.raises(NotReady, match="without TLS"):
        over_tls(spool, peer, None)


def test_a_target_that_breaks_handshakes_off(spool: PlainSpool) -> None:
    async def scene() -> None:
        # It requires a certificate, and nobody has told the client.
        async with secure(Shaken.shake, server_context("required")) as address:
            await asyncio.wait_for(ready(address, spool, tls=replace(trust("required"), asks="")), 20)

    with pytest.raises(NotReady, match=r"aborts the handshake \(certificate required\)"):
        asyncio.run(scene())


def test_a_stranger_with_tls(spool: PlainSpool) -> None:
    files, _ = Certificates().write(spool.folder, "127.0.0.1")
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(files.cert, files.key)
    with pytest.raises(NotReady, match="certificate is not the one") as caught:
        over_tls(spool, Peer(OK), theirs)
    assert caught.value.stranger
