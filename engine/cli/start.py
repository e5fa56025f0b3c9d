"""The state of the process before the commands are imported: its standard streams, and SIGINT.

``engine.__main__`` calls this first, so it imports nothing but the standard library's smallest modules.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130
"""The exit code after SIGINT."""


def open_streams() -> None:
    """Open the standard streams that are closed, on the null device. Otherwise the next file or socket would get their
    descriptor, and ``sys.stdout`` would be None."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            os.set_inheritable(opened, True)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115


def end_on_interrupt() -> None:
    """Let SIGINT end the process at once, with a line and the exit code 130, until ``raise_on_interrupt``. An exception
    would have a traceback, since the imports are outside of every handler. An ignored SIGINT stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_on_interrupt() -> None:
    """Let SIGINT raise KeyboardInterrupt again: from here on, there is something to clean up."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    try:
        os.write(2, b"engine: interrupted\n")
    finally:
        os._exit(INTERRUPTED)
