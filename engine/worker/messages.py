"""What pytest orders of the process that runs its jobs: pickles, each behind its size in four bytes.

A case goes over once, with its document, and mostly as the name of the file in which the cache has it; a job says
which of the cases that went over it is of.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.app.engine import Engine, RunOptions
from engine.errors import Defect
from engine.execution.job import Job
from engine.loading.cache import opened
from engine.loading.loaded import Loaded
from engine.model.case import CaseHeader
from engine.model.target import ServerLaunch

SIZE = struct.Struct("!I")


@dataclass(frozen=True)
class SharedRun:
    """What all of a run's sessions have in common: ``folder`` is the run's, and ``asked`` made the jobs' targets.
    ``keep_all`` keeps the transcripts of what passes as well."""

    engine: Engine
    asked: RunOptions
    run_id: str
    folder: Path
    keep_all: bool = False


@dataclass(frozen=True)
class Learn:
    """Take in the cases of a document: what it holds, or the file in which the cache has that."""

    held: Loaded | Path


@dataclass(frozen=True)
class Ahead:
    """Start a target that jobs will most likely be run on, while it is still being found out which."""

    run: SharedRun
    launch: ServerLaunch


@dataclass(frozen=True)
class Begin:
    """Run these jobs, where it is ``held`` none before it is let go."""

    run: SharedRun
    jobs: Sequence[Job]
    held: bool = False


@dataclass(frozen=True)
class Allow:
    """Let go every job before this position."""

    position: int


@dataclass(frozen=True)
class End:
    """End the session that runs: what has not run is cancelled, and every target is stopped."""


@dataclass(frozen=True)
class Again:
    """Run what was red in all sessions so far again alone, and tell what came of it."""


@dataclass(frozen=True)
class Compare:
    """Run what failed in all sessions so far where it can be compared, and tell what came of it. ``warnings`` says that
    a warning is a failure, ``others`` are cells that another process runs, by the case's address and the target."""

    warnings: bool = False
    others: frozenset[tuple[str, str]] = frozenset()


Order = Learn | Ahead | Begin | Allow | End | Again | Compare


@dataclass
class CaseTable:
    """The cases that went over, as both sides number them: in the order of their documents."""

    cases: list[CaseHeader] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def learn(self, held: Loaded | Path) -> None:
        """Number the cases of one more document. Raises Defect for a file that is gone."""
        loaded = opened(held, whole=True) if isinstance(held, Path) else held
        if loaded is None:
            raise Defect(f"{held} was taken out of the cache in the middle of a run")
        for suite in loaded.suites:
            for case in suite.cases:
                # The list holds the case, so that no other object gets its identity.
                self._numbers[id(case)] = len(self.cases)
                self.cases.append(case)

    def framed(self, order: Order) -> bytes:
        """An order as it is sent."""
        data = io.BytesIO()
        _Writer(data, self._numbers).dump(order)
        return SIZE.pack(len(data.getbuffer())) + data.getvalue()

    def read(self, data: bytes) -> Order:
        """The order that ``framed`` was given on the other side, without its size."""
        order: Order = _Reader(io.BytesIO(data), self.cases).load()
        return order


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, numbers: dict[int, int]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, thing: object) -> int | None:
        return self._numbers.get(id(thing))


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, cases: Sequence[CaseHeader]) -> None:
        super().__init__(file)
        self._cases = cases

    def persistent_load(self, number: int) -> CaseHeader:
        return self._cases[number]
