"""Servers: one file each, found by its ``SERVER``, with its pinned requirements next to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.errors import Defect, UsageError
from engine.model.settings import OwnServer
from engine.registry import Registry, found
from engine.targets.catalog.options import load_options
from engine.targets.catalog.own_servers import own_server
from engine.targets.catalog.servers.base import Server


def load_servers(own: Iterable[OwnServer] = ()) -> Registry[Server]:
    """Every server that the engine can start, with those that a project declares. Raises Defect where a module's
    ``SERVER`` is no Server, and UsageError for a declared one whose name is taken."""
    servers: list[Server] = []
    for value in found("engine.targets.catalog.servers", "SERVER"):
        if not isinstance(value, Server):
            raise Defect(f"SERVER is {value!r}, which is no Server")
        servers.append(value)
    known = {server.name for server in (*servers, *load_hidden().values())}
    for one in own:
        if one.name in known:
            hint = f"rename it at {one.place}"
            raise UsageError(f"the engine has a server called {one.name!r} already", hint=hint)
        servers.append(own_server(one))
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
