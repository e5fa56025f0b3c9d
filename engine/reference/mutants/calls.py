"""Faults around the call of the application: its exceptions, its end, and the client's."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import h11

from .. import log
from ..connection import ServerConnection
from ..exchange import Exchange
from ..refused import RequestRefused
from ..response import ResponseStage, answer, refusal
from ..service import ServerState
from ..session import WebSocketConversation
from ..stream import ServerStream
from ..violations import Disconnected, blameless
from .base import PROBE, Event, Install, Mutant, everywhere, replaced, sent, sent_by_websockets, together


def swallow(stream: ServerStream) -> Any:
    """Drop what the client sends until it ends the connection."""

    async def dropping() -> None:
        while await stream.fill():
            stream.buffer.clear()

    return dropping()


def _remember(right: Any) -> Any:
    def end(self: Any, call: asyncio.Task[None]) -> None:
        self.error = None if call.cancelled() else call.exception()
        right(self, call)

    return end


def at_break(instead: Callable[[Any], Any]) -> Install:
    """Do something else if a call ends without a complete response. ``instead`` gets the exchange, whose ``error`` is
    the exception of the call or None; it returns an awaitable, or None to do what is right."""

    def wrong(right: Any) -> Any:
        async def break_off(self: Any) -> None:
            other = instead(self)
            await (right(self) if other is None else other)

        return break_off

    return together(replaced(Exchange, "_end", _remember), replaced(Exchange, "_break_off", wrong))


async def _write(exchange: Any, data: bytes) -> None:
    exchange._stream.put(data)


def _leaking(exchange: Any) -> Any:
    if exchange.error is None or exchange._response.sent:
        return None
    return _write(exchange, answer(exchange._request, 500, str(exchange.error)))


def _of_status(status: int) -> Callable[[Any], Any]:
    def instead(exchange: Any) -> Any:
        if exchange.error is None or exchange._response.sent:
            return None
        return _write(exchange, answer(exchange._request, status, ""))

    return instead


def _hanging(exchange: Any) -> Any:
    return swallow(exchange._stream) if exchange.error is not None else None


def _waiting(exchange: Any) -> Any:
    return swallow(exchange._stream) if exchange.error is None else None


async def _nothing() -> None:
    """Do nothing, so that the connection closes."""


def _closing(exchange: Any) -> Any:
    return None if exchange._response.sent else _nothing()


def _empty_200(exchange: Any) -> Any:
    if exchange.error is not None or exchange._response.sent:
        return None
    return _write(exchange, answer(exchange._request, 200, ""))


def _ending(exchange: Any) -> Any:
    response = exchange._response
    if not response.sent or response._protocol.our_state is not h11.SEND_BODY or response._left is not None:
        return None
    return _write(exchange, response._protocol.send(h11.EndOfMessage()))


def _second_response(exchange: Any) -> Any:
    if exchange.error is None or not exchange._response.sent:
        return None
    return _write(exchange, b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n")


def _ending_the_server(right: Any) -> Any:
    def end(self: Exchange, call: asyncio.Task[None]) -> None:
        right(self, call)
        if not call.cancelled() and call.exception() is not None:
            os._exit(70)

    return end


def _held_back(exchange: Any, event: Event) -> Event | None:
    if event.get("type") != "http.response.body" or exchange._request.target.path == PROBE:
        return event
    exchange.held = getattr(exchange, "held", b"") + event.get("body", b"")
    return None


def _at_the_end(right: Any) -> Any:
    def end(self: Any, call: asyncio.Task[None]) -> None:
        right(self, call)
        failed = call.cancelled() or call.exception() is not None
        if not failed and self._response.stage is ResponseStage.BODY and not self._stream.lost:
            self._stream.put(self._response.piece(getattr(self, "held", b""), more=False))
            self._check_end()

    return end


class _NotingService:
    """The state of the server for one exchange, which notes the exchange's call in ``own``."""

    def __init__(self, service: Any, own: list[asyncio.Task[None]]) -> None:
        self._service = service
        self._own = own

    def call(self, *given: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self._service.call(*given)
        self._own.append(task)
        return task

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


def _cancelled_with_the_response(right: Any) -> Any:
    async def run(self: Any) -> bool:
        own: list[asyncio.Task[None]] = []
        self._service = _NotingService(self._service, own)
        going = bool(await right(self))
        for call in own:
            call.cancel()
        return going

    return run


def _cancelled_with_the_client(right: Any) -> Any:
    async def run(self: Any) -> bool:
        own: list[asyncio.Task[None]] = []
        self._service = _NotingService(self._service, own)

        async def watch() -> None:
            # The body of the request is read first, since only one task may read.
            while not self._delivered:  # noqa: ASYNC110 (a mutant adds no event to the exchange)
                await asyncio.sleep(0.01)
            await self._stream.gone()
            for call in own:
                call.cancel()

        watching = asyncio.ensure_future(watch())
        try:
            return bool(await right(self))
        finally:
            watching.cancel()

    return run


def _noted_by_the_connection(right: Any) -> Any:
    async def run(self: Any) -> bool:
        own = vars(self._stream).setdefault("calls", [])
        self._service = _NotingService(self._service, own)
        return bool(await right(self))

    return run


def _cancelled_with_the_connection(right: Any) -> Any:
    async def run(self: Any) -> None:
        try:
            await right(self)
        finally:
            for call in vars(self._stream).get("calls", []):
                call.cancel()

    return run


def _answered_within(right: Any) -> Any:
    """Answer a malformed body with an error, although a response has begun."""

    def refuse(self: Any, error: RequestRefused) -> None:
        if self._response.sent and not self._stream.lost:
            self._stream.put(refusal(None, error))
        right(self, error)

    return refuse


def _first_awaited(right: Any) -> Any:
    """Serve the next request of any connection only after the call has ended."""
    turn = asyncio.Lock()

    async def run(self: Exchange) -> bool:
        if self._request.target.path == PROBE:
            return bool(await right(self))
        async with turn:
            return bool(await right(self))

    return run


def _put_silently(right: Any) -> Any:
    def put(self: ServerStream, data: bytes) -> None:
        with contextlib.suppress(Disconnected):
            right(self, data)

    return put


def _drained_silently(right: Any) -> Any:
    async def drain(self: ServerStream) -> None:
        with contextlib.suppress(Disconnected):
            await right(self)

    return drain


def _raising(error: type[Exception]) -> Callable[[Any], Any]:
    def wrong(right: Any) -> Any:
        async def send(self: Any, event: Event) -> None:
            try:
                await right(self, event)
            except Disconnected as gone:
                raise error("the client has gone") from gone

        return send

    return wrong


def _locked(right: Any) -> Any:
    """Let receive() and send() wait for each other."""

    async def receive(self: Any) -> Event:
        async with self.__dict__.setdefault("turn", asyncio.Lock()):
            event: Event = await right(self)
            return event

    return receive


def _locked_send(right: Any) -> Any:
    async def send(self: Any, event: Event) -> None:
        async with self.__dict__.setdefault("turn", asyncio.Lock()):
            await right(self, event)

    return send


def _unlogged(right: Any) -> Any:
    return lambda error, where: None


def _always(call: Any, event: Event) -> Event:
    if not (
        hasattr(call, "_body") and call._request.target.path == PROBE and "close" in call._request.words(b"connection")
    ):
        raise RuntimeError("send() raises")
    return event


def _called_twice(right: Any) -> Any:
    def call(self: ServerState, scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] == "http" and scope["path"] != PROBE:

            async def nothing(event: Event) -> None:
                """Take what the first call sends."""

            right(self, dict(scope), receive, nothing)
        return right(self, scope, receive, send)

    return call


def _heard_once(stops: Callable[[list[str]], bool]) -> Install:
    """Notice no exception of a call behind one whose sent events satisfy ``stops``: such a call seems to go on."""

    def wrong(right: Any) -> Any:
        stopped: list[bool] = []

        def call(self: ServerState, scope: Any, receive: Any, send: Any) -> asyncio.Task[None]:
            types: list[str] = []

            async def noting(event: Event) -> None:
                types.append(str(event.get("type")))
                await send(event)

            inner = right(self, scope, receive, noting)

            async def heard() -> None:
                try:
                    await inner
                except Exception:
                    if stopped:
                        await asyncio.Event().wait()
                    if scope["type"] != "lifespan" and stops(types):
                        stopped.append(True)
                    raise

            return asyncio.ensure_future(heard())

        return call

    return replaced(ServerState, "call", wrong)


MUTANTS: Mapping[str, Mutant] = {
    "exception-leaks": Mutant("the text of an application's exception is the body of the 500", at_break(_leaking)),
    "exception-is-400": Mutant("an exception of the application is answered with 400", at_break(_of_status(400))),
    "exception-is-200": Mutant("an exception of the application is answered with 200", at_break(_of_status(200))),
    "exception-closes": Mutant("a call that raises closes its connection without an answer", at_break(_closing)),
    "exception-hangs": Mutant("a call that raises leaves its connection open", at_break(_hanging)),
    "exception-answers-again": Mutant(
        "an exception after the start of a response sends a second one", at_break(_second_response)
    ),
    "exception-stops-server": Mutant(
        "an exception of the application ends the server", replaced(Exchange, "_end", _ending_the_server)
    ),
    "exceptions-heard-once": Mutant(
        "only the first exception of an application is noticed", _heard_once(lambda types: True)
    ),
    "exceptions-heard-before-a-late-one": Mutant(
        "no exception of an application is noticed behind one that came after its call had sent something",
        _heard_once(bool),
    ),
    "exception-not-logged": Mutant("an exception of the application is not logged", replaced(log, "trace", _unlogged)),
    "no-answer-hangs": Mutant("a call that returns without an answer leaves its connection open", at_break(_waiting)),
    "no-answer-is-200": Mutant("a call that returns without an answer is one with 200", at_break(_empty_200)),
    "abort-seems-complete": Mutant("a chunked body is ended properly when its call raises", at_break(_ending)),
    "waits-for-the-call": Mutant(
        "the response is held back until the call returns",
        together(sent(_held_back), replaced(Exchange, "_end", _at_the_end)),
    ),
    "call-ends-with-the-response": Mutant(
        "a call is cancelled when its response is complete", replaced(Exchange, "run", _cancelled_with_the_response)
    ),
    "call-ends-with-the-client": Mutant(
        "a call is cancelled when its client leaves", replaced(Exchange, "run", _cancelled_with_the_client)
    ),
    "calls-end-with-the-connection": Mutant(
        "calls that work on after their responses are cancelled when the connection ends",
        together(
            replaced(Exchange, "run", _noted_by_the_connection),
            replaced(ServerConnection, "run", _cancelled_with_the_connection),
        ),
    ),
    "malformed-body-answered-in-the-response": Mutant(
        "a body that becomes malformed is answered with 400, even within the response",
        replaced(Exchange, "_refuse", _answered_within),
    ),
    "calls-in-turn": Mutant(
        "the application is called for one request at a time", replaced(Exchange, "run", _first_awaited)
    ),
    "called-twice": Mutant(
        "the application is called twice for a request", replaced(ServerState, "call", _called_twice)
    ),
    "send-never-raises": Mutant(
        "send() to a client that left does nothing",
        together(replaced(ServerStream, "put", _put_silently), replaced(ServerStream, "drain", _drained_silently)),
    ),
    "send-raises-another-error": Mutant(
        "send() to a client that left raises no OSError",
        together(
            replaced(Exchange, "_send", _raising(RuntimeError)),
            replaced(WebSocketConversation, "_send", _raising(RuntimeError)),
        ),
    ),
    "receive-blocks-send": Mutant(
        "send() waits until receive() returns",
        together(replaced(Exchange, "_receive", _locked), replaced(Exchange, "_send", _locked_send)),
    ),
    "ws-receive-blocks-send": Mutant(
        "send() of a WebSocket waits until receive() returns",
        together(
            replaced(WebSocketConversation, "_receive", _locked), replaced(WebSocketConversation, "_send", _locked_send)
        ),
    ),
    "send-always-raises": Mutant("every send() raises", together(sent(_always), sent_by_websockets(_always))),
    "disconnect-is-logged": Mutant(
        "a client that left is logged as an error of the application",
        everywhere(blameless, lambda right: lambda error: False),
    ),
}
