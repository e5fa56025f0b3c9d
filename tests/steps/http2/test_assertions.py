"""Assertions of a script on HTTP/2: each stream has its own frames, whatever comes in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.channels.scripted import FIN, RESET
from engine.protocols.http2.fields import PLAIN, Field, FieldEncoder
from engine.protocols.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    encode,
    goaway_payload,
    settings_payload,
)
from engine.steps.api.observation import Observation
from tests.steps.context import ABSENT, on, run, why
from tests.steps.http2.http2_here import Library, acted, connected

FIRST = encode(SETTINGS, 0, 0, settings_payload([(3, 100)]))


def head(stream: int, *fields: tuple[bytes, bytes], end: bool = False) -> bytes:
    section = FieldEncoder().section([Field(*one, PLAIN) for one in fields])
    return encode(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, section)


def data(stream: int, body: bytes, *, end: bool = True) -> bytes:
    return encode(DATA, END_STREAM if end else 0, stream, body)


OK = (b":status", b"200")


def looked(name: str, body: Any, *arrivals: Any, requests: int = 1) -> Observation:
    begun: list[dict[str, object]] = [{"headers": {}}] * requests
    (seen, *more), _ = acted(*begun, {name: body}, arrivals=[]) if not arrivals else after(begun, name, body, arrivals)
    assert more == []
    return seen


def after(begun: list[dict[str, object]], name: str, body: Any, arrivals: tuple[Any, ...]) -> Any:
    async def work() -> list[Observation]:
        ctx, connection, channel = connected()
        for act in begun:
            for word, keys in act.items():
                await on(ctx, connection, word, keys, group="http2")
        channel.arrive(FIRST, *arrivals)
        ctx.act_for(ctx.step)
        found = await on(ctx, connection, name, {"within": "50ms", **body} if isinstance(body, dict) else body, "http2")
        return [found]

    return run(work()), None


def test_a_response_with_its_facts() -> None:
    seen = looked(
        "response",
        {},
        head(1, (b":status", b"103"), (b"link", b"</a>")),
        head(1, OK, (b"content-type", b"application/json"), (b"set-cookie", b"a"), (b"set-cookie", b"b")),
        data(1, b'{"a":', end=False) + data(1, b" [1]}", end=False),
        head(1, (b"grpc-status", b"0"), end=True),
    )
    assert {name: seen.fact(name) for name in (
        "status", "body", "json.a.0", "interim", "headers.set-cookie", "trailer.grpc-status", "complete", "outcome",
        "chunks", "reset", "faults",
    )} == {
        "status": 200, "body": b'{"a": [1]}', "json.a.0": 1, "interim": [103], "headers.set-cookie": ["a", "b"],
        "trailer.grpc-status": "0", "complete": True, "outcome": "response", "chunks": 2, "reset": ABSENT, "faults": [],
    }  # fmt: skip
    frames = seen.fact("frames")
    assert isinstance(frames, list)
    assert [(one["type"], one["flags"]) for one in frames] == [
        ("headers", ["end_headers"]),
        ("headers", ["end_headers"]),
        ("data", []),
        ("data", []),
        ("headers", ["end_stream", "end_headers"]),
    ]
    assert frames[2]["length"] == 5
    assert why(seen) == []


def test_streams_do_not_take_each_others_frames() -> None:
    async def work() -> list[object]:
        ctx, connection, channel = connected()
        for _ in range(2):
            await on(ctx, connection, "headers", {}, group="http2")
        channel.arrive(FIRST, head(3, OK) + head(1, OK) + data(3, b"three") + data(1, b"one"))
        found = []
        for stream in (1, 3):
            seen = await on(ctx, connection, "response", {"stream": stream}, group="http2")
            found.append(seen.fact("body"))
        return found

    assert run(work()) == [b"one", b"three"]


def test_two_steps_read_at_once() -> None:
    async def work() -> list[object]:
        ctx, connection, channel = connected()
        for _ in range(2):
            await on(ctx, connection, "headers", {}, group="http2")
        first = asyncio.ensure_future(on(ctx, connection, "response", {"stream": 1}, group="http2"))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(on(ctx, connection, "response", {"stream": 3}, group="http2"))
        await asyncio.sleep(0)
        for piece in (FIRST, head(3, OK), data(3, b"three"), head(1, OK), data(1, b"one")):
            channel.arrive(piece)
            await asyncio.sleep(0)
        return [seen.fact("body") for seen in await asyncio.gather(first, second)]

    assert run(work()) == [b"one", b"three"]


@pytest.mark.parametrize(
    ("arrivals", "outcome", "actual"),
    [
        ((encode(RST_STREAM, 0, 1, b"\0\0\0\x0b"),), "stream_reset", "a stream reset with ENHANCE_YOUR_CALM"),
        ((encode(GOAWAY, 0, 0, goaway_payload(0, 1)),), "goaway", "GOAWAY with PROTOCOL_ERROR"),
        ((FIN,), "closed", "a closed connection"),
        ((RESET,), "reset", "a reset connection"),
        ((head(1, OK),), "timeout", "a timeout after 50 ms"),
        ((data(1, b"x"),), "malformed", "a malformed one"),
    ],
)
def test_a_stream_without_a_response(arrivals: tuple[Any, ...], outcome: str, actual: str) -> None:
    seen = looked("response", {}, *arrivals)
    assert seen.fact("outcome") == outcome
    assert repr(seen.implicit_failures(frozenset({"faults"}))[0].actual) == actual
    assert why(seen, "outcome", "faults") == []


def test_a_stream_that_goaway_includes_goes_on() -> None:
    seen = looked("response", {}, encode(GOAWAY, 0, 0, goaway_payload(1, 0)) + head(1, OK) + data(1, b"late"))
    assert (seen.fact("outcome"), seen.fact("body")) == ("response", b"late")


def test_a_reset_after_the_end_does_not_change_the_response() -> None:
    seen = looked("response", {}, head(1, OK) + data(1, b"x") + encode(RST_STREAM, 0, 1, bytes(4)))
    assert (seen.fact("outcome"), why(seen)) == ("response", [])


def test_an_end_inside_a_field_section_counts_with_its_last_frame() -> None:
    section = FieldEncoder().section([Field(*OK)])
    seen = looked(
        "response",
        {},
        encode(HEADERS, END_STREAM, 1, section[:1]),
        encode(CONTINUATION, END_HEADERS, 1, section[1:]),
    )
    assert (seen.fact("status"), seen.fact("complete")) == (200, True)


def test_broken_rules_fail_the_response() -> None:
    seen = looked("response", {}, head(1, OK, (b"Upper", b"1"), end=True))
    assert "upper-case" in str(why(seen)[0][1])
    assert why(seen, "faults") == []


def test_single_frames() -> None:
    goaway = encode(GOAWAY, 0, 0, goaway_payload(1, 11, b"calm"))
    seen = looked("receive", {"type": "goaway"}, encode(PING, 0, 0, b"12345678"), goaway)
    assert [seen.fact(name) for name in ("type", "stream", "code", "last_stream", "text")] == [
        "goaway", 0, "ENHANCE_YOUR_CALM", 1, b"calm",
    ]  # fmt: skip
    seen = looked("receive", {}, encode(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01"), head(1, OK))
    assert seen.fact("type") == "settings"
    seen = looked("receive", {"stream": 1}, head(1, OK))
    assert seen.fact("fields") == [[":status", "200"]]
    assert repr(why(looked("receive", {"type": "ping"}, FIN))[0][1]) == "a closed connection"


def test_resets_and_goaways() -> None:
    assert looked("reset_received", {}, encode(RST_STREAM, 0, 1, b"\0\0\0\x07")).fact("code") == "REFUSED_STREAM"

    async def work() -> Observation:
        ctx, connection, channel = connected()
        channel.arrive(
            FIRST, encode(GOAWAY, 0, 0, goaway_payload(2**31 - 1, 0)), encode(GOAWAY, 0, 0, goaway_payload(3, 0))
        )
        await on(ctx, connection, "goaway_received", {}, group="http2")
        return await on(ctx, connection, "goaway_received", {}, group="http2")

    seen = run(work())
    assert (seen.fact("last_stream"), seen.fact("last_streams")) == (3, [2**31 - 1, 3])
    assert seen.fact("codes") == ["NO_ERROR", "NO_ERROR"]


def test_the_settings_of_the_server() -> None:
    seen = looked("settings_received", {}, encode(SETTINGS, ACK))
    assert (seen.fact("values.max_concurrent_streams"), seen.fact("acknowledged")) == (100, 1)
    assert seen.fact("values") == {"max_concurrent_streams": 100}
    assert seen.fact("values.max_frame_size") is ABSENT


def test_a_ping_is_answered() -> None:
    seen = looked("pong", {"data": "12345678"}, encode(PING, ACK, 0, bytes(8)), encode(PING, ACK, 0, b"12345678"))
    assert seen.fact("payload") == b"12345678"


def test_the_windows_of_the_server() -> None:
    seen = looked("windows", {}, encode(WINDOW_UPDATE, 0, 0, b"\0\0\0\x05"))
    assert (seen.fact("connection"), seen.fact("stream"), seen.fact("open")) == (65_540, 65_535, True)


@pytest.mark.parametrize(("end", "how"), [(FIN, "fin"), (RESET, "reset")])
def test_the_end_of_the_connection(end: Any, how: str) -> None:
    assert looked("closed", {}, head(1, OK), end).fact("how") == how
    assert "still open" in repr(why(looked("closed", {}, head(1, OK)))[0][1])


def test_silence_is_broken_by_what_tells_something() -> None:
    assert looked("silence", "20ms", encode(SETTINGS, ACK), encode(WINDOW_UPDATE, 0, 0, b"\0\0\0\x05")) is not None


def test_the_library_and_the_client_agree_over_many_streams() -> None:
    library = Library()
    begun: list[dict[str, object]] = [
        {"headers": {"path": f"/{n}", "representation": "incremental"}} for n in range(50)
    ]
    looks: list[dict[str, object]] = [{"response": {"stream": 2 * n + 1}} for n in reversed(range(50))]
    seen, _ = acted(*begun, *looks, library=library)
    assert [one.fact("status") for one in seen] == [200] * 50
    assert not any(why(one) for one in seen)
