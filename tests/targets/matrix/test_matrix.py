from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UsageError
from engine.model.target import ServerLaunch
from engine.registry import Registry
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import Variant, Version
from engine.targets.catalog.servers.base import Http2, Server, Start
from engine.targets.matrix.fitting import unsupported
from engine.targets.matrix.matrix import default_targets, targets


def server(name: str) -> Server:
    return Server(name, name, name, Path("none.lock"), base=lambda start: [])


SERVERS = [server("gunicorn"), server("uvicorn")]
FAST = replace(server("fcgisgi"), speaks=frozenset({"fastcgi"}), interfaces=frozenset({"asgi", "wsgi"}))
FLUP = replace(FAST, name="flup", interfaces=frozenset({"wsgi"}))
FRAMEWORKS = Registry("framework", [Framework(name, name, "app:app", Path()) for name in ("starlette", "control")])


FLASK = Framework("flask", "Flask", "app:app", Path(), interface="wsgi")
WITH_WSGI = Registry("framework", [*FRAMEWORKS.values(), FLASK])


def ids(servers: Sequence[Server] = SERVERS, **words: Any) -> list[str]:
    """The targets' ids, of FRAMEWORKS where no others are given."""
    frameworks = words.pop("frameworks", FRAMEWORKS)
    return [target.id for target in targets(servers, frameworks, **words)]


def test_everything_in_the_order_of_server_framework_loop() -> None:
    assert ids(loop="both") == [
        "gunicorn-control-asyncio",
        "gunicorn-control-uvloop",
        "gunicorn-starlette-asyncio",
        "gunicorn-starlette-uvloop",
        "uvicorn-control-asyncio",
        "uvicorn-control-uvloop",
        "uvicorn-starlette-asyncio",
        "uvicorn-starlette-uvloop",
    ]


def test_names_restrict_and_neither_order_nor_repetition_matters() -> None:
    assert ids(SERVERS[:1], framework=["starlette", "control", "starlette"]) == [
        "gunicorn-control-auto", "gunicorn-starlette-auto",
    ]  # fmt: skip
    assert ids(SERVERS[1:], framework=["control"], loop="uvloop") == ["uvicorn-control-uvloop"]


def test_release_and_variant_are_part_of_a_target() -> None:
    old = replace(SERVERS[0], release=Version("26.2.0"), variant=Variant("two-workers"))
    assert ids([SERVERS[0], old], framework=["control"]) == [
        "gunicorn-control-auto", "gunicorn==26.2.0~two-workers-control-auto",
    ]  # fmt: skip
    (target,) = targets([old], FRAMEWORKS, framework=["control"])
    assert (target.server, target.release, target.variant) == ("gunicorn", "==26.2.0", "two-workers")
    assert target.configuration == old.configuration


def test_gateways_and_runtime_are_part_of_a_target() -> None:
    assert ids(SERVERS[:1], framework=["control"], gateways=["nginx-http", "direct"], runtime="docker") == [
        "gunicorn-control-auto-docker", "gunicorn-control-auto-nginx-http-docker",
    ]  # fmt: skip


def test_each_server_has_its_own_gateway_and_the_apps_that_it_serves() -> None:
    both = [*SERVERS, FAST, FLUP]
    assert ids(both, frameworks=WITH_WSGI, framework=["control", "flask"], loop="both") == [
        "gunicorn-control-asyncio", "gunicorn-control-uvloop", "uvicorn-control-asyncio", "uvicorn-control-uvloop",
        "fcgisgi-control-asyncio-nginx-fastcgi", "fcgisgi-control-uvloop-nginx-fastcgi",
        "fcgisgi-flask-auto-nginx-fastcgi", "flup-flask-auto-nginx-fastcgi",
    ]  # fmt: skip
    (flask,) = targets([FLUP], WITH_WSGI)
    assert flask.interface == "wsgi"


