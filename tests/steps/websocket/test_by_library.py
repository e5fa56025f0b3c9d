"""Scripts that the package websockets performs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.protocols.websocket import CLOSE, PING, PONG, TEXT, encode
from engine.steps.api.context import StepFailed
from engine.steps.websocket.by_library import LibrarySession
from engine.steps.websocket.session import WebSocketSession
from engine.steps.websocket.step import not_by_library
from tests.steps.context import JobScope, against, run
from tests.steps.reader import steps
from tests.steps.request.test_by_library import by_library
from tests.steps.websocket.test_step import echo
from tests.steps.websocket.websockets_here import Peer, agreeing

SCRIPT: list[object] = [
    {"send": {"text": "h\u00e9"}},
    {"receive": {"within": "2s", "expect": {"text": "h\u00e9"}}},
    {"ping": "now"},
    {"close": {"code": 1000}},
    {"closed": {"within": "2s", "expect": {"code": 1000}}},
]


async def failing(ctx: JobScope, script: Sequence[object]) -> list[str]:
    """The mismatches of a script that must not hold, as the places and the values."""
    with pytest.raises(StepFailed):
        await ctx.run(steps({"websocket": {"connect": "/ws", "script": list(script)}}))
    return [f"{one.where}: {one.actual}" for one in ctx.broken]


async def answering_pings(peer: Peer) -> None:
    while True:
        frame = await peer.hear()
        if frame.opcode == CLOSE:
            peer.goodbye(frame.code)
            return
        peer.say(PONG if frame.opcode == PING else frame.opcode, frame.payload)


def test_a_script_by_the_library() -> None:
    async def work() -> None:
        async with against(agreeing(answering_pings)) as ctx:
            by_library(ctx)
            await ctx.run(steps({"websocket": {"connect": "/ws?a=1", "script": SCRIPT}}))
            assert not ctx.broken
            assert isinstance(ctx.opened[0].codec, LibrarySession)

    run(work())


def test_a_ping_is_answered_by_the_library_and_fragments_are_joined() -> None:
    async def work() -> None:
        answers: list[bytes] = []

        async def script(peer: Peer) -> None:
            peer.say(PING, b"you?")
            peer.writer.write(encode(TEXT, b"a", fin=False, mask=False) + encode(0, b"b", mask=False))
            answers.append((await peer.hear()).payload)
            await peer.reader.read()

        async with against(agreeing(script)) as ctx:
            by_library(ctx)
            receive = {"receive": {"within": "2s", "expect": {"text": "ab"}}}
            await ctx.run(steps({"websocket": {"connect": "/ws", "script": [receive, {"pause": "50ms"}]}}))
            assert answers == [b"you?"]

    run(work())


def test_what_the_library_refuses_is_a_failure() -> None:
    async def work() -> None:
        async def script(peer: Peer) -> None:
            peer.writer.write(encode(TEXT, b"masked", mask=True))
            await peer.reader.read()

        async with against(agreeing(script)) as ctx:
            by_library(ctx)
            found = await failing(ctx, [{"receive": {"within": "2s", "expect": {"text": "masked"}}}])
            assert any("websockets: " in str(one.expected) + str(one.actual) + one.why for one in ctx.broken), found

    run(work())


def test_the_own_client_goes_on_where_the_library_stopped() -> None:
    async def work() -> None:
        async with against(agreeing(echo)) as ctx:
            by_library(ctx)
            first = {"connect": "/ws", "connection": "w", "script": [{"send": {"text": "1"}}, {"send": {"text": "2"}}]}
            await ctx.run(steps({"websocket": first}))
            assert isinstance(ctx.opened[0].codec, LibrarySession)
            more = [{"receive": {"within": "2s", "expect": {"text": "1"}}}]
            await ctx.run(steps({"websocket": {"connection": "w", "script": more}}))
            assert isinstance(ctx.opened[0].codec, LibrarySession)
            frame = [{"frame": {"within": "2s", "expect": {"opcode": "text", "payload": "2"}}}]
            await ctx.run(steps({"websocket": {"connection": "w", "script": frame}}))
            assert type(ctx.opened[0].codec) is WebSocketSession
            assert not ctx.broken

    run(work())


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, ""),
        ({"offer": ["permessage-deflate"]}, "it offers extensions"),
        ({"headers": {"Sec-WebSocket-Version": "12"}}, "it sets the header Sec-WebSocket-Version"),
        ({"script": [{"frames": [{"opcode": "text"}]}]}, "its script has `frames`"),
        ({"script": SCRIPT}, ""),
    ],
)
def test_plain_scripts(more: dict[str, object], reason: str) -> None:
    (step,) = steps({"websocket": {"connect": "/ws", **more}})
    assert not_by_library(step.params) == reason  # type: ignore[arg-type]  # the parameters of this step type
