from __future__ import annotations

import asyncio

import pytest

from engine.errors import EngineError
from engine.model.expectation import ABSENT
from engine.protocols.websocket import CLOSE, TEXT, Frame, encode
from engine.steps.api.context import StepFailed
from engine.steps.websocket.facts import HandshakeFacts
from tests.steps.context import NOWHERE, JobScope, against, answering, run, staying
from tests.steps.reader import mistakes, steps
from tests.steps.websocket.websockets_here import Peer, agreeing, header, saying

SUBPROTOCOL = b"Sec-WebSocket-Protocol: chat\r\n"
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_max_window_bits=10\r\n"


async def echo(peer: Peer) -> None:
    while True:
        frame = await peer.hear()
        if frame.opcode == CLOSE:
            peer.goodbye(frame.code)
            return
        peer.say(frame.opcode, frame.payload)


def handshake(ctx: JobScope) -> HandshakeFacts:
    (found,) = [one for _, one in ctx.seen if isinstance(one, HandshakeFacts)]
    return found


def where(ctx: JobScope) -> list[str]:
    return [one.where for one in ctx.broken]


def test_the_handshake_that_goes_out() -> None:
    async def work() -> None:
        heads = []

        async def script(peer: Peer) -> None:
            heads.append(peer.head)
            await peer.reader.read()

        async with against(agreeing(script, SUBPROTOCOL), {"p": "chat"}) as ctx:
            body = {
                "connect": "/ws",
                "query": {"a": 1},
                "headers": {"X-A": "b", "sec-websocket-version": "12"},
                "subprotocols": ["$(p)", "other"],
                "offer": ["permessage-deflate; x=1", "x-other"],
                "expect": {"status": 101, "subprotocol": "chat", "extensions": []},
            }
            await ctx.run(steps({"websocket": body}))
            (head,) = heads
            assert head.startswith(b"GET /ws?a=1 HTTP/1.1\r\nHost: " + ctx.live.host.encode())
            assert header(head, b"x-engine-call") == b"j1.1"
            assert header(head, b"Upgrade") == b"websocket"
            assert header(head, b"Connection") == b"Upgrade"
            assert len(header(head, b"Sec-WebSocket-Key")) == 24
            assert head.lower().count(b"sec-websocket-version") == 1
            assert header(head, b"Sec-WebSocket-Protocol") == b"chat, other"
            assert header(head, b"Sec-WebSocket-Extensions") == b"permessage-deflate; x=1, x-other"
            assert b"Content-Length" not in head
            assert handshake(ctx).fact("header.upgrade") == "websocket"

    run(work())


def test_a_script_on_an_echo_and_the_goodbye_in_the_end() -> None:
    async def work() -> None:
        heard: list[Frame] = []
        over = asyncio.Event()

        async def script(peer: Peer) -> None:
            heard.append(await peer.hear())
            peer.say(TEXT, heard[0].payload)
            heard.append(await peer.hear())
            over.set()

        async with against(agreeing(script), {"n": 1}) as ctx:
            script_ = [{"send": {"text": "message $(n) ü"}}, {"receive": {"expect": {"text": "message $(n) ü"}}}]
            await ctx.run(steps({"websocket": {"connect": "/", "script": script_}}))
            await over.wait()
            assert [frame.name for frame in heard] == ["text", "close"]
            assert heard[1].code == 1000
            assert all(frame.masked for frame in heard)
            assert ctx.opened[0].channel.ended == "closed"

    run(work())


def test_a_named_one_is_continued_and_not_closed() -> None:
    async def work() -> None:
        async with against(agreeing(echo)) as ctx:
            talk = [{"send": {"json": {"a": [1]}}}, {"receive": {"expect": {"json.a.0": 1}}}]
            await ctx.run(
                steps(
                    {"websocket": {"connect": "/", "connection": "w", "expect": {"status": 101}}},
                    {"websocket": {"connection": "w", "script": talk}},
                    {"websocket": {"connection": "w", "script": talk}},
                    {"tcp": {"connection": "w", "script": [{"silence": "10ms"}]}},
                )
            )
            assert [len(ctx.opened), ctx.opened[0].channel.ended] == [1, ""]

    run(work())


def test_frames_that_come_with_the_handshake_are_not_lost() -> None:
    async def work() -> None:
        async with against(agreeing(saying([]), after=encode(TEXT, b"early", mask=False))) as ctx:
            script = [{"receive": {"expect": {"text": "early"}}}]
            await ctx.run(steps({"websocket": {"connect": "/", "script": script}}))

    run(work())


