"""The exchange of one request over HTTP/1.1: every failure of the connection is the response's outcome."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import ChannelError, ConnectionRefused, Endless, HandshakeFailed, Reset
from engine.steps.http1.exchange import converse, failed
from engine.steps.http1.session import Response
from tests.steps.context import JobScope, against, answering, run, staying

REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ConnectionRefused("no"), "refused"),
        (HandshakeFailed("no"), "handshake"),
        (Reset("no"), "reset"),
        (Endless("no"), "endless"),
        (ChannelError("no"), "timeout"),
    ],
)
def test_the_outcome_of_a_failed_connection(error: ChannelError, outcome: str) -> None:
    response, ctx = Response(), JobScope()
    failed(ctx, response, error)
    assert (response.outcome, response.detail) == (outcome, "no")
    assert [what for what, _ in ctx.notes] == (["no connection"] if outcome == "handshake" else [])


def test_a_response_and_a_refused_connection() -> None:
    async def work() -> tuple[Response, Response]:
        async with against(answering(OK)) as ctx:
            response = Response()
            connection = await converse(ctx, response, REQUEST)
            assert connection is not None
        refused = Response()
        assert await converse(JobScope(), refused, REQUEST) is None
        return response, refused

    response, refused = run(work())
    assert (response.outcome, response.status, refused.outcome) == ("response", 200, "refused")


def test_leaving_closes_the_connection() -> None:
    async def work() -> None:
        async with against(staying(OK[:-1])) as ctx:
            response = Response()
            connection = await converse(ctx, response, REQUEST, leave=0.05)
            assert connection is not None
            assert (response.outcome, connection.channel.ended) == ("timeout", "closed")
            await asyncio.sleep(0)

    run(work())
