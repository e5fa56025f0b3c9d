"""The client and the path of a call, through either interface."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model.boundary import AppCall
from engine.targets.probing import call_facts


def call(**scope: Any) -> AppCall:
    return AppCall("1", "", None, 1, "", 0.0, scope)


@pytest.mark.parametrize(
    "of",
    [
        call(type="http", root_path="/a", scheme="https", client=["192.0.2.1", 5]),
        call(type="http", root_path="/a", scheme="https", client=("192.0.2.1", 5)),
        call(
            **{
                "type": "wsgi",
                "SCRIPT_NAME": "/a",
                "wsgi.url_scheme": "https",
                "REMOTE_ADDR": "192.0.2.1",
                "REMOTE_PORT": "5",
            }
        ),
    ],
)
def test_both_interfaces_say_the_same(of: AppCall) -> None:
    assert call_facts.root_path(of) == "/a"
    assert call_facts.scheme(of) == "https"
    assert call_facts.client(of) == ["192.0.2.1", 5]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (call(type="http", client=None), []),
        (call(type="http", client="text"), []),
        (call(type="wsgi"), [None]),
        (call(type="wsgi", REMOTE_ADDR="::1", REMOTE_PORT=""), ["::1"]),
    ],
)
def test_a_client_that_is_not_given_whole(of: AppCall, expected: list[object]) -> None:
    assert call_facts.client(of) == expected
