"""Clauses of the standards: what they say, the damage that a violation can do, and why one may have no case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.source_span import NOWHERE, SourceSpan


class Risk(StrEnum):
    """The greatest damage that a violation of a clause can do, from the greatest to the least.

    Attributes:
        SMUGGLING: two parties of a connection disagree about where a message ends or about its fields, so that one
            request or response can be hidden in another.
        DOS: one client can exhaust, block or crash the server.
        LEAK: data or rights of one client, or internals of the server, reach another client.
        INTEROP: a correct client or application does not work.
        COURTESY: everything works, with less information or comfort than the standard wants.
    """

    SMUGGLING = "smuggling"
    DOS = "dos"
    LEAK = "leak"
    INTEROP = "interop"
    COURTESY = "courtesy"


class UntestedReason(StrEnum):
    """The reason why a clause has no case. ``missing`` is the one that says
    that a case can be written."""

    NOT_OBSERVABLE = "not-observable"
    CLIENT_DUTY = "client-duty"
    SUPERSEDED = "superseded"
    NEEDS_HTTP2 = "needs-http2"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Untested:
    """Why a clause has no case; ``because`` may be "" only for a missing case."""

    reason: UntestedReason
    because: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a standard: its id, the level of the text, where it stands, and what it says.

    ``document`` is the title of its file. ``place`` is the span of its id, and no part of its value.
    """

    id: str
    level: str
    source: str
    statement: str
    url: str = ""
    risk: Risk = Risk.INTEROP
    untested: Untested | None = None
    document: str = ""
    place: SourceSpan = field(default=NOWHERE, compare=False)


_ORDER = tuple(risk.value for risk in Risk)


def rank(risk: str) -> int:
    """The place of a risk in the order from the greatest to the least, beginning with 0; an unknown or empty one is
    the last."""
    return _ORDER.index(risk) if risk in _ORDER else len(_ORDER)


def greatest(risks: Iterable[str]) -> str:
    """The greatest of some risks, "" of none."""
    return min(risks, key=rank, default="")
