"""nginx that speaks the uwsgi protocol to the server (uwsgi_pass). A connection of that protocol has one request."""

from __future__ import annotations

from collections.abc import Sequence

from engine.targets.catalog.gateways import nginx_params
from engine.targets.catalog.gateways.base import ALL_VERSIONS, WORDS, Gateway, GatewayConfig
from engine.targets.catalog.gateways.nginx import NGINX, UPSTREAM, word


def location(setting: GatewayConfig) -> Sequence[str]:
    """The lines that pass requests on."""
    return [
        f"uwsgi_pass {UPSTREAM};",
        f"uwsgi_buffering {word(setting.on('buffering', True))};",
        f"uwsgi_request_buffering {word(setting.on('client_body_buffering', True))};",
        *nginx_params.lines("uwsgi_param"),
    ]


GATEWAY = Gateway(
    "nginx-uwsgi",
    "nginx, which speaks uwsgi to the server",
    "uwsgi",
    NGINX,
    location,
    options=WORDS - {"keep_conn"},
    fronts=ALL_VERSIONS,
)
