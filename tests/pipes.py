"""Named pipes where a document is expected."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def pipe(path: Path, text: str) -> Iterator[None]:
    """A named pipe at a path. A reader gets the text, so a test fails that would wait for ever without a writer."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(BrokenPipeError):
            path.write_text(text)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    yield
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer.join(10)
    os.close(end)
