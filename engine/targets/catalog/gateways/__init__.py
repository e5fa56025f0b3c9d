"""Gateways: one file each, found by its ``GATEWAY``."""

from __future__ import annotations

from functools import cache

from engine.errors import Defect
from engine.registry import Registry, found
from engine.targets.catalog.gateways.base import Gateway


@cache
def load_gateways() -> Registry[Gateway]:
    """Every gateway that the engine can put before a server. Raises Defect where a ``GATEWAY`` is no Gateway."""
    gateways: list[Gateway] = []
    for value in found("engine.targets.catalog.gateways", "GATEWAY"):
        if not isinstance(value, Gateway):
            raise Defect(f"GATEWAY is {value!r}, which is no Gateway")
        gateways.append(value)
    return Registry("gateway", gateways)
