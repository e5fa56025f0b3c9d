"""Functions of the application, for what takes more than a statement."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

MARKS = Path(__file__).with_name("marks")


def mark(name: str) -> None:
    """Set a mark, which the client can wait for."""
    MARKS.mkdir(exist_ok=True)
    (MARKS / name).touch()


async def wait_for_mark(name: str) -> None:
    """Wait until the client has set a mark."""
    while not (MARKS / name).exists():  # noqa: ASYNC110
        await asyncio.sleep(0.002)


async def read_body(receive: Receive) -> tuple[bytes, Any]:
    """The complete body of a request, and the last message."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body, message
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body, message


async def send_response(send: Send, status: int, headers: list[Any], body: bytes, kind: str = "http") -> None:
    """Send a complete response."""
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})


async def send_file(send: Send, content: bytes, position: int = 0, **event: Any) -> bool:
    """Send a temporary file by its descriptor (Zero Copy Send). True if the descriptor is still open afterwards."""
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(position)
        await send({"type": "http.response.zerocopysend", "file": file, **event})
        try:
            os.fstat(file.fileno())
        except (OSError, ValueError):
            with contextlib.suppress(OSError):  # so that the end of the block closes nothing
                file.close()
            return False
        return True


async def echo_body(scope: Any, receive: Receive, send: Send) -> None:
    """Send the body of a request back."""
    body, _ = await read_body(receive)
    kind = [(name, value) for name, value in scope["headers"] if name.lower() == b"content-type"]
    await send_response(send, 200, kind, body)


async def echo_messages(receive: Receive, send: Send) -> None:
    """Send each message of a WebSocket back, until it ends."""
    while True:
        event = await receive()
        if event["type"] != "websocket.receive":
            return
        text = event.get("text")
        await send({"type": "websocket.send", **({"bytes": event.get("bytes")} if text is None else {"text": text})})


class Messages:
    """``receive`` with a time limit: a message that comes too late is the next one's."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: asyncio.Future[Any] | None = None

    async def __call__(self, within: float | None = None) -> Any:
        """The next message. Raises TimeoutError after ``within`` seconds."""
        future = self._kept or asyncio.ensure_future(self._receive())
        self._kept = future
        done, _ = await asyncio.wait([future], timeout=within)
        if not done:
            raise TimeoutError(f"nothing was received within {within} s")
        self._kept = None
        return future.result()


async def joined(task: asyncio.Task[Any]) -> None:
    """Wait for the end of a task. Raises its exception, unless it was cancelled."""
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks, and wait for their end."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=1.0)


def part(scope: Any, path: str) -> Any:
    """A part of a scope, such as ``state.counter``."""
    for word in path.split("."):
        scope = scope[int(word) if isinstance(scope, (list, tuple)) and word.isdigit() else word]
    return scope
