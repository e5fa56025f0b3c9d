"""The commands of an application's script: one function each, and ``COMMANDS``, the table that both sides read."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import importlib
import os
import tempfile
import time
from contextvars import ContextVar
from typing import Any

from .command import Command, CommandKey, declared
from .play import Performer, Play, Result, ScriptFinished
from .scripts import ScriptCommand, commands_of

# Seconds between two checks for a mark: those of the first LOOKS checks, and those after them, when a delay of some
# milliseconds no longer matters and the processor time of a waiting application is what a case may measure.
POLL, SLOW_POLL = 0.001, 0.005
LOOKS = 100
# Slow checks for a mark between two checks whether the engine is done with the job.
SLOW_LOOKS = 20

_iteration = (StopIteration, StopAsyncIteration)
_variables: dict[str, ContextVar[Any]] = {}


async def receive(play: Play, entry: ScriptCommand) -> Result:
    """``receive: {within}``: the next message is the outcome's event. Raises TimeoutError."""
    return Result(event=await play.receive((entry.value() or {}).get("within")))


async def read_body(play: Play, entry: ScriptCommand) -> Result:
    """``read_body``: the request's complete body is the value of the outcome, the last message its event."""
    body, event = await _body(play)
    return Result(event=event, value=body)


async def send(play: Play, entry: ScriptCommand) -> None:
    """``send`` and ``send_raw``: one event, unchanged."""
    await play.send(entry.value()["event"])


async def send_file(play: Play, entry: ScriptCommand) -> Result:
    """``send_file: {content, position, offset, count, more_body}``: a temporary file with the content, by its
    descriptor. The value of the outcome is True if the descriptor is still open afterwards."""
    value = entry.value()
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(value["content"])
        file.seek(value.get("position", 0))
        event = {key: value[key] for key in ("offset", "count", "more_body") if key in value}
        await play.send({"type": "http.response.zerocopysend", "file": file, **event})
        return Result(value=_is_open(file))


async def respond(play: Play, entry: ScriptCommand) -> None:
    """``respond``: status, headers and the complete body. It refuses a WebSocket's handshake with that response."""
    value = entry.value()
    kind = "websocket.http" if play.scope["type"] == "websocket" else "http"
    await _answer(play, kind, value["status"], value.get("headers") or [], value.get("body") or b"")


async def accept(play: Play, entry: ScriptCommand) -> None:
    """``accept``: accept the WebSocket, after receiving ``websocket.connect`` if necessary."""
    if not play.connected:
        await play.receive()
    await play.send({"type": "websocket.accept", **(entry.value() or {})})


async def echo(play: Play, entry: ScriptCommand) -> None:
    """``echo``: the body, with its content type; or each WebSocket message, until the client leaves."""
    if play.scope["type"] == "websocket":
        await _echo_messages(play)
        return
    body, _ = await _body(play)
    kind = [(name, value) for name, value in play.scope["headers"] if name.lower() == b"content-type"]
    await _answer(play, "http", 200, kind, body)


async def set_(play: Play, entry: ScriptCommand) -> None:
    """``set: {scope: {path: value}, context: {name: value}}``. Raises KeyError or IndexError for an invalid path."""
    value = entry.value()
    for path, item in (value.get("scope") or {}).items():
        *way, last = path.split(".")
        place = _walk(play.scope, way)
        place[int(last) if isinstance(place, list) else last] = item
    for name, item in (value.get("context") or {}).items():
        _variable(name).set(item)


async def get(play: Play, entry: ScriptCommand) -> Result:
    """``get: {scope: path}``, ``{context: name}`` or ``{env: NAME}``: the outcome's value; None for a variable that is
    not set.

    Raises KeyError or IndexError for an invalid path in the scope.
    """
    value = entry.value()
    if "env" in value:
        return Result(value=os.environ.get(value["env"]))
    if "context" in value:
        return Result(value=_variable(value["context"]).get(None))
    return Result(value=_walk(play.scope, value["scope"].split(".")))


async def sleep(play: Play, entry: ScriptCommand) -> None:
    """``sleep``: seconds."""
    await asyncio.sleep(entry.value())


async def block(play: Play, entry: ScriptCommand) -> None:
    """``block``: seconds in which nothing else runs on this thread, such as other calls of an event loop."""
    time.sleep(entry.value())  # noqa: ASYNC251 (it is what the command is for)


