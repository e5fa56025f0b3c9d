"""Servers: one file each, found by its ``SERVER``, with its pinned requirements next to it."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import Defect
from engine.registry import Registry, found
from engine.targets.catalog.options import load_options
from engine.targets.catalog.servers.base import Server


def load_servers() -> Registry[Server]:
    """Every server that the engine can start. Raises Defect where a module's ``SERVER`` is no Server."""
    servers: list[Server] = []
    for value in found("engine.targets.catalog.servers", "SERVER"):
        if not isinstance(value, Server):
            raise Defect(f"SERVER is {value!r}, which is no Server")
        servers.append(value)
    return Registry("server", [_with_translations(server) for server in servers])


def load_hidden() -> Registry[Server]:
    """The servers that no list has and ``all`` does not select, found by their ``HIDDEN``."""
    hidden = found("engine.targets.catalog.servers", "HIDDEN")
    return Registry("server", [value for value in hidden if isinstance(value, Server)])


def _with_translations(server: Server) -> Server:
    """A server with the translations that options have for it; its own go before these."""
    more = {
        option.name: option.translations[server.name]
        for option in load_options().values()
        if server.name in option.translations
    }
    return replace(server, options={**more, **server.options}) if more else server
