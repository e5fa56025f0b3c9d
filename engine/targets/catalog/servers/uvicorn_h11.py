"""uvicorn in pure Python: HTTP with h11, WebSocket with wsproto."""

from __future__ import annotations

from engine.targets.catalog.servers.uvicorn_common import uvicorn

SERVER = uvicorn("h11", "wsproto", "uvicorn with h11 and wsproto")
