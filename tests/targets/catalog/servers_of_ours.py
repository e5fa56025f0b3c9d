"""Tiny programs for a supervisor to keep. Each holds a pipe that its whole family inherits: it ends when all are gone.

An alarm ends them in the end, so that a test that fails leaves nobody for good either.
"""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

from engine.targets.runtimes.local.process import ProcessSpec

# Says who it is, and ends at TERM.
OBEDIENT = """
import os, signal, sys
signal.alarm(120)
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(5))
os.write(PIPE, b"main %d\\n" % os.getpid())
while True:
    signal.pause()
"""

# Will not hear TERM.
STUBBORN = """
import os, signal
signal.alarm(120)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(PIPE, b"main %d\\n" % os.getpid())
while True:
    signal.pause()
"""

# Ends at TERM, and leaves a grandchild in a session of its own that will not hear TERM.
FAMILY = """
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(120)
        os.write(PIPE, b"grandchild %d\\n" % os.getpid())
        while True:
            signal.pause()
    os.write(PIPE, b"child %d\\n" % os.getpid())
    os._exit(0)
os.write(PIPE, b"main %d\\n" % os.getpid())
while True:
    signal.pause()
"""

PATIENCE = 30.0


class Family:
    """A pipe that shows which processes live, and a spec for a program that holds it."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self.reading, self.writing = os.pipe()
        self.scratch = folder / "scratch"
        (self.scratch / "desk").mkdir(parents=True)
        self.log = folder / "target.log"
        self.buffer = b""
        self.program = program

    def spec(self, grace: float = 20.0) -> ProcessSpec:
        """A launch; the grace is long if a test must not need it."""
        return ProcessSpec(
            argv=(sys.executable, "-I", "-S", "-c", self.program.replace("PIPE", str(self.writing))),
            env={"PATH": "/bin"},
            cwd=self.folder,
            log=self.log,
            fds=(self.writing,),
            grace=grace,
            remove=self.scratch,
        )

    def let_go(self) -> None:
        """Close this process's end: from now on only the family holds it."""
        os.close(self.writing)

    def members(self, count: int) -> dict[str, int]:
        """Wait until so many have said who they are."""
        while self.buffer.count(b"\n") < count:
            data = self.read()
            assert data, f"all ended before they spoke: {self.log.read_text()}"
            self.buffer += data
        lines = [line.split() for line in self.buffer.decode().splitlines()]
        return {name: int(pid) for name, pid in lines}

    def read(self) -> bytes:
        """The next bytes, b"" at the end; fails if nothing arrives for very long."""
        ready, _, _ = select.select([self.reading], [], [], PATIENCE)
        assert ready, "somebody still holds the pipe"
        return os.read(self.reading, 4096)

    def wait_until_gone(self) -> None:
        """Wait until nobody holds the pipe any more."""
        while self.read():
            pass
        os.close(self.reading)
