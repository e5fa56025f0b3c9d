"""nginx that speaks FastCGI to the server (fastcgi_pass)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.targets.catalog.gateways import nginx_params
from engine.targets.catalog.gateways.base import ALL_VERSIONS, Gateway, GatewayConfig
from engine.targets.catalog.gateways.nginx import NGINX, UPSTREAM, word


def location(setting: GatewayConfig) -> Sequence[str]:
    """The lines that pass requests on."""
    return [
        f"fastcgi_pass {UPSTREAM};",
        f"fastcgi_keep_conn {word(setting.on('keep_conn', False))};",
        f"fastcgi_buffering {word(setting.on('buffering', True))};",
        f"fastcgi_request_buffering {word(setting.on('client_body_buffering', True))};",
        "fastcgi_param GATEWAY_INTERFACE CGI/1.1;",
        *nginx_params.lines("fastcgi_param"),
    ]


GATEWAY = Gateway(
    "nginx-fastcgi",
    "nginx, which speaks FastCGI to the server",
    "fastcgi",
    NGINX,
    location,
    fronts=ALL_VERSIONS,
)
