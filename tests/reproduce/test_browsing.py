"""The part of a reproduction that follows redirects ends with the same response as the engine's own step."""

from __future__ import annotations

from typing import cast

import pytest

from engine.reproduce.parts import browsing
from engine.reproduce.parts.http1 import Response
from engine.reproduce.parts.wire import Connection


class Open:
    """A connection that stays open."""

    ended = False

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("location", "followed"),
    [("http://elsewhere.test/", 0), ("https://own:1/", 0), ("/again", browsing.MOST_REDIRECTS)],
)
def test_a_redirect_that_is_not_followed_is_the_response(
    location: str, followed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*given: object, **more: object) -> Response:
        reply = Response(0.0)
        reply.status, reply.headers = 302, [["location", location]]
        return reply

    monkeypatch.setattr(browsing, "request", answer)
    connection = cast(Connection, Open())
    found = browsing.browse("GET", "/a", [("Host", "own:1")], follow=True, connection=connection)
    assert (found.status, found.redirects) == (302, [{"status": 302, "location": location}] * followed)
