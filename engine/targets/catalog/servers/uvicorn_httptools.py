"""uvicorn as it is installed for production: HTTP by httptools, WebSocket by websockets."""

from __future__ import annotations

from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.uvicorn_common import PING, uvicorn

SERVER = uvicorn(
    "httptools",
    "websockets",
    "uvicorn with httptools and websockets",
    [Variant("sansio", ("--ws", "websockets-sansio"), summary="WebSocket by the sans-IO half of websockets")],
    more={"ping": PING},
)
