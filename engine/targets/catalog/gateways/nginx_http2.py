"""nginx that speaks HTTP/2 to the server, without TLS and with prior knowledge (proxy_pass)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.target import H2C
from engine.targets.catalog.gateways.base import ALL_VERSIONS, Gateway, GatewayConfig
from engine.targets.catalog.gateways.nginx import NGINX, UPSTREAM, word


def location(setting: GatewayConfig) -> Sequence[str]:
    """The lines that pass requests on. The path is passed on as the client wrote it."""
    return [
        f"proxy_pass http://{UPSTREAM};",
        "proxy_http_version 2;",
        f"proxy_buffering {word(setting.on('buffering', True))};",
        f"proxy_request_buffering {word(setting.on('client_body_buffering', True))};",
        "proxy_set_header Host $http_host;",
        'proxy_set_header X-Engine-Peer "$remote_addr:$remote_port";',
    ]


GATEWAY = Gateway(
    "nginx-http2",
    "nginx, which speaks HTTP/2 to the server",
    "http",
    NGINX,
    location,
    http=H2C,
    fronts=ALL_VERSIONS,
)
