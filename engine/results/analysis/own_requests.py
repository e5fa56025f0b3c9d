"""The engine's own requests in a time line: sentinels, which prove that all earlier calls are on record. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.model.transcript import Side, Transcript

_SENTINEL = re.compile(rb"^x-engine-call: *j\d+-sentinel-", re.IGNORECASE | re.MULTILINE)


def sentinel_connections(transcript: Transcript) -> frozenset[str]:
    """The names of the connections on which a sentinel was sent. Each has a connection of its own."""
    return frozenset(
        event.subject
        for event in transcript.events
        if event.side is Side.WIRE and event.what == "sent" and _SENTINEL.search(event.data)
    )


def without_sentinels(transcript: Transcript) -> Transcript:
    """The transcript without the connections of sentinels."""
    own = sentinel_connections(transcript)
    kept = tuple(event for event in transcript.events if event.side is not Side.WIRE or event.subject not in own)
    return replace(transcript, events=kept) if own else transcript
