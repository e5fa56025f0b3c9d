from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.targets.catalog.releases import Checkout, Version, wanted
from engine.targets.catalog.servers import load_servers
from engine.targets.catalog.servers.base import Server, Start, Untranslatable, flag, flags_of, text, whole
from engine.targets.catalog.servers.tls import Files

PYTHON = Path("/env/bin/python")


def started(server: Server, options: Mapping[str, object] = {}, descriptor: int | None = 7) -> list[str]:
    return server.command(Start(PYTHON, "m:app", "uvloop", ("127.0.0.1", 4000), descriptor, options))


@pytest.fixture
def gunicorn() -> Server:
    return load_servers()["gunicorn"]


def test_every_server_has_a_lock_that_pins_its_package() -> None:
    servers = load_servers()
    assert list(servers) == sorted(servers)
    for server in servers.values():
        assert f"\n{server.package}==" in "\n" + server.lock.read_text()
        assert "auto" in server.loops


def test_gunicorns_command_line(gunicorn: Server) -> None:
    assert started(gunicorn) == [
        "/env/bin/python", "-m", "gunicorn", "m:app", "--worker-class", "asgi", "--asgi-loop", "uvloop",
        "--bind", "fd://7", "--graceful-timeout", "10", "--no-control-socket", "--log-file", "-",
    ]  # fmt: skip
    words = started(gunicorn, descriptor=None)
    assert words[words.index("--bind") + 1] == "127.0.0.1:4000"


@pytest.mark.parametrize(
    ("name", "value", "flags"),
    [
        ("workers", 2, ["--workers", "2"]),
        ("keep_alive", 2.0, ["--keep-alive", "2"]),
        ("root_path", "/api", ["--root-path", "/api"]),
        ("trust_proxy", True, ["--forwarded-allow-ips", "*"]),
        ("trust_proxy", False, ["--forwarded-allow-ips", ""]),
        ("message_limit", 65536, ["--websocket-max-message-size", "65536"]),
        ("grace", 1, ["--graceful-timeout", "1"]),
        ("lifespan", "off", ["--asgi-lifespan", "off"]),
        ("flags", ("--limit-request-line", "100"), ["--limit-request-line", "100"]),
    ],
)
def test_gunicorns_options(gunicorn: Server, name: str, value: object, flags: list[str]) -> None:
    assert started(gunicorn, {name: value})[-len(flags) :] == flags
    assert gunicorn.unsupported({name: value}) == ()


def test_the_servers_own_flags_come_last(gunicorn: Server) -> None:
    assert started(gunicorn, {"flags": ["--x"], "workers": 2})[-3:] == ["--workers", "2", "--x"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"keep_alive": 0.5}, "gunicorn cannot use keep_alive: 0.5 is not a whole number of seconds"),
        ({"workers": 0}, "gunicorn cannot use workers: 0 is less than 1"),
        ({"workers": True}, "gunicorn cannot use workers: True is not a whole number"),
        ({"trust_proxy": "yes"}, "gunicorn cannot use trust_proxy: 'yes' is neither true nor false"),
        ({"flags": "-w 2"}, "gunicorn cannot use flags: the server's own flags must be a list of strings"),
        ({"worker": 2}, "gunicorn does not support the option 'worker' (did you mean 'workers'?)"),
    ],
)
def test_what_cannot_be_translated_is_unsupported(gunicorn: Server, options: dict[str, object], reason: str) -> None:
    assert gunicorn.unsupported(options) == (reason,)
    with pytest.raises(UsageError) as caught:
        started(gunicorn, options)
    assert caught.value.what == reason


def test_a_loop_that_a_server_does_not_offer_is_unsupported() -> None:
    server = Server("one", "one", "One", Path("none"), base=lambda start: ["one"], loops=("auto", "asyncio"))
    assert server.unsupported({}, "uvloop") == ("one does not run on uvloop",)
    assert server.unsupported({}, "asyncio") == ()
    with pytest.raises(UsageError):
        started(server)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "2", None, 1.5, [1]])
