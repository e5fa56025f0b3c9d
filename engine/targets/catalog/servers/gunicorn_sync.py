"""gunicorn with its sync worker, its default for WSGI apps: one request at a time, each on its own connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.targets.catalog.servers import gunicorn
from engine.targets.catalog.servers.base import Start

# Options of WebSockets and of the ASGI worker, and the time and number of kept connections, which it has not.
LACKS = {"keep_alive", "lifespan", "message_limit", "root_path"}


def base(start: Start) -> Sequence[str]:
    """The command line without options."""
    return gunicorn.line(start, ["--worker-class", "sync"])


SERVER = replace(
    gunicorn.SERVER,
    name="gunicorn-sync",
    title="gunicorn with its sync worker",
    lock=Path(__file__).with_name("gunicorn_sync.lock"),
    base=base,
    offers=frozenset(),
    loops=("auto",),
    options={name: option for name, option in gunicorn.SERVER.options.items() if name not in LACKS},
    speaks=frozenset({"http", "uwsgi"}),
    asks={},
    http2=None,
    interfaces=frozenset({"wsgi"}),
    serial=True,
)
