"""Which gateway a server has where nobody names one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model.target import Target
from engine.targets.catalog.gateways import load_gateways
from engine.targets.catalog.servers import load_servers
from engine.targets.matrix import fitting
from engine.targets.matrix.fitting import directly, gateways_of, own_gateway, unsupported


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


def test_tls_of_a_target_behind_a_gateway_is_the_gateway_s() -> None:
    waitress = load_servers()["waitress"]
    behind = Target("waitress", "wsgi-control", "auto", "nginx-http", interface="wsgi", upstream="1.1")
    assert unsupported(waitress, behind, {"tls": True}) == ()
    assert unsupported(waitress, replace(behind, http="h2"), {}) == ()
    assert unsupported(waitress, behind, {"tls": "required"}) == ("nginx-http does not request client certificates",)
    assert unsupported(waitress, replace(behind, gateway="direct", upstream=""), {"tls": True}) != ()


def test_a_gateway_that_only_speaks_http_1_1(monkeypatch: pytest.MonkeyPatch) -> None:
    gateways = {"nginx-http": replace(load_gateways()["nginx-http"], fronts=frozenset({"1.1"}))}
    monkeypatch.setattr(fitting, "load_gateways", lambda: gateways)
    gunicorn, behind = load_servers()["gunicorn"], Target("gunicorn", "control", "auto", "nginx-http", upstream="1.1")
    assert unsupported(gunicorn, behind, {}) == ()
    assert unsupported(gunicorn, replace(behind, http="h2c"), {}) == ("nginx-http speaks HTTP/1.1 to its clients",)
    assert unsupported(gunicorn, behind, {"tls": True}) == ("nginx-http does not speak TLS",)


def test_a_server_is_reached_by_what_the_gateway_speaks() -> None:
    servers = load_servers()
    assert [name for name in servers if "nginx-http2" in gateways_of(servers[name])] == [
        "anycorn", "granian", "gunicorn", "gunicorn-h1c", "hypercorn", "reference", "uvicorn-zttp",
    ]  # fmt: skip
    behind = Target("waitress", "wsgi-control", "auto", "nginx-http2", interface="wsgi", upstream="h2c")
    assert unsupported(servers["waitress"], behind, {}) == ("waitress does not speak HTTP/2 without TLS",)
    assert unsupported(servers["gunicorn"], replace(behind, server="gunicorn"), {}) == ()


def test_without_its_gateway_a_server_speaks_the_same() -> None:
    target = Target("gunicorn", "control", "auto", "nginx-http", http="h2c", upstream="1.1")
    assert directly(target) == Target("gunicorn", "control", "auto")
    downward = replace(target, gateway="nginx-http2", http="1.1", upstream="h2c")
    assert directly(downward) == Target("gunicorn", "control", "auto", http="h2c")
    over_cgi = replace(target, gateway="nginx-uwsgi", upstream="cgi")
    assert directly(over_cgi) == Target("gunicorn", "control", "auto")


@pytest.mark.parametrize("server", ["fcgisgi", "flup", "pyuwsgi"])
def test_a_server_that_has_no_tls(server: str) -> None:
    one = load_servers()[server]
    (reason,) = one.unsupported({"tls": True})
    assert "does not support the option 'tls'" in reason
    assert "tls" not in one.claims