def test_whole_takes_whole_numbers_only(value: object) -> None:
    with pytest.raises(Untranslatable):
        whole(value)


def test_words_of_options() -> None:
    assert whole(3.0) == "3"
    assert text("a") == "a"
    assert flag(True) is True
    assert flags_of(("a", "b")) == ["a", "b"]
    for refuse, value in ((text, 1), (flag, 1), (flags_of, ["a", 1])):
        with pytest.raises(Untranslatable):
            refuse(value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "uvicorn-h11",
            ["-m", "uvicorn", "m:app", "--http", "h11", "--ws", "wsproto", "--loop", "uvloop", "--fd", "7"],
        ),
        ("uvicorn-httptools", ["--http", "httptools", "--ws", "websockets", "--loop", "uvloop", "--fd", "7"]),
        ("gunicorn-h1c", ["--log-file", "-", "--http-parser", "fast"]),
        ("hypercorn", ["-m", "hypercorn", "m:app", "--bind", "fd://7", "--worker-class", "uvloop"]),
        ("granian", ["--interface", "asgi", "--host", "127.0.0.1", "--port", "4000", "--loop", "uvloop"]),
    ],
)
def test_the_other_command_lines(name: str, words: list[str]) -> None:
    server = load_servers()[name]
    line = started(server)
    start = line.index(words[0])
    assert line[start : start + len(words)] == words


def test_where_a_server_listens_without_a_descriptor() -> None:
    servers = load_servers()
    for name, words in (
        ("uvicorn-h11", ["--host", "127.0.0.1", "--port", "4000"]),
        ("hypercorn", ["--bind", "127.0.0.1:4000"]),
        ("daphne", ["--bind", "127.0.0.1", "--port", "4000"]),
    ):
        line = servers[name].command(Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000)))
        assert line[line.index(words[0]) :][: len(words)] == words
    assert [server.name for server in servers.values() if not server.hands_descriptor] == ["granian", "waitress"]


def test_daphne_runs_on_asyncio_alone() -> None:
    daphne = load_servers()["daphne"]
    assert daphne.unsupported({}, "uvloop") == ("daphne does not run on uvloop",)
    assert daphne.command(Start(PYTHON, "m:app", "asyncio", ("127.0.0.1", 4000), 7))[2:] == [
        "daphne",
        "--fd",
        "7",
        "m:app",
    ]


def test_hypercorn_chooses_its_own_loop_where_nobody_does() -> None:
    line = load_servers()["hypercorn"].command(Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000), 7))
    assert "--worker-class" not in line


@pytest.mark.parametrize(
    ("server", "name", "value", "flags"),
    [
        ("uvicorn-h11", "workers", 2, ["--workers", "2"]),
        ("uvicorn-h11", "keep_alive", 2.0, ["--timeout-keep-alive", "2"]),
        ("uvicorn-h11", "trust_proxy", True, ["--proxy-headers", "--forwarded-allow-ips", "*"]),
        ("uvicorn-httptools", "trust_proxy", False, ["--no-proxy-headers"]),
        ("uvicorn-httptools", "message_limit", 65536, ["--ws-max-size", "65536"]),
        ("uvicorn-httptools", "grace", 3.0, ["--timeout-graceful-shutdown", "3"]),
        ("uvicorn-httptools", "lifespan", "on", ["--lifespan", "on"]),
        ("hypercorn", "grace", 3, ["--graceful-timeout", "3"]),
        ("hypercorn", "root_path", "/api", ["--root-path", "/api"]),
        ("hypercorn", "trust_proxy", False, []),
        ("granian", "root_path", "/api", ["--url-path-prefix", "/api"]),
        ("granian", "keep_alive", 0, ["--no-http1-keep-alive"]),
        ("granian", "grace", 3.0, ["--workers-kill-timeout", "3"]),
        ("granian", "lifespan", "off", ["--interface", "asginl"]),
        ("granian", "lifespan", "auto", []),
        ("daphne", "workers", 1, []),
        ("daphne", "trust_proxy", True, ["--proxy-headers"]),
        ("daphne", "message_limit", 65536, ["--websocket-max-message-size", "65536"]),
        ("daphne", "lifespan", "off", []),
    ],
)
def test_the_others_options(server: str, name: str, value: object, flags: list[str]) -> None:
    one = load_servers()[server]
    plain = one.command(Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000), 7))
    line = one.command(Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000), 7, {name: value}))
    assert line == plain + flags
    assert one.unsupported({name: value}) == ()


