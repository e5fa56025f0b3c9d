"""The step ``http2`` against servers on loopback: the preface, manners, named connections, and what nobody expected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.channels.scripted import ScriptedChannel
from engine.errors import EngineError
from engine.protocols.http2.frames import PING, PREFACE, RST_STREAM, SETTINGS, encode, goaway_payload
from engine.steps.api.context import StepFailed
from engine.steps.http2.session import frames_of, stream_in
from tests.steps.context import Handler, JobScope, against, run
from tests.steps.http2.http2_here import Library
from tests.steps.reader import steps


def http2(*script: object, **keys: object) -> Any:
    return steps({"http2": {"script": list(script), **keys}})


def served(library: Library, more: Callable[[bytes], bytes] = lambda data: b"") -> Handler:
    """A handler that answers as the library does; ``more`` is sent behind an answer."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(b"".join(library(data)) + more(data))
            await writer.drain()

    return handler


def test_a_request_on_a_new_connection() -> None:
    library = Library()

    async def work() -> list[tuple[str, str]]:
        async with against(served(library)) as ctx:
            await ctx.run(http2({"headers": {"path": "/x"}}, {"response": {"expect": {"status": 200, "body": ""}}}))
            assert ctx.broken == []
            assert [one.tokens for one in ctx.done]
            return ctx.notes

    notes = run(work())
    assert notes[0] == ("frames sent", "the preface; SETTINGS (enable_push 0)")
    assert notes[1][1].startswith("HEADERS 1 (END_STREAM, END_HEADERS, ")
    assert any(what == "frames received" and "DATA 1 (END_STREAM, 0 B)" in detail for what, detail in notes)
    assert ("fields of stream 1", ":status: 200, x-a: 1") in notes
    assert (b":path", b"/x") in library.fields[1]


def test_the_settings_of_a_server_that_is_first_are_acknowledged_behind_the_preface() -> None:
    channel = ScriptedChannel()
    channel.arrive(encode(SETTINGS))
    ctx = JobScope()
    ctx.channel = channel
    run(ctx.run(http2({"ping": "12345678"})))
    first, ack, ping = channel.sent
    assert first.startswith(PREFACE)
    assert [frame.type for frame in frames_of(ack + ping)] == [SETTINGS, PING]


def test_a_named_connection_goes_on() -> None:
    library = Library()

    async def work() -> None:
        async with against(served(library)) as ctx:
            await ctx.run(http2({"headers": {}}, connection="one"))
            await ctx.run(
                http2(
                    {"headers": {}},
                    {"response": {"stream": 3, "expect": {"status": 200}}},
                    {"response": {"stream": 1, "expect": {"status": 200}}},
                    connection="one",
                )
            )
            assert ctx.broken == []

    run(work())
    assert sorted(library.fields) == [1, 3]


@pytest.mark.parametrize(
    ("frame", "actual"),
    [
        (encode(RST_STREAM, 0, 1, b"\0\0\0\x01"), "RST_STREAM 1 (PROTOCOL_ERROR)"),
        (encode(7, 0, 0, goaway_payload(0, 11, b"calm")), "GOAWAY (last stream 0, ENHANCE_YOUR_CALM, 'calm')"),
        (encode(6, 0, 0, b"1234567"), "a violation: PING has 7 B, not 8 (RFC 9113, 6)"),
    ],
)
def test_what_no_assertion_expects_fails_the_step(frame: bytes, actual: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(PREFACE) + 15)
        writer.write(encode(SETTINGS) + frame)
        await reader.read()

    async def work() -> list[object]:
        async with against(handler) as ctx:
            with pytest.raises(StepFailed):
                await ctx.run(http2({"headers": {}}, {"pause": "50ms"}))
            return [one.actual for one in ctx.broken]

    assert [repr(one) for one in run(work())] == [actual]


def test_manners_and_the_preface_can_be_left_out() -> None:
    received = bytearray()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(SETTINGS) + encode(6, 0, 0, b"12345678"))
        while data := await reader.read(100):
            received.extend(data)

    async def work() -> None:
        async with against(handler) as ctx:
            manners = {"settings": False, "ping": False}
            await ctx.run(http2({"pause": "50ms"}, {"send": "x"}, {"pause": "50ms"}, preface=False, manners=manners))

    run(work())
    assert received == b"x"


def test_http_2_needs_a_connection_of_its_own() -> None:
    async def work() -> None:
        async with against(served(Library())) as ctx:
            await ctx.run(steps({"tcp": {"script": [{"send": "x"}], "connection": "one"}}))
            await ctx.run(http2({"headers": {}}, connection="one"))

    with pytest.raises(EngineError, match="opened by another kind of step"):
        run(work())


def test_an_action_needs_http_2() -> None:
    async def work(ctx: JobScope) -> None:
        from tests.steps.context import on

        connection = await ctx.connect(None, raw=True)
        await on(ctx, connection, "headers", {}, group="http2")

    async def whole() -> None:
        async with against(served(Library())) as ctx:
            await work(ctx)

    with pytest.raises(EngineError, match="does not carry HTTP/2"):
        run(whole())


def test_the_stream_of_some_frames() -> None:
    assert stream_in(b"") == stream_in(encode(SETTINGS) + b"abc") == 0
    assert stream_in(encode(SETTINGS, 0, 0, bytes(6)) + encode(RST_STREAM, 0, 2**31 - 1, bytes(4))) == 2**31 - 1
    assert stream_in(encode(RST_STREAM, 0, 3, bytes(4), reserved=True)) == 3
