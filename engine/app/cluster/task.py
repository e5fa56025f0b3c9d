"""The task on a worker of the cluster: runs the cells of a target in a process of its own, and sends their lines."""

from __future__ import annotations

import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import version
from engine.app import addresses
from engine.app.cluster.order import Document, TaskOrder
from engine.app.engine import Engine
from engine.app.project_paths import find
from engine.app.run_ids import digests, machine
from engine.app.run_request import RunRequest
from engine.documents.roots import Roots, absolute
from engine.errors import DocumentError, EngineError, UsageError
from engine.results.record.store import text_of
from engine.targets.environments.cache import default_cache
from engine.worker.client import Background
from engine.worker.messages import ResultMessage
from engine.worker.spawned import Spawned

# Lines of so many seconds are one packet.
TOGETHER = 0.2

Lines = list[tuple[Any, ...]]


def perform(document: Mapping[str, Any]) -> dict[str, Any]:
    """Run the cells of an order. The value has the ``lines`` of all results, as ``ResultMessage.values``, and the
    ``trouble`` that ended the task early, or "". It never raises, since not every exception can be sent."""
    from distributed import get_worker  # noqa: PLC0415 - it is there where this runs

    worker, order = get_worker(), TaskOrder.of_json(document)

    def send(lines: Lines) -> None:
        worker.log_event(order.topic, {"target": order.target, "lines": lines})

    def cancelled() -> bool:
        state = worker.state.tasks.get(worker.get_current_task())
        return state is None or state.state == "cancelled"

    found: Lines = []
    trouble = ""
    try:
        for packet in packets(results(order, cancelled)):
            found += packet
            send(packet)
    except Exception as error:
        trouble = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
    return {"target": order.target, "lines": found, "trouble": f"{trouble} (on {worker.address})" if trouble else ""}


def packets(messages: Iterator[ResultMessage]) -> Iterator[Lines]:
    """The values of messages, those of a moment together."""
    waiting: Lines = []
    sent = time.monotonic()
    for message in messages:
        waiting.append(with_machine(message).values)
        if time.monotonic() - sent >= TOGETHER:
            yield waiting
            waiting, sent = [], time.monotonic()
    if waiting:
        yield waiting


def results(order: TaskOrder, cancelled: Callable[[], bool]) -> Iterator[ResultMessage]:
    """The results of an order as they fall. Raises EngineError."""
    if order.version != version:
        hint = "install the same version on every worker"
        raise UsageError(f"the worker has engine {version}, and the run has {order.version}", hint=hint)
    with tempfile.TemporaryDirectory(prefix="engine-task-") as folder:
        request = adapted(RunRequest.of_json(order.request), Path(folder))
        background = Background(Spawned())
        try:
            background.prepare(request.to_json(), prewarm=True)
            paths = {one.address: path_of(one, request.engine) for one in order.documents}
            roots = Roots(request.named)
            for path in paths.values():
                background.read(path, request.engine.load([path], roots).digests)
            shown = [(str(paths[one.address]), one.shown) for one in order.documents]
            cells = tuple((address, order.target) for address in order.cells)
            background.begin(cells, times=order.times, window=0)
            for message in background.each(len(cells)):
                if cancelled():
                    return
                yield with_paths(message, shown)
        finally:
            background.close()


def adapted(request: RunRequest, folder: Path) -> RunRequest:
    """The request with the folders of this machine: those of the run where they are here too, else the worker's own.
    The cache is always the worker's."""
    paths = request.engine.project_paths
    if not (paths.frameworks.is_dir() and paths.specs.is_dir()):
        paths = find("", "", "none")
    paths = type(paths)(**{**fields_of(paths), "results": folder, "cache": default_cache()})
    engine = Engine(**{**fields_of(request.engine), "project_paths": paths})
    return RunRequest(engine, request.options, request.named, request.run_id, folder / "run", keep_all=request.keep_all)


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as they are."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def path_of(document: Document, engine: Engine) -> Path:
    """The absolute path of a document here: that of the run, or the document of the same address. Raises DocumentError
    where neither is here, or where it has another content."""
    path = Path(document.path)
    found = path if path.is_file() else addresses.located(document.address, engine)
    what = "has no suite" if found is None else "has other contents of the suite"
    if found is None or digests({"": str(found)}).get("") != document.digest:
        raise DocumentError(f"the worker {what} {document.address}", hint="install the same suites on every worker")
    return absolute(found)


def with_paths(message: ResultMessage, shown: Sequence[tuple[str, str]]) -> ResultMessage:
    """The message with the paths of documents as the user typed them where the run was planned."""
    line = message.result
    for here, there in shown:
        if here in line:
            line = line.replace(json.dumps(here)[1:-1], json.dumps(there)[1:-1])
    return replace(message, result=line)


def with_machine(message: ResultMessage) -> ResultMessage:
    """The message with the system and the machine in the row of its target, if it has one."""
    if not message.target:
        return message
    row = {**json.loads(message.target), "system": platform.platform(), "machine": machine()}
    return replace(message, target=text_of(row))