def test_what_does_not_fit_is_there_only_where_both_sides_are_named() -> None:
    words: dict[str, object] = {"frameworks": WITH_WSGI, "framework": ["control"], "gateways": ["nginx-fastcgi"]}
    assert ids([SERVERS[0], FAST, FLUP], **words) == ["fcgisgi-control-auto-nginx-fastcgi"]
    assert ids([SERVERS[0], FAST, FLUP], **words, named=["gunicorn", "flup"]) == [
        "gunicorn-control-auto-nginx-fastcgi",
        "fcgisgi-control-auto-nginx-fastcgi",
        "flup-control-auto-nginx-fastcgi",
    ]
    words["gateways"] = ["all"]
    assert ids([SERVERS[0], FLUP], **words, named=["gunicorn"]) == [
        "gunicorn-control-auto", "gunicorn-control-auto-nginx-http",
    ]  # fmt: skip


def test_where_nobody_names_a_server_it_is_the_usual_one() -> None:
    servers = Registry("server", [*SERVERS, FAST, FLUP])
    assert [target.id for target in default_targets(servers, WITH_WSGI)] == [
        "gunicorn-control-auto", "gunicorn-starlette-auto", "fcgisgi-flask-auto-nginx-fastcgi",
    ]  # fmt: skip
    behind = default_targets(servers, WITH_WSGI, ["flask", "control"], "uvloop", ["nginx-fastcgi", "nginx-http"])
    assert [target.id for target in behind] == [
        "fcgisgi-control-uvloop-nginx-fastcgi",
        "gunicorn-control-uvloop-nginx-http",
        "fcgisgi-flask-auto-nginx-fastcgi",
    ]


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        ({"framework": ["starlet"]}, "no framework called 'starlet'", "did you mean 'starlette'?"),
        ({"gateways": ["nginx-htp"]}, "no gateway called 'nginx-htp'", "did you mean 'nginx-http'?"),
        ({"loop": "uvlop"}, "no loop called 'uvlop'", "did you mean 'uvloop'?"),
        ({"loop": "xyz"}, "no loop called 'xyz'", "known: asyncio, auto, both, uvloop"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(words: dict[str, object], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ids(SERVERS, **words)
    assert what in caught.value.what
    assert caught.value.hint == hint


def test_a_framework_s_release_is_part_of_a_target() -> None:
    star = Framework("star", "Star", "app:app", Path(), ("star",))
    known = Registry("framework", [star, FLASK])
    words = ["star==1.0", "star", "star@/src/star"]
    found = targets(SERVERS[:1], known, framework=words)
    assert [one.id for one in found] == ["gunicorn-star==1.0-auto", "gunicorn-star-auto", "gunicorn-star@star-auto"]
    assert [one.framework for one in found] == ["star"] * 3
    assert found[2].framework_source == "@/src/star"
    usual = default_targets(Registry("server", SERVERS), known, words)
    assert [one.id for one in usual] == [one.id for one in found]


BOTH = replace(server("hypercorn"), http2=Http2(("--h2c",), ("--h2",), frozenset({"http2", "push"})))
TLS_ALONE = replace(server("daphne"), http2=Http2(tls=()), options={"tls": lambda value: ["--tls"] if value else []})
WITH_HTTP2 = [SERVERS[0], BOTH, TLS_ALONE]


def test_the_versions_of_http() -> None:
    assert ids(WITH_HTTP2, framework=["control"]) == [
        "gunicorn-control-auto", "hypercorn-control-auto", "daphne-control-auto",
    ]  # fmt: skip
    assert ids(WITH_HTTP2, framework=["control"], http="2") == ["hypercorn-control-auto-h2c", "daphne-control-auto-h2"]
    assert ids(WITH_HTTP2, framework=["control"], http="all") == [
        "gunicorn-control-auto", "hypercorn-control-auto", "hypercorn-control-auto-h2c", "daphne-control-auto",
        "daphne-control-auto-h2",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no version of HTTP called '3'"):
        ids(http="3")


def test_http_2_of_a_server_without_it_is_unsupported_if_asked_for_by_name() -> None:
    (one,) = targets([SERVERS[0]], FRAMEWORKS, framework=["control"], http="2", named=["gunicorn"])
    assert unsupported(SERVERS[0], one, {}) == ("gunicorn does not speak HTTP/2",)
    assert ids([SERVERS[0]], framework=["control"], http="all", named=["gunicorn"]) == ["gunicorn-control-auto"]
    old = replace(BOTH, release=Version("0.1"), since={"http2": "0.2"})
    assert ids([old], framework=["control"], http="all") == ["hypercorn==0.1-control-auto"]


def test_http_2_over_tls_needs_the_option() -> None:
    (one,) = targets([TLS_ALONE], FRAMEWORKS, framework=["control"], http="2")
    assert unsupported(TLS_ALONE, one, {}) == ()
    refuses = replace(TLS_ALONE, options={})
    assert [why.partition(" (")[0] for why in unsupported(refuses, one, {})] == [
        "daphne does not support the option 'tls'"
    ]
    assert ServerLaunch(one).options == (("tls", True),)
    assert ServerLaunch(one, (("tls", "required"), ("workers", 2))).options == (("tls", "required"), ("workers", 2))


def test_a_server_over_http_2_has_flags_and_offers_of_its_own() -> None:
    start = Start(Path("python"), "app", "auto", ("127.0.0.1", 1))
    assert (BOTH.over("1.1").command(start), BOTH.over("1.1").offers) == ([], frozenset())
    assert (BOTH.over("h2c").command(start), BOTH.over("h2").command(start)) == (["--h2c"], ["--h2"])
    assert "push" in BOTH.over("h2c").claims


def test_http_2_over_tls_of_every_server() -> None:
    assert ids(WITH_HTTP2, framework=["control"], http="h2") == ["hypercorn-control-auto-h2", "daphne-control-auto-h2"]
    clear = replace(BOTH, http2=Http2(cleartext=()))
    assert ids([clear], framework=["control"], http="h2") == []
    (one,) = targets([clear], FRAMEWORKS, framework=["control"], http="h2", named=["hypercorn"])
    assert unsupported(clear, one, {})[0] == "hypercorn does not speak HTTP/2"


def test_wsgi_apps_are_over_both_versions() -> None:
    asgi_and_wsgi = replace(BOTH, interfaces=frozenset({"asgi", "wsgi"}))
    assert ids([asgi_and_wsgi], frameworks=WITH_WSGI, framework=["flask"], http="all") == [
        "hypercorn-flask-auto", "hypercorn-flask-auto-h2c",
    ]  # fmt: skip


def test_behind_a_gateway_clients_speak_both_versions_whatever_the_server_does() -> None:
    words: dict[str, Any] = {"framework": ["control"], "gateways": ["nginx-http", "nginx-http2"]}
    assert ids(WITH_HTTP2, **words, http="all") == [
        "gunicorn-control-auto-nginx-http", "gunicorn-control-auto-nginx-http-h2c",
        "hypercorn-control-auto-nginx-http", "hypercorn-control-auto-nginx-http-h2c",
        "hypercorn-control-auto-nginx-http2", "hypercorn-control-auto-nginx-http2-h2c",
        "daphne-control-auto-nginx-http", "daphne-control-auto-nginx-http-h2c",
    ]  # fmt: skip
    assert ids([FAST], frameworks=WITH_WSGI, framework=["flask"], http="h2") == ["fcgisgi-flask-auto-nginx-fastcgi-h2"]
    found = targets([BOTH], FRAMEWORKS, **words, http="2")
    assert [(one.http, one.upstream, one.server_http) for one in found] == [
        ("h2c", "1.1", "1.1"), ("h2c", "h2c", "h2c"),
    ]  # fmt: skip
    (fast,) = targets([FAST], WITH_WSGI, framework=["flask"], http="2")
    assert (fast.http, fast.upstream, fast.server_http) == ("h2c", "cgi", "1.1")
