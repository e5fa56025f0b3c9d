"""The probe of a server: three small exchanges with the bare app on it, a check of its lifespan calls, and a signal at
the end; and one exchange with another that has TLS."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from engine.model.boundary import AppCall
from engine.model.network import authority
from engine.model.protocols import Boundary
from engine.model.target import HTTP_1_1, ExitStatus
from engine.model.tls import TlsCredentials
from engine.targets.catalog.capabilities import NOTHING, OF_HTTP, OF_TLS, OF_WEBSOCKET, RELOAD, UVLOOP, Probed
from engine.targets.probing import over_http2 as exchanges
from engine.targets.runtimes import readiness
from engine.targets.runtimes.dialing import Greeting, dial, no_greeting, own_address

if TYPE_CHECKING:
    import ssl

JOB = "probe"
WITHIN = 3.0
# A client that knows beforehand that the server speaks HTTP/2 begins with this and with its settings (RFC 9113 3.4).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
SETTINGS = 4
FRAME_HEAD = 9
OFTEN = 0.02
"""Seconds between two observations."""


class Probable(Protocol):
    """The bare app on the server that is probed."""

    @property
    def address(self) -> tuple[str, int]: ...

    @property
    def tls(self) -> TlsCredentials | None: ...

    @property
    def boundary(self) -> Boundary: ...

    @property
    def ended(self) -> ExitStatus | None: ...

    def signal(self, number: int) -> bool: ...

    async def stop(self, grace: float) -> ExitStatus | None: ...


async def look(live: Probable, loop: str, workers: int = 1, http: str = HTTP_1_1) -> Probed:
    """The offers of a server with the bare app behind it, to clients of a version of HTTP. ``loop`` and ``workers`` are
    those that it was started with.

    A word whose exchange had no result is not among those that were probed. If the first call was not observed, none
    is.
    """
    address, boundary = live.address, live.boundary
    if http == HTTP_1_1:
        call, websocket, http2 = await asyncio.gather(
            over_http(address, boundary), over_websocket(address, boundary), over_http2(address, boundary)
        )
    else:
        tls = None if live.tls is None else exchanges.context_of(live.tls)
        call, websocket = await asyncio.gather(
            request_over_http2(address, boundary, tls), websocket_over_http2(address, boundary, tls)
        )
        http2 = {"http2": call is not None}
    if call is None:
        return NOTHING
    found = of_scope(call, OF_HTTP, "http") | websocket | http2
    found |= {"state": "state" in call.scope, "lifespan": any(map(started, boundary.lifespans()))}
    running = call.loop.startswith(UVLOOP)
    # By its own choice a server may not use uvloop although it is installed.
    if loop == UVLOOP or (loop == "auto" and running):
        found[UVLOOP] = running
    found |= await reloads(live, workers)
    return Probed(frozenset(found), frozenset(word for word, there in found.items() if there))


async def over_tls(live: Probable, http: str = HTTP_1_1) -> dict[str, bool]:
    """By word: a server that was started with TLS speaks it, and its scope has the extension."""
    assert live.tls is not None
    if http != HTTP_1_1:
        call = await request_over_http2(live.address, live.boundary, exchanges.context_of(live.tls))
        return {"tls": call is not None} | (of_scope(call, OF_TLS, "http") or dict.fromkeys(OF_TLS, False))
    token = live.boundary.token(JOB, 1)
    request = head("GET /health HTTP/1.1", live.address, token, "Connection: close")
    answer = await exchange(live.address, request, b"\r\n\r\n", readiness.context_of(live.tls))
    if answer is None:
        return {}
    call = await readiness.reported(live.boundary, token) if answer.startswith(b"HTTP/1.1 200") else None
    return {"tls": call is not None} | (of_scope(call, OF_TLS, "http") or dict.fromkeys(OF_TLS, False))


async def reloads(live: Probable, workers: int) -> dict[str, bool]:
    """By word: SIGHUP replaces the workers, as their lifespans show. Empty if that cannot be observed, without
    lifespans or in the given time. The server may be gone afterwards."""
    before = await seen(live, lambda pids: len(pids) >= workers)
    live.signal(signal.SIGHUP)
    after = await seen(live, lambda pids: live.ended is not None or (bool(before) and not pids <= before))
    if live.ended is not None:
        return {RELOAD: False}
    return {RELOAD: not after <= before} if len(before) >= workers else {}


async def seen(live: Probable, enough: Callable[[frozenset[int]], bool]) -> frozenset[int]:
    """The pids of processes that received a startup, as soon as they are enough, or after WITHIN."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WITHIN
    while True:
        live.boundary.refresh()
        pids = frozenset(call.pid for call in live.boundary.lifespans() if started(call))
        if enough(pids) or loop.time() > deadline:
            return pids
        await asyncio.sleep(readiness.AGAIN)


async def over_http(address: tuple[str, int], boundary: Boundary) -> AppCall | None:
    """The application's call for a request that takes trailers."""
    token = boundary.token(JOB, 1)
    await exchange(address, head("GET /health HTTP/1.1", address, token, "TE: trailers", "Connection: close, TE"), b"")
    return await readiness.reported(boundary, token)


