"""The probe, against servers of a few lines that offer what a test says."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping

import pytest

from engine.model.boundary import AppCall, Event
from engine.model.protocols import Boundary
from engine.model.target import ExitStatus
from engine.model.tls import TlsCredentials
from engine.targets.catalog.capabilities import NOTHING, OF_TLS, WORDS, Probed
from engine.targets.probing import probe
from engine.targets.runtimes import readiness
from tests.execution.fakes import FakeBoundary
from tests.tls_here import server_context, trust

OPENED = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n"
SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
# SETTINGS with ENABLE_CONNECT_PROTOCOL 1, and the response 200 on stream 1.
OPENS = bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1]) + bytes([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88])


WITHOUT_TLS = frozenset(WORDS) - {"tls", *OF_TLS}


class Wire(FakeBoundary):
    """A server and its observer in one: its responses, and the calls that it records."""

    def __init__(
        self,
        *,
        handshake: bytes = b"HTTP/1.1 404 X\r\n\r\n",
        http2: bytes = b"HTTP/1.1 400 X\r\n\r\n",
        scope: Mapping[str, object] = {},
        websocket_scope: Mapping[str, object] = {},
        loop: str = "uvloop.Loop",
        lifespan: bool = False,
        seen: bool = True,
        hangup: str = "ends",
    ) -> None:
        super().__init__()
        self.address = ("", 0)
        self.ended: ExitStatus | None = None
        self.tls: TlsCredentials | None = None
        self.hangup = hangup
        self.workers = [11, 12]
        self.answers = {b"GET /health": b"HTTP/1.1 200 OK\r\n\r\nOK", b"GET /ws/": handshake, b"PRI * HT": http2}
        self.scopes: dict[bytes, dict[str, object]] = {
            b"GET /health": {"type": "http", **scope},
            b"GET /ws/": {"type": "websocket" if b" 101 " in handshake else "http", **websocket_scope},
        }
        self.loop = loop
        self.lifespan = lifespan
        self.seen = seen
        self.heads: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        for start, answer in self.answers.items():
            if head.startswith(start):
                for byte in answer:
                    writer.write(bytes([byte]))
                    await writer.drain()
                self.tell(head, start)
        writer.close()

    def tell(self, head: bytes, start: bytes) -> None:
        scope = self.scopes.get(start)
        if scope is None or not self.seen:
            return
        (line,) = [line for line in head.decode().split("\r\n") if line.startswith(readiness.HEADER)]
        token = line.partition(": ")[2]
        self.all.append(AppCall(token, token, None, 1, self.loop, 0.0, scope, ended=1.0))

    def lifespans(self) -> list[AppCall]:
        events = (Event("received", 0.0, {"type": "lifespan.startup"}),) if self.lifespan else ()
        return [AppCall(f"{pid}", "", None, pid, self.loop, 0.0, {"type": "lifespan"}, events) for pid in self.workers]

    def signal(self, number: int) -> bool:
        assert number == signal.SIGHUP
        if self.hangup == "ends":
            self.ended = ExitStatus(signal=number)
        elif self.hangup == "replaces":
            self.workers.append(13)
        return True

    async def stop(self, grace: float) -> ExitStatus | None:
        return self.ended

    @property
    def boundary(self) -> Boundary:
        return self


def look(wire: Wire, loop: str = "auto", workers: int = 2) -> Probed:
    async def scene() -> Probed:
        server = await asyncio.start_server(wire.answer, "127.0.0.1", 0)
        async with server:
            wire.address = server.sockets[0].getsockname()
            return await probe.look(wire, loop, workers)

    return asyncio.run(scene())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that never arrives is not awaited as long as on a busy machine."""
    monkeypatch.setattr(probe, "WITHIN", 1.5)


def test_a_server_that_offers_everything() -> None:
    named: dict[str, object] = {
        f"http.response.{name}": {} for name in ("trailers", "pathsend", "zerocopysend", "early_hint", "push")
    }
    wire = Wire(
        handshake=OPENED + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        http2=OPENS,
        scope={"extensions": named, "state": {}},
        websocket_scope={"extensions": {"websocket.http.response": {}}},
        lifespan=True,
        hangup="replaces",
    )
    assert look(wire) == Probed(WITHOUT_TLS, WITHOUT_TLS)
    (http,) = [head for head in wire.heads if head.startswith(b"GET /health")]
    assert b"TE: trailers\r\n" in http


