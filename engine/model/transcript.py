"""The transcript of one job: bytes on the wire and messages at the boundary, on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.model.typed_value import TypedValue

# The note of a step about a connection that bypasses the gateway; the server's own address is the detail.
PAST_GATEWAY = "past the gateway to"
# The word of an event that stands in the place of others, which are not kept; the detail says how many.
CUT = "cut"


class Side(StrEnum):
    """The side on which an event was seen: a step of the case, the wire, the boundary, or the target's process."""

    STEP = "step"
    WIRE = "wire"
    APP = "app"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One line of a transcript.

    ``at`` is in seconds of CLOCK_MONOTONIC. ``subject`` is the short name of the connection or the call. ``what`` is a
    word (``sent``, ``received``, ``connected``, ``closed``, ``reset``, ``called``, ``receive``, ``send``, ``returned``,
    ``raised``, ``mark``), ``detail`` a text for people, not yet escaped. ``data`` are the bytes that crossed; where
    they are truncated, ``size`` is the full size in bytes and ``sha256`` the digest in hex, "" if unknown.

    Of an event at the boundary, ``value`` is the scope or the message, None in records before 2.3 and for other events.
    ``connection`` is the subject of the connection that a call came by, "" if unknown.
    """

    at: float
    side: Side
    subject: str
    what: str
    detail: str = ""
    data: bytes = b""
    size: int = 0
    sha256: str = ""
    value: TypedValue | None = None
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Events in the order of their times; times are displayed relative to ``started``."""

    started: float
    events: tuple[TraceEvent, ...]
