from __future__ import annotations

import random
import zlib

import pytest

from engine.channels.scripted import FIN, ScriptedChannel
from engine.errors import EngineError
from engine.protocols.websocket import PING, TEXT, Frame, FrameReader, encode
from engine.steps.api.context import Connection
from engine.steps.websocket.session import Inflater, WebSocketSession, inflater_for, next_frame, session_of
from tests.steps.context import JobScope, run


def test_one_frame_at_a_time_and_the_rest_is_left() -> None:
    async def work() -> None:
        data = encode(TEXT, b"one", mask=False)
        channel = ScriptedChannel([data + data[:3], FIN])
        found = await next_frame(channel)
        assert found is not None
        assert (found[0].payload, found[1]) == (b"one", data)
        assert await next_frame(channel) is None
        assert (await channel.receive())[0] == data[:3]

    run(work())


def test_which_extension_inflates() -> None:
    assert inflater_for([]) is None
    assert inflater_for([("x-other", [])]) is None
    assert inflater_for([("x-other", []), ("permessage-deflate", [])]) is not None


def test_the_window_is_the_one_that_was_agreed_on() -> None:
    block = random.Random(1).randbytes(700)
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(block + block) + packer.flush(zlib.Z_SYNC_FLUSH)
    wide = inflater_for([("permessage-deflate", [("server_max_window_bits", "15")])])
    narrow = inflater_for([("permessage-deflate", [("server_max_window_bits", "9")])])
    assert wide is not None
    assert narrow is not None
    assert wide.inflate(data[:-4]) == block + block
    near = zlib.compressobj(wbits=-9)
    assert narrow.inflate((near.compress(block + block) + near.flush(zlib.Z_SYNC_FLUSH))[:-4]) == block + block
    with pytest.raises(zlib.error, match="too far back"):
        narrow.inflate(data[:-4])


@pytest.mark.parametrize("bits", [None, "", "7", "16", "x"])
def test_a_window_of_no_size_is_the_largest(bits: str | None) -> None:
    found = inflater_for([("permessage-deflate", [("server_max_window_bits", bits)])])
    assert found is not None
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(bytes(40_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert found.inflate(data[:-4]) == bytes(40_000)


def test_a_bomb_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.steps.websocket.session.INFLATED", 1000)
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(zlib.error, match="longer than 1000"):
        Inflater(keeps_context=True).inflate(data[:-4])


def test_a_stream_that_ends_by_itself_can_be_followed_by_another() -> None:
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(b"final") + packer.flush()
    inflater = Inflater(keeps_context=True)
    assert [inflater.inflate(data), inflater.inflate(data)] == [b"final", b"final"]


def test_a_goodbye_is_said_once_and_never_raises() -> None:
    channel = ScriptedChannel()
    session, connection = WebSocketSession(), Connection(channel)
    session.leave(connection)
    session.leave(connection)
    assert len(channel.sent) == 1
    reader = FrameReader()
    reader.feed(channel.sent[0])
    found = reader.next()
    assert found is not None
    assert found[0].code == 1000
    channel.close()
    WebSocketSession().leave(connection)


def test_no_pong_after_a_goodbye_and_none_to_who_has_gone() -> None:
    channel = ScriptedChannel()
    connection, ctx = Connection(channel), JobScope()
    WebSocketSession(close_sent=True).pong(ctx, connection, Frame(PING, b"p"))
    assert channel.sent == []
    channel.close()
    WebSocketSession().pong(ctx, connection, Frame(PING, b"p"))
    assert [what for what, _ in ctx.notes] == ["not sent"]


def test_a_connection_without_a_websocket() -> None:
    with pytest.raises(EngineError, match="connection 'w' carries no open WebSocket"):
        session_of(Connection(ScriptedChannel(), "w"))
