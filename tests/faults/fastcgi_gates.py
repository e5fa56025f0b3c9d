"""Misconfigured gateways in front of FastCGI, by name, and the cases that must catch them.

Data that nginx holds back never reach a server, so only a gateway can fail such cases. A case is named as in
``tests.faults.harness.Table``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.targets.catalog.gateways.base import Gateway, GatewayConfig
from tests.faults.harness import Table

Lines = Sequence[str]


def _without(word: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if word not in line.split()]


def _instead(word: str, value: str) -> Callable[[Lines], Lines]:
    """Another value for a parameter."""
    return lambda lines: [*_without(word)(lines), f"fastcgi_param {word} {value};"]


def _for_the_server(line: str) -> Callable[[Lines], Lines]:
    """A line that cannot stand in a location: it is put before another location, which nobody asks for."""
    return lambda lines: [*lines, "}", line, "location = /nothing {"]


FAULTS: dict[str, Callable[[Lines], Lines]] = {
    # fields with an underscore are passed on
    "underscores-passed": _for_the_server("underscores_in_headers on;"),
    # HTTP_PROXY is what the client says
    "proxy-passed": _without("HTTP_PROXY"),
    # a client's connection has one request
    "clients-not-kept": lambda lines: [*lines, "keepalive_timeout 0;"],
    # a response is kept until it is whole
    "always-buffers": lambda lines: [*_without("fastcgi_buffering")(lines), "fastcgi_buffering on;"],
    "host-is-the-servers": _instead("HTTP_HOST", "$server_name"),
    "port-lost": _instead("SERVER_PORT", '""'),
    "request-uri-decoded": _instead("REQUEST_URI", "$uri"),
    "path-info-as-sent": _instead("PATH_INFO", "$request_uri"),
    "https-always": _instead("HTTPS", "on"),
    "own-address": _instead("REMOTE_ADDR", "$server_addr:$server_port"),
    "length-lost": _instead("CONTENT_LENGTH", '""'),
}


def _cases(file: str, *ids: str) -> tuple[str, ...]:
    return tuple(f"fastcgi/{file}.yaml::{name}" for name in ids)


CAUGHT: Table = {
    "underscores-passed": _cases("environ", "underscore"),
    "proxy-passed": _cases("environ", "proxy"),
    "clients-not-kept": (
        *_cases("checks", "keep-alive", "keep-alive-mixed"), *_cases("responses", "no-body", "head"),
    ),
    "always-buffers": _cases("responses", "streamed"),
    "host-is-the-servers": (*_cases("checks", "header[host]"), *_cases("environ", "host-and-port")),
    "port-lost": _cases("environ", "host-and-port"),
    "request-uri-decoded": _cases("environ", "request-uri"),
    "path-info-as-sent": (
        *_cases("checks", "path-info"),
        *_cases("environ", *(f"path-info-decoded[{which}]" for which in ("space", "percent", "unicode", "not-utf-8"))),
    ),
    "https-always": _cases("environ", "no-https"),
    "own-address": _cases("environ", "remote-addr"),
    "length-lost": (*_cases("environ", "length-and-type"), *_cases("responses", "chunked")),
}  # fmt: skip


def wrong(gateway: Gateway, fault: str) -> Gateway:
    """A gateway with a fault. Raises KeyError where FAULTS has no such fault."""
    change = FAULTS[fault]

    def location(setting: GatewayConfig) -> Lines:
        return change(gateway.location(setting))

    return replace(gateway, location=location)
