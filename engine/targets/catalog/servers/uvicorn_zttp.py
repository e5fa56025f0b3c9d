"""uvicorn with zttp for HTTP/1.1 and HTTP/2, which it has had since 0.53.0, and websockets.

With ``--http2`` it speaks both versions on one port: over TLS by ALPN, and without by the first bytes.
"""

from __future__ import annotations

from engine.targets.catalog.servers.base import Http2
from engine.targets.catalog.servers.uvicorn_common import PING, uvicorn

HTTP2 = ("--http2",)

SERVER = uvicorn(
    "zttp",
    "websockets",
    "uvicorn with zttp and websockets",
    more={"ping": PING},
    http2=Http2(
        cleartext=HTTP2,
        tls=HTTP2,
        offers=frozenset({"lifespan", "reload", "state", "tls", "http2", "trailers", "early-hint"}),
    ),
    by_name_only="its failures over HTTP/1.1 are not listed yet, and releases of uvicorn before 0.53.0 lack it",
)
