"""``connect`` on targets with TLS and without, and what other steps do on a target with TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from engine.model.expectation import ABSENT
from engine.model.tls import TlsClientOptions
from engine.model.variables import Variable
from engine.steps.stream.connect_tls import TlsOptions, certificate
from tests.steps.context import JobScope, against, on, run, see, staying, why
from tests.steps.reader import mistakes
from tests.tls_here import Peer, secure, server_context, trust

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def answering(peer: Peer) -> None:
    """Answers each head, and ends with a closure alert after one that asks for that."""
    await peer.shake()
    while True:
        if peer.plain.endswith(b"\r\n\r\n"):
            peer.say(OK)
            if b"Connection: close" in peer.plain:
                break
            peer.plain = b""
        if not await peer.more():
            return
    peer.writer.write(peer.codec.close())
    peer.writer.close()


@asynccontextmanager
async def target(asks: str = "", variables: Mapping[str, object] | None = None) -> AsyncIterator[JobScope]:
    """A context whose target has TLS."""
    async with secure(answering, server_context(asks)) as address:
        ctx = JobScope(address, variables)
        ctx.live.tls = trust(asks)
        try:
            yield ctx
        finally:
            await ctx.close()


def test_steps_speak_tls_without_a_word_of_it() -> None:
    async def work() -> None:
        async with target() as ctx:
            seen = await see(ctx, "request", {"path": "/"})
            assert (seen.fact("status"), seen.fact("body")) == (200, b"ok")
            connected = await see(ctx, "connect", {"as": "c"})
            assert (connected.fact("outcome"), why(connected)) == ("connected", [])
            seen = await see(ctx, "request", {"path": "/", "connection": "c", "headers": {"Connection": "close"}})
            assert seen.fact("status") == 200
            closed = await on(ctx, ctx.named["c"], "closed", {"within": "5s"})
            assert closed.fact("how") == "tls"

    run(work())


@pytest.mark.parametrize(("version", "number"), [("1.2", 771), ("1.3", 772)])
def test_what_was_agreed_on(version: str, number: int) -> None:
    async def work() -> None:
        async with target("optional", {"v": version, "mine": True}) as ctx:
            tls = {"version": "$(v)", "client_cert": {"var": "mine"}}
            seen = await see(ctx, "connect", {"as": "c", "tls": tls})
            facts = {name: seen.fact(f"tls.{name}") for name in ("version", "number", "alpn", "error")}
            assert facts == {"version": version, "number": number, "alpn": "http/1.1", "error": ABSENT}
            assert str(seen.fact("tls.server_cert")).startswith("-----BEGIN CERTIFICATE-----\n")
            assert str(seen.fact("tls.client_cert")) in trust("optional").client.read_text()
            assert seen.fact("tls.client_name") == trust("optional").client_name
            assert isinstance(seen.fact("tls.cipher"), str)
            assert isinstance(seen.fact("tls.suite"), int)

    run(work())


def test_nothing_is_offered_and_nothing_shown() -> None:
    async def work() -> None:
        async with target("optional") as ctx:
            seen = await see(ctx, "connect", {"as": "c", "tls": {"alpn": []}})
            assert seen.fact("outcome") == "connected"
            for name in ("alpn", "client_cert", "client_name", "error"):
                assert seen.fact(f"tls.{name}") is ABSENT

    run(work())


def test_a_plain_connection_to_a_target_with_tls() -> None:
    async def work() -> None:
        async with target() as ctx:
            seen = await see(ctx, "connect", {"as": "c", "tls": False})
            assert seen.fact("outcome") == "connected"
            assert seen.fact("tls.version") is ABSENT
            assert ctx.named["c"].channel.closure == ""

    run(work())


@pytest.mark.parametrize(("shows", "words"), [(False, "handshake failure"), ("wrong", "unknown ca")])
def test_a_handshake_that_fails(shows: object, words: str) -> None:
    async def work() -> None:
        async with target("required") as ctx:
            seen = await see(ctx, "connect", {"as": "c", "tls": {"version": "1.2", "client_cert": shows}})
            assert seen.fact("outcome") == "handshake"
            assert words in str(seen.fact("tls.error"))
            assert seen.fact("tls.version") is ABSENT
            assert why(seen) == [("outcome", "handshake")]
            assert [what for what, _ in ctx.notes] == ["no connection"]
            assert why(seen, "outcome") == []

    run(work())


def test_tls_on_a_target_without_it() -> None:
    async def work() -> None:
        async with against(staying()) as ctx:
            seen = await see(ctx, "connect", {"as": "c", "tls": True, "within": "200ms"})
            assert seen.fact("outcome") == "timeout"

        async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        async with against(refusing) as ctx:
            seen = await see(ctx, "connect", {"as": "c", "tls": {}})
            assert seen.fact("outcome") == "handshake"

    run(work())


def test_a_request_whose_handshake_fails() -> None:
    async def work() -> None:
        async with target() as ctx:
            ctx.live.tls = trust("required")  # another authority's
            other = trust("required")
            ctx.live.tls = type(other)(other.wrong, other.client, other.wrong)
            seen = await see(ctx, "request", {"path": "/"})
            assert seen.fact("outcome") == "handshake"
            ((where, _),) = why(seen)
            assert where

    run(work())


def test_ends_of_this_side() -> None:
    async def work() -> None:
        for way, alert in (("both", True), ("fin", False), ("write", True)):
            heard: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

            async def hearing(peer: Peer, heard: asyncio.Future[bool] = heard) -> None:
                await peer.shake()
                await peer.rest()
                heard.set_result(peer.alert)

            async with secure(hearing) as address:
                ctx = JobScope(address)
                ctx.live.tls = trust()
                await see(ctx, "connect", {"as": "c"})
                await on(ctx, ctx.named["c"], "hang_up", way)
                assert await heard is alert
                await ctx.close()

    run(work())


def test_what_asked_comes_to() -> None:
    ours = trust()
    assert TlsOptions().tls_options(None, {}) is None
    assert TlsOptions().tls_options(ours, {}) == TlsClientOptions(ours)
    assert TlsOptions(on=False).tls_options(ours, {}) is None
    assert TlsOptions(on=True).tls_options(None, {}) == TlsClientOptions(None)
    assert TlsOptions(True, ("h2", "$(x)"), Variable("v"), "wrong").tls_options(
        ours, {"x": "y", "v": "1.3"}
    ) == TlsClientOptions(ours, ("h2", "y"), "1.3", "wrong")
    with pytest.raises(ValueError, match=r"no version '1\.1' of TLS"):
        TlsOptions(True, version="1.1").tls_options(ours, {})
    with pytest.raises(ValueError, match=r"say `server: \{tls: true\}`"):
        TlsOptions(True, client_cert=True).tls_options(None, {})


@pytest.mark.parametrize(("value", "expected"), [(None, ""), (True, "ours"), (False, "none"), ("wrong", "wrong")])
def test_which_certificate_is_shown(value: object, expected: str) -> None:
    assert certificate(value) == expected


def test_no_other_certificate_can_be_shown() -> None:
    with pytest.raises(ValueError, match="should be true, false or wrong"):
        certificate("right")


def test_mistakes() -> None:
    assert mistakes("connect", {"as": "c", "tls": {"version": "1.1"}}) == ["there is no version '1.1' of TLS here"]
    assert mistakes("connect", {"as": "c", "tls": {"client_cert": "right"}}) == [
        "there is no client's certificate 'right'"
    ]
    assert mistakes("connect", {"as": "c", "tls": {"version": "$(v)", "client_cert": {"var": "x"}}}) == []
    assert mistakes("connect", {"as": "c", "tls": False}) == []
