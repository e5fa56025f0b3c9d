"""The manners of servers: the ASGI specification leaves much to a server, and an app must bear with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Scope = dict[str, Any]
Pairs = list[Sequence[bytes]]

# What a scope need not have.
OPTIONAL = ("scheme", "raw_path", "root_path", "client", "server", "state", "extensions", "subprotocols")


@dataclass(frozen=True)
class Manner:
    """``all_keys``: scopes and messages have every key that they may have, or only those that they must have.
    ``lifespan``: whether the app is started and ended; ``state``: whether that is with a state."""

    name: str
    all_keys: bool
    lifespan: bool
    state: bool

    def scope(self, kind: str, path: str, query: str, headers: Pairs, **more: Any) -> Scope:
        """A scope of a connection. ``more`` are the keys of its type."""
        wanted: Scope = {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "scheme": {"http": "http", "websocket": "ws"}[kind],
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "extensions": {"of.nobody": {}},
            **more,
        }
        if self.all_keys:
            return wanted
        wanted["asgi"] = {"version": "3.0"}
        # An app that cannot do without one of these fails the check of that key, and not all the others.
        left_out = [name for name in OPTIONAL if name != "scheme" and not more.get(name)]
        return {name: value for name, value in wanted.items() if name not in left_out}

    def message(self, kind: str, **keys: Any) -> dict[str, Any]:
        """A message for the app. A key that is None is left out where not all keys are given."""
        return {"type": kind, **{name: value for name, value in keys.items() if self.all_keys or value is not None}}


MANNERS = {
    one.name: one
    for one in (
        Manner("rich", all_keys=True, lifespan=True, state=True),
        Manner("lean", all_keys=False, lifespan=True, state=False),
        Manner("bare", all_keys=False, lifespan=False, state=False),
    )
}
