"""The first bytes of the engine's own connections to a server that expects the PROXY protocol."""

from __future__ import annotations

import pytest

from engine.reference.proxy import ProxyHeader, take
from engine.targets.runtimes.greeting import greeting

VERSIONS = {"any": True, "v1": "v1", "v2": "v2"}
OWN, SERVER = ("127.0.0.1", 50000), ("127.0.0.1", 8000)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("own", "server"), [(OWN, SERVER), (("::1", 1), ("::1", 65535))])
def test_the_greeting_names_the_addresses_of_the_connection(
    version: str, own: tuple[str, int], server: tuple[str, int]
) -> None:
    buffer = bytearray(greeting({"proxy_protocol": VERSIONS[version]}, own, server) + b"GET")
    assert take(buffer, version) == ProxyHeader((own, server))
    assert buffer == b"GET"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("own", "server"), [(("", 0), ("/run/a.sock", 0)), (OWN, ("::1", 8000)), (OWN, ("here", 80))])
def test_without_two_addresses_of_one_family_the_greeting_names_none(
    version: str, own: tuple[str, int], server: tuple[str, int]
) -> None:
    buffer = bytearray(greeting({"proxy_protocol": VERSIONS[version]}, own, server))
    assert take(buffer, version) == ProxyHeader()
    assert not buffer


def test_other_servers_get_none() -> None:
    assert greeting({}, OWN, SERVER) == greeting({"workers": 2}, OWN, SERVER) == b""
