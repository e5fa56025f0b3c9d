"""Gateways with one deliberate fault in their configuration.

A gateway holds back what never reaches a server, so only a gateway can fail such cases. ``--gateway
nginx-fastcgi~proxy-passed`` selects one; no list has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.targets.catalog.gateways.base import Gateway, GatewayConfig

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class GatewayFault:
    """``what`` is the fault in one clause; ``change`` changes the lines that say how requests are passed on."""

    what: str
    change: Callable[[Lines], Lines]


def _without(word: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if word not in line.split()]


def _instead(word: str, value: str) -> Callable[[Lines], Lines]:
    """Another value for a parameter."""
    return lambda lines: [*_without(word)(lines), f"fastcgi_param {word} {value};"]


def _for_the_server(line: str) -> Callable[[Lines], Lines]:
    """A line that cannot stand in a location: it is put before another location, which nobody requests."""
    return lambda lines: [*lines, "}", line, "location = /nothing {"]


def _with_mirror(lines: Lines) -> Lines:
    """Send each request to another location, too, which passes it on in the same way."""
    return ["mirror /mirrored;", *lines, "}", "location = /mirrored {", "internal;", *_to_the_same_path(lines)]


def _to_the_same_path(lines: Lines) -> Lines:
    """The lines of a location whose own path is not passed on."""
    return [f"{line.removesuffix(';')}$request_uri;" if line.startswith("proxy_pass ") else line for line in lines]


FAULTS: Mapping[str, Mapping[str, GatewayFault]] = {
    "nginx-fastcgi": {
        "underscores-passed": GatewayFault(
            "fields with an underscore are passed on", _for_the_server("underscores_in_headers on;")
        ),
        "proxy-passed": GatewayFault("HTTP_PROXY is the client's value", _without("HTTP_PROXY")),
        "clients-not-kept": GatewayFault(
            "a client's connection has one request", lambda lines: [*lines, "keepalive_timeout 0;"]
        ),
        "always-buffers": GatewayFault(
            "a response is kept until it is complete",
            lambda lines: [*_without("fastcgi_buffering")(lines), "fastcgi_buffering on;"],
        ),
        "host-is-the-servers": GatewayFault("HTTP_HOST is the server's name", _instead("HTTP_HOST", "$server_name")),
        "port-lost": GatewayFault("SERVER_PORT is empty", _instead("SERVER_PORT", '""')),
        "request-uri-decoded": GatewayFault("REQUEST_URI is decoded", _instead("REQUEST_URI", "$uri")),
        "path-info-as-sent": GatewayFault("PATH_INFO is not decoded", _instead("PATH_INFO", "$request_uri")),
        "https-always": GatewayFault("HTTPS is always on", _instead("HTTPS", "on")),
        "own-address": GatewayFault(
            "REMOTE_ADDR is the gateway's address", _instead("REMOTE_ADDR", "$server_addr:$server_port")
        ),
        "length-lost": GatewayFault("CONTENT_LENGTH is empty", _instead("CONTENT_LENGTH", '""')),
    },
    "nginx-http": {
        "length-of-nothing": GatewayFault(
            "a request with a body is passed on with a Content-Length of 0, so that the body is another request",
            lambda lines: [*lines, "proxy_set_header Content-Length 0;"],
        ),
        "uploads-kept": GatewayFault(
            "a body is kept until it is complete",
            lambda lines: [*_without("proxy_request_buffering")(lines), "proxy_request_buffering on;"],
        ),
        "requests-mirrored": GatewayFault("each request is sent to the server twice", _with_mirror),
    },
}
"""The faults by gateway and name."""


def mutated(gateway: Gateway, name: str) -> Gateway:
    """A gateway with a fault. Raises KeyError for an unknown one."""
    fault = FAULTS[gateway.name][name]

    def location(config: GatewayConfig) -> Lines:
        return fault.change(gateway.location(config))

    return replace(gateway, name=f"{gateway.name}~{name}", location=location)


def plain(name: str) -> str:
    """The name of a gateway without that of a fault."""
    return name.partition("~")[0]
