"""Which gateway a server has where nobody names one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.target import Target
from engine.targets.catalog.servers import load_servers
from engine.targets.matrix.fitting import own_gateway, unsupported


@pytest.mark.parametrize(
    ("server", "expected"),
    [("gunicorn", "direct"), ("fcgisgi", "nginx-fastcgi"), ("flup", "nginx-fastcgi"), ("pyuwsgi", "direct")],
)
def test_a_server_has_a_gateway_only_if_it_speaks_no_http(server: str, expected: str) -> None:
    assert own_gateway(load_servers()[server]) == expected


def test_the_proxy_protocol_needs_a_client_that_sends_its_header() -> None:
    server = load_servers()["reference"]
    direct = Target("reference", "control", "auto")
    assert unsupported(server, direct, {"proxy_protocol": True}) == ()
    [why] = unsupported(server, direct, {"proxy_protocol": True, "tls": True})
    assert why == "a client of the engine sends no header of the PROXY protocol before TLS"
    behind = unsupported(server, replace(direct, gateway="nginx-http"), {"proxy_protocol": True})
    assert "nginx-http sends no header of the PROXY protocol" in behind


def test_a_gateway_speaks_to_its_server_without_tls() -> None:
    gunicorn = load_servers()["gunicorn"]
    behind = Target("gunicorn", "control", "auto", "nginx-http")
    assert unsupported(gunicorn, behind, {"tls": True}) == ("nginx-http speaks to the server behind it without TLS",)
    assert unsupported(gunicorn, Target("gunicorn", "control", "auto"), {"tls": True}) == ()


@pytest.mark.parametrize("server", ["fcgisgi", "flup", "pyuwsgi"])
def test_a_server_that_has_no_tls(server: str) -> None:
    one = load_servers()[server]
    (reason,) = one.unsupported({"tls": True})
    assert "does not support the option 'tls'" in reason
    assert "tls" not in one.claims
