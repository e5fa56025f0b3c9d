from __future__ import annotations

import asyncio

from engine.steps.app.sentinel import send_sentinel
from tests.steps.context import JobScope, against, call, run


def test_a_marker_is_sent_under_a_job_of_its_own_and_waited_for() -> None:
    async def work() -> None:
        heads: list[bytes] = []

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")

        async with against(handler) as ctx:
            boundary = ctx.live.boundary

            def later(count: int) -> None:
                if count == 3:
                    boundary.all = [call(heads[0].split(b"x-engine-call: ")[1].split(b"\r\n")[0].decode())]

            boundary.on_refresh = later
            assert await send_sentinel(ctx)
            (one,) = boundary.all
            assert one.token.startswith("j1-sentinel-")
            assert boundary.refreshed == 3
            assert ctx.opened[0].channel.ended in ("closed", "fin")
            assert ctx.notes == []

    run(work())


def test_nobody_takes_it() -> None:
    ctx = JobScope()
    assert run(send_sentinel(ctx)) is False
    assert [what for what, _ in ctx.notes] == ["sentinel"]
