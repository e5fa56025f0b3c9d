"""Each job has connections of its own: the server answers 500 to the second request of a connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from engine.channels.tcp import open_tcp
from engine.execution.job import Job
from engine.execution.runner.runner import Runner
from engine.loading.documents import load_text
from engine.model.protocols import Channel
from engine.model.target import ServerLaunch
from engine.steps.request import step as request
from tests.execution.fakes import TARGET, FakeLive, the_match
from tests.loading.helpers import HEAD
from tests.loading.vocabulary import real

RIGHT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
WRONG = b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nOh"
PLAIN = "  - id: one\n    title: One\n    steps: [{request: {path: /health, expect: {status: 200}}}]\n"


@dataclass
class Server:
    """Answers 200 to the first request of a connection, and 500 to each later one."""

    used: list[int] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.used.append(0)
        mine = len(self.used) - 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.used[mine] += 1
                writer.write(RIGHT if self.used[mine] == 1 else WRONG)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.mark.parametrize("keep_all", [False, True])
def test_no_job_meets_the_connection_of_another(*, keep_all: bool) -> None:
    """The plainest case there is, one after the other and side by side, whether or not transcripts are kept."""
    server = Server()
    loaded = load_text(HEAD + PLAIN, real())
    assert loaded.diagnostics == ()
    (one,) = [suite.cases[0] for suite in loaded.suites]
    step_types = {("step", step_type.name): step_type for step_type in request.STEP_TYPES}

    async def open_channel(address: tuple[str, int], subject: str, *more: object) -> Channel:
        return await open_tcp(address, label=subject)

    async def main() -> list[str]:
        listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
        live = FakeLive(address=listening.sockets[0].getsockname())
        runner = Runner(step_types, the_match, open_channel, "run", keep_all=keep_all)
        jobs = [Job(position, one, TARGET, ServerLaunch(TARGET)) for position in range(6)]
        results = [await runner.run(each, live) for each in jobs[:3]]
        results += await asyncio.gather(*(runner.run(each, live) for each in jobs[3:]))
        listening.close()
        return [result.verdict.value for result in results]

    assert asyncio.run(asyncio.wait_for(main(), 20)) == ["pass"] * 6
    assert server.used == [1] * 6
