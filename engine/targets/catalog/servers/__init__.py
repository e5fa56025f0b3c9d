"""Servers: one file each, found by its ``SERVER``, with its pinned requirements beside it."""

from __future__ import annotations

from engine.errors import Defect
from engine.registry import Registry, found
from engine.targets.catalog.servers.base import Server


def load_servers() -> Registry[Server]:
    """Every server that the engine can start. Raises Defect where a module's ``SERVER`` is no Server."""
    servers: list[Server] = []
    for value in found("engine.targets.catalog.servers", "SERVER"):
        if not isinstance(value, Server):
            raise Defect(f"SERVER is {value!r}, which is no Server")
        servers.append(value)
    return Registry("server", servers)
