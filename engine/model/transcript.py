"""The ordered record of one job: bytes on the wire and messages at the boundary, on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# What a step says of a connection that leads past the gateway; the server's own address is the detail.
PAST_GATEWAY = "past the gateway to"
# The word of a moment that stands in the place of others, which are not kept; the detail says how many.
CUT = "cut"


class Side(StrEnum):
    """Who is seen acting: a step of the case, the wire, the application's boundary, or the target's process."""

    STEP = "step"
    WIRE = "wire"
    APP = "app"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One line of the time line.

    ``at`` is seconds on the engine's clock. ``what`` is a word (``sent``, ``received``, ``connected``, ``closed``,
    ``reset``, ``called``, ``receive``, ``send``, ``returned``, ``raised``, ``mark``), ``detail`` what a person wants
    to see of it, as text not yet escaped; ``data`` the bytes, where bytes crossed. ``subject`` is the connection or
    the call, as a short name. Where ``data`` is but the beginning, ``size`` is that of the whole, and ``sha256`` its
    digest in hex, "" where it is not known.
    """

    at: float
    side: Side
    subject: str
    what: str
    detail: str = ""
    data: bytes = b""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Moments in the order of their times; ``started`` is what times are shown relative to."""

    started: float
    moments: tuple[TraceEvent, ...]
