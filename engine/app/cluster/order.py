"""The order of a task: one target with its cells, as JSON's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine import version
from engine.app.engine import Engine, RunOptions
from engine.app.run_ids import digests
from engine.app.run_request import RunRequest
from engine.documents.roots import absolute
from engine.execution.job import Job
from engine.model.commands import framework_word, server_word
from engine.model.target import Target, http_word


@dataclass(frozen=True, slots=True)
class Document:
    """A suite: its address, its absolute path where the run was planned, that path as the user typed it, and the
    SHA-256 of its content in hex."""

    address: str
    path: str
    shown: str
    digest: str


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """One target with its cells. ``request`` is a RunRequest as JSON's types, ``topic`` the name of the events that its
    lines are sent as, ``version`` that of the engine. ``cells`` are addresses of cases, each of which runs ``times``
    times."""

    target: str
    topic: str
    request: Mapping[str, Any]
    documents: tuple[Document, ...]
    cells: tuple[str, ...]
    times: int = 1
    version: str = version

    def to_json(self) -> dict[str, Any]:
        """The order as JSON's types, apart from paths in the request."""
        return asdict(self)

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> TaskOrder:
        """The order that ``to_json`` was given."""
        documents = tuple(Document(**one) for one in document["documents"])
        return cls(**{**document, "documents": documents, "cells": tuple(document["cells"])})


def options_of(target: Target) -> RunOptions:
    """The options that select one target and no other."""
    variants = [value for name, value in zip(target.given[::2], target.given[1::2], strict=True) if name == "--variant"]
    return RunOptions(
        servers=(server_word(target),),
        frameworks=(framework_word(target),),
        loop=target.loop,
        http=http_word(target.http),
        gateways=(target.gateway,),
        variants=tuple(variants),
        pythons=(target.interpreter,) if target.interpreter else (),
    )


def orders_of(
    jobs: Sequence[Job], engine: Engine, named: Sequence[Path], run_id: str, topic: str, *, keep_all: bool
) -> list[TaskOrder]:
    """The orders of some jobs, one for each target. ``named`` are the paths that the run was asked for, from which the
    addresses of documents follow. The baseline is applied where the run is recorded, and the corpus likewise."""
    plain = replace(engine, baseline="", corpus="")
    documents: dict[str, Document] = {}
    for job in jobs:
        if job.case.file not in documents:
            shown = job.case.place.file
            digest = digests({job.case.file: shown}).get(job.case.file, "")
            documents[job.case.file] = Document(job.case.file, str(absolute(Path(shown))), shown, digest)
    by_target: dict[Target, dict[str, int]] = {}
    files: dict[Target, dict[str, None]] = {}
    for job in jobs:
        cells = by_target.setdefault(job.target, {})
        cells[job.case.address] = cells.get(job.case.address, 0) + 1
        files.setdefault(job.target, {})[job.case.file] = None
    found = []
    for target, cells in by_target.items():
        request = RunRequest(
            plain, options_of(target), tuple(map(absolute, named)), run_id, Path("unused"), keep_all=keep_all
        )
        of_target = tuple(documents[file] for file in files[target])
        times = max(cells.values())
        found.append(TaskOrder(target.id, topic, request.to_json(), of_target, tuple(cells), times))
    return found
