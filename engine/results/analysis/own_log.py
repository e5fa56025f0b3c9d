"""The part of a server's log that belongs to one case, as far as its text shows. Pure.

While a case runs, other cases of the target run too, and the log has all of their lines. An entry of the log is a line
with those that continue it, such as a traceback. It is taken for the case's own if it names something that the case
has for itself: the port of its client, the target of its request, or an exception that its application raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.model.transcript import Side, Transcript

_REQUEST = re.compile(rb"\A[A-Z]+ (\S{2,}) HTTP/")
_PORT = re.compile(r"from port (\S.*)")
_TRACEBACK = "Traceback (most recent call last):"
# Text between the tracebacks of a chain of exceptions.
_CHAIN = ("During handling of the above exception", "The above exception was the direct cause")
_SHORTEST = 3


def entries(log: str) -> list[str]:
    """The entries of a log in their order, each with the lines that continue it."""
    found: list[list[str]] = []
    inside = False  # of a traceback, whose last line is the first one that is not indented
    for line in log.split("\n"):
        if not line:
            continue
        starts = line.strip() == _TRACEBACK
        indented = line[0] in " \t"
        if found and (starts or indented or inside or line.startswith(_CHAIN)):
            found[-1].append(line)
        else:
            found.append([line])
        inside = starts or (inside and indented)
    return ["\n".join(lines) for lines in found]


def split(log: str, transcript: Transcript | None) -> tuple[list[str], list[str]]:
    """The entries of a log that belong to the case of a transcript, and the others."""
    words = set(_words(transcript)) if transcript is not None else set()
    own: list[str] = []
    others: list[str] = []
    for entry in entries(log):
        (own if any(word in entry for word in words) else others).append(entry)
    return own, others


def _words(transcript: Transcript) -> Iterator[str]:
    """The texts that a case has for itself."""
    for event in transcript.events:
        if event.side is Side.WIRE and event.what == "sent" and (request := _REQUEST.match(event.data)):
            yield request[1].decode("latin-1")
        elif event.side is Side.WIRE and (port := _PORT.fullmatch(event.detail)):
            yield port[1]
        elif event.side is Side.APP and event.what == "raised" and len(event.detail) >= _SHORTEST:
            yield event.detail
