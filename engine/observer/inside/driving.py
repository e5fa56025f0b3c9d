"""The app without a server: a script provides the input of a server, so that the result depends only on the app.

    python -m engine_inside.driving

``ENGINE_DESK`` and ``ENGINE_APP`` are those of ``service``; ``ENGINE_DRIVES`` is the number of the descriptor, a
connected socket, over which requests and answers travel, as lines of JSON. A request:

    {"id": 1, "token": "j3.1", "scope": {...}, "within": 5.0,
     "script": [["give", {...}], ["take", "http.response.start"], ["fail_send", {"class": "OSError", "after": 3}]]}

The scope and the given messages are tagged JSON. The answers: {"ready": true} or {"failed": "why"} once; then for each
request {"id": 1, "stuck": ""} when it is done, where ``stuck`` is the part of the script that could not be performed.
Messages between script and app are recorded like any call, under the token of the request.

Each request is executed in a fork of its own, so that no call leaves state in the app for the next one. The records of
a fork are in ``PID.driven``, since its end is not that of a worker. It renames the file to ``PID.ended`` before it
answers, so that the engine follows the files of running forks only.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .commands import exception
from .finding import load
from .observer import App, AsgiCall
from .records import DRIVEN, Writer, decode

TURNS = 20  # of the loop that a message takes once the client has left, so that tasks that wait for it can cancel
GRACE = 0.5  # seconds that an app is given to end once its call is cancelled


# What receive() returns once a handshake is refused by a response.
REFUSED = {"type": "websocket.disconnect", "code": 1006}


class Drive:
    """One call of the app. ``script`` has pairs of a command's word and its argument."""

    def __init__(self, scope: Any, script: Sequence[tuple[str, Any]]) -> None:
        self.scope = scope
        self._script = script
        self._given: deque[Any] = deque()
        self._sent: list[Any] = []
        self._seen = 0  # of what was sent, by `take`
        self._over = False
        self._sends_left: int | None = None
        self._error: Exception | None = None
        self._changed = asyncio.Condition()
        self._waits = asyncio.Event()  # the script waits for the app, or is over
        self._played = False
        self._left = False  # a disconnect was given

    async def run(self, app: App, writer: Writer, token: str, within: float) -> str:
        """Call the app and play the script. Returns the part that could not be performed, "" for none. Never raises."""
        call = AsgiCall(0, writer, self.scope, self.receive, self.send, token=token)
        # The script goes first, as far as it can: what it begins with is there when the app is called.
        playing = asyncio.ensure_future(self.play())
        calling = asyncio.ensure_future(app(self.scope, call.receive, call.send))
        await asyncio.wait([calling], timeout=within)
        if not calling.done():
            calling.cancel()
            playing.cancel()
            await asyncio.wait([calling, playing], timeout=GRACE)
            return f"the app's call had not ended after {within:g} s"
        error = calling.exception() if not calling.cancelled() else asyncio.CancelledError()
        call.end(error)
        await self._progress(over=True)
        return await playing

    async def play(self) -> str:
        """Play the script. Returns the part that could not be performed, "" for none."""
        try:
            return await self._play()
        finally:
            self._played = True
            self._waits.set()

    async def _play(self) -> str:
        for word, argument in self._script:
            if word == "give":
                self._given.append(argument)
                self._left = self._left or str(argument.get("type")).endswith(".disconnect")
                await self._progress()
            elif word == "fail_send":
                self._error = exception(argument["class"], argument.get("message"))
                self._sends_left = argument.get("after", 0)
            elif word == "take":
                if not await self._take(argument):
                    return f"the app ended, and had sent no {argument}"
            else:
                return f"there is no command {word!r}"
        return ""

    async def _take(self, kind: str) -> bool:
        """Wait until the app has sent a message of that type, after those taken before. Returns False if it never
        does."""
        async with self._changed:
            while True:
                while self._seen < len(self._sent):
                    message = self._sent[self._seen]
                    self._seen += 1
                    if isinstance(message, Mapping) and message.get("type") == kind:
                        return True
                if self._over:
                    return False
                self._waits.set()
                await self._changed.wait()

    async def _progress(self, *, over: bool = False) -> None:
        async with self._changed:
            self._over = self._over or over
            self._changed.notify_all()

    async def receive(self) -> Any:
        """The next given message. After the last one it waits; once the response is complete or the WebSocket closed,
        the client has left."""
        async with self._changed:
            while not self._given:
                end = self._end()
                if end is not None:
                    return end
                await self._changed.wait()
            return self._given.popleft()

    def _end(self) -> Mapping[str, Any] | None:
        """The disconnect that follows on the app's last message; None if that ends nothing."""
        last = self._sent[-1] if self._sent else None
        if not isinstance(last, Mapping):
            return None
        kind = last.get("type")
        if kind == "websocket.close":
            return {"type": "websocket.disconnect", "code": last.get("code", 1000)}
        if kind in ("http.response.body", "websocket.http.response.body") and not last.get("more_body"):
            return {"type": "http.disconnect"} if kind == "http.response.body" else {**REFUSED}
        return None

    async def send(self, message: Any) -> None:
        """Take a message of the app. Raises the exception of the script, from the message on that the script names.

        It returns once the script has performed its reaction to this message.
        """
        if self._sends_left is not None and self._error is not None:
            if self._sends_left <= 0:
                raise self._error
            self._sends_left -= 1
        self._sent.append(message)
        if not self._played:
            self._waits.clear()
        await self._progress()
        await self._waits.wait()
        for _ in range(TURNS if self._left else 0):
            await asyncio.sleep(0)


def carry_out(app: App, writer: Writer, request: Mapping[str, Any]) -> str:
    """Execute one request. Returns the part of its script that could not be performed, "" for none."""
    drive_of = decode(request["scope"])
    script = [(word, decode(argument)) for word, argument in request["script"]]

    async def whole() -> str:
        return await Drive(drive_of, script).run(app, writer, request["token"], request["within"])

    return asyncio.run(whole())


def answer(file: int, **members: Any) -> None:
    """Write one line, in one write."""
    os.write(file, json.dumps(members).encode() + b"\n")


def serve(app: App, folder: Path, file: int) -> None:
    """Serve requests until there are no more."""
    with os.fdopen(os.dup(file), "rb") as requests:
        for line in requests:
            request = json.loads(line)
            sys.stdout.flush()
            sys.stderr.flush()
            if os.fork():
                continue
            status = 1
            writer = Writer(folder, DRIVEN)
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                stuck = carry_out(app, writer, request)
                status = 0
            except BaseException as error:
                stuck = f"{type(error).__name__}: {error}"
            try:
                writer.end()
                answer(file, id=request["id"], stuck=stuck)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)


def main() -> None:
    file = int(os.environ["ENGINE_DRIVES"])
    # The kernel reaps forks that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        app = load(os.environ["ENGINE_APP"])
    except BaseException as error:
        answer(file, failed=f"{type(error).__name__}: {error}")
        raise
    answer(file, ready=True)
    serve(app, Path(os.environ["ENGINE_DESK"], "records"), file)


if __name__ == "__main__":
    main()
