"""uvicorn in pure Python: HTTP with h11, WebSocket with wsproto, which sends pings since 0.46.0."""

from __future__ import annotations

from engine.targets.catalog.servers.base import whole
from engine.targets.catalog.servers.uvicorn_common import LIMITS, PING, uvicorn

SERVER = uvicorn(
    "h11",
    "wsproto",
    "uvicorn with h11 and wsproto",
    limits={**LIMITS, "head": lambda value: ["--h11-max-incomplete-event-size", whole(value, "bytes", least=1)]},
    more={"ping": PING},
    since={"ping": "0.46.0"},
)
