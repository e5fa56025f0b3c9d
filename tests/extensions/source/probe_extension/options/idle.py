"""The word ``idle`` of ``server:``, which the reference server understands."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.server_options import ServerOption


def _flags(value: object) -> Sequence[str]:
    return ("--keep-alive", str(value))


OPTIONS = (
    ServerOption(
        "idle",
        {"$ref": "#/$defs/time", "description": "How long a connection may be idle."},
        "time",
        translations={"reference": _flags},
    ),
)
