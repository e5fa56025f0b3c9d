"""Writes every call of an ASGI application to ``calls.log``: its scope, its messages, its end.

Each line is a Python literal.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

CALLS = Path(__file__).with_name("calls.log")
BUILT_IN = (str, bytes, int, float, bool, type(None))
NUMBERS = itertools.count(1)
CURRENT: ContextVar[str] = ContextVar("current_call", default="")

Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[Any]]


def note(event: str, call: str = "", **values: object) -> None:
    """Append one line."""
    line = repr({"call": call or CURRENT.get(), "event": event, "time": time.monotonic(), **values}) + "\n"
    with CALLS.open("ab", buffering=0) as file:
        file.write(line.encode("utf-8", "backslashreplace"))


def literal(value: Any) -> Any:
    """A value that ``ast.literal_eval`` can read; any other class is named."""
    if type(value) in BUILT_IN:
        return value
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(literal(item) for item in value)
    if isinstance(value, Mapping):
        plain = {literal(key): literal(item) for key, item in value.items()}
        return plain if type(value) is dict else {"$class": type(value).__name__, "value": plain}
    plain_value = int(value) if isinstance(value, int) else str(value) if isinstance(value, str) else None
    return {"$class": type(value).__name__, "value": plain_value}


def event_loop() -> str:
    """The class of the running event loop."""
    kind = type(asyncio.get_running_loop())
    module = "uvloop" if kind.__module__.startswith("uvloop.") else kind.__module__
    return f"{module}.{kind.__qualname__}"


def recorded(app: App) -> App:
    """The same application, with every call written down."""

    async def recording(scope: Any, receive: Receive, send: Send) -> Any:
        call = f"{os.getpid()}.{next(NUMBERS)}"
        CURRENT.set(call)
        note("called", call, pid=os.getpid(), loop=event_loop(), scope=literal(scope))

        async def received() -> Message:
            message = await receive()
            note("received", call, message=literal(message))
            return message

        async def sending(message: Message) -> None:
            note("sends", call, message=literal(message))
            try:
                await send(message)
            except BaseException as error:
                note("send raised", call, raised=type(error).__name__)
                raise

        try:
            result = await app(scope, received, sending)
        except BaseException as error:
            note("ended", call, raised=type(error).__name__, scope=literal(scope))
            raise
        note("ended", call, raised=None, scope=literal(scope))
        return result

    return recording


class Outcome:
    """The outcome of some statements: ``with Outcome("name"):`` writes down how they ended, and passes no exception on
    unless ``passes`` is true."""

    def __init__(self, name: str, *, passes: bool = False) -> None:
        self.name = name
        self.passes = passes
        self.values: dict[str, object] = {}
        self.began = time.monotonic()

    def __enter__(self) -> Outcome:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        result: dict[str, object] = {"ok": error is None, "elapsed": time.monotonic() - self.began}
        if kind is not None:
            bases = [base.__name__ for base in kind.__mro__ if base is not object]
            result |= {"raised": bases[0], "bases": bases}
        note("outcome", name=self.name, result=result | {key: literal(value) for key, value in self.values.items()})
        return not self.passes and isinstance(error, Exception)
