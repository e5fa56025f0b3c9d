from __future__ import annotations

import pytest

from engine.reference.proxy import ProxyHeader, take
from engine.targets.runtimes.greeting import greeting


@pytest.mark.parametrize("version", [True, "v1", "v2"])
def test_the_greeting_is_a_header_without_addresses(version: object) -> None:
    word = "any" if version is True else str(version)
    buffer = bytearray(greeting({"proxy_protocol": version}))
    assert take(buffer, word) == ProxyHeader()
    assert not buffer


def test_other_servers_get_none() -> None:
    assert greeting({}) == greeting({"workers": 2}) == b""
