from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from engine.targets.runtimes import readiness
from engine.targets.runtimes.certificates import Certificates
from engine.targets.runtimes.readiness import NotReady, parse, ready
from tests.targets.runtimes.desk import PlainDesk
from tests.tls_here import Peer as Shaken
from tests.tls_here import secure, server_context, trust

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nOK"


def record(desk: PlainDesk, token: str = "ready.1", **end: object) -> None:
    """What an observer would have written of one call."""
    call = {"k": "call", "t": 1.0, "n": 1, "c": 0, "token": token, "loop": "uvloop.Loop", "scope": {"type": "http"}}
    ended = {"k": "end", "t": 2.0, "n": 2, "c": 0, "returned": True, **end}
    (desk.folder / "records" / "77.ndjson").write_text("".join(json.dumps(one) + "\n" for one in (call, ended)))


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

    def __call__(self, desk: PlainDesk, *, fronted: bool = False, any_status: bool = False) -> object:
        async def scene() -> object:
            server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
            async with server:
                asking = ready(server.sockets[0].getsockname(), desk, fronted=fronted, any_status=any_status)
                return await asyncio.wait_for(asking, 20)

        return asyncio.run(scene())


@pytest.fixture
def desk(tmp_path: Path) -> PlainDesk:
    return PlainDesk(tmp_path / "desk")


def test_ready_is_an_answer_and_a_record_of_that_very_call(desk: PlainDesk) -> None:
    record(desk)
    peer = Peer(OK)
    call = peer(desk)
    assert getattr(call, "loop", "") == "uvloop.Loop"
    assert peer.heads[0].startswith(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nx-engine-call: ready.1\r\n" in peer.heads[0]


def test_a_dropped_connection_is_tried_again(desk: PlainDesk) -> None:
    record(desk)
    assert Peer(None, b"", OK)(desk) is not None


def test_an_answer_without_a_record_is_a_strangers(desk: PlainDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "RECORD_WITHIN", 0.05)
    record(desk, token="other.1")
    with pytest.raises(NotReady, match="not by this target's observer") as caught:
        Peer(OK)(desk)
    assert caught.value.stranger


def test_another_status_tells_what_the_app_raised(desk: PlainDesk) -> None:
    record(desk, returned=False, raised="KeyError", message="'state'")
    with pytest.raises(NotReady, match=r"answered with 500 \(the app raised KeyError: 'state'\)") as caught:
        Peer(b"HTTP/1.1 500 Internal Server Error\r\n\r\n")(desk)
    assert not caught.value.stranger


def test_what_is_no_http(desk: PlainDesk) -> None:
    with pytest.raises(NotReady, match="no HTTP response"):
        Peer(b"SSH-2.0-x\r\n")(desk)


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_answers_are_read_whole_however_they_come(desk: PlainDesk, size: int) -> None:
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


def test_what_a_gateway_answers_while_the_server_does_not_is_tried_again(desk: PlainDesk) -> None:
    class Later(Peer):
        async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self.answers) == 1:  # only now the request comes through
                record(desk)
            await super().connected(reader, writer)

    peer = Later(BAD_GATEWAY, BAD_GATEWAY, OK)
    assert getattr(peer(desk, fronted=True), "token", "") == "ready.1"
    assert len(peer.heads) == 3


def test_a_502_of_the_app_s_own_is_an_answer(desk: PlainDesk) -> None:
    record(desk)
    with pytest.raises(NotReady, match="answered with 502"):
        Peer(BAD_GATEWAY)(desk, fronted=True)


def test_an_app_need_not_have_the_endpoint_where_nobody_promised_it(desk: PlainDesk) -> None:
    record(desk)
    assert Peer(NOT_FOUND)(desk, any_status=True) is not None
    with pytest.raises(NotReady, match="answered with 404"):
        Peer(NOT_FOUND)(desk)


def test_an_app_that_raises_is_not_ready_whatever_it_has(desk: PlainDesk) -> None:
    record(desk, returned=False, raised="ValueError", message="no")
    with pytest.raises(NotReady, match="the app raised ValueError"):
        Peer(b"HTTP/1.1 500 Error\r\n\r\n")(desk, any_status=True)


def over_tls(desk: PlainDesk, peer: Peer, given: ssl.SSLContext | None, asks: str = "", within: float = 20) -> object:
    async def scene() -> object:
        server = await asyncio.start_server(peer.connected, "127.0.0.1", 0, ssl=given)
        async with server:
            asking = ready(server.sockets[0].getsockname(), desk, tls=trust(asks))
            return await asyncio.wait_for(asking, within)

    return asyncio.run(scene())


def test_a_target_with_tls_is_waited_for_over_tls(desk: PlainDesk) -> None:
    record(desk)
    peer = Peer(OK)
    assert over_tls(desk, peer, server_context()) is not None
    assert peer.heads[0].startswith(b"GET /health HTTP/1.1")


def test_a_certificate_is_shown_where_one_is_required(desk: PlainDesk) -> None:
    record(desk)
    assert over_tls(desk, Peer(OK), server_context("required"), "required") is not None


def test_a_target_that_was_to_have_tls_and_has_none(desk: PlainDesk) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    peer = Peer()
    peer.connected = plain  # type: ignore[method-assign]
    with pytest.raises(NotReady, match="not with TLS"):
        over_tls(desk, peer, None)


def test_a_target_that_breaks_handshakes_off(desk: PlainDesk) -> None:
    async def scene() -> None:
        # It requires a certificate, and nobody has told the client.
        async with secure(Shaken.shake, server_context("required")) as address:
            await asyncio.wait_for(ready(address, desk, tls=replace(trust("required"), asks="")), 20)

    with pytest.raises(NotReady, match=r"breaks the handshake off \(certificate required\)"):
        asyncio.run(scene())


def test_a_stranger_with_tls(desk: PlainDesk) -> None:
    files, _ = Certificates().write(desk.folder, "127.0.0.1")
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(files.cert, files.key)
    with pytest.raises(NotReady, match="certificate is not the one") as caught:
        over_tls(desk, Peer(OK), theirs)
    assert caught.value.stranger