async def raise_(play: Play, entry: ScriptCommand) -> None:
    """``raise: {class, message}``: a builtin exception."""
    value = entry.value() or {}
    raise exception(value.get("class", "RuntimeError"), value.get("message"))


async def return_(play: Play, entry: ScriptCommand) -> None:
    """``return``: end the script."""
    raise ScriptFinished


async def spawn(play: Play, entry: ScriptCommand) -> Result:
    """``spawn: {script}``: start a script that runs concurrently with this one; its outcome is recorded at its end."""
    play.spawn(entry, commands_of(entry.argument["script"]) or ())
    return Result(later=True)


async def join(play: Play, entry: ScriptCommand) -> None:
    """``join: name``: wait for a spawned script, and raise its exception; nothing if it was cancelled."""
    beside = play.beside[entry.value()]
    if beside.task is not None:
        await asyncio.wait([beside.task])
    if beside.error is not None:
        raise beside.error


async def cancel(play: Play, entry: ScriptCommand) -> None:
    """``cancel: name``: cancel a spawned script, and wait for its end."""
    beside = play.beside[entry.value()]
    if beside.task is not None:
        beside.task.cancel()
        await asyncio.wait([beside.task])


async def repeat(play: Play, entry: ScriptCommand) -> Result:
    """``repeat: {times, until, script}``: the outcome has the number of complete turns, and the exception that ended
    them."""
    inner = commands_of(entry.argument["script"]) or ()
    sought = entry.argument.get("until") == "raises"
    count = 0
    for _ in range(entry.argument["times"]):
        try:
            await play.run(inner)
        except ScriptFinished:
            raise
        except Exception as error:
            return Result(count=count, error=error, sought=sought)
        count += 1
    return Result(count=count)


async def mark(play: Play, entry: ScriptCommand) -> None:
    """``mark: name``: set a mark, which the engine and scripts of the same job can await."""
    name = entry.value()
    play.inbox.mark(play.job, name)
    play.call.mark(name)


async def await_(play: Play, entry: ScriptCommand) -> None:
    """``await: name``: wait for the mark. The script ends if the engine finishes its job meanwhile."""
    name = entry.value()
    observes = 0
    while not play.inbox.marked(play.job, name):
        observes += 1
        slow = observes >= LOOKS
        if slow and observes % SLOW_LOOKS == 0 and play.inbox.over(play.job):
            raise ScriptFinished
        await asyncio.sleep(SLOW_POLL if slow else POLL)


