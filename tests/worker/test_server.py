"""The worker's side of the messages, on a host that runs nothing: one answer to each order that has one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from engine.errors import UsageError
from engine.worker.messages import (
    Allow,
    Begin,
    Compare,
    Comparing,
    End,
    Message,
    Order,
    Prepare,
    Read,
    Recheck,
    ResultMessage,
    RunLine,
    SessionEnded,
    decode,
    encode,
)
from engine.worker.server import CANCELLED, serve

PASS = ResultMessage(0, "pass", 0.1, False, "{}")


class FakeSession:
    """Sends one result, and runs until it may end."""

    def __init__(self, host: FakeHost, send: Callable[[ResultMessage], None]) -> None:
        self._host = host
        self._send = send

    async def run(self) -> None:
        self._send(PASS)
        if self._host.broken:
            raise UsageError(self._host.broken)
        await self._host.may_end.wait()

    async def allow(self, cells: int) -> None:
        self._host.done.append(f"allow {cells}")


class FakeHost:
    """Notes what it is asked for."""

    def __init__(self, *, refuses: str = "", broken: str = "") -> None:
        self.done: list[str] = []
        self.refuses = refuses
        self.broken = broken
        self.may_begin = asyncio.Event()
        self.may_end = asyncio.Event()

    async def prepare(self, order: Prepare) -> None:
        del order
        self.done.append("prepare")

    async def read(self, order: Read) -> None:
        self.done.append(f"read {order.path}")
        if order.path == self.refuses:
            raise UsageError(f"{order.path} changed")

    async def begin(self, order: Begin, send: Callable[[ResultMessage], None]) -> FakeSession:
        del order
        self.done.append("begin")
        await self.may_begin.wait()
        return FakeSession(self, send)

    async def recheck(self) -> AsyncIterator[Mapping[str, Any]]:
        yield {"kind": "recheck"}
        raise UsageError("the rest could not be rerun")

    async def compare(self, order: Compare) -> AsyncIterator[Comparing | RunLine]:
        del order
        yield Comparing()
        for _ in range(2):
            yield RunLine({"kind": "counterpart"})

    async def close(self) -> None:
        self.done.append("close")

    def describe(self, error: Exception) -> str:
        return str(error)


class Peer:
    """pytest's end of the pair."""

    def __init__(self, host: FakeHost) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._serving = asyncio.create_task(serve(theirs, host))

    async def send(self, *requests: Order) -> None:
        """Send requests in one piece, and wait until they are followed."""
        await self.send_bytes(b"".join(map(encode, requests)))

    async def send_bytes(self, data: bytes) -> None:
        """Likewise, whatever they are."""
        await asyncio.get_running_loop().sock_sendall(self._ours, data)
        await asyncio.sleep(0.05)

    async def leave(self) -> list[Message]:
        """Close the end for writing. All that the worker sent."""
        self._ours.shutdown(socket.SHUT_WR)
        await asyncio.wait_for(self._serving, 10)
        self._ours.setblocking(True)
        with self._ours, self._ours.makefile("rb") as lines:
            return [decode(line) for line in lines]


def sent(story: Callable[[Peer], Awaitable[None]], host: FakeHost) -> list[Message]:
    """The messages of the worker while ``story`` runs."""

    async def whole() -> list[Message]:
        peer = Peer(host)
        await story(peer)
        return await peer.leave()

    return asyncio.run(whole())


BEGIN = Begin((("a.yaml::one", "t"),), held=True)


def test_a_session_is_answered_once_behind_its_results() -> None:
    host = FakeHost()
    host.may_begin.set()
    host.may_end.set()

    async def story(peer: Peer) -> None:
        await peer.send(Prepare({}), Read("a.yaml", ()), BEGIN)
        await peer.send(End(), End())

    assert sent(story, host) == [PASS, SessionEnded()]
    assert host.done == ["prepare", "read a.yaml", "begin", "allow 0", "close"]


@pytest.mark.parametrize(
    "requests", [[[BEGIN], [End()]], [[BEGIN, End()]], [[BEGIN]]], ids=["begun", "at-once", "left"]
)
def test_a_session_that_is_cancelled_is_answered_however_far_it_has_come(requests: list[list[Order]]) -> None:
    async def story(peer: Peer) -> None:
        for several in requests:
            await peer.send(*several)

    assert sent(story, FakeHost()) == [SessionEnded(CANCELLED)]


@pytest.mark.parametrize("requests", [[[BEGIN], [Allow(5)]], [[BEGIN, Allow(5)]]], ids=["behind", "at-once"])
def test_what_is_allowed_before_the_session_is_there_is_not_lost(requests: list[list[Order]]) -> None:
    host = FakeHost()
    host.may_end.set()

    async def story(peer: Peer) -> None:
        for several in requests:
            await peer.send(*several)
        host.may_begin.set()
        await peer.send()

    assert sent(story, host) == [PASS, SessionEnded()]
    assert "allow 5" in host.done


def test_what_goes_wrong_with_a_document_is_the_answer_to_the_session() -> None:
    host = FakeHost(refuses="b.yaml")

    async def story(peer: Peer) -> None:
        await peer.send(Read("a.yaml", ()), Read("b.yaml", ()), Read("c.yaml", ()))
        await peer.send(BEGIN)

    assert sent(story, host) == [SessionEnded("b.yaml changed")]
    assert host.done == ["read a.yaml", "read b.yaml", "read c.yaml", "close"]


def test_a_session_that_breaks_says_so_behind_what_it_had() -> None:
    host = FakeHost(broken="out of files")
    host.may_begin.set()

    async def story(peer: Peer) -> None:
        await peer.send(BEGIN)

    assert sent(story, host) == [PASS, SessionEnded("out of files")]


def test_lines_come_before_their_answer() -> None:
    async def story(peer: Peer) -> None:
        await peer.send(Recheck())
        await peer.send(Compare())

    beside = RunLine({"kind": "counterpart"})
    recheck = [RunLine({"kind": "recheck"}), SessionEnded("the rest could not be rerun")]
    assert sent(story, FakeHost()) == [*recheck, Comparing(), beside, beside, SessionEnded()]


def test_half_an_order_is_the_end_of_a_pytest_that_was_killed() -> None:
    host = FakeHost()

    async def story(peer: Peer) -> None:
        await peer.send_bytes(encode(BEGIN)[:20])

    assert sent(story, host) == []
    assert host.done == ["close"]
