"""Standard streams: the replacement of characters that their encoding lacks, and UTF-8 for reports for programs."""

from __future__ import annotations

import codecs
import io
import sys
from typing import TextIO

from engine.terminal.escape import width

NAME = "engine-plain"
UNKNOWN = "?"
# One character for one, so that columns and carets stay where they are.
PLAIN = {
    **dict.fromkeys("─━╌╴╶╸╺", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╞╡╪╤╧", "+"),
    **dict.fromkeys("═", "="),
    **dict.fromkeys("█▉▊▋▌▍▎▏", "#"),
    **dict.fromkeys("–—−‐‑‒", "-"),
    **dict.fromkeys("‘’‚", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("…·•", "."),
    "×": "x",
    "→": ">",
    "←": "<",
    "✓": "+",
    "✗": "x",
}


def tolerate() -> None:
    """Let both standard streams take every character: what their encoding lacks is written as a similar one,
    or as a question mark."""
    codecs.register_error(NAME, plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)


def write_document(text: str) -> None:
    """Write a report to standard output, in UTF-8 unless that is a terminal: XML names its encoding, and a program that
    reads a report does not know the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors=NAME)
    sys.stdout.write(text)


def use_utf8(stream: TextIO) -> None:
    """Let a stream write UTF-8, whatever its encoding was: reports for programs declare it."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors=NAME)


def plain(error: UnicodeError) -> tuple[str, int]:
    """The replacement of characters that an encoding lacks, as wide as they are, and the position to continue at: an
    error handler of codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(PLAIN.get(char, UNKNOWN * width(char)) for char in lacking), error.end
