"""The assertion ``error``: whichever form an error has, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from engine.channels.scripted import FIN
from engine.protocols.http2.frames import GOAWAY, RST_STREAM, encode, goaway_payload
from tests.steps.context import ABSENT, on, run, why
from tests.steps.http2.http2_here import connected
from tests.steps.http2.test_assertions import FIRST, data, head, looked

RESET = encode(RST_STREAM, 0, 1, b"\0\0\0\x01")
BAD = (b":status", b"400")
OK = (b":status", b"200")


@pytest.mark.parametrize(
    ("arrivals", "outcome", "code", "status"),
    [
        ((RESET,), "stream", "PROTOCOL_ERROR", ABSENT),
        ((encode(GOAWAY, 0, 0, goaway_payload(0, 6)), FIN), "connection", "FRAME_SIZE_ERROR", ABSENT),
        ((encode(GOAWAY, 0, 0, goaway_payload(0, 0)), FIN), "connection", "NO_ERROR", ABSENT),
        ((FIN,), "connection", ABSENT, ABSENT),
        ((head(1, BAD) + data(1, b"no"),), "status", ABSENT, 400),
        ((head(1, BAD) + RESET,), "status", "PROTOCOL_ERROR", 400),
        ((head(1, OK, end=True),), "response", ABSENT, 200),
    ],
)
def test_the_forms_of_an_error(arrivals: tuple[Any, ...], outcome: str, code: object, status: object) -> None:
    seen = looked("error", {}, *arrivals)
    assert [seen.fact(name) for name in ("outcome", "code", "status")] == [outcome, code, status]
    assert bool(why(seen)) == (outcome == "response")
    assert why(seen, "outcome") == []


def test_none_comes() -> None:
    assert "none after" in repr(why(looked("error", {}, head(1, OK)))[0][1])


def test_stream_0_is_the_connection_alone() -> None:
    assert "none after" in repr(why(looked("error", {"stream": 0}, RESET))[0][1])


def test_nothing_is_left_of_an_error() -> None:
    async def work() -> list[object]:
        ctx, connection, channel = connected()
        await on(ctx, connection, "headers", {}, group="http2")
        channel.arrive(FIRST, RESET, encode(GOAWAY, 0, 0, goaway_payload(0, 1)), FIN)
        await on(ctx, connection, "error", {"within": "1s"}, group="http2")
        return list(connection.codec.unexpected())  # type: ignore[attr-defined]

    assert run(work()) == []
