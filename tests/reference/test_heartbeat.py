from __future__ import annotations

import asyncio
import os
import time

from engine.reference.heartbeat import Heartbeat


def test_the_supervisor_sees_the_beats_of_its_worker() -> None:
    heartbeat = Heartbeat()
    began = time.monotonic()
    time.sleep(0.01)
    assert heartbeat.silence() >= 0.01
    pid = os.fork()
    if not pid:
        heartbeat.beat()
        os._exit(0)
    os.waitpid(pid, 0)
    assert heartbeat.silence() < time.monotonic() - began


def test_it_beats_while_the_loop_runs_and_not_while_it_is_blocked() -> None:
    heartbeat = Heartbeat()

    async def work() -> float:
        beating = asyncio.ensure_future(heartbeat.go_on(0.001))
        await asyncio.sleep(0.02)
        time.sleep(0.05)  # noqa: ASYNC251 (it is what is tested)
        silence = heartbeat.silence()
        await asyncio.sleep(0.01)
        assert heartbeat.silence() < silence
        beating.cancel()
        return silence

    assert asyncio.run(work()) >= 0.05
