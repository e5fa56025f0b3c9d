"""Starting the worker from pytest. This imports no other module of the engine."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from contextlib import suppress

# ``app`` has the program of the worker: this package knows the messages, and not what they do.
COMMAND = (sys.executable, "-c", "from engine.app.worker_process import main; main()")

# The time that the worker has to stop its targets, in seconds. Each of them is killed long before.
PATIENCE = 60


class Spawned:
    """The worker process, and pytest's end of the socket pair. The process exits when that end is closed."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  (closed by close)
        with theirs:
            self._process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=self._words,
                # Ctrl-C in a terminal goes to its foreground group, and only pytest handles it.
                process_group=0,
            )
        self._socket = ours
        self._lines = ours.makefile("rb", buffering=1 << 16)

    def send(self, data: bytes) -> None:
        """Send all of it. If the process is gone, reading reports it."""
        with suppress(OSError):
            self._socket.sendall(data)

    def line(self) -> bytes:
        """The next line with its end; an incomplete one if the process is gone."""
        try:
            return self._lines.readline()
        except OSError:
            return b""

    def died(self) -> str:
        """A clause about the end of the process, with the last line of its output."""
        self._process.wait()
        self._words.seek(0)
        words = self._words.read().decode("utf-8", "replace").strip()
        said = f": {words.splitlines()[-1]}" if words else ""
        return f"the engine's process ended with status {self._process.returncode}{said}"

    def close(self) -> None:
        """Close the socket, and wait for the process. It is killed after PATIENCE seconds."""
        self._lines.close()
        self._socket.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()
