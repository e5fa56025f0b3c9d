"""The reference server with TLS, and the extension that it passes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from engine.channels.tls import TlsChannel, open_tls
from engine.errors import HandshakeFailed
from engine.model.tls import TlsClientOptions
from engine.reference.options import parsed
from engine.reference.tls import escaped, rfc4514, tls_from
from tests.reference.serving import Receive, Scope, Send, on_both_loops, run, serving
from tests.tls_here import trust, written

GET = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


class RecordedState:
    """An application that keeps its scopes."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.events: asyncio.Queue[str] = asyncio.Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await receive()
        headers = [(b"content-length", b"4" if scope["path"] == "/half" else b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok", "more_body": scope["path"] == "/half"})
        if scope["path"] == "/half":
            self.events.put_nowait((await receive())["type"])


@contextlib.asynccontextmanager
async def secured(app: Any, asks: str = "") -> AsyncIterator[tuple[str, int]]:
    files, _ = written(asks)
    more: dict[str, Any] = {"client_ca": str(files.ca), "client_cert": asks} if asks else {}
    async with serving(app, certificate=str(files.cert), key=str(files.key), **more) as address:
        yield address


async def exchange(channel: TlsChannel, data: bytes = GET, until: bytes = b"ok") -> bytes:
    await channel.send(data)
    got = b""
    while not got.endswith(until):
        piece, _ = await channel.receive()
        assert piece, got
        got += piece
    return got


@on_both_loops
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_scope_says_what_was_agreed_on(loop: str, version: str) -> None:
    async def work() -> None:
        state = RecordedState()
        async with secured(state) as address:
            channel = await open_tls(address, TlsClientOptions(trust(), version=version))
            for _ in range(2):
                assert (await exchange(channel)).startswith(b"HTTP/1.1 200 OK")
            channel.close()
        agreed = channel.agreed
        assert agreed is not None
        one, two = state.scopes
        assert one["scheme"] == "https"
        assert one["extensions"]["tls"] == {
            "server_cert": f"{agreed.server_cert}\n",
            "client_cert_chain": [],
            "client_cert_name": None,
            "client_cert_error": None,
            "tls_version": agreed.number,
            "cipher_suite": agreed.suite,
        }
        assert two["extensions"]["tls"] == one["extensions"]["tls"]
        # Nothing of a scope is another's.
        assert two["extensions"]["tls"] is not one["extensions"]["tls"]
        assert two["extensions"]["tls"]["client_cert_chain"] is not one["extensions"]["tls"]["client_cert_chain"]

    run(loop, work())


@on_both_loops
def test_a_client_s_certificate(loop: str) -> None:
    async def work() -> None:
        state = RecordedState()
        async with secured(state, "required") as address:
            channel = await open_tls(address, TlsClientOptions(trust("required")))
            await exchange(channel)
            channel.close()
            with pytest.raises(HandshakeFailed):
                await open_tls(address, TlsClientOptions(trust("required"), version="1.2", shows="wrong"))
            with pytest.raises(HandshakeFailed):
                await open_tls(address, TlsClientOptions(trust("required"), version="1.2", shows="none"))
        assert channel.agreed is not None
        (scope,) = state.scopes
        found = scope["extensions"]["tls"]
        assert found["client_cert_chain"][0] == f"{channel.agreed.client_cert}\n"
        assert found["client_cert_name"] == trust("required").client_name

    run(loop, work())


@on_both_loops
def test_it_says_that_it_closes(loop: str) -> None:
    async def work() -> None:
        async with secured(RecordedState()) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            await exchange(channel, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert (await channel.receive())[0] == b""
            assert channel.closure == "tls"
            channel.close()

    run(loop, work())


@on_both_loops
@pytest.mark.parametrize("act", ["close", "truncate", "reset"])
def test_it_hears_that_the_client_goes(loop: str, act: str) -> None:
    async def work() -> None:
        state = RecordedState()
        async with secured(state) as address:
            channel = await open_tls(address, TlsClientOptions(trust()))
            await exchange(channel, GET.replace(b"/a", b"/half"))
            getattr(channel, act)()
            assert await state.events.get() == "http.disconnect"

    run(loop, work())


@on_both_loops
def test_a_plain_request_is_not_answered(loop: str) -> None:
    async def work() -> None:
        state = RecordedState()
        async with secured(state) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(GET)
            with contextlib.suppress(ConnectionError):
                assert not (await reader.read()).startswith(b"HTTP/1.1 2")
            writer.close()
            channel = await open_tls(address, TlsClientOptions(trust()))
            await exchange(channel)
            channel.close()
        assert len(state.scopes) == 1

    run(loop, work())


@pytest.mark.parametrize("value", [
    "plain", "a,b", "a+b", 'a"b', "a\\b", "a<b>c", "a;b", "#a", "a#", " a", "a ", " ", "a=b", "é", "", "  a  ",
])  # fmt: skip
def test_a_value_is_escaped_as_rfc_4514_has_it(value: str) -> None:
    if not value:
        assert escaped(value) == ""
        return
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value)])
    # What another implementation makes of it, and that it reads as the same.
    assert x509.Name.from_rfc4514_string(f"CN={escaped(value)}") == name


def test_a_name_is_written_from_its_end() -> None:
    subject = ((("countryName", "DE"),), (("organizationName", "a, b"), ("organizationalUnitName", "c")),
               (("commonName", "x"),))  # fmt: skip
    assert rfc4514({"subject": subject}) == "CN=x,O=a\\, b+OU=c,C=DE"
    assert rfc4514({}) == ""


def test_versions_before_1_2_are_not_spoken() -> None:
    files, _ = written()
    tls = tls_from(str(files.cert), str(files.key))
    assert tls.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls.certificate in files.cert.read_text()
    with pytest.raises(FileNotFoundError):
        tls_from("/nowhere", "/nowhere")


@pytest.mark.parametrize("words", [
    ["--certificate", "x"], ["--key", "x"], ["--client-cert", "optional"], ["--client-ca", "x"],
    ["--client-cert", "optional", "--client-ca", "x"],
])  # fmt: skip
def test_options_that_go_together(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(["m:app", *words])
    assert caught.value.code == 2
    assert "--certificate" in capsys.readouterr().err
