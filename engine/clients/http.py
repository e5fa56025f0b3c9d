"""httpx on a channel: its requests go out through the step that sends, and what it reads is kept with the times.

The transport opens one HTTP/1.1 connection of httpcore for each request, on the byte stream of a channel. So a named
connection of a case can be used by httpx and by other steps in turn, and the transcript is taken below the library.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpcore
import httpx

from engine.errors import Defect, Reset
from engine.model.protocols import Channel

Pair = tuple[bytes, bytes]
Write = Callable[[bytes], Awaitable[None]]

# What ends a chain of redirects, as browsers do.
MOST_REDIRECTS = 20
# What a library raises for a peer that breaks the protocol, or ends the stream.
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError, httpcore.NetworkError)


class Unfit(Exception):
    """The library refuses to send such a request, and nothing of it was sent."""


@dataclass
class Exchange:
    """One request of the library and what came back. ``arrivals`` are the received bytes with their times, ``body`` the
    response's body as the library took it from its framing. ``reset`` is true
    if the peer reset the connection."""

    channel: Channel
    write: Write
    method: str = "GET"
    arrivals: list[tuple[bytes, float]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    sent: int = 0
    reset: bool = False
    unused: bytes = b""


class _Stream(httpcore.AsyncNetworkStream):
    """The channel of an exchange, as httpcore needs it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = self._exchange
        if not exchange.unused:
            try:
                data, at = await exchange.channel.receive()
            except Reset as error:
                exchange.reset = True
                raise httpcore.ReadError(error.what) from error
            exchange.arrivals.append((data, at))
            exchange.unused = data
        data, exchange.unused = exchange.unused[:max_bytes], exchange.unused[max_bytes:]
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._exchange.sent += len(buffer)
            await self._exchange.write(bytes(buffer))

    async def aclose(self) -> None:
        """The step closes the connection."""

    def get_extra_info(self, info: str) -> object:
        return None


class _Body(httpx.AsyncByteStream):
    """A response's body, which the exchange keeps."""

    def __init__(self, stream: AsyncIterator[bytes], exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._exchange.body.append(piece)
            yield piece


class Transport(httpx.AsyncBaseTransport):
    """Performs each request on a connection that ``open`` returns. ``exchanges`` are all, in order."""

    def __init__(self, open: Callable[[], Awaitable[Exchange]]) -> None:
        self._open = open
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, whose body is read later. Raises Unfit, and FAILURES."""
        exchange = await self._open()
        exchange.method = request.method
        self.exchanges.append(exchange)
        origin = httpcore.Origin(b"http", request.url.raw_host, request.url.port or 80)
        connection = httpcore.AsyncHTTP11Connection(origin=origin, stream=_Stream(exchange))
        url = httpcore.URL(scheme=b"http", host=origin.host, port=origin.port, target=request.url.raw_path)
        try:
            response = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=dict(request.extensions),
                )
            )
        except httpcore.LocalProtocolError as error:
            raise Unfit(str(error)) from error
        if not isinstance(response.stream, AsyncIterable):
            raise Defect("httpcore returned a body that is not read asynchronously")
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response.stream.__aiter__(), exchange),
            extensions=response.extensions,
        )


@dataclass(frozen=True)
class Redirect:
    """A redirect that was followed: the status, and the Location field."""

    status: int
    location: str


@dataclass(frozen=True)
class Answer:
    """The final response as httpx has it. ``content`` is the decoded body, None if it cannot be decoded, for the reason
    ``undecoded``."""

    status: int
    reason: str
    version: str
    headers: Sequence[tuple[str, str]]
    content: bytes | None
    undecoded: str = ""
    redirects: Sequence[Redirect] = ()


class Jar:
    """Cookies that requests share."""

    def __init__(self) -> None:
        self.cookies = httpx.Cookies()

    def get(self, name: str) -> str | None:
        """The value of the newest cookie of that name, None without one."""
        found = [cookie.value for cookie in self.cookies.jar if cookie.name == name]
        return found[-1] if found else None


def target_of(host: str, target: str) -> str:
    """The request target that httpx sends for one; "" if it rejects it."""
    try:
        return httpx.URL(f"http://{host}{target}").raw_path.decode("ascii")
    except httpx.InvalidURL:
        return ""


def same_origin(url: httpx.URL, own: httpx.URL) -> bool:
    """True if a URL has the scheme, the host and the port of another."""
    return (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)


async def perform(
    transport: Transport,
    method: str,
    url: str,
    *,
    headers: Sequence[Pair],
    body: bytes | None,
    follow: bool,
    jar: Jar | None,
    defaults: bool,
) -> Answer:
    """Perform a request, and its redirects if ``follow``: at most MOST_REDIRECTS, and none to another server, whose
    redirect is the final response then. ``defaults`` adds the headers that httpx adds for its user,
    such as Accept-Encoding, where they are missing. Raises Unfit and FAILURES."""
    async with httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        cookies=jar.cookies if jar is not None else None,
    ) as client:
        if not defaults:
            client.headers.clear()
        request = client.build_request(method, url, headers=list(headers), content=body)
        try:
            response = await client.send(request, stream=True)
            past: list[httpx.Response] = []
            own = request.url
            while follow and (after := response.next_request) and len(past) < MOST_REDIRECTS:
                if not same_origin(after.url, own):
                    break
                await response.aread()
                past.append(response)
                response = await client.send(after, stream=True)
            data = b"".join([piece async for piece in response.aiter_raw()])
        finally:
            if jar is not None:
                jar.cookies = client.cookies
    content, undecoded = decoded(response.headers, data)
    return Answer(
        response.status_code,
        response.extensions.get("reason_phrase", b"").decode("latin-1"),
        response.http_version.removeprefix("HTTP/"),
        [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw],
        content,
        undecoded,
        [Redirect(one.status_code, one.headers.get("location", "")) for one in past],
    )


def decoded(headers: httpx.Headers, data: bytes) -> tuple[bytes | None, str]:
    """A body without its content codings, as httpx undoes them; None, and the reason, if it cannot."""
    try:
        return httpx.Response(200, headers=headers, content=data).content, ""
    except httpx.DecodingError as error:
        return None, str(error)
