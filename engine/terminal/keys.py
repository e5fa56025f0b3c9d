"""Single keys of a terminal, without Enter and without an echo."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO


def can_read(stream: IO[str] | None) -> bool:
    """True if a stream is a terminal that this process may read: a process in the background would be stopped."""
    try:
        return stream is not None and stream.isatty() and os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@contextmanager
def keys(take: Callable[[str], None], stream: IO[str] | None = None) -> Iterator[bool]:
    """Call ``take`` with each key that is pressed while the block runs, on the running event loop. Gives True if keys
    can be read. The terminal gets its settings back at the end; Ctrl-C and Ctrl-Z work as usual."""
    stream = sys.stdin if stream is None else stream
    if not can_read(stream):
        yield False
        return
    descriptor = stream.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def read() -> None:
        with suppress(OSError):
            pressed = os.read(descriptor, 64)
            if not pressed:  # the terminal is gone
                loop.remove_reader(descriptor)
            for key in pressed.decode("utf-8", "replace"):
                take(key)

    def resume() -> None:
        tty.setcbreak(descriptor)

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    # A shell sets the terminal as it likes while this process is stopped by Ctrl-Z.
    loop.add_signal_handler(signal.SIGCONT, resume)
    try:
        yield True
    finally:
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_reader(descriptor)
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
