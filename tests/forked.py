"""The engine's command line in a process that already has its modules: a fork of this one.

Such a process differs from ``python -m engine`` in that it starts no interpreter and imports nothing, which takes most
commands longer than their work. Tests about the start itself, a signal or the type of a stream start ``python -m
engine``.
"""

from __future__ import annotations

import atexit
import io
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

from engine.cli.main import main

WITHIN = 120.0  # seconds
BROKEN = 70
"""The exit code where ``main`` let an exception out, which it must never do."""


def engine(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            become(folder, arguments, out.fileno(), err.fileno())
        late = threading.Event()

        def end() -> None:
            late.set()
            os.kill(child, signal.SIGKILL)

        timer = threading.Timer(WITHIN, end)
        timer.start()
        status = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # the pid stays taken until the timer is off
        timer.cancel()
        timer.join()
        assert status is not None
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output = []
        for file in (out, err):
            file.seek(0)
            output.append(file.read().decode())
    if late.is_set():
        raise subprocess.TimeoutExpired(["engine", *arguments], WITHIN, *output)
    return subprocess.CompletedProcess(["engine", *arguments], code, *output)


def become(folder: Path, arguments: Sequence[str], out: int, err: int) -> None:
    """Make of a forked process one that was just started, run the command, and end. Does not return."""
    code = BROKEN
    try:
        atexit._clear()  # what the tests' process wants to do at its end
        logging.getLogger().handlers.clear()
        warnings.resetwarnings()
        warnings.simplefilter("ignore")
        os.dup2(out, 1)
        os.dup2(err, 2)
        # Both are final to a type checker; a started interpreter has both on its own descriptors.
        sys.stdout = sys.__stdout__ = stream(1, "strict")  # type: ignore[misc]  # a process of its own
        sys.stderr = sys.__stderr__ = stream(2, "backslashreplace")  # type: ignore[misc]  # a process of its own
        for name in [name for name in os.environ if name.startswith("PYTEST")]:
            del os.environ[name]
        os.chdir(folder)
        sys.argv = ["engine", *arguments]
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def stream(descriptor: int, errors: str) -> io.TextIOWrapper:
    """A standard stream of a process that was just started."""
    raw = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
    return io.TextIOWrapper(raw, "utf-8", errors, line_buffering=descriptor == 2)
