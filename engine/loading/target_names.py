"""The names of targets that a document may use. Settings are read with them before the language of cases is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.model.server_options import ServerOption


@dataclass(frozen=True, slots=True)
class TargetNames:
    """The names by which a case selects its targets, the ``capabilities`` that it may need, and the ``options`` of its
    server by name."""

    servers: Sequence[str]
    frameworks: Sequence[str]
    loops: Sequence[str]
    gateways: Sequence[str]
    runtimes: Sequence[str]
    http: Sequence[str]
    capabilities: Sequence[str]
    options: Mapping[str, ServerOption]
