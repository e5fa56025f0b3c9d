"""The step ``request`` over HTTP/2, against the library h2 and against single frames on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.errors import EngineError
from engine.model.target import H2, H2C
from engine.protocols.http2.fields import Field, FieldEncoder
from engine.protocols.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    encode,
    goaway_payload,
)
from engine.steps.http2.session import frames_of
from engine.steps.request.over_http2 import Http2RequestFacts, Outgoing, fields_of, previewed
from tests.execution.fakes import TARGET
from tests.steps.context import Handler, JobScope, against, run, see, why
from tests.steps.http2.http2_here import Library
from tests.steps.reader import steps
from tests.tls_here import server_context, trust

Body = dict[str, object]


def served(library: Library) -> Handler:
    """A handler that answers as the library does."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(b"".join(library(data)))
            await writer.drain()

    return handler


def no_content(library: Library, stream: int, fields: dict[bytes, bytes], body: bytes) -> None:
    """Respond without content, whatever came."""
    del fields, body
    library.server.send_headers(stream, [(b":status", b"200")], end_stream=True)


def saying(*frames: bytes, ends: bool = False) -> Handler:
    """A handler that sends settings and these frames once a request's head has come."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = b""
        while not any(one.type == HEADERS for one in frames_of(received.removeprefix(PREFACE))):
            received += await reader.read(65_536)
        writer.write(encode(SETTINGS) + b"".join(frames))
        await writer.drain()
        if not ends:
            await reader.read()

    return handler


def fields(*pairs: tuple[bytes, bytes]) -> bytes:
    return FieldEncoder().section([Field(name, value) for name, value in pairs])


def head(*pairs: tuple[bytes, bytes], flags: int = END_HEADERS, stream: int = 1) -> bytes:
    return encode(HEADERS, flags, stream, fields(*pairs))


OK = (b":status", b"200")


def seen(handler: Handler, body: Body, **variables: object) -> tuple[Http2RequestFacts, JobScope]:
    """The observation of one request to a target over HTTP/2."""

    async def work() -> tuple[Http2RequestFacts, JobScope]:
        async with against(handler, variables) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            found = await see(ctx, "request", body)
            assert isinstance(found, Http2RequestFacts)
            return found, ctx

    return run(work())


def test_a_request_without_content() -> None:
    library = Library()
    found, ctx = seen(served(library), {"path": "/hi", "query": {"a": 1}, "headers": {"X-One": ["1", "2"]}})
    assert (found.fact("outcome"), found.fact("status"), found.fact("header.x-a")) == ("response", 200, "1")
    assert (found.fact("body"), found.fact("complete"), found.fact("version")) == (b"", True, "2")
    assert why(found) == []
    assert library.fields[1] == [
        (b":method", b"GET"),
        (b":scheme", b"http"),
        (b":authority", ctx.live.host.encode()),
        (b":path", b"/hi?a=1"),
        (b"x-engine-call", b"j1.1"),
        (b"x-one", b"1"),
        (b"x-one", b"2"),
    ]
    assert ctx.performed.tokens == ["j1.1"]
    assert ctx.opened[0].channel.ended == "closed"


@pytest.mark.parametrize("size", [0, 3, 16_384, 65_535, 65_536, 300_000])
def test_content_of_any_size_keeps_to_the_windows(size: int) -> None:
    library = Library(no_content)
    found, _ = seen(served(library), {"path": "/", "method": "POST", "body": ("ab" * size)[:size]})
    assert (found.fact("status"), found.fact("body.size"), why(found)) == (200, 0, [])
    assert (b"content-length", b"%d" % size) in library.fields[1]
    assert bytes(library.bodies[1]) == (b"ab" * size)[:size] == found.sent


def test_trailers_of_the_client() -> None:
    library = Library()
    seen(served(library), {"path": "/", "method": "POST", "body": "x", "trailers": {"X-Sum": "7"}})
    assert library.trailers[1] == [(b"x-sum", b"7")]
    assert b"content-length" not in dict(library.fields[1])


def test_interim_responses_trailers_and_frames() -> None:
    found, _ = seen(
        saying(
            head((b":status", b"103"), (b"link", b"x")),
            head(OK, (b"x-a", b"1")),
            encode(DATA, 0, 1, b"ab"),
            encode(DATA, 0, 1, b"c"),
            head((b"x-sum", b"7"), flags=END_HEADERS | END_STREAM),
        ),
        {"path": "/"},
    )
    assert (found.fact("interim"), found.fact("body"), found.fact("chunks")) == ([103], b"abc", 2)
    assert (found.fact("trailer.x-sum"), found.fact("trailers")) == ("7", [["x-sum", "7"]])
    assert found.fact("headers") == [["x-a", "1"]]
    assert why(found) == []


def test_more_fields_than_a_frame_has_room_for() -> None:
    library = Library()
    found, _ = seen(served(library), {"path": "/", "headers": {"X-Long": "v" * 40_000}})
    assert found.fact("status") == 200
    assert dict(library.fields[1])[b"x-long"] == b"v" * 40_000


@pytest.mark.parametrize(
    ("frames", "ends", "outcome", "detail"),
    [
        ([encode(RST_STREAM, 0, 1, b"\0\0\0\x02")], False, "reset", "RST_STREAM with INTERNAL_ERROR"),
        ([head(OK), encode(RST_STREAM, 0, 1, b"\0\0\0\x08")], False, "reset", "RST_STREAM with CANCEL"),
        (
            [encode(GOAWAY, 0, 0, goaway_payload(0, 7))], False, "closed",
            "the server's GOAWAY with REFUSED_STREAM leaves stream 1 out",
        ),
        ([], True, "closed", "received 0 frames and no end of stream 1"),
        ([head(OK), encode(DATA, 0, 1, b"x")], True, "closed", "received 2 frames and no end of stream 1"),
        (
            [head(OK), encode(GOAWAY, 0, 0, goaway_payload(1, 2))], True, "closed",
            "received 1 frames and no end of stream 1, and GOAWAY with INTERNAL_ERROR",
        ),
        ([encode(DATA, END_STREAM, 1, b"x")], False, "malformed", "the stream ended without a response"),
    ],
)  # fmt: skip
def test_responses_that_never_come_to_their_end(frames: Sequence[bytes], ends: bool, outcome: str, detail: str) -> None:
    found, _ = seen(saying(*frames, ends=ends), {"path": "/"})
    assert (found.fact("outcome"), found.response.detail, found.fact("complete")) == (outcome, detail, False)
    assert [where for where, _ in why(found)][:1] == ["outcome"]
    assert "outcome" not in [where for where, _ in why(found, "outcome")]


def test_a_broken_rule_fails_the_step_whatever_it_names() -> None:
    found, _ = seen(saying(head(OK, (b"X-A", b"1"), flags=END_HEADERS | END_STREAM)), {"path": "/"})
    assert why(found, "outcome", "status") == [
        ("response", "the field name 'X-A' has upper-case letters (RFC 9113, 8.2)")
    ]
    found, _ = seen(saying(encode(PING, 0, 0, b"1234567"), head(OK, flags=END_HEADERS | END_STREAM)), {"path": "/"})
    assert why(found) == [("response", "PING has 7 B, not 8 (RFC 9113, 6)")]


def test_an_early_response_ends_content_that_has_no_room() -> None:
    answer = head(OK, flags=END_HEADERS | END_STREAM)
    received = bytearray()

    async def work() -> None:
        over = asyncio.Event()

        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while len(received) < 65_535:
                received.extend(await reader.read(65_536))
            writer.write(encode(SETTINGS) + answer)
            while data := await reader.read(65_536):
                received.extend(data)
            over.set()

        async with against(handler) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            found = await see(ctx, "request", {"path": "/", "method": "POST", "body": "x" * 102_400})
            assert (found.fact("status"), found.fact("complete"), why(found)) == (200, True, [])
            assert ("not sent", "the last 36865 B of stream 1") in ctx.notes
            await over.wait()

    run(work())
    frames = frames_of(bytes(received.removeprefix(PREFACE)))
    assert sum(len(one.payload) for one in frames if one.type == DATA) == 65_535
    assert [one.error for one in frames if one.type == RST_STREAM] == ["CANCEL"]


def test_a_connection_begins_with_room_for_content() -> None:
    begun = bytearray()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.extend(await reader.read(65_536))
        writer.write(encode(SETTINGS) + head(OK, flags=END_HEADERS | END_STREAM))
        await reader.read()

    seen(handler, {"path": "/"})
    first, second, *_ = frames_of(bytes(begun.removeprefix(PREFACE)))
    assert first.settings == [(2, 0), (4, 1 << 20)]
    assert (second.stream, second.increment) == (0, (1 << 20) - 65_535)


def test_steps_share_a_named_connection() -> None:
    library = Library()

    async def work() -> None:
        async with against(served(library)) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            await ctx.run(steps({"request": {"path": "/1", "connection": "one", "expect": {"status": 200}}}))
            await ctx.run(
                steps(
                    {"http2": {"connection": "one", "script": [{"headers": {"path": "/3"}}]}},
                    {"request": {"path": "/5", "connection": "one", "expect": {"status": 200, "open": True}}},
                    {"http2": {"connection": "one", "script": [{"response": {"expect": {"status": 200}}}]}},
                )
            )
            assert ctx.broken == []
            assert len(ctx.opened) == 1

    run(work())
    paths = {stream: dict(found)[b":path"] for stream, found in library.fields.items()}
    assert paths == {1: b"/1", 3: b"/3", 5: b"/5"}


def test_a_connection_that_carries_http_2_does_so_on_any_target() -> None:
    library = Library()

    async def work() -> None:
        async with against(served(library)) as ctx:
            await ctx.run(
                steps(
                    {"http2": {"connection": "one", "script": [{"settings_received": {}}]}},
                    {"request": {"path": "/1", "connection": "one", "expect": {"status": 200, "header.x-a": "1"}}},
                )
            )
            assert ctx.broken == []

    run(work())
    assert list(library.fields) == [1]


def test_nothing_is_sent_after_the_end_of_a_connection() -> None:
    async def work() -> None:
        goaway = encode(GOAWAY, 0, 0, goaway_payload(1, 0))
        async with against(saying(goaway, head(OK, flags=END_HEADERS | END_STREAM))) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            await ctx.run(steps({"request": {"path": "/", "connection": "one", "expect": {"outcome": "response"}}}))
            await ctx.run(steps({"request": {"path": "/", "connection": "one", "expect": {"outcome": "closed"}}}))
            assert ctx.broken == []

    run(work())


def test_a_connection_of_http_1_is_refused() -> None:
    async def work() -> None:
        async with against(served(Library())) as ctx:
            ctx.live.target = replace(TARGET, http=H2C)
            await ctx.run(steps({"tcp": {"script": [{"send": "x"}], "connection": "one"}}))
            await ctx.run(steps({"request": {"path": "/", "connection": "one", "expect": {"status": 200}}}))

    with pytest.raises(EngineError, match="opened by another kind of step"):
        run(work())


def test_leaving_before_the_end() -> None:
    found, ctx = seen(saying(head(OK)), {"path": "/", "abandon_after": "30ms"})
    assert (found.fact("outcome"), found.fact("status"), why(found)) == ("timeout", 200, [])
    assert ctx.opened[0].channel.ended == "closed"


@pytest.mark.parametrize(
    ("choice", "outcome"), [("h2", "response"), ("http/1.1", "handshake"), ("", "handshake")]
)  # fmt: skip
def test_tls_selects_http_2(choice: str, outcome: str) -> None:
    library = Library()

    def context() -> ssl.SSLContext:
        found = server_context()
        if choice != "http/1.1":
            found.set_alpn_protocols([choice] if choice else ["other"])
        return found

    async def work() -> None:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65_536):
                writer.write(b"".join(library(data)))

        server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context())
        ctx = JobScope(server.sockets[0].getsockname()[:2])
        ctx.live.target, ctx.live.tls = replace(TARGET, http=H2), trust()
        try:
            found = await see(ctx, "request", {"path": "/"})
            assert found.fact("outcome") == outcome
        finally:
            await ctx.close()
            server.close()

    run(work())
    if outcome == "response":
        assert (b":scheme", b"https") in library.fields[1]


@pytest.mark.parametrize(
    ("outgoing", "expected"),
    [
        (Outgoing("CONNECT", "h:1", []), [(b":method", b"CONNECT"), (b":authority", b"h:1")]),
        (
            Outgoing("OPTIONS", "*", [(b"Host", b"other")]),
            [(b":method", b"OPTIONS"), (b":scheme", b"http"), (b":authority", b"other"), (b":path", b"*")],
        ),
    ],
)
def test_pseudo_header_fields(outgoing: Outgoing, expected: object) -> None:
    found = fields_of(outgoing, "host", "http", "t")
    assert found[:-1] == expected
    assert found[-1] == (b"x-engine-call", b"t")


def test_a_length_of_the_cases_own_stays_alone() -> None:
    found = fields_of(Outgoing("POST", "/", [(b"Content-Length", b"1")], b"x"), "h", "http", "t")
    assert [pair for pair in found if pair[0] == b"content-length"] == [(b"content-length", b"1")]
    assert (b"content-length", b"0") in fields_of(Outgoing("PUT", "/", []), "h", "http", "t")
    assert b"content-length" not in dict(fields_of(Outgoing("DELETE", "/", []), "h", "http", "t"))


def test_a_preview_has_a_frame_for_each_part() -> None:
    whole = Outgoing("POST", "/a?b", [(b"X-A", b"b")], b"hello", [(b"X-Sum", b"1")])
    found = [(one.what, one.data) for one in previewed(whole, "h", "t")]
    assert [what for what, _ in found] == ["HEADERS", "DATA", "HEADERS with the trailers, END_STREAM"]
    assert found[0][1].endswith(b":path: /a?b\nx-engine-call: t\nx-a: b\n")
    assert [data for _, data in found[1:]] == [b"hello", b"x-sum: 1\n"]
    assert [one.what for one in previewed(replace(whole, body=None, trailers=()), "h", "t")] == ["HEADERS, END_STREAM"]