def test_what_was_agreed_on() -> None:
    async def work() -> None:
        async with against(agreeing(saying([]), DEFLATE + SUBPROTOCOL)) as ctx:
            body = {"connect": "/", "offer": ["permessage-deflate"], "subprotocols": ["chat"]}
            await ctx.run(steps({"websocket": body}))
            seen = handshake(ctx)
            assert seen.fact("subprotocol") == "chat"
            params = {"server_no_context_takeover": None, "server_max_window_bits": "10"}
            assert seen.fact("extensions") == [{"name": "permessage-deflate", "params": params}]

    run(work())


REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nSec-WebSocket-Protocol: x\r\n\r\nno"


def test_a_refusal() -> None:
    async def work() -> None:
        async with against(staying(REFUSAL)) as ctx:
            await ctx.run(steps({"websocket": {"connect": "/", "expect": {"status": 403, "body": "no"}}}))
            assert handshake(ctx).fact("subprotocol") is ABSENT
            assert handshake(ctx).fact("extensions") is ABSENT

    run(work())


def test_a_script_implies_101_unless_the_status_is_named() -> None:
    async def work() -> None:
        async with against(staying(REFUSAL)) as ctx:
            script = [{"send": {"text": "x"}}]
            with pytest.raises(StepFailed):
                await ctx.run(steps({"websocket": {"connect": "/", "script": script}}))
            assert where(ctx) == ["status"]
            await ctx.run(steps({"websocket": {"connect": "/", "script": script, "expect": {"status": 403}}}))
            assert where(ctx) == ["status"]

    run(work())


def test_no_answer() -> None:
    async def work() -> None:
        for handler, outcome in ((answering(b""), "closed"), (staying(b""), "timeout")):
            async with against(handler) as ctx:
                with pytest.raises(StepFailed):
                    await ctx.run(steps({"websocket": {"connect": "/", "within": "100ms"}}))
                assert [one.actual for one in ctx.broken] == [outcome]
        ctx = JobScope(NOWHERE)
        with pytest.raises(StepFailed):
            await ctx.run(steps({"websocket": {"connect": "/"}}))
        assert [one.actual for one in ctx.broken] == ["refused"]

    run(work())


@pytest.mark.parametrize(
    ("extra", "key", "broken"),
    [
        (b"", "c29tZSBvdGhlciBrZXkhIQ==", ["header.sec-websocket-accept"]),
        (b"Sec-WebSocket-Accept: twice\r\n", "", ["header.sec-websocket-accept"]),
        (b"Sec-WebSocket-Protocol: nobody-asked\r\n", "", ["subprotocol"]),
        (b"Sec-WebSocket-Extensions: nobody-asked\r\n", "", ["extensions"]),
        (b"Sec-WebSocket-Extensions: ;;;\r\n", "", ["extensions"]),
    ],
)
def test_a_handshake_that_a_client_must_refuse(extra: bytes, key: str, broken: list[str]) -> None:
    async def work() -> None:
        async with against(agreeing(saying([]), extra, key=key)) as ctx:
            with pytest.raises(StepFailed):
                await ctx.run(steps({"websocket": {"connect": "/"}}))
            assert where(ctx) == broken

    run(work())


def test_a_101_without_its_headers() -> None:
    async def work() -> None:
        async with against(staying(b"HTTP/1.1 101 Sure\r\n\r\n")) as ctx:
            with pytest.raises(StepFailed):
                await ctx.run(steps({"websocket": {"connect": "/"}}))
            assert where(ctx) == ["headers.upgrade", "headers.connection", "header.sec-websocket-accept"]

    run(work())


def test_a_key_of_the_case_is_the_one_that_counts() -> None:
    async def work() -> None:
        async with against(agreeing(saying([]))) as ctx:
            headers = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
            await ctx.run(steps({"websocket": {"connect": "/", "headers": headers}}))
            assert handshake(ctx).fact("header.sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    run(work())


def test_a_connection_without_a_websocket() -> None:
    async def work() -> None:
        async with against(staying()) as ctx:
            with pytest.raises(EngineError, match="no open WebSocket"):
                await ctx.run(steps({"websocket": {"connection": "w", "script": [{"send": {"text": "x"}}]}}))

    run(work())


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ({"script": []}, "opens no WebSocket and continues none"),
        ({"connection": "w"}, "does nothing on one"),
        ({"connection": "w", "script": [{"receive": {}}], "query": "a"}, "belongs to a handshake"),
        ({"connect": "/a b"}, "visible ASCII"),
    ],
)
def test_mistakes(body: object, mistake: str) -> None:
    (found,) = mistakes("websocket", body)
    assert mistake in found