def test_a_server_that_offers_nothing() -> None:
    assert look(Wire(loop="asyncio.unix_events._UnixSelectorEventLoop")) == Probed(
        WITHOUT_TLS - {"uvloop"}, frozenset()
    )


@pytest.mark.parametrize(
    ("hangup", "lifespan", "workers", "looked", "found"),
    [
        ("replaces", True, 2, True, True),
        ("ends", True, 2, True, False),
        ("ends", False, 2, True, False),
        ("ignores", True, 2, True, False),
        ("ignores", False, 2, False, False),
        ("replaces", True, 4, False, False),
    ],
)
def test_a_reload_is_told_by_the_lifespans_of_new_workers(
    hangup: str, lifespan: bool, workers: int, looked: bool, found: bool
) -> None:
    seen = look(Wire(hangup=hangup, lifespan=lifespan), workers=workers)
    assert ("reload" in seen.looked, "reload" in seen.found) == (looked, found)


@pytest.mark.parametrize(
    ("loop", "running", "looked", "found"),
    [
        ("auto", "uvloop.Loop", True, True),
        ("auto", "asyncio.Loop", False, False),
        ("asyncio", "asyncio.Loop", False, False),
        ("uvloop", "uvloop.Loop", True, True),
        ("uvloop", "asyncio.Loop", True, False),
    ],
)
def test_the_loop_tells_something_only_where_uvloop_was_to_be_had(
    loop: str, running: str, looked: bool, found: bool
) -> None:
    seen = look(Wire(loop=running), loop)
    assert ("uvloop" in seen.looked, "uvloop" in seen.found) == (looked, found)


def test_an_extension_needs_its_own_scope() -> None:
    wire = Wire(scope={"extensions": {"websocket.http.response": {}}}, handshake=OPENED + b"\r\n")
    assert look(wire).found == {"websocket", "uvloop"}
    odd = Wire(scope={"extensions": None, "state": None})
    assert look(odd).found == {"state", "uvloop"}


def test_an_answer_that_only_looks_like_settings() -> None:
    assert "http2" not in look(Wire(http2=b"HTTP/1.1 200 OK\r\n\r\n")).found
    assert "http2" not in look(Wire(http2=SETTINGS[:-1])).found
    assert "http2" not in look(Wire(http2=b"")).found
    assert "http2" in look(Wire(http2=SETTINGS + b"more")).found


def test_a_server_that_is_silent_was_not_looked_at() -> None:
    class Silent(Wire):
        async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"GET /health"):
                await reader.read()
            self.tell(head, b"GET /health")
            writer.close()

    seen = look(Silent())
    assert seen.looked.isdisjoint({"http2", "websocket", "deflate", "denial-response"})
    assert {"trailers", "state", "lifespan"} <= seen.looked


def test_without_a_record_nothing_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "RECORD_WITHIN", 0.0)
    assert look(Wire(seen=False, handshake=OPENED + b"\r\n", http2=SETTINGS)) == NOTHING


def look_with_tls(wire: Wire, *, speaks: bool = True) -> dict[str, bool]:
    async def scene() -> dict[str, bool]:
        wire.tls = trust()
        given = server_context() if speaks else None
        async with await asyncio.start_server(wire.answer, "127.0.0.1", 0, ssl=given) as server:
            wire.address = server.sockets[0].getsockname()
            return await probe.over_tls(wire)

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("wire", "found"),
    [
        (Wire(scope={"extensions": {"tls": {}}}), {"tls": True, "tls-extension": True}),
        (Wire(scope={"extensions": {}}), {"tls": True, "tls-extension": False}),
        (Wire(seen=False), {"tls": False, "tls-extension": False}),
    ],
)
def test_tls(wire: Wire, found: dict[str, bool]) -> None:
    assert look_with_tls(wire) == found


def test_tls_that_is_claimed_and_not_spoken() -> None:
    assert look_with_tls(Wire(), speaks=False) in ({}, {"tls": False, "tls-extension": False})
