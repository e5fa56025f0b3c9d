"""The probe of ``worker_timeout``, on a server of the test that ends a connection, or does not."""

from __future__ import annotations

import asyncio
import signal
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from types import SimpleNamespace
from typing import cast

import pytest

from engine.targets.probing import probe, stuck_workers
from engine.targets.probing.option_checks import WithOptions

MAIN, WORKER = 1, 2
After = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Stand:
    """A server whose only worker has process ``pid``. ``after`` is what happens to a request once it is stopped."""

    after: After
    calls_of: Sequence[int] = (WORKER,)
    signals: list[tuple[int, int]] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)
    address: tuple[str, int] = ("", 0)
    pid: int = MAIN
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def boundary(self) -> Stand:
        return self

    def stage(self, job: str, script: object) -> None:
        self.staged.append(job)

    def token(self, job: str, number: int) -> str:
        return f"{job}-{number}"

    def refresh(self) -> None:
        pass

    def calls(self, token: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid) for pid in self.calls_of if token == "stuck-1"]

    def greeting(self, own: object) -> bytes:
        return b""

    def signal(self, number: int, pid: int = 0) -> bool:
        self.signals.append((number, pid))
        self.stopped.set()
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await self.stopped.wait()
        await self.after(writer)
        writer.close()


def found(stand: Stand) -> bool | None:
    async def scene() -> bool | None:
        async with await asyncio.start_server(stand.serve, "127.0.0.1", 0) as server:
            stand.address = server.sockets[0].getsockname()
            return await stuck_workers.ended(cast(WithOptions, stand), "/")

    return asyncio.run(scene())


async def at_once(writer: asyncio.StreamWriter) -> None:
    """Its worker was killed."""


async def by_reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def never(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.3)


@pytest.mark.parametrize("after", [at_once, by_reset])
def test_the_connection_of_a_stopped_worker_ends(after: After) -> None:
    stand = Stand(after)
    assert found(stand) is True
    assert stand.signals == [(signal.SIGSTOP, WORKER)]
    assert stand.staged == ["stuck"]


def test_a_connection_that_stays_open_refutes_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck_workers, "GIVES_UP", 0.05)
    assert found(Stand(never)) is False


def test_the_main_process_is_not_stopped() -> None:
    stand = Stand(at_once, calls_of=(MAIN,))
    stand.stopped.set()
    assert found(stand) is None
    assert stand.signals == []


def test_a_request_without_a_call_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "WITHIN", 0.05)
    stand = Stand(at_once, calls_of=())
    stand.stopped.set()
    assert found(stand) is None
