from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.model.target import Target
from engine.targets.fitting import gateways_of, own_gateway, serves, speaks, spoken, through, unsupported
from engine.targets.frameworks import Framework
from engine.targets.releases import Version
from engine.targets.servers.base import Server

HTTP = Server("http", "http", "HTTP", Path("none"), base=lambda start: [], options={"workers": lambda value: []})
FASTCGI = replace(HTTP, name="fast", speaks=frozenset({"fastcgi"}), interfaces=frozenset({"wsgi"}))
DIRECT = Target("http", "control", "auto")
BEHIND = replace(DIRECT, gateway="nginx-fastcgi")


def test_a_gateway_says_what_is_spoken_to_the_server() -> None:
    assert (speaks(DIRECT), speaks(BEHIND), spoken("nginx-uwsgi")) == ("http", "fastcgi", "uwsgi")


def test_a_server_without_http_has_a_gateway_of_its_own() -> None:
    assert (own_gateway(HTTP), own_gateway(FASTCGI)) == ("direct", "nginx-fastcgi")
    assert (gateways_of(HTTP), gateways_of(FASTCGI)) == (["direct", "nginx-http"], ["nginx-fastcgi"])


def test_a_release_that_came_too_early_does_not_speak_it() -> None:
    server = replace(HTTP, speaks=frozenset({"http", "uwsgi"}), since={"uwsgi": "2.0"})
    assert gateways_of(server) == ["direct", "nginx-http", "nginx-uwsgi"]
    assert gateways_of(replace(server, release=Version("1.0"))) == ["direct", "nginx-http"]


def test_a_server_serves_the_apps_of_its_interfaces() -> None:
    asgi = Framework("a", "A", "app:app", Path())
    assert (serves(HTTP, asgi), serves(FASTCGI, asgi)) == (True, False)
    assert serves(FASTCGI, replace(asgi, interface="wsgi"))


def test_each_thing_that_does_not_fit_is_a_sentence() -> None:
    assert unsupported(HTTP, DIRECT, {}) == ()
    assert unsupported(HTTP, BEHIND, {}) == ("http does not speak FastCGI",)
    assert unsupported(FASTCGI, DIRECT, {}) == ("fast serves no ASGI apps", "fast does not speak HTTP")
    # What some releases speak is found out by asking.
    assert unsupported(replace(HTTP, asks={"fastcgi": "--fastcgi"}), BEHIND, {}) == ()


def test_the_gateway_s_words_are_not_the_server_s() -> None:
    through_it = replace(DIRECT, gateway="nginx-http")
    assert unsupported(HTTP, through_it, {"keep_conn": True, "workers": 2}) == ()
    assert unsupported(HTTP, DIRECT, {"keep_conn": True}) == ("there is no gateway that keep_conn could be said to",)


def test_what_comes_through_a_gateway_is_what_is_no_matter_of_the_connection() -> None:
    words = frozenset({"lifespan", "state", "websocket", "trailers", "disconnect"})
    assert through(words, DIRECT) == words
    assert through(words, BEHIND) == {"lifespan", "state", "disconnect"}
    assert through(words, replace(BEHIND, interface="wsgi")) == frozenset()
