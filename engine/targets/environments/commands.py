"""Running a command to its end without holding up the event loop, on any loop in any thread; cancellable."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


async def run(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, keep: Sequence[int] = ()) -> tuple[int, str]:
    """Run a command; its exit status (below 0: the signal that ended it) and everything that it wrote.

    It runs in a session of its own, so that Ctrl-C reaches it only through the caller: cancelling ends it and what it
    started, and returns when it is gone. ``keep`` are descriptors that it holds open. Raises OSError where it cannot be
    started.
    """
    process = begin(argv, env, cwd, keep)
    ending = asyncio.ensure_future(asyncio.to_thread(process.communicate))
    try:
        output, _ = await asyncio.shield(ending)
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.wait([ending])
        raise
    return process.returncode, output.decode("utf-8", "replace")


def begin(argv: Sequence[str], env: Mapping[str, str], cwd: Path, keep: Sequence[int]) -> subprocess.Popen[bytes]:
    """Start a command whose both streams go to one pipe. It returns once the command runs; see ``run``."""
    return subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(keep),
    )
