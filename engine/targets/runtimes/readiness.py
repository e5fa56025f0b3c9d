"""Asking a target that has just been started whether it is ready: one GET /health with the engine's own token.

A stranger on the same port cannot pass: only this target's observer reports the token.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.model.boundary import AppCall
from engine.model.network import authority as authority_of
from engine.model.protocols import Boundary
from engine.model.tls import TlsCredentials
from engine.targets.catalog.frameworks import HEALTH
from engine.targets.runtimes.dialing import Greeting, dial, no_greeting, own_address

if TYPE_CHECKING:
    import ssl

JOB = "ready"
HEADER = "x-engine-call"
# The pause between two tries while the port is closed, or the server drops a connection; and for the observer's file.
AGAIN = 0.02
POLL = 0.0015
# The time that the observer's record may take to appear after an answer.
RECORD_WITHIN = 2.0
# So much of an answer is read, in bytes: a server may send without end.
MOST = 1 << 20
# Status codes of a gateway itself while the server behind it does not answer.
NOT_YET = (502, 504)


class NotReady(Exception):
    """The target answered, and not as one that is ready; the message says how. ``stranger``: another process did."""

    def __init__(self, what: str, stranger: bool = False) -> None:
        super().__init__(what)
        self.stranger = stranger


@dataclass(frozen=True, slots=True)
class FirstResponse:
    """The first line of a response, and everything that followed."""

    status: int
    rest: bytes


async def ready(
    address: tuple[str, int],
    boundary: Boundary,
    turn: int = 1,
    *,
    fronted: bool = False,
    any_status: bool = False,
    tls: TlsCredentials | None = None,
    greeting: Greeting = no_greeting,
    path: str = HEALTH,
) -> AppCall:
    """Wait until the target answers, and find its call. Raises NotReady; never ends where nobody answers. ``turn`` is
    how often it has been started, this time included. ``fronted`` says that a gateway answers, which says itself that
    the server does not yet; ``any_status`` that the app need not have the endpoint. ``tls`` is what it
    takes to speak TLS to it, and ``greeting`` makes the first bytes of each connection. ``path`` is the path of the
    request.

    Connections that are refused or dropped are tried again: whoever calls this watches the process, and the time.
    """
    token = boundary.token(JOB, turn)
    context = context_of(tls) if tls is not None else None
    while True:
        try:
            answer = await ask(address, token, tls=context, greeting=greeting, path=path)
            if not fronted or answer.status not in NOT_YET or await reported(boundary, token, within=0.0):
                break
        except (OSError, EOFError) as error:
            if context is not None:
                refused(error)
        await asyncio.sleep(AGAIN)
    call = await reported(boundary, token)
    if call is None:
        raise NotReady(f"GET {path} was answered, but not by this target's observer", stranger=True)
    if answer.status != 200 and not (any_status and not call.raised):
        how = f"the app raised {call.raised}: {call.message}" if call.raised else "see the log"
        raise NotReady(f"GET {path} was answered with {answer.status} ({how})")
    return call


def context_of(trust: TlsCredentials) -> ssl.SSLContext:
    """The TLS context of the engine's own clients of a target. Raises OSError for files that are not there."""
    import ssl  # noqa: PLC0415  plain targets do without

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(trust.ca)
    if trust.certificate is not None:
        context.load_cert_chain(trust.certificate)
    return context


def refused(error: OSError | EOFError) -> None:
    """Raises NotReady where somebody answered whom trying again will not change: with no TLS, with a certificate that
    is not the target's, or by an alert."""
    import ssl  # noqa: PLC0415

    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"its certificate is not the one that it was given ({error.verify_message})"
        raise NotReady(what, stranger=True) from None
    reason = str(error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        raise NotReady("it answers without TLS: are its flags for TLS right?") from None
    if "_ALERT_" in reason:
        words = reason.partition("_ALERT_")[2].lower().replace("_", " ")
        raise NotReady(f"it speaks TLS, and aborts the handshake ({words})") from None


async def ask(
    address: tuple[str, int],
    token: str,
    authority: str = "",
    *,
    tls: ssl.SSLContext | None = None,
    greeting: Greeting = no_greeting,
    path: str = HEALTH,
) -> FirstResponse:
    """One request on one connection. Raises OSError and EOFError where no answer comes, NotReady for a broken one.
    ``authority`` is the Host header's value, the address as it is where none is given; ``tls`` speaks TLS, and
    ``greeting`` makes the bytes before the request."""
    authority = authority or authority_of(address)
    reader, writer = await dial(address, tls)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: {authority}\r\n{HEADER}: {token}\r\nConnection: close\r\n\r\n"
        writer.write(greeting(own_address(writer)) + head.encode())
        data = await most_of(reader)
    finally:
        if tls is not None:  # nobody waits for a closure alert that may never come
            writer.transport.abort()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if not data:
        raise EOFError
    return parse(data)


async def most_of(reader: asyncio.StreamReader) -> bytes:
    """The bytes up to the end of the stream. Raises OSError, and NotReady for more than MOST."""
    data = bytearray()
    while piece := await reader.read(65536):
        data += piece
        if len(data) > MOST:
            raise NotReady(f"GET /health was answered with more than {MOST >> 10} KiB")
    return bytes(data)


def parse(data: bytes) -> FirstResponse:
    """An answer from everything that the server sent. Raises NotReady where that is no HTTP/1 response."""
    line, _, rest = data.partition(b"\r\n")
    words = line.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise NotReady(f"GET /health was answered with {data[:40]!r}, which is no HTTP response")
    return FirstResponse(int(words[1]), rest)


async def reported(boundary: Boundary, token: str, within: float = RECORD_WITHIN) -> AppCall | None:
    """The call with that token once it has ended, None if it does not show ``within`` so many seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    call: AppCall | None = None
    while True:
        boundary.refresh()
        calls = boundary.calls(token=token)
        if calls:
            call = calls[0]
            if call.ended is not None:
                return call
        if loop.time() > deadline:
            return call
        await asyncio.sleep(POLL)
