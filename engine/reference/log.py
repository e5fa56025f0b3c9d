"""The server's output on stderr: one line an event, and the traceback of an application that raised."""

from __future__ import annotations

import sys
import traceback

LONGEST = 400


def say(text: str) -> None:
    """Write ``reference: text`` as one line of at most LONGEST characters; unprintable characters are escaped."""
    line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    _write(f"reference: {line[:LONGEST]}\n")


def access(client: tuple[str, int] | None, request: str, version: str, status: int, size: int) -> None:
    """Write the line of a request: the client, the request, the status and the size of the content in bytes. A quote in
    the request is escaped, so that it does not end the field."""
    who = f"{client[0]}:{client[1]}" if client is not None else "-"
    shown = request.replace("\\", "\\\\").replace('"', '\\"')
    say(f'{who} "{shown} HTTP/{version}" {status or "-"} {size}')


def trace(error: BaseException, where: str) -> None:
    """Write that an application raised, with the traceback."""
    say(f"the application raised {type(error).__name__} ({where})")
    _write("".join(traceback.format_exception(error)))


def _write(text: str) -> None:
    # In one piece: several workers may write to the same log, and none of them is buffered.
    sys.stderr.write(text)
    sys.stderr.flush()
