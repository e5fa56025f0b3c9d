from __future__ import annotations

import pytest

from engine.reference.forwarded import Address, address, forwarded, forwarded_proto
from engine.reference.options import Options, parsed
from tests.reference.test_scope import request, scope

PEER = ("127.0.0.1", 5)
EVERYONE = Options(trust_proxy=True)
SOME = Options(trusted="127.0.0.1, 198.51.100.0/24")


def test_a_proxy_is_believed_where_it_is_trusted() -> None:
    said = ("X-Forwarded-For: 2001:db8::1, 10.0.0.1", "X-Forwarded-Proto: HTTPS")
    trusted = scope("http", None, *said, trust_proxy=True)
    assert (trusted["client"], trusted["scheme"]) == (("2001:db8::1", 0), "https")
    assert scope("websocket", None, *said, trust_proxy=True)["scheme"] == "wss"
    plain = scope("http", None, *said)
    assert (plain["client"], plain["scheme"]) == (PEER, "http")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.7", ("192.0.2.7", 0)),
        ("192.0.2.7:4711", ("192.0.2.7", 4711)),
        ("2001:db8::7", ("2001:db8::7", 0)),
        ("[2001:db8::7]", ("2001:db8::7", 0)),
        ("[2001:db8::7]:4711", ("2001:db8::7", 4711)),
        ("", None),
        ("unknown", None),
        ("1.2.3", None),
        ("192.0.2.7:65536", None),
        ("192.0.2.7:port", None),
        ("[192.0.2.7]:80", None),
        ("[2001:db8::7", None),
    ],
)
def test_an_address(text: str, found: Address | None) -> None:
    assert address(text) == found


@pytest.mark.parametrize(
    ("options", "value", "client"),
    [
        (EVERYONE, "192.0.2.7, 198.51.100.2", ("192.0.2.7", 0)),
        (EVERYONE, "nonsense", PEER),
        (SOME, "203.0.113.9, 192.0.2.7:1, 198.51.100.2:80", ("192.0.2.7", 1)),
        (SOME, "198.51.100.3, 198.51.100.2", ("198.51.100.3", 0)),
        (SOME, "203.0.113.9, nonsense, 198.51.100.2", PEER),
        (Options(trusted="192.0.2.1"), "192.0.2.7", PEER),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    options: Options, value: str, client: Address
) -> None:
    assert forwarded(request(f"X-Forwarded-For: {value}"), PEER, "http", options) == (client, "http")


def test_a_scheme_is_one_word_that_is_known() -> None:
    assert forwarded_proto(request("X-Forwarded-Proto: http, https")) is None
    assert forwarded_proto(request("X-Forwarded-Proto: ftp")) is None
    assert forwarded_proto(request("X-Forwarded-Proto: wss")) == "https"


def test_trusted_proxies_are_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    assert parsed(["a:b"]).trusted == "192.0.2.1"
