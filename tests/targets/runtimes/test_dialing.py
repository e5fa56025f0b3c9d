from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.targets.runtimes.dialing import dial
from engine.targets.runtimes.readiness import ask, context_of
from tests.tls_here import server_context, trust


@pytest.mark.parametrize("secure", [False, True])
def test_a_request_to_a_unix_socket(tmp_path: Path, secure: bool) -> None:
    path = tmp_path / "a.sock"
    heads: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def scene() -> None:
        context = server_context() if secure else None
        async with await asyncio.start_unix_server(connected, path, ssl=context):
            answer = await ask((str(path), 0), "ready.1", tls=context_of(trust()) if secure else None)
            assert answer.status == 204

    asyncio.run(scene())
    assert b"\r\nHost: localhost\r\n" in heads[0]


def test_a_missing_socket_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        asyncio.run(dial((str(tmp_path / "none"), 0)))
