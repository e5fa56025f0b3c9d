"""The process that removes a run's containers, its network and its scratch folders when the engine goes, however it
goes: ``python -m engine.targets.runtimes.docker.reaper RUN``. Its standard input names folders, one a line,
and ends with the engine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from engine.errors import EngineError
from engine.targets.runtimes.docker.docking import connect, sweep

PATIENCE = 30.0


class Reaper:
    """The engine's side: a pipe that closes with the engine."""

    def __init__(self, run: str) -> None:
        # In a session of its own, so that Ctrl-C does not reach it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, run],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def remove(self, folder: Path) -> None:
        """Have a folder removed in the end, where it is still there."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(f"{folder}\n".encode())
            self._process.stdin.flush()

    def close(self) -> None:
        """Have everything removed, and wait for it. Whoever does not want to, by Ctrl-C, leaves it to its own."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            self._process.wait(PATIENCE)


def main(run: str) -> None:
    """Wait for the end of the engine, and clear up after it."""
    folders = sys.stdin.read().splitlines()
    with suppress(EngineError):
        sweep(connect(), lambda found: found == run)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
