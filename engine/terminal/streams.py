"""Standard streams whose encoding lacks some of the characters that are written to them: what stands for those."""

from __future__ import annotations

import codecs
import io
import sys

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


def plain(error: UnicodeError) -> tuple[str, int]:
    """The replacement of characters that an encoding lacks, and the position to continue at: an error handler of
    codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(char, UNKNOWN) for char in error.object[error.start : error.end]), error.end
