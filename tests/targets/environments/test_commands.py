from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from engine.targets.environments import commands


def test_status_and_both_streams_come_back(tmp_path: Path) -> None:
    script = "import os, sys; print(os.getcwd(), os.environ['A']); sys.stderr.write('bad'); sys.exit(3)"
    code, output = asyncio.run(commands.run([sys.executable, "-c", script], env={"A": "b"}, cwd=tmp_path))
    assert code == 3
    assert sorted(output.split("\n")) == sorted([f"{tmp_path} b", "bad"]) or output.startswith("bad")


def test_a_signal_is_below_zero(tmp_path: Path) -> None:
    script = "import os; os.kill(os.getpid(), 9)"
    code, _ = asyncio.run(commands.run([sys.executable, "-c", script], env={}, cwd=tmp_path))
    assert code == -signal.SIGKILL


def test_what_is_not_there_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        asyncio.run(commands.run([str(tmp_path / "none")], env={}, cwd=tmp_path))


def test_cancelling_ends_it_and_what_it_started(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    script = f"import os, time; os.fork(); os.write({writing}, b'.'); time.sleep(600)"

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(
            commands.run([sys.executable, "-c", script], env={}, cwd=tmp_path, keep=[writing])
        )
        await asyncio.sleep(0)
        os.close(writing)
        both = b""
        while len(both) < 2:
            both += await loop.run_in_executor(None, os.read, reading, 2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        # The end of the pipe comes once nobody holds it any more.
        assert await asyncio.wait_for(loop.run_in_executor(None, os.read, reading, 1), 20) == b""

    asyncio.run(scene())
    os.close(reading)
