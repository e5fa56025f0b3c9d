"""Combinations of server, framework and gateway, and the reasons against others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.model.target import DIRECT, H2, HTTP_1_1, TLS, Target
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.gateways.base import CARRIED, split
from engine.targets.catalog.servers.base import Server

NAMES = {"asgi": "ASGI", "wsgi": "WSGI", "http": "HTTP", "fastcgi": "FastCGI", "uwsgi": "uwsgi"}
# The protocols at a server's socket, to clients or to a gateway.
PROTOCOLS = ("fastcgi", "http", "uwsgi")
# The gateway of a server that speaks no HTTP, where nobody names another.
GATEWAY = "nginx-fastcgi"


def speaks(target: Target) -> str:
    """The protocol at the server of a target: ``http``, or that of its gateway."""
    return spoken(target.gateway)


def spoken(gateway: str) -> str:
    """The protocol of a gateway towards the server; HTTP without one."""
    return "http" if gateway == DIRECT else load_gateways()[gateway].speaks


def reaches(gateway: str, server: Server) -> bool:
    """True if a server speaks what a gateway speaks to it, as far as declared; for ``direct`` HTTP."""
    if spoken(gateway) not in server.protocols:
        return False
    version = HTTP_1_1 if gateway == DIRECT else load_gateways()[gateway].http
    return version == HTTP_1_1 or version in server.http2_ways


def directly(target: Target) -> Target:
    """The target without its gateway: its clients speak to the server what the gateway does."""
    return replace(target, gateway=DIRECT, http=target.server_http, upstream="")


def own_gateway(server: Server) -> str:
    """The default gateway of a server: none if it speaks HTTP."""
    return DIRECT if "http" in server.protocols else GATEWAY


def gateways_of(server: Server) -> list[str]:
    """The gateways that a server can have, ``direct`` included, as far as declared."""
    return [name for name in (DIRECT, *load_gateways()) if reaches(name, server)]


def serves(server: Server, framework: Framework) -> bool:
    """True if a server calls apps through the framework's interface."""
    return framework.interface in server.interfaces


def unsupported(server: Server, target: Target, options: Mapping[str, object]) -> tuple[str, ...]:
    """The reasons why a target cannot be started with these options."""
    of_server, of_gateway = split(options)
    reasons = []
    if target.http == H2:
        of_server.setdefault(TLS, True)
    if target.server_http != HTTP_1_1 and target.server_http not in server.http2_ways:
        way = "" if target.gateway == DIRECT else " without TLS"
        reasons.append(f"{server.configuration} does not speak HTTP/2{way}")
    if target.interface not in server.interfaces:
        reasons.append(f"{server.name} does not serve {NAMES[target.interface]} apps")
    protocol = speaks(target)
    if protocol not in server.protocols and protocol not in server.asks:
        reasons.append(f"{server.configuration} does not speak {NAMES[protocol]}")
    if target.gateway != DIRECT:
        gateway = load_gateways()[target.gateway]
        reasons += gateway.unsupported(of_gateway)
        if target.http not in gateway.fronts:
            reasons.append(f"{gateway.name} speaks HTTP/1.1 to its clients")
        # It is the gateway that speaks TLS to clients, and it speaks to the server without.
        tls = of_server.pop(TLS, False)
        if tls and H2 not in gateway.fronts:
            reasons.append(f"{gateway.name} does not speak TLS")
        elif tls not in (False, True):
            reasons.append(f"{gateway.name} does not request client certificates")
        if of_server.get("proxy_protocol"):
            reasons.append(f"{target.gateway} sends no header of the PROXY protocol")
    else:
        reasons += [f"`{name}` is a gateway option, and this target has no gateway" for name in of_gateway]
    if of_server.get("tls") and of_server.get("proxy_protocol"):
        reasons.append("a client of the engine sends no header of the PROXY protocol before TLS")
    return (*reasons, *server.unsupported(of_server, target.loop))


def through(words: frozenset[str], target: Target) -> frozenset[str]:
    """The capabilities of a server that a target has: those that reach a client through its gateway and fit its
    interface. All words are about ASGI apps, except those about processes."""
    if target.interface != "asgi":
        words = frozenset()
    return words if target.gateway == DIRECT else words & CARRIED
