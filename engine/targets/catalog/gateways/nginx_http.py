"""nginx that speaks HTTP/1.1 to the server (proxy_pass)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.targets.catalog.gateways.base import ALL_VERSIONS, Gateway, GatewayConfig
from engine.targets.catalog.gateways.nginx import NGINX, UPSTREAM, word


def location(setting: GatewayConfig) -> Sequence[str]:
    """The lines that pass requests on. The path is passed on as the client wrote it."""
    # Without a value nginx omits the field, and a connection is kept by default; newer releases keep connections by
    # default.
    connection = '""' if setting.on("keep_conn", False) else "close"
    return [
        f"proxy_pass http://{UPSTREAM};",
        "proxy_http_version 1.1;",
        f"proxy_buffering {word(setting.on('buffering', True))};",
        f"proxy_request_buffering {word(setting.on('client_body_buffering', True))};",
        "proxy_set_header Host $http_host;",
        f"proxy_set_header Connection {connection};",
        'proxy_set_header X-Engine-Peer "$remote_addr:$remote_port";',
    ]


GATEWAY = Gateway(
    "nginx-http", "nginx, which speaks HTTP/1.1 to the server", "http", NGINX, location, fronts=ALL_VERSIONS
)
