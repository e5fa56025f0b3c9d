"""Steps that httpx performs: the same facts as by the own client, and what a client does for its user."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from typing import Any

import pytest

from engine.model.case import LIBRARY
from engine.model.expectation import ABSENT, Unclear
from engine.steps.api.observation import Observation
from tests.steps.context import Handler, JobScope, against, answering, run, see
from tests.steps.reader import mistakes
from tests.steps.request.test_step import OK, Echo

FACTS = (
    "status", "reason", "version", "headers", "body", "framing", "chunks", "complete", "interim", "outcome", "trailer.t"
)  # fmt: skip
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n"


def by_library(ctx: JobScope) -> JobScope:
    """The scope of a job whose plain steps a library performs."""
    state = ctx._state
    state.job = replace(state.job, case=replace(state.job.case, client=LIBRARY))
    return ctx


def seen(handler: Handler, params: dict[str, Any], *, library: bool, expect: dict[str, Any] | None = None) -> Any:
    """What a request observes."""

    async def work() -> Observation:
        async with against(handler) as ctx:
            if library:
                by_library(ctx)
            return await see(ctx, "request", {**params, **({"expect": expect} if expect else {})})

    return run(work())


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        CHUNKED,
        b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK,
        b"HTTP/1.0 200 OK\r\nX-A: 1\r\nx-a: 2\r\n\r\nuntil the end",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_both_clients_see_the_same(answer: bytes) -> None:
    own, other = (seen(answering(answer), {"path": "/"}, library=library) for library in (False, True))
    for name in FACTS:
        assert other.fact(name) == own.fact(name), name


def test_a_request_of_the_library_is_that_of_the_own_client() -> None:
    params = {"method": "POST", "path": "/a%20b", "query": {"c": "d e"}, "headers": {"X-A": ["1", "2"]}, "body": "hi"}
    own, other = (seen(Echo(), params, library=library).fact("body") for library in (False, True))
    assert sorted(other.split(b"\r\n")[1:])[3:] == sorted(own.split(b"\r\n")[1:])[3:]
    assert other.split(b"\r\n")[0] == own.split(b"\r\n")[0]
    assert b"User-Agent" not in other


def test_a_named_connection_goes_on_with_either_client() -> None:
    async def work() -> None:
        server = Echo()
        async with against(server) as ctx:
            await see(ctx, "request", {"path": "/1", "connection": "one"})
            by_library(ctx)
            second = await see(ctx, "request", {"path": "/2", "connection": "one"})
            third = await see(ctx, "request", {"path": "/3", "connection": "one", "framing": "chunked"})
            assert bytes(second.fact("body")).startswith(b"GET /2 ")  # type: ignore[call-overload]  # bytes
            assert third.fact("outcome") in ("response", "closed")
            assert server.connections == 1

    run(work())


@pytest.mark.parametrize("path", ["/%7e|", '/a"b', "//a/../b"])
def test_a_target_that_httpx_would_change_goes_out_as_written(path: str) -> None:
    assert seen(Echo(), {"path": path}, library=True).fact("body").startswith(f"GET {path} HTTP/1.1\r\n".encode())


async def redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers /a by a redirect to /b, with a cookie; anything else by the request."""
    while True:
        got = await reader.readuntil(b"\r\n\r\n")
        if got.startswith(b"GET /a"):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: k=v\r\nContent-Length: 0\r\n\r\n")
        elif got.startswith(b"GET /loop"):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n")
        elif got.startswith(b"GET /elsewhere"):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(got), got))


def test_redirects_are_followed_and_cookies_kept() -> None:
    async def work() -> None:
        async with against(redirecting) as ctx:
            first = await see(ctx, "request", {"path": "/a", "follow": True, "cookies": "jar"})
            assert (first.fact("status"), first.fact("redirects")) == (200, [{"status": 302, "location": "/b"}])
            assert b"\r\nCookie: k=v\r\n" in bytes(first.fact("body"))  # type: ignore[call-overload]  # bytes
            assert first.fact("cookie.k") == "v"
            second = await see(ctx, "request", {"path": "/c", "cookies": "jar"})
            assert b"\r\nCookie: k=v\r\n" in bytes(second.fact("body"))  # type: ignore[call-overload]  # bytes
            other = await see(ctx, "request", {"path": "/c", "cookies": "other"})
            assert b"Cookie" not in bytes(other.fact("body"))  # type: ignore[call-overload]  # bytes
            assert other.fact("cookie.k") is ABSENT
            assert len(ctx.opened) == 3

    run(work())


def test_without_follow_a_redirect_is_the_response() -> None:
    found = seen(redirecting, {"path": "/a", "cookies": "jar"}, library=False)
    assert (found.fact("status"), found.fact("redirects"), found.fact("header.location")) == (302, [], "/b")


def test_a_redirect_to_another_host_is_not_followed() -> None:
    found = seen(redirecting, {"path": "/elsewhere", "follow": True}, library=False)
    assert (found.fact("outcome"), found.fact("status"), found.fact("redirects")) == ("response", 302, [])
    assert found.fact("header.location") == "http://elsewhere.test/"


def test_after_too_many_redirects_the_next_one_is_the_response() -> None:
    found = seen(redirecting, {"path": "/loop", "follow": True}, library=False)
    assert (found.fact("outcome"), found.fact("status")) == ("response", 302)
    assert found.fact("redirects") == [{"status": 302, "location": "/loop"}] * 20


def test_content_is_the_decoded_body() -> None:
    body = gzip.compress(b"hello")
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    found = seen(answering(answer), {"path": "/"}, library=False, expect={"content": "hello"})
    assert (found.fact("content"), found.fact("body")) == (b"hello", body)
    broken = answer.replace(b"\x1f\x8b", b"\x1f\x8c")
    found = seen(answering(broken), {"path": "/"}, library=False, expect={"outcome": "response"})
    assert isinstance(found.fact("content"), Unclear)
    assert found.fact("body") == body.replace(b"\x1f\x8b", b"\x1f\x8c")


@pytest.mark.parametrize(
    "more", [{"framing": "chunked"}, {"version": "1.0"}, {"abandon_after": "1s"}, {"headers": {"Host": "a"}}]
)
@pytest.mark.parametrize("word", [{"follow": True}, {"cookies": "jar"}])
def test_what_httpx_cannot_send_is_refused_with_its_words(word: dict[str, object], more: dict[str, object]) -> None:
    [found] = mistakes("request", {"path": "/scope", **word, **more})
    assert "httpx performs this step, and cannot: it " in found
