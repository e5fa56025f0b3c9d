"""The words of ``server:`` in the flags of each server that has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.target import ServerLaunch, Target
from engine.targets.catalog.gateways.base import split
from engine.targets.catalog.servers import load_servers
from engine.targets.catalog.servers.base import Start, Untranslatable, pairs, parts

SERVERS = load_servers()
ADDRESS = ("127.0.0.1", 4000)


def limits(**values: object) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(values.items()))


def flags(server: str, **options: object) -> list[str]:
    """The flags for some options: what the command line has more than without them."""
    own = SERVERS[server]
    without, line = (
        own.command(Start(Path("python"), "m:app", "auto", ADDRESS, 7, one, speaks(server))) for one in ({}, options)
    )
    assert line[: len(without)] == without
    return line[len(without) :]


def speaks(server: str) -> str:
    return "fastcgi" if server == "pyuwsgi" else "http"


@pytest.mark.parametrize(
    ("server", "name", "value", "expected"),
    [
        ("gunicorn", "max_requests", 5, "--max-requests 5"),
        ("gunicorn", "worker_timeout", 4.0, "--timeout 4"),
        ("uvicorn-h11", "worker_timeout", 4.0, "--timeout-worker-healthcheck 4"),
        ("pyuwsgi", "worker_timeout", 4.0, "--harakiri 4"),
        ("reference", "worker_timeout", 0.5, "--worker-timeout 0.5"),
        ("uvicorn-h11", "max_requests", 5, "--limit-max-requests 5"),
        ("hypercorn", "max_requests", 5, "--max-requests 5"),
        ("pyuwsgi", "max_requests", 5, "--max-requests 5 --min-worker-lifetime 1"),
        ("reference", "max_requests", 5, "--max-requests 5"),
        ("gunicorn", "proxy_protocol", True, "--proxy-protocol auto --proxy-allow-from *"),
        ("gunicorn", "proxy_protocol", "v2", "--proxy-protocol v2 --proxy-allow-from *"),
        ("pyuwsgi", "proxy_protocol", "v1", "--enable-proxy-protocol"),
        ("reference", "proxy_protocol", True, "--proxy-protocol any"),
        ("reference", "proxy_protocol", "v1", "--proxy-protocol v1"),
        ("gunicorn", "access_log", True, "--access-logfile -"),
        ("gunicorn", "access_log", False, ""),
        ("uvicorn-httptools", "access_log", True, "--access-log"),
        ("hypercorn", "access_log", True, "--access-logfile -"),
        ("granian", "access_log", True, "--access-log"),
        ("daphne", "access_log", True, "--access-log -"),
        ("daphne", "access_log", False, "--verbosity 0"),
        ("pyuwsgi", "access_log", False, "--disable-logging"),
        ("gunicorn-sync", "max_requests", 5, "--max-requests 5"),
        ("waitress", "root_path", "/api", "--url-prefix /api"),
        ("waitress", "trust_proxy", False, ""),
        ("reference", "access_log", True, "--access-log"),
        (
            "uvicorn-httptools",
            "ping",
            limits(interval=0.5, timeout=2.0),
            "--ws-ping-interval 0.5 --ws-ping-timeout 2",
        ),
        ("hypercorn", "ping", limits(interval=1.0), "--websocket-ping-interval 1"),
        ("daphne", "ping", limits(interval=1.0, timeout=2.0), "--ping-interval 1 --ping-timeout 2"),
        ("reference", "ping", limits(interval=0.5, timeout=2.0), "--ping 0.5 --ping-timeout 2"),
        (
            "gunicorn",
            "limits",
            limits(request_line=100, field=200, fields=9, concurrency=3, backlog=7),
            "--backlog 7 --worker-connections 3 --limit-request-field_size 200 --limit-request-fields 9 "
            "--limit-request-line 100",
        ),
        ("uvicorn-h11", "limits", limits(head=9000), "--h11-max-incomplete-event-size 9000"),
        ("uvicorn-httptools", "limits", limits(concurrency=3, backlog=7), "--backlog 7 --limit-concurrency 3"),
        ("hypercorn", "limits", limits(backlog=7), "--backlog 7"),
        (
            "granian",
            "limits",
            limits(head=9000, concurrency=3, backlog=200),
            "--backlog 200 --backpressure 3 --http1-buffer-size 9000",
        ),
        (
            "waitress",
            "limits",
            limits(head=9000, body=10, concurrency=9, backlog=7),
            "--backlog 7 --max-request-body-size 10 --connection-limit 9 --max-request-header-size 9000",
        ),
        ("pyuwsgi", "limits", limits(head=9000, body=10, backlog=7), "--listen 7 --limit-post 10 --buffer-size 9000"),
        ("reference", "limits", limits(field=1, body=2), "--limit-body 2 --limit-field 1"),
        ("reference", "limits", limits(request_line=3, concurrency=4), "--limit-connections 4 --limit-request-line 3"),
    ],
)
def test_the_flags_of_a_word(server: str, name: str, value: object, expected: str) -> None:
    assert flags(server, **{name: value}) == expected.split()


@pytest.mark.parametrize(
    ("server", "name", "value", "reason"),
    [
        ("gunicorn", "ping", limits(interval=1.0), "gunicorn does not support the option 'ping'"),
        ("granian", "ping", limits(interval=1.0), "granian does not support the option 'ping'"),
        ("granian", "max_requests", 5, "granian does not support the option 'max_requests'"),
        ("hypercorn", "worker_timeout", 4.0, "hypercorn does not support the option 'worker_timeout'"),
        ("gunicorn", "worker_timeout", 0.5, "gunicorn cannot use worker_timeout: 0.5 is not a whole number of seconds"),
        ("hypercorn", "ping", limits(interval=1.0, timeout=1.0), "hypercorn cannot use ping: it has no 'timeout'"),
        ("hypercorn", "ping", limits(interval=0.5), "hypercorn cannot use ping: 0.5 is not a whole number of seconds"),
        ("uvicorn-httptools", "limits", limits(head=9000), "uvicorn-httptools cannot use limits: it has no 'head'"),
        (
            "gunicorn",
            "limits",
            limits(request_line=9000),
            "gunicorn cannot use limits: its longest request line",
        ),
        ("granian", "limits", limits(head=100), "granian cannot use limits: 100 is less than 8192"),
        ("pyuwsgi", "proxy_protocol", "v2", "pyuwsgi cannot use proxy_protocol: 'v2' is none of v1"),
        ("uvicorn-h11", "proxy_protocol", True, "uvicorn-h11 does not support the option 'proxy_protocol'"),
        ("gunicorn-h1c", "proxy_protocol", True, "gunicorn-h1c does not support the option 'proxy_protocol'"),
        ("flup", "access_log", True, "flup does not support the option 'access_log'"),
    ],
)
def test_a_word_without_an_equivalent_is_unsupported(server: str, name: str, value: object, reason: str) -> None:
    [found] = SERVERS[server].unsupported({name: value})
    assert found.startswith(reason)


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_where_a_server_listens(name: str) -> None:
    server = SERVERS[name]
    addresses = {"ipv4": ADDRESS, "ipv6": ("::1", 4000), "unix": ("/run/a.sock", 0)}
    for word, address in addresses.items():
        if server.unsupported({"listen": word}):
            assert (name, word) == ("flup", "ipv6")
            continue
        line = server.command(Start(Path("python"), "m:app", "auto", address, None, {"listen": word}, "", speaks(name)))
        expected = {"ipv4": "127.0.0.1", "ipv6": "::1", "unix": "/run/a.sock"}[word]
        assert any(expected in one for one in line)
        assert server.takes_descriptor({"listen": word}) is (word == "ipv4" and server.hands_descriptor)
        # With another address the one of IPv4 is not there too.
        assert word == "ipv4" or not any("127.0.0.1" in one for one in line)


def test_options_that_do_not_go_together() -> None:
    [why] = SERVERS["daphne"].unsupported({"listen": "unix", "tls": True})
    assert why == "daphne cannot combine its options: it has no endpoint with TLS on a Unix socket"
    assert SERVERS["daphne"].unsupported({"listen": "ipv6", "tls": True}) == ()


def test_a_mapping_is_translated_part_by_part() -> None:
    translate = parts({"a": lambda value: ["-a", str(value)], "b": lambda value: []})
    assert translate((("a", 1), ("b", 2))) == ["-a", "1"]
    assert pairs((("a", 1),)) == [("a", 1)]
    for wrong in (True, "a", ("a", "b"), {"a": 1}):
        with pytest.raises(Untranslatable):
            pairs(wrong)


def test_variables_of_a_process_are_the_runtimes() -> None:
    options = {"env": (("A", "1"), ("B", "2")), "workers": 2, "buffering": False}
    assert split(options) == ({"workers": 2}, {"buffering": False})
    assert ServerLaunch(Target("a", "b", "auto"), tuple(options.items())).variables == {"A": "1", "B": "2"}
    assert ServerLaunch(Target("a", "b", "auto")).variables == {}


def test_the_address_in_a_servers_own_flags() -> None:
    own = ("--x=$(port)", "$(address)", "$$(port)")
    assert flags("gunicorn", flags=own) == ["--x=4000", "127.0.0.1:4000", "$(port)"]


def test_a_server_whose_flags_name_its_address_binds_it_itself() -> None:
    gunicorn = SERVERS["gunicorn"]
    assert gunicorn.takes_descriptor({"flags": ("--x", "$(y)", "$$(port)")})
    assert not gunicorn.takes_descriptor({"flags": ("--x", "a$(port)")})
    assert not gunicorn.takes_descriptor({"flags": ("$(address)",)})