async def request_over_http2(
    address: tuple[str, int], boundary: Boundary, tls: ssl.SSLContext | None
) -> AppCall | None:
    """The application's call for a request over HTTP/2 that takes trailers; None if the server has no such thing."""
    token = boundary.token(JOB, 1)
    answer = await exchanges.request(address, token, tls, within=WITHIN)
    return await readiness.reported(boundary, token) if answer else None


async def websocket_over_http2(
    address: tuple[str, int], boundary: Boundary, tls: ssl.SSLContext | None
) -> dict[str, bool]:
    """By word: as ``over_websocket``, with the handshake of HTTP/2."""
    token = boundary.token(JOB, 2)
    answer = await exchanges.websocket(address, token, tls, within=WITHIN)
    if answer is None:
        return {}
    opened = exchanges.opened(answer)
    words = {
        "websocket": opened,
        "extended-connect": opened,
        "deflate": opened and b"sec-websocket-extensions" in answer,
    }
    call = await readiness.reported(boundary, token, within=0.0 if not opened else readiness.RECORD_WITHIN)
    return words | (of_scope(call, OF_WEBSOCKET, "websocket") if opened else dict.fromkeys(OF_WEBSOCKET, False))


async def over_websocket(address: tuple[str, int], boundary: Boundary) -> dict[str, bool]:
    """By word: a handshake opens a WebSocket, and the other offers that its answer shows."""
    token = boundary.token(JOB, 2)
    request = handshake(address, token, "Sec-WebSocket-Extensions: permessage-deflate")
    answer = await exchange(address, request, b"\r\n\r\n")
    if answer is None:
        return {}
    answer = answer.partition(b"\r\n\r\n")[0].lower()
    opened = answer.split(b" ", 2)[1:2] == [b"101"]
    words = {"websocket": opened, "deflate": opened and b"permessage-deflate" in answer}
    call = await readiness.reported(boundary, token) if opened else None
    return words | (of_scope(call, OF_WEBSOCKET, "websocket") if opened else dict.fromkeys(OF_WEBSOCKET, False))


def handshake(address: tuple[str, int], token: str, *fields: str) -> bytes:
    """The head of a WebSocket's handshake (RFC 6455, 4.1)."""
    return head(
        "GET /ws/echo HTTP/1.1", address, token, "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields,
    )  # fmt: skip


async def over_http2(address: tuple[str, int], boundary: Boundary) -> dict[str, bool]:
    """By word: HTTP/2 is spoken to a client with prior knowledge, whose server's SETTINGS come first (RFC 9113, 3.4),
    and a WebSocket is opened in it."""
    answer = await exchange(address, PREFACE, None)
    if answer is None:
        return {}
    spoken = len(answer) >= FRAME_HEAD and answer[3] == SETTINGS and not answer.startswith(b"HTTP/")
    if not spoken:
        return {"http2": False, "extended-connect": False}
    opening = await exchanges.websocket(address, boundary.token(JOB, 3), None, within=WITHIN)
    return {"http2": True} | ({} if opening is None else {"extended-connect": exchanges.opened(opening)})


def of_scope(call: AppCall | None, words: Mapping[str, str], kind: str) -> dict[str, bool]:
    """The extensions that a scope names, by word; empty without such a call."""
    if call is None or call.type != kind:
        return {}
    named = call.scope.get("extensions")
    there = named if isinstance(named, Mapping) else {}
    return {word: extension in there for word, extension in words.items()}


def started(lifespan: AppCall) -> bool:
    """True if a lifespan call received ``lifespan.startup``."""
    return any(event.way == "received" and event.message.get("type") == "lifespan.startup" for event in lifespan.events)


def head(first: str, address: tuple[str, int], token: str, *fields: str) -> bytes:
    """A request's head, for the engine's own call."""
    host = f"Host: {authority(address)}"
    return "".join(f"{line}\r\n" for line in (first, host, f"{readiness.HEADER}: {token}", *fields, "")).encode()


async def exchange(
    address: tuple[str, int],
    data: bytes,
    until: bytes | None,
    tls: ssl.SSLContext | None = None,
    *,
    seconds: float = WITHIN,
    greeting: Greeting = no_greeting,
) -> bytes | None:
    """The response to some bytes: up to ``until``, to the end for b"", or the first frame's head for None. Less if the
    server ends or breaks the connection before; None after a timeout, which shows nothing. ``tls`` uses TLS, and
    ``greeting`` makes the bytes before ``data``."""
    received = bytearray()
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await dial(address, tls)
            try:
                writer.write(greeting(own_address(writer)) + data)
                while not ended(bytes(received), until) and (piece := await reader.read(65536)):
                    received += piece
            finally:
                writer.close()
    except TimeoutError:
        return None
    except OSError:
        pass
    return bytes(received)


def ended(received: bytes, until: bytes | None) -> bool:
    """True if enough was received."""
    return len(received) >= FRAME_HEAD if until is None else bool(until) and until in received


async def within(seconds: float, there: Callable[[], bool]) -> bool:
    """True as soon as a condition holds, False if it does not in this time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not there():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(OFTEN)
    return True
