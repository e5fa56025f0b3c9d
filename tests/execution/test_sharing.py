"""Connections that jobs leave to each other, on a small server that knows how often each was used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.channels.tcp import open_tcp
from engine.drivers import request
from engine.drivers.base import Kind
from engine.execution.job import Job
from engine.execution.runner import Runner
from engine.execution.sharing import may_share
from engine.model.case import Level
from engine.model.expectation import Checks
from engine.model.protocols import Channel
from engine.model.target import Ended, Launch
from engine.model.tls import Trust
from engine.model.verdict import JobResult, Verdict
from tests.execution.fakes import TARGET, FakeLive, case, group, job, step, the_match

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nOK"
WRONG = b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nOh"


@dataclass
class Server:
    """Answers each request with ``answer(connection, request)``, both counted from 1; None closes the connection, after
    ``parting``."""

    answer: Callable[[int, int], bytes | None] = lambda connection, number: ANSWER % b""
    used: list[int] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    open: int = 0
    parting: bytes = b""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.used.append(0)
        self.writers.append(writer)
        self.open += 1
        mine = len(self.used)
        try:
            while True:
                with suppress(asyncio.IncompleteReadError):
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.tokens.append(head.partition(b"x-engine-call: ")[2].partition(b"\r\n")[0])
                    self.used[mine - 1] += 1
                    answer = self.answer(mine, self.used[mine - 1])
                    writer.write(self.parting if answer is None else answer)
                    if answer is not None:
                        continue
                break
        finally:
            self.open -= 1
            writer.close()


Work = Callable[[Runner, FakeLive], Awaitable[None]]


def play(server: Server, work: Work, *, keep_all: bool = False) -> None:
    """Do something with a runner and a live target that is this server."""
    kinds: dict[tuple[str, str], Kind] = {("step", one.name): one for one in request.KINDS}

    async def open_channel(address: tuple[str, int], subject: str, *more: object) -> Channel:
        return await open_tcp(address, label=subject)

    async def main() -> None:
        listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
        live = FakeLive(address=listening.sockets[0].getsockname())
        try:
            await work(Runner(kinds, the_match, open_channel, "run", keep_all=keep_all), live)
        finally:
            for channel in live.idle or ():
                channel.close()
            listening.close()

    asyncio.run(asyncio.wait_for(main(), 20))


def get(**more: object) -> Job:
    """A job that asks once, and takes nothing but 200. It may share connections, unless told otherwise."""
    options: dict[str, Any] = {"shares": True} | more
    asked = step("request", Checks(expect=group(status=200)), request.Params("/"))
    return job(case(asked, **options), launch=Launch(TARGET))


def verdicts(results: list[JobResult]) -> list[str]:
    return [result.verdict.value for result in results]


def test_one_job_takes_the_connection_of_the_one_before() -> None:
    server = Server()

    async def work(runner: Runner, live: FakeLive) -> None:
        assert verdicts([await runner.run(get(), live) for _ in range(3)]) == ["pass"] * 3

    play(server, work)
    assert server.used == [3]


def test_jobs_at_the_same_time_have_connections_of_their_own() -> None:
    server = Server()

    async def work(runner: Runner, live: FakeLive) -> None:
        for _ in range(2):
            await asyncio.gather(*(runner.run(get(), live) for _ in range(4)))
        assert len(live.idle or ()) == 4

    play(server, work)
    assert server.used == [2, 2, 2, 2]


def test_a_job_that_may_not_share_neither_takes_nor_leaves() -> None:
    server = Server()

    async def work(runner: Runner, live: FakeLive) -> None:
        for shares in (True, False, True):
            await runner.run(get(shares=shares), live)

    play(server, work)
    assert server.used == [2, 1]


def test_what_passes_on_its_own_connection_alone_is_flaky() -> None:
    """The server answers wrongly from the second request on: it is told, and no more is shared."""
    server = Server(lambda connection, number: ANSWER % b"" if number == 1 else WRONG)

    async def work(runner: Runner, live: FakeLive) -> None:
        results = [await runner.run(get(), live) for _ in range(3)]
        assert verdicts(results) == ["pass", "flaky", "pass"]
        assert results[1].reason == (
            "it passes on a connection of its own; on one that other cases had used it came to fail: "
            "status is 200, but it is 500"
        )
        assert [one.verdict.value for one in results[1].attempts] == ["fail", "pass"]
        transcript = results[1].transcript
        assert transcript is not None
        assert any("for an earlier case" in moment.detail for moment in transcript.moments)
        assert live.idle is None

    play(server, work)
    assert server.used == [2, 1, 1]
    # A call that was made for the first try is not taken for one of the second.
    assert server.tokens[1] != server.tokens[2]


def test_a_connection_that_ends_without_a_word_says_nothing_of_the_case() -> None:
    server = Server(lambda connection, number: ANSWER % b"" if number == 1 else None)

    async def work(runner: Runner, live: FakeLive) -> None:
        assert verdicts([await runner.run(get(), live) for _ in range(3)]) == ["pass"] * 3
        assert live.idle is None

    play(server, work)
    assert server.used == [2, 1, 1]


def test_a_connection_that_ends_in_the_middle_of_an_answer_does() -> None:
    server = Server(lambda connection, number: ANSWER % b"" if number == 1 else None, parting=ANSWER[:20])

    async def work(runner: Runner, live: FakeLive) -> None:
        results = [await runner.run(get(), live) for _ in range(2)]
        assert verdicts(results) == ["pass", "flaky"]

    play(server, work)


def test_a_failure_is_that_of_a_connection_of_its_own() -> None:
    """What fails on its own as well is red, with what crossed there, and sharing goes on."""
    server = Server(lambda connection, number: ANSWER % b"" if connection == 1 and number == 1 else WRONG)

    async def work(runner: Runner, live: FakeLive) -> None:
        results = [await runner.run(get(), live) for _ in range(3)]
        assert verdicts(results) == ["pass", "fail", "fail"]
        transcript = results[1].transcript
        assert transcript is not None
        connected = [moment.detail for moment in transcript.moments if moment.what == "connected"]
        assert len(connected) == 1
        assert "earlier" not in connected[0]
        assert live.idle == []

    play(server, work)
    assert server.used == [2, 1, 1]


def test_a_warning_is_looked_at_again_too() -> None:
    server = Server(lambda connection, number: ANSWER % b"" if number == 1 else WRONG)

    async def work(runner: Runner, live: FakeLive) -> None:
        results = [await runner.run(get(level=Level.SHOULD), live) for _ in range(2)]
        assert verdicts(results) == ["pass", "flaky"]

    play(server, work)
    assert server.used == [2, 1]


@pytest.mark.parametrize(
    ("answer", "used"),
    [
        (ANSWER % b"Connection: close\r\n", [1, 1]),
        (ANSWER % b"" + b"HTTP/1.1 400 and more", [1, 1]),  # nobody asked for that
        (None, [1, 1]),
    ],
)  # fmt: skip
def test_a_connection_that_is_not_as_good_as_new_is_not_taken(answer: bytes | None, used: list[int]) -> None:
    server = Server(lambda connection, number: answer)

    async def work(runner: Runner, live: FakeLive) -> None:
        for _ in range(2):
            await runner.run(get(), live)
            await asyncio.sleep(0.05)

    play(server, work)
    assert server.used == used


def test_a_case_may_pass_on_a_broken_response_and_leaves_nothing() -> None:
    """The connection is open still, but who knows what the next bytes on it belong to?"""
    server = Server(lambda connection, number: b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nOK")
    asked = step("request", Checks(expect=group(complete=False)), request.Params("/"))

    async def work(runner: Runner, live: FakeLive) -> None:
        results = [await runner.run(job(case(asked, shares=True)), live) for _ in range(2)]
        assert verdicts(results) == ["pass", "pass"]

    play(server, work)
    assert server.used == [1, 1]


def test_a_connection_that_the_server_closed_meanwhile_is_not_taken() -> None:
    server = Server()

    async def work(runner: Runner, live: FakeLive) -> None:
        await runner.run(get(), live)
        server.writers[0].close()
        await asyncio.sleep(0.05)
        assert (await runner.run(get(), live)).verdict is Verdict.PASS
        assert live.idle is not None

    play(server, work)
    assert server.used == [1, 1]


def test_whoever_is_alone_finds_no_connection() -> None:
    server = Server()

    async def work(runner: Runner, live: FakeLive) -> None:
        await runner.run(get(), live)
        await runner.run(get(shares=False, alone="all"), live)
        await asyncio.sleep(0.05)
        assert (live.idle, server.open) == ([], 0)

    play(server, work)
    assert server.used == [1, 1]


def test_with_tls_with_options_and_with_transcripts_nothing_is_shared() -> None:
    server = Server()

    async def tls(runner: Runner, live: FakeLive) -> None:
        live.tls = Trust(Path("ca"), Path("client"), Path("wrong"))
        assert not may_share(get(), live)

    async def twice(runner: Runner, live: FakeLive) -> None:
        for _ in range(2):
            await runner.run(get(), live)

    async def options(runner: Runner, live: FakeLive) -> None:
        one = get()
        other = Job(one.position, one.case, one.target, Launch(TARGET, (("workers", 2),)), "")
        for _ in range(2):
            await runner.run(other, live)

    play(server, tls)
    play(server, twice, keep_all=True)
    assert server.used == [1, 1]
    play(server, options)
    assert server.used == [1, 1, 1, 1]


def test_a_server_that_died_is_not_asked_again() -> None:
    live_one: list[FakeLive] = []

    def answer(connection: int, number: int) -> bytes | None:
        if number == 1:
            return ANSWER % b""
        live_one[0].ended = Ended(signal=9)
        return None

    server = Server(answer)

    async def work(runner: Runner, live: FakeLive) -> None:
        live_one.append(live)
        results = [await runner.run(get(), live) for _ in range(2)]
        assert verdicts(results) == ["pass", "crash"]

    play(server, work)
    assert server.used == [2]


def test_a_cancelled_job_leaves_nothing_open() -> None:
    asked = asyncio.Event()

    def answer(connection: int, number: int) -> bytes | None:
        asked.set()
        return b"HTTP/1.1 200 OK\r\n"

    server = Server(answer)

    async def work(runner: Runner, live: FakeLive) -> None:
        task = asyncio.create_task(runner.run(get(), live))
        await asked.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.05)
        assert (live.idle, server.open) == ([], 0)

    play(server, work)