@pytest.mark.parametrize(
    ("server", "name", "value", "reason"),
    [
        ("hypercorn", "trust_proxy", True, "it ignores X-Forwarded-* headers"),
        ("hypercorn", "message_limit", 1024, "support the option 'message_limit'"),
        ("hypercorn", "lifespan", "off", "support the option 'lifespan'"),
        ("granian", "keep_alive", 2.0, "without a time"),
        ("granian", "grace", 0, "0 is less than 1"),
        ("granian", "lifespan", "on", "'on' is none of auto, off"),
        ("granian", "message_limit", 1024, "support the option 'message_limit'"),
        ("daphne", "workers", 2, "it is one process"),
        ("daphne", "keep_alive", 2.0, "support the option 'keep_alive'"),
        ("daphne", "lifespan", "on", "'on' is none of auto, off"),
        ("uvicorn-h11", "lifespan", 1, "1 is none of auto, on, off"),
    ],
)
def test_what_the_others_cannot_have(server: str, name: str, value: object, reason: str) -> None:
    (found,) = load_servers()[server].unsupported({name: value})
    assert found.startswith(server)
    assert reason in found


def test_a_variant_stands_before_what_a_case_asks_for(gunicorn: Server) -> None:
    (own,) = [variant for variant in gunicorn.variants if variant.name == "two-workers"]
    line = started(replace(gunicorn, variant=own), {"workers": 1, "flags": ["--x"]})
    assert line[-5:] == ["--workers", "2", "--workers", "1", "--x"]
    assert replace(gunicorn, variant=own).configuration == "gunicorn~two-workers"


def test_an_older_release_has_less(gunicorn: Server) -> None:
    old = replace(gunicorn, release=Version("26.2.0"))
    assert old.unsupported({"message_limit": 1024}) == (
        "gunicorn==26.2.0 does not support message_limit, which was added in 27.0.0",
    )
    assert replace(gunicorn, release=Version("27.0.0")).unsupported({"message_limit": 1024}) == ()
    hypercorn = load_servers()["hypercorn"]
    assert "state" in hypercorn.claims
    assert "state" not in replace(hypercorn, release=Version("0.16.0")).claims
    assert "state" in replace(hypercorn, release=Checkout(Path("/x"), "x")).claims


@pytest.mark.parametrize(
    ("version", "there"), [("25.0.3", False), ("25.1.0", True), ("", True), ("27.1.0.dev1+local", True), ("odd", True)]
)
def test_flags_that_came_later(gunicorn: Server, version: str, there: bool) -> None:
    line = gunicorn.command(Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000), 7, version=version))
    assert ("--no-control-socket" in line) == there


def test_the_names_of_variants_are_words_of_the_command_line() -> None:
    for server in load_servers().values():
        for variant in server.variants:
            assert wanted(f"{server.name}~{variant.name}").variant == variant.name
            assert variant.summary
            assert variant.flags or variant.pins


def spoken(name: str, protocol: str, interface: str = "wsgi", descriptor: int | None = 7) -> list[str]:
    return load_servers()[name].command(
        Start(PYTHON, "m:app", "auto", ("127.0.0.1", 4000), descriptor, protocol=protocol, interface=interface)
    )


