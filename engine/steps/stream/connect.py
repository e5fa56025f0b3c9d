"""The step ``connect``: opens a connection, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ChannelError, ConnectionRefused, HandshakeFailed, Reset
from engine.model.expectation import ABSENT, Mismatch
from engine.model.facts import ANY, list_of, one_of
from engine.model.network import unix_path
from engine.model.nodes import Node
from engine.model.phrasing import Worded
from engine.model.requirements import Requirement
from engine.model.tls import TlsClientOptions, TlsSession
from engine.model.wire_bytes import ByteString
from engine.steps.api.context import Connection, Context
from engine.steps.api.facts import fact
from engine.steps.api.observation import Observation
from engine.steps.api.reader import NodeReader
from engine.steps.api.schema import literal, mapping
from engine.steps.api.step_type import StepType
from engine.steps.shared.sending import send
from engine.steps.shared.values import integer, text
from engine.steps.stream.connect_tls import NOTHING_SAID, SCHEMA, TlsFacts, TlsOptions, parse_tls, session_of

# The default time limit, in seconds: on one machine only a full queue takes longer.
PATIENCE = 5.0


@dataclass(frozen=True)
class ConnectParams:
    """The address, the size of the receive buffer in bytes, the first bytes to send, and the TLS options."""

    address: object = None
    receive_buffer: object = None
    preamble: ByteString | None = None
    tls: TlsOptions = NOTHING_SAID


class ConnectFacts(TlsFacts):
    """The outcome of a connection: ``connected``, ``refused``, ``reset``, ``handshake`` or ``timeout``. Unless a case
    expects it, any other than ``connected`` is a failure. ``session`` is the TLS session. ``local`` and ``remote`` are
    the ends of the connection, host and port, None without one. A Unix socket is its path without a port, and its
    client has no address."""

    def __init__(
        self,
        outcome: str,
        detail: str = "",
        session: TlsSession | None = None,
        local: tuple[str, int] | None = None,
        remote: tuple[str, int | None] | None = None,
    ) -> None:
        super().__init__(session, detail if outcome == "handshake" else "")
        self._outcome = outcome
        self._detail = detail
        self._local = local
        self._remote = remote

    @fact("outcome", one_of("connected", "refused", "reset", "handshake", "timeout"))
    def outcome(self) -> object:
        """connected, refused, reset, handshake (TLS was not agreed upon) or timeout."""
        return self._outcome

    @fact("local", list_of(ANY))
    def local(self) -> object:
        """The client's end of the connection: its address and its port."""
        return ABSENT if self._local is None else list(self._local)

    @fact("remote", list_of(ANY))
    def remote(self) -> object:
        """The server's end, as the client reached it: its address and its port."""
        return ABSENT if self._remote is None else list(self._remote)

    def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
        """A missing connection."""
        if "outcome" in named or self._outcome == "connected":
            return ()
        actual = Worded(_INSTEAD[self._outcome], self._outcome)
        return (Mismatch("outcome", "a connection", actual, why=self._detail, implicit=True),)


# The outcomes other than a connection, behind "expected a connection, got".
_INSTEAD = {
    "refused": "a refused one",
    "reset": "a reset one",
    "handshake": "a failed TLS handshake",
    "timeout": "a timeout",
}


def parse(node: Node, reader: NodeReader) -> ConnectParams:
    """The parameters of a valid node."""
    address, buffer, preamble = (node.get(key) for key in ("address", "receive_buffer", "preamble"))
    return ConnectParams(
        reader.value(address) if address else None,
        reader.size(buffer) if buffer else None,
        reader.bytes(preamble) if preamble else None,
        parse_tls(node.get("tls"), reader),
    )


async def perform(params: ConnectParams, ctx: Context) -> Observation:
    """Open a connection under the step's name, and return the outcome. It stays open until a later step closes it or
    the case ends. Raises ValueError for an unknown value of ``tls``."""
    variables = ctx.variables
    preamble = params.preamble.render(variables) if params.preamble is not None else b""
    tls_options = params.tls.tls_options(ctx.live.tls, variables)
    try:
        async with asyncio.timeout(PATIENCE if ctx.step.checks.within is None else ctx.step.checks.within):
            connection = await opened(params, ctx, tls_options)
            if preamble:
                await send(ctx, connection, preamble)
    except TimeoutError:
        return ConnectFacts(
            "timeout", "the system did not answer" if tls_options is None else "the handshake was not done in time"
        )
    except ConnectionRefused as error:
        return ConnectFacts("refused", error.what)
    except HandshakeFailed as error:
        ctx.note("no connection", error.what, subject=ctx.step.name or "")
        return ConnectFacts("handshake", error.what)
    except Reset as error:
        return ConnectFacts("reset", error.what)
    except ChannelError as error:
        return ConnectFacts("timeout", error.what)
    host, port = ctx.live.address
    remote = (host if params.address is None else text(params.address, variables), port)
    nameless = bool(unix_path(ctx.live.address))
    return ConnectFacts(
        "connected",
        session=session_of(connection.channel),
        local=None if nameless else connection.channel.local,
        remote=(host, None) if nameless else remote,
    )


async def opened(params: ConnectParams, ctx: Context, tls_options: TlsClientOptions | None) -> Connection:
    """The open connection, whose calls belong to this job. Raises ConnectionRefused, HandshakeFailed, Reset and other
    kinds of ChannelError."""
    where = None if params.address is None else (text(params.address, ctx.variables), ctx.live.address[1])
    buffer = None if params.receive_buffer is None else integer(params.receive_buffer, ctx.variables, "receive_buffer")
    connection = await ctx.open(ctx.step.name or "", address=where, receive_buffer=buffer, tls_options=tls_options)
    ctx.live.boundary.expect_peer(connection.channel.local, ctx.job)
    return connection


def not_by_hand(params: ConnectParams) -> str:
    """The reason why such a connection cannot be reproduced, "" if it can."""
    if params.receive_buffer is not None:
        return "the client has a small receive buffer"
    return "" if params.address is None else "the connection is made to another address"


STEP_TYPES = (
    StepType(
        name="connect",
        awaits="the connection",
        groups=("step",),
        summary="Opens a connection under a name, for steps to continue, or to be left as it is.",
        schema=mapping(
            {
                "address": literal("text", "Another address of the server's, on the same port."),
                "receive_buffer": literal("size", "The amount of unread data that the system keeps."),
                "preamble": literal("bytes", "Bytes to send at once, before anything else."),
                "tls": SCHEMA,
            },
            required=("as",),
        ),
        parse=parse,
        perform=perform,
        requires=frozenset({Requirement.RAW}),
        not_by_hand=not_by_hand,
        facts=ConnectFacts.facts,
        observes=True,
        within="waits",
        named=True,
        besides=("address", "receive_buffer", "tls"),
        lasts=0.3,
    ),
)
