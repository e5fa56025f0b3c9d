from __future__ import annotations

import pytest

from engine.channels.scripted import ScriptedChannel
from engine.errors import ChannelClosed
from engine.model.variables import Variable
from engine.model.wire_bytes import plain
from engine.steps.api.context import Connection
from engine.steps.shared.sending import Query, rendered, send, target
from tests.steps.context import JobScope, run

KNOWN = {"n": 1, "all": ["a", "b"], "raw": b"\xff", "none": None}


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/", None, "/"),
        ("/", "", "/"),
        ("/", (), "/"),
        ("/$(n)", "x=%20&$(n)", "/1?x=%20&1"),
        ("/?a", "b", "/?a&b"),
        ("/", (("a b", "c&d"), ("e", True), ("f", None)), "/?a+b=c%26d&e=true&f=null"),
        ("/", (("n", Variable("n")), ("l", Variable("all")), ("r", Variable("raw"))), "/?n=1&l=a&l=b&r=%FF"),
        ("/", (("b", plain("x$(n)")),), "/?b=x1"),
    ],
)
def test_target(path: str, query: Query, expected: str) -> None:
    assert target(path, query, KNOWN) == expected


def test_headers() -> None:
    assert rendered((("X-$(n)", plain("ü$(n)")), ("a", plain(""))), KNOWN) == [(b"X-1", "ü1".encode()), (b"a", b"")]


def test_what_was_sent_is_remembered() -> None:
    async def work() -> None:
        ctx, connection = JobScope(), Connection(ScriptedChannel())
        assert connection.since == 0.0
        assert await send(ctx, connection, b"framed", b"payload")
        assert (connection.sent, connection.sent_at, connection.since) == (b"payload", 0.0, 0.0)
        assert await send(ctx, connection, b"plain")
        assert connection.sent == b"plain"
        connection.channel.close()
        with pytest.raises(ChannelClosed):
            await send(ctx, connection, b"x")

    run(work())
