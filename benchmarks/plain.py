"""The requests of a case as a test written with httpx and websockets.

The tests send the same requests to the same service as the engine's job, and check less: they neither wait for the
application's side nor retry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.execution.job import Job
from engine.model.case import Step
from engine.protocols.websocket import TEXT
from engine.steps.flow import eventually, repeat
from engine.steps.request import step as request
from engine.steps.shared.sending import rendered, target
from engine.steps.shared.values import integer, seconds, text
from engine.steps.stream import actions as tcp_actions
from engine.steps.stream import step as tcp
from engine.steps.websocket import actions as websocket_actions
from engine.steps.websocket import step as websocket

Lines = list[str]

HEAD = """\
import asyncio
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
"""
# A literal longer than this is written to a file next to the tests, so that they are as fast to read as handwritten
# ones.
LONG = 200


class Writer:
    """Writes tests into a folder, one for each job."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0

    def test(self, job: Job, number: int, address: tuple[str, int]) -> str:
        """One async test. Raises NotImplementedError for a step that has no equivalent here."""
        authority = f"{address[0]}:{address[1]}"
        variables = {"run": f"b{number}", "host": authority, **job.whole.body.variables}
        lines = [f"base = 'http://{authority}'"]
        for step in job.whole.body.steps:
            lines += self._step(step, variables, authority)
        lines += [f"await {name}.close()" for name in dict.fromkeys(_opened(job.whole.body.steps))]
        name = f"test_{number:03}_{''.join(c if c.isalnum() else '_' for c in job.case.id)}"
        return "\n".join(["@pytest.mark.asyncio", f"async def {name}():", *_indented(lines)])

    def _step(self, step: Step, variables: Mapping[str, object], authority: str) -> Lines:
        params: Any = step.params
        match params:
            case request.RequestParams():
                return self._request(params, variables)
            case websocket.WebSocketParams():
                return self._websocket(step, params, variables, authority)
            case tcp.StreamParams():
                return self._tcp(params, variables, authority)
            case repeat.RepeatParams():
                turns = range(1, integer(params.times, variables, "times") + 1)
                return [
                    line
                    for turn in turns
                    for inner in params.steps
                    for line in self._step(inner, {**variables, params.index: turn}, authority)
                ]
            case eventually.EventuallyParams():
                return [line for inner in params.steps for line in self._step(inner, variables, authority)]
        if step.step_type == "app":
            return []
        raise NotImplementedError(f"there is no equivalent of the step `{step.step_type}`")

    def _bytes(self, data: bytes) -> str:
        """An expression for some bytes."""
        if len(data) <= LONG:
            return repr(data)
        self._files += 1
        path = self._folder / f"body_{self._files}.bin"
        path.write_bytes(data)
        return f"Path({str(path)!r}).read_bytes()"

    def _request(self, params: request.RequestParams, variables: Mapping[str, object]) -> Lines:
        call = [repr(text(params.method, variables)), repr(target(params.path, params.query, variables))]
        headers = rendered(params.headers, variables)
        if headers:
            call.append(f"headers={headers!r}")
        if params.body is not None:
            call.append(f"content={self._bytes(params.body.render(variables))}")
        if params.abandon_after is None:
            return [
                "async with httpx.AsyncClient(base_url=base) as client:",
                f"    response = await client.request({', '.join(call)})",
                "assert response.status_code",
            ]
        call.append(f"timeout={seconds(params.abandon_after, variables)}")
        return [
            "async with httpx.AsyncClient(base_url=base) as client:",
            "    with pytest.raises(httpx.ReadTimeout):",
            f"        await client.request({', '.join(call)})",
        ]

    def _websocket(
        self, step: Step, params: websocket.WebSocketParams, variables: Mapping[str, object], authority: str
    ) -> Lines:
        name = _socket(step)
        script = [line for action in params.script for line in self._action(action, name, variables)]
        if params.connect is None:
            return script
        given = rendered(params.headers, variables)
        headers = {key.decode(): value.decode() for key, value in given}
        url = f"ws://{authority}{target(params.connect, params.query, variables)}"
        wants = f"additional_headers={headers!r}, subprotocols={list(params.subprotocols)!r}, compression=None"
        return [f"{name} = await connect({url!r}, {wants})", *script]

    def _action(self, action: Step, name: str, variables: Mapping[str, object]) -> Lines:
        params: Any = action.params
        match params:
            case websocket_actions.Send():
                payload = websocket_actions.payload_of(params, variables)
                return [
                    f"await {name}.send({repr(payload.decode()) if params.opcode == TEXT else self._bytes(payload)})"
                ]
            case websocket_actions.Close():
                return [f"await {name}.close(code={params.code!r})"]
        match action.step_type:
            case "receive":
                return [f"assert await {name}.recv() is not None"]
            case "closed":
                return [f"await {name}.wait_closed()"]
        raise NotImplementedError(f"there is no equivalent of `{action.step_type}` on a WebSocket")

    def _tcp(self, params: tcp.StreamParams, variables: Mapping[str, object], authority: str) -> Lines:
        host, _, port = authority.partition(":")
        lines = [f"reader, writer = await asyncio.open_connection({host!r}, {port})"]
        for action in params.script:
            if isinstance(action.params, tcp_actions.Bytes):
                lines.append(f"writer.write({self._bytes(action.params.data.render(variables))})")
            elif action.step_type == "response":
                lines.append("assert await reader.read(65536) is not None")
            else:
                raise NotImplementedError(f"there is no equivalent of `{action.step_type}` on a connection")
        return [*lines, "writer.close()"]


def _socket(step: Step) -> str:
    return f"socket_{step.connection or ''}"


def _opened(steps: tuple[Step, ...]) -> Iterator[str]:
    return (_socket(step) for step in steps if isinstance(step.params, websocket.WebSocketParams))


def _indented(lines: Lines) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def write(jobs: Sequence[tuple[Job, tuple[str, int]]], folder: Path) -> Path:
    """A file of one test for each job against the service at its address. Raises NotImplementedError for a case that
    has no equivalent here."""
    writer = Writer(folder)
    tests = [writer.test(job, number, address) for number, (job, address) in enumerate(jobs)]
    path = folder / "test_plain.py"
    path.write_text("\n\n\n".join([HEAD, *tests]) + "\n")
    return path
