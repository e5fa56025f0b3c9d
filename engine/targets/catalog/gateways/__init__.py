"""Gateways: one file each, found by its ``GATEWAY``."""

from __future__ import annotations

from functools import cache

from engine.errors import Defect
from engine.registry import Registry, found
from engine.targets.catalog.gateways.base import Gateway
from engine.targets.catalog.gateways.mutants import mutated


class Gateways(Registry[Gateway]):
    """The gateways by name. ``nginx-fastcgi~proxy-passed`` is one with a deliberate fault, which no iteration has."""

    def __getitem__(self, name: str) -> Gateway:
        base, tilde, fault = name.partition("~")
        gateway = super().__getitem__(base)
        return mutated(gateway, fault) if tilde else gateway


@cache
def load_gateways() -> Gateways:
    """Every gateway that the engine can put before a server. Raises Defect where a ``GATEWAY`` is no Gateway."""
    gateways: list[Gateway] = []
    for value in found("engine.targets.catalog.gateways", "GATEWAY"):
        if not isinstance(value, Gateway):
            raise Defect(f"GATEWAY is {value!r}, which is no Gateway")
        gateways.append(value)
    return Gateways("gateway", gateways)