COMMANDS: dict[str, Command] = {
    one.name: one
    for one in (
        Command(
            "accept",
            "Accept the WebSocket.",
            accept,
            {
                "subprotocol": CommandKey("text", "The subprotocol to choose."),
                "headers": CommandKey("headers", "Headers of the handshake."),
            },
        ),
        Command("await", "Wait until a mark is set by either side.", await_, argument="mark", marks="awaits"),
        Command(
            "block",
            "Wait for so long on the thread, so that nothing else runs on its event loop.",
            block,
            argument="time",
        ),
        Command("cancel", "Cancel a task that was spawned.", cancel, argument="task"),
        Command("echo", "Send back what comes: the body, or each message until the end.", echo),
        Command(
            "get",
            "Read a value, which becomes the outcome's `value`.",
            get,
            {
                "scope": CommandKey("word", "A way into the scope."),
                "context": CommandKey("word", "A context variable."),
                "env": CommandKey("word", "An environment variable of the server's process."),
            },
            any_key=True,
            one_key=True,
        ),
        Command("join", "Wait for a task that was spawned.", join, argument="task"),
        Command("mark", "Set a mark, which either side may await.", mark, argument="mark", marks="sets"),
        Command(
            "raise",
            "Raise an exception out of the application.",
            raise_,
            {
                "class": CommandKey("exception", "The exception's class.", required=True),
                "message": CommandKey("text", "Its message.", default=""),
            },
        ),
        Command("read_body", "Receive until the request's body has ended.", read_body),
        Command("receive", "Receive one message.", receive, {"within": CommandKey("time", "Give up after this.")}),
        Command(
            "repeat",
            "Play a script several times.",
            repeat,
            {
                "times": CommandKey("count", "The maximum number of turns.", required=True),
                "until": CommandKey("raises", "`raises`: stop at the first command that raises."),
                "script": CommandKey("commands", "The repeated script.", required=True, default=()),
            },
        ),
        Command(
            "respond",
            "Send a whole response.",
            respond,
            {
                "status": CommandKey("count", "The status.", required=True),
                "headers": CommandKey("headers", "The headers.", default=()),
                "body": CommandKey("bytes", "The body.", default=b""),
            },
        ),
        Command("return", "Return from the application.", return_, argument="true"),
        Command("send", "Send a message; it is checked against ASGI.", send, argument="message"),
        Command(
            "send_file",
            "Send an open file by its descriptor, as the extension Zero Copy Send defines.",
            send_file,
            {
                "content": CommandKey("bytes", "The content of the file, which is temporary.", required=True),
                "position": CommandKey("count", "The position of the open file; its beginning without it."),
                "offset": CommandKey("count", "The `offset` of the message."),
                "count": CommandKey("count", "The `count` of the message, in bytes."),
                "more_body": CommandKey("flag", "The `more_body` of the message."),
            },
        ),
        Command(
            "send_raw",
            "Send any message, right or wrong; plain text is str.",
            send,
            {"event": CommandKey("literal", "The message, as it is.", required=True)},
        ),
        Command(
            "set",
            "Set values in the scope or in context variables.",
            set_,
            {
                "scope": CommandKey("values", "Ways into the scope, with their values."),
                "context": CommandKey("values", "Context variables with their values."),
            },
            any_key=True,
        ),
        Command("sleep", "Wait for so long.", sleep, argument="time"),
        Command(
            "spawn",
            "Start a task that plays a script of its own.",
            spawn,
            {"script": CommandKey("commands", "The script of the task.", required=True, default=())},
            task=True,
        ),
    )
}


def performers(modules: str = "") -> dict[str, Performer]:
    """The function that performs each command, by its word. ``modules`` are the names of extension modules, separated
    by commas, whose ``COMMANDS`` are added. Raises ImportError."""
    found = dict(COMMANDS)
    for name in filter(None, modules.split(",")):
        found.update(declared(getattr(importlib.import_module(name), "COMMANDS", {})))
    return {name: command.perform for name, command in found.items()}


def exception(name: str, message: str | None) -> Exception:
    """A builtin exception of that name.

    Raises ValueError for an unknown name, for exceptions that end a process (SystemExit), for those with a special
    meaning in a coroutine, and for those that cannot be created from a message.
    """
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception) or issubclass(kind, _iteration):
        raise ValueError(f"{name} is no builtin exception that a script may raise")
    try:
        return kind() if message is None else kind(message)
    except TypeError:
        raise ValueError(f"{name} cannot be made from only a message") from None


def _variable(name: str) -> ContextVar[Any]:
    """The context variable of that name, created once per process, since a second one would be another variable."""
    if name not in _variables:
        _variables[name] = ContextVar(name)
    return _variables[name]


def _is_open(file: Any) -> bool:
    """True if a file has its descriptor still. One that is closed below it is closed above as well, so that closing it
    does not raise."""
    try:
        os.fstat(file.fileno())
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            file.close()
        return False
    return True


def _walk(place: Any, way: list[str]) -> Any:
    for word in way:
        place = place[int(word) if isinstance(place, (list, tuple)) and word.isdigit() else word]
    return place


async def _body(play: Play) -> tuple[bytes, Any]:
    """The received rest of the request's body, and the last message."""
    pieces = []
    while True:
        event = await play.receive()
        if event["type"] != "http.request":
            break
        pieces.append(event.get("body", b""))
        if not event.get("more_body", False):
            break
    return b"".join(pieces), event


async def _answer(play: Play, kind: str, status: int, headers: list[Any], body: bytes) -> None:
    await play.send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await play.send({"type": f"{kind}.response.body", "body": body})


async def _echo_messages(play: Play) -> None:
    if not play.connected:
        await play.receive()
    if not play.accepted:
        await play.send({"type": "websocket.accept"})
    while True:
        event = await play.receive()
        if event["type"] != "websocket.receive":
            return
        text = event.get("text")
        answer = {"bytes": event.get("bytes")} if text is None else {"text": text}
        await play.send({"type": "websocket.send", **answer})
