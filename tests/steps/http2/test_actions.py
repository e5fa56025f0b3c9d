"""Actions of a script on HTTP/2, as the library h2 reads them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.protocols.http2.frames import DATA, GOAWAY, PING, PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE, encode
from engine.protocols.http2.frames import settings_payload as payload_of
from engine.steps.http2.session import frames_of, session_of
from tests.steps.context import on, run
from tests.steps.http2.http2_here import Library, acted, connected, echo, previewed
from tests.steps.reader import mistakes


def test_a_body_of_any_size_arrives_within_the_windows() -> None:
    def count(library: Library, stream: int, fields: dict[bytes, bytes], body: bytes) -> None:
        echo(library, stream, fields, str(len(body)).encode())

    library = Library(count)
    seen, sent = acted(
        {"headers": {"method": "POST", "end_stream": False}},
        {"data": {"bytes": "x" * 200 * 1024}},
        {"response": {}},
        library=library,
    )
    assert bytes(library.bodies[1]) == b"x" * 200 * 1024
    assert max(len(one.payload) for one in sent) <= 16_384
    assert seen[0].fact("body") == b"204800"
    assert seen[0].sent == b"x" * 200 * 1024


def test_data_waits_for_the_window_and_is_left_out_after_a_reset() -> None:
    async def work() -> tuple[list[int], list[str]]:
        ctx, connection, channel = connected(encode(SETTINGS, 0, 0, payload_of([(4, 5)])))
        await on(ctx, connection, "headers", {"method": "POST", "end_stream": False}, group="http2")
        channel.arrive(encode(WINDOW_UPDATE, 0, 1, (2).to_bytes(4, "big")))
        task = asyncio.ensure_future(on(ctx, connection, "data", "0123456789", group="http2"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        channel.arrive(encode(RST_STREAM, 0, 1, (8).to_bytes(4, "big")))
        await task
        sent = frames_of(b"".join(channel.sent))
        return [len(one.payload) for one in sent if one.type == DATA], [detail for _, detail in ctx.notes]

    sizes, notes = run(work())
    assert sizes == [7]
    assert "the last 3 B of stream 1" in notes


def test_windows_can_be_ignored() -> None:
    _, sent = acted(
        {"headers": {"method": "POST", "end_stream": False}},
        {"data": {"bytes": "0123456789", "windows": False, "piece": "4B", "end_stream": False}},
        arrivals=[encode(SETTINGS, 0, 0, payload_of([(4, 0)]))],
    )
    assert [(one.payload, one.flags) for one in sent if one.type == DATA] == [(b"0123", 0), (b"4567", 0), (b"89", 0)]


def test_data_is_padded_and_lies() -> None:
    _, sent = acted(
        {"data": {"stream": 1, "bytes": "ab", "padding": "2B"}}, {"data": {"bytes": "ab", "claim_padding": "99B"}}
    )
    assert [one.payload for one in sent] == [b"\x02ab\x00\x00", b"\x63ab"]
    assert sent[0].flag_names == ["end_stream", "padded"]


@pytest.mark.parametrize(
    ("action", "kind", "stream", "payload"),
    [
        (
            {"settings": {"values": {"max_frame_size": 20_000, "153": 1}}},
            SETTINGS,
            0,
            payload_of([(5, 20_000), (153, 1)]),
        ),
        ({"settings": {"ack": True}}, SETTINGS, 0, b""),
        ({"reset": {"stream": 3, "code": "REFUSED_STREAM"}}, RST_STREAM, 3, b"\x00\x00\x00\x07"),
        ({"reset": {"stream": 3}}, RST_STREAM, 3, b"\x00\x00\x00\x08"),
        ({"window": {"increment": "1KiB"}}, WINDOW_UPDATE, 0, b"\x00\x00\x04\x00"),
        ({"ping": "12345678"}, PING, 0, b"12345678"),
        ({"goaway": {"last_stream": 4, "code": 200, "text": "t"}}, GOAWAY, 0, b"\x00\x00\x00\x04\x00\x00\x00\xc8t"),
        ({"priority": {"stream": 5, "depends_on": 3, "weight": 1}}, PRIORITY, 5, b"\x00\x00\x00\x03\x00"),
        ({"frame": {"type": 99, "flags": 255, "stream": 9, "payload": "?"}}, 99, 9, b"?"),
        ({"frame": {"type": "data", "flags": ["end_stream"], "stream": 1}}, DATA, 1, b""),
    ],
)
def test_frames(action: dict[str, Any], kind: int, stream: int, payload: bytes) -> None:
    _, sent = acted(action)
    assert (sent[-1].type, sent[-1].stream, sent[-1].payload) == (kind, stream, payload)


def test_data_of_a_frame_counts_for_the_windows() -> None:
    async def work() -> int:
        ctx, connection, _ = connected()
        await on(ctx, connection, "headers", {"method": "POST", "end_stream": False}, group="http2")
        await on(ctx, connection, "frame", {"type": "data", "stream": 1, "payload": "123"}, group="http2")
        return session_of(connection).client.credit(1)

    assert run(work()) == 65_532


def test_a_frame_may_lie_about_its_length() -> None:
    async def work() -> bytes:
        ctx, connection, channel = connected()
        await on(ctx, connection, "frame", {"type": "ping", "payload": "12", "claim_length": "8B"}, group="http2")
        return b"".join(channel.sent)

    assert run(work()) == b"\x00\x00\x08\x06\x00\x00\x00\x00\x0012"


def test_a_client_announces_what_it_takes() -> None:
    async def work() -> tuple[int, int]:
        ctx, connection, _ = connected()
        await on(ctx, connection, "settings", {"values": {"initial_window_size": 10}}, group="http2")
        await on(ctx, connection, "window", {"increment": "5B"}, group="http2")
        client = session_of(connection).client
        return client.opened(1).receive, client.receive_window

    assert run(work()) == (10, 65_540)


def test_previews() -> None:
    assert previewed("data", "abc") == [("DATA, END_STREAM", b"abc")]
    assert previewed("frame", {"type": "ping", "payload": "12345678"})[0][1][9:] == b"12345678"


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        ("reset", {"code": "NO_SUCH"}, "there is no error code 'NO_SUCH'"),
        ("frame", {"type": "pong"}, "there is no frame type 'pong'"),
        ("frame", {"type": "data", "flags": ["end"]}, "there is no flag 'end'"),
        ("settings", {"values": {"window": 1}}, "there is no setting 'window'"),
    ],
)
def test_mistakes(name: str, body: Any, what: str) -> None:
    assert what in mistakes(name, body, "http2")[0]
