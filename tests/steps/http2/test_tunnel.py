"""A byte stream inside a stream of HTTP/2, on a scripted channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.channels.scripted import FIN, RESET, ScriptedChannel
from engine.errors import ChannelClosed, ChannelError, Reset
from engine.protocols.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    ERRORS,
    HEADERS,
    RST_STREAM,
    WINDOW,
    WINDOW_UPDATE,
    Frame,
    encode,
)
from engine.steps.http2.session import frames_of, session_of
from engine.steps.http2.tunnel import TunnelChannel
from tests.steps.context import JobScope, run
from tests.steps.http2.http2_here import connected


def said(channel: ScriptedChannel) -> list[Frame]:
    return frames_of(b"".join(channel.sent))


def tunnelled(work: Callable[[TunnelChannel, ScriptedChannel, JobScope], Awaitable[None]]) -> None:
    async def test() -> None:
        ctx, connection, channel = connected()
        session = session_of(connection)
        session.client.opened(1).headed = True
        await work(TunnelChannel(session, channel, 1), channel, ctx)

    run(test())


def data(content: bytes, flags: int = 0) -> bytes:
    return encode(DATA, flags, 1, content)


def window(increment: int, stream: int = 1) -> bytes:
    return encode(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))


def test_content_comes_as_bytes_and_end_stream_as_the_end() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        channel.arrive(data(b"one"), data(b"two"))
        assert [(await tunnel.receive())[0] for _ in range(2)] == [b"one", b"two"]
        assert (tunnel.ended, tunnel.closure) == ("", "")
        tunnel.unread(b"back", 0.0)
        channel.arrive(data(b"", END_STREAM))
        assert [(await tunnel.receive())[0] for _ in range(3)] == [b"back", b"", b""]
        assert (tunnel.ended, tunnel.closure) == ("fin", "fin")
        assert tunnel.write(b"late") == 0.0  # as on a connection that the peer has half closed
        assert said(channel)[-1].content == b"late"

    tunnelled(work)


def test_a_reset_of_the_stream_is_one_of_the_bytes() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        channel.arrive(data(b"one"), encode(RST_STREAM, 0, 1, ERRORS["CANCEL"].to_bytes(4, "big")))
        assert (await tunnel.receive())[0] == b"one"
        for _turn in range(2):
            with pytest.raises(Reset):
                await tunnel.receive()
        with pytest.raises(Reset):
            tunnel.write(b"x")
        assert tunnel.ended == "reset"
        assert [one.what for one in tunnel.events].count("reset") == 1
        assert tunnel.events[-1].detail == "stream 1, by the peer"

    tunnelled(work)


@pytest.mark.parametrize(("end", "how"), [(FIN, "fin"), (RESET, "reset")])
def test_the_end_of_the_connection_is_that_of_the_stream(end: object, how: str) -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        channel.arrive(data(b"one"))
        channel._ended = how
        assert tunnel._session._channel is channel
        tunnel._session._take(b"", 2.0)
        assert (await tunnel.receive())[0] == b"one"
        assert tunnel.ended == how
        with pytest.raises(Reset):
            tunnel.write(b"x")

    tunnelled(work)


def test_bytes_go_out_as_far_as_the_windows_allow() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        tunnel.write(bytes(WINDOW + 5))
        assert sum(len(one.payload) for one in said(channel) if one.type == DATA) == WINDOW
        assert max(len(one.payload) for one in said(channel)) == 16384
        channel.arrive(window(3))
        assert sum(len(one.payload) for one in said(channel) if one.type == DATA) == WINDOW
        channel.arrive(window(10, 0))
        assert sum(len(one.payload) for one in said(channel) if one.type == DATA) == WINDOW + 3
        channel.arrive(window(10))
        assert sum(len(one.payload) for one in said(channel) if one.type == DATA) == WINDOW + 5

    tunnelled(work)


def test_a_sender_waits_for_the_window_and_hears_of_a_reset() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:

        sending = asyncio.ensure_future(tunnel.send(bytes(WINDOW + 5)))
        await asyncio.sleep(0)
        assert not sending.done()
        channel.arrive(encode(RST_STREAM, 0, 1, bytes(4)))
        with pytest.raises(Reset):
            await sending

    tunnelled(work)


def test_each_piece_has_a_frame_of_its_own() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, ctx: JobScope) -> None:
        before = len(channel.sent)
        await tunnel.deliver([b"a", b"bc"])
        assert channel.sent[before:] == [data(b"a"), data(b"bc")]
        assert ("frames sent", "DATA 1 (2 frames, 3 B)") in ctx.notes
        await tunnel.deliver([bytes(20_000), b"x"])  # longer than a frame may be
        assert (
            b"".join(one.content or b"" for one in said(channel) if one.type == DATA) == b"abc" + bytes(20_000) + b"x"
        )

    tunnelled(work)


def test_a_reader_that_stops_gives_no_window_back() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        def given() -> list[int]:
            return [one.stream for one in said(channel) if one.type == WINDOW_UPDATE]

        tunnel.reading(on=False)
        channel.arrive(data(b"one"), data(b"more"))
        assert given() == []
        tunnel.reading(on=True)
        assert given() == [1]
        assert said(channel)[-1].increment == 7
        channel.arrive(data(b"x"))
        assert given() == [1, 1, 0]
        assert said(channel)[-1].increment == 8

    tunnelled(work)


def test_the_ends_of_this_side() -> None:
    async def half(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        tunnel.write(b"x")
        tunnel.half_close()
        assert [(one.flags, one.content) for one in said(channel)] == [(0, b"x"), (END_STREAM, b"")]
        with pytest.raises(ChannelClosed):
            tunnel.write(b"y")
        channel.arrive(data(b"still"))
        assert (await tunnel.receive())[0] == b"still"

    async def both(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        tunnel.close()
        tunnel.truncate()
        assert [(one.type, one.flags) for one in said(channel)] == [(DATA, END_STREAM)]
        assert tunnel.ended == "closed"
        assert channel.ended == ""  # the connection goes on
        for refused in (tunnel.receive(), tunnel.send(b"x")):
            with pytest.raises(ChannelClosed):
                await refused

    async def reset(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        tunnel.reset()
        assert [(one.type, one.error) for one in said(channel)] == [(RST_STREAM, "CANCEL")]
        with pytest.raises(ChannelClosed):
            tunnel.write(b"x")
        with pytest.raises(ChannelError):
            tunnel.listen(lambda _data, _at: None)

    for work in (half, both, reset):
        tunnelled(work)


def test_frames_that_have_no_place_in_a_tunnel_are_faults() -> None:
    async def work(tunnel: TunnelChannel, channel: ScriptedChannel, _: JobScope) -> None:
        channel.arrive(encode(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x01a\x01b"))
        assert tunnel.faults[-1] == "HEADERS comes on a stream that CONNECT has opened (RFC 9113, 8.5)"

    tunnelled(work)
