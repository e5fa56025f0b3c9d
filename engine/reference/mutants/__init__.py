"""Mutants: the reference server with one deliberate fault each, to prove that cases can fail.

Each imitates a fault that a real server has made or could make, and is named after it. A mutant is installed by
replacing one function of the server in its process, so the server's own code holds nothing of it. A target has it as a
variant of the reference server: ``--server reference~no-date``. Each module here is a family with a table ``MUTANTS``.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from . import generated

if TYPE_CHECKING:
    from .base import Mutant

FAMILIES = (
    "scope",
    "request_line",
    "head",
    "fields",
    "body",
    "framing",
    "events",
    "calls",
    "response",
    "responses",
    "response_events",
    "extensions",
    "connection",
    "persistence",
    "later",
    "carried_over",
    "uniform",
    "clients",
    "delivery",
    "handshake",
    "openings",
    "websocket",
    "websocket_ends",
    "frames",
    "websocket_frames",
    "websocket_text",
    "websocket_deflate",
    "lifespan",
    "startups",
    "shutdown",
    "stops",
    "workers",
    "resources",
    "tls",
    "operation",
    "access_log",
    "unheeded",
    "uploads",
    "forwarded",
    "listens",
    "http2_frames",
    "http2_requests",
    "http2_streams",
    "http2_hpack",
    "http2_responses",
    "http2_websocket",
)


@cache
def mutants() -> dict[str, Mutant]:
    """All mutants by name. Imports the server. Raises ValueError if two families use the same name."""
    found: dict[str, Mutant] = {}
    for family in FAMILIES:
        own: dict[str, Mutant] = importlib.import_module(f"{__name__}.{family}").MUTANTS
        if same := found.keys() & own.keys():
            raise ValueError(f"two families have a mutant called {min(same)!r}")
        found |= own
    return found


def summaries() -> dict[str, str]:
    """The fault of each mutant in one clause, by the mutant's name. Imports the server."""
    return {name: mutant.what for name, mutant in mutants().items()}


def by_family() -> dict[str, list[str]]:
    """The names of the mutants of each family. Imports the server."""
    return {family: list(importlib.import_module(f"{__name__}.{family}").MUTANTS) for family in FAMILIES}


def install(name: str) -> None:
    """Put a fault into the server of this process, before it serves; a generated one is there already. Raises KeyError
    for an unknown name."""
    if not generated.summary(name):
        mutants()[name].install()