def test_gunicorn_has_threads_for_wsgi_apps_and_speaks_more_than_http() -> None:
    assert spoken("gunicorn", "uwsgi")[3:12] == [
        "m:app", "--worker-class", "gthread", "--threads", "50", "--bind", "fd://7", "--protocol", "uwsgi",
    ]  # fmt: skip
    assert "--protocol" not in spoken("gunicorn", "http")
    assert spoken("gunicorn", "uwsgi", "asgi")[4:8] == ["--worker-class", "asgi", "--asgi-loop", "auto"]


def test_uwsgi_has_a_socket_for_each_protocol() -> None:
    for protocol, name in (("fastcgi", "--fastcgi-socket"), ("uwsgi", "--uwsgi-socket"), ("http", "--http-socket")):
        words = spoken("pyuwsgi", protocol)
        assert words[words.index(name) + 1] == "fd://7"
        assert sum(word.endswith("-socket") for word in words) == 1
    words = spoken("pyuwsgi", "uwsgi", descriptor=None)
    assert words[words.index("--uwsgi-socket") + 1] == "127.0.0.1:4000"
    assert words[words.index("--threads") + 1] == "50"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gunicorn-sync", ["m:app", "--worker-class", "sync", "--bind", "fd://7"]),
        ("gunicorn-h1c", ["m:app", "--worker-class", "gthread", "--threads", "50"]),
        ("hypercorn", ["-m", "hypercorn", "wsgi:m:app", "--bind", "fd://7"]),
        ("granian", ["--interface", "wsgi", "--blocking-threads", "50", "--host", "127.0.0.1", "--port", "4000"]),
        ("waitress", ["m:app", "--listen", "127.0.0.1:4000", "--threads", "50"]),
    ],
)
def test_wsgi_apps_over_http(name: str, words: list[str]) -> None:
    line = spoken(name, "http")
    assert line[line.index(words[0]) :][: len(words)] == words


def test_gunicorn_has_its_parser_in_c_for_wsgi_apps_too() -> None:
    assert spoken("gunicorn-h1c", "http")[-2:] == ["--http-parser", "fast"]
    assert "--http-parser" not in spoken("gunicorn-sync", "http")


def test_the_sync_worker_has_no_option_of_connections_that_are_kept() -> None:
    sync = load_servers()["gunicorn-sync"]
    (reason,) = sync.unsupported({"keep_alive": 5.0})
    assert "gunicorn-sync does not support the option 'keep_alive'" in reason
    assert sync.unsupported({"workers": 2, "tls": True}) == ()


def test_waitress_on_a_unix_socket() -> None:
    line = load_servers()["waitress"].command(Start(PYTHON, "m:app", "auto", ("/run/a.sock", 0), interface="wsgi"))
    assert line[line.index("m:app") + 1 :][:2] == ["--unix-socket", "/run/a.sock"]


@pytest.mark.parametrize("name", ["fcgisgi", "flup"])
def test_those_without_a_command_line_are_run_by_the_engine_s(name: str) -> None:
    words = spoken(name, "fastcgi")
    assert words[:6] == ["/env/bin/python", "-m", f"engine_runners.{name}", "m:app", "--fd", "7"]
    assert "--bind" in spoken(name, "fastcgi", descriptor=None)
    (source,) = load_servers()[name].brings.values()
    assert (source / f"{name}.py").is_file()


def test_a_protocol_that_came_later_is_not_an_old_release_s() -> None:
    gunicorn = load_servers()["gunicorn"]
    assert gunicorn.protocols == {"http", "uwsgi"}
    assert replace(gunicorn, release=Version("23.0.0")).protocols == {"http"}


FILES = Files(Path("/t/server.pem"), Path("/t/server.key"), Path("/t/ca.pem"))


@pytest.mark.parametrize(
    ("server", "flags", "asking"),
    [
        ("gunicorn", ["--certfile", "--keyfile"], {"optional": ["--ca-certs", "/t/ca.pem", "--cert-reqs", "1"],
                                                   "required": ["--ca-certs", "/t/ca.pem", "--cert-reqs", "2"]}),
        ("uvicorn-h11", ["--ssl-certfile", "--ssl-keyfile"],
         {"optional": ["--ssl-ca-certs", "/t/ca.pem", "--ssl-cert-reqs", "1"],
          "required": ["--ssl-ca-certs", "/t/ca.pem", "--ssl-cert-reqs", "2"]}),
        ("uvicorn-httptools", ["--ssl-certfile", "--ssl-keyfile"],
         {"required": ["--ssl-ca-certs", "/t/ca.pem", "--ssl-cert-reqs", "2"]}),
        ("hypercorn", ["--certfile", "--keyfile"],
         {"optional": ["--ca-certs", "/t/ca.pem", "--verify-mode", "CERT_OPTIONAL"],
          "required": ["--ca-certs", "/t/ca.pem", "--verify-mode", "CERT_REQUIRED"]}),
        ("reference", ["--certificate", "--key"],
         {"optional": ["--client-ca", "/t/ca.pem", "--client-cert", "optional"],
          "required": ["--client-ca", "/t/ca.pem", "--client-cert", "required"]}),
    ],
)  # fmt: skip
def test_tls(server: str, flags: list[str], asking: dict[str, list[str]]) -> None:
    one = load_servers()[server]
    plain = started(one)
    cert, key = flags
    secure = [cert, "/t/server.pem", key, "/t/server.key"]
    assert started(one, {"tls": FILES}) == plain + secure
    assert started(one, {"tls": False}) == plain
    for asks, more in asking.items():
        assert started(one, {"tls": replace(FILES, asks=asks)}) == plain + secure + more
    assert one.unsupported({"tls": True}) == one.unsupported({"tls": "optional"}) == ()
    assert "tls" in one.claims


def test_granian_has_both_versions_of_tls_and_requires_certificates_or_asks_for_none() -> None:
    granian = load_servers()["granian"]
    line = ["--ssl-certificate", "/t/server.pem", "--ssl-keyfile", "/t/server.key", "--ssl-protocol-min", "tls1.2"]
    assert started(granian, {"tls": FILES})[-6:] == line
    assert started(granian, {"tls": replace(FILES, asks="required")})[-3:] == [
        "--ssl-ca", "/t/ca.pem", "--ssl-client-verify",
    ]  # fmt: skip
    (reason,) = granian.unsupported({"tls": "optional"})
    assert reason == "granian cannot use tls: it either requires client certificates or does not request them"


def test_daphne_has_an_endpoint_for_tls_and_binds_it_itself() -> None:
    daphne = load_servers()["daphne"]
    assert daphne.takes_descriptor({})
    assert daphne.takes_descriptor({"tls": False})
    assert not daphne.takes_descriptor({"tls": True})
    line = daphne.command(Start(PYTHON, "m:app", "asyncio", ("127.0.0.1", 4000), None, {"tls": FILES}))
    assert line[2:] == [
        "daphne", "--endpoint", "ssl:4000:privateKey=/t/server.key:certKey=/t/server.pem:interface=127.0.0.1", "m:app",
    ]  # fmt: skip
    assert daphne.unsupported({"tls": "required"}) == (
        "daphne cannot use tls: it does not request client certificates",
    )


@pytest.mark.parametrize("value", ["yes", 1, None, "wrong"])
def test_what_tls_cannot_be(value: object) -> None:
    for server in load_servers().values():
        if "tls" in server.options:
            (reason,) = server.unsupported({"tls": value})
            assert "neither true nor false, nor one of optional, required" in reason


@pytest.mark.parametrize("name", ["uvicorn-h11", "uvicorn-httptools"])
def test_uvicorns_parent_notices_a_dead_worker_within_the_time_for_requests(name: str) -> None:
    words = started(load_servers()[name])
    health = int(words[words.index("--timeout-worker-healthcheck") + 1])
    graceful = int(words[words.index("--timeout-graceful-shutdown") + 1])
    assert 5 < health <= graceful - 3
