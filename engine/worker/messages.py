"""The worker process of pytest, and the messages between the two.

Theory of operation
-------------------
pytest reports items on one core while the worker runs jobs on another: under one interpreter's lock each would wait for
the other. pytest's process belongs to its user. It imports no step type, no matcher and, while documents are unchanged,
no loader; it holds headers of cases and waits. The worker is the engine's own process. It holds complete cases, starts
targets, runs jobs, and ends when pytest does.

*Start and end.* ``spawned`` starts the worker when pytest meets its first suite, before pytest's process has imported
much of the engine. The two hold the ends of a socket pair. SIGINT and SIGTERM are ignored in the worker, and it has a
process group of its own, since pytest handles Ctrl-C. If pytest ends for any reason, its end of the pair is closed; the
worker then reads the end of the stream, cancels its session, stops its targets and exits. So a killed pytest leaves
nothing behind.

*Messages.* In both directions a message is one line with a JSON object; ``kind`` names its class. pytest sends
requests: ::

    prepare   the settings and options of the run; the worker starts the first target that they name
    read      a document by its path, with the digests of the version that pytest read
    begin     the jobs of a session, in their order: an address of a case and an id of a target each
    allow     the number of jobs that may run, if a session was begun ``held`` (``-x``, ``--maxfail``)
    end       cancel the session
    recheck   rerun the failed jobs of all sessions, one at a time
    compare   run the failed cases of all sessions with the bare app and on the reference server

The worker sends ``verdict`` for each job, ``line`` for each line of a recheck or a comparison, ``comparing`` when the
first case of a comparison starts, and ``ended``. Jobs are not sent. The worker reads the documents itself, mostly from
the cache, and plans them again from the same options: planning is pure, so both have the same jobs.

*Differences.* A document may change between the two readings. ``read`` has digests, so the worker notices; it also
notices if a job of ``begin`` is not among its own. The session then ends at once, and its trouble names the document.

*Answers.* Each ``begin``, ``recheck`` and ``compare`` is answered by exactly one ``ended``, after everything else that
belongs to it; its ``trouble`` is "" or the sentence to report. No other order is answered: an error of ``prepare`` or
``read`` is kept for the next ``begin``. So pytest always knows whether another line will arrive, and never waits for
one that will not. A worker that dies ends the stream, which pytest reports with the exit status and the last line that
the worker wrote.

*Verdicts.* Most are never read again. ``verdict`` has fields for the data that pytest needs of every result, and the
lines of the run's file as text: pytest appends that text unchanged, and parses it only if an item fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from engine.errors import Defect
from engine.model.verdict import JobResult
from engine.results.record.codec import result_from_json, result_to_json
from engine.results.record.store import TargetRow, row_of, target_document, text_of

Cells = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Prepare:
    """Take the settings of the run, as ``app`` writes and reads them. With ``prewarm`` its first target is started; it
    is stopped again if no session needs it."""

    run: Mapping[str, Any]
    prewarm: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Read the document at a path, and plan its cases. ``digests`` are those of the version that pytest read."""

    path: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """Run these cells, each ``times`` times. A session that is ``held`` runs none before ``Allow``."""

    cells: Cells
    times: int = 1
    held: bool = False


@dataclass(frozen=True, slots=True)
class Allow:
    """Let the first ``cells`` cells of the session run."""

    cells: int


@dataclass(frozen=True, slots=True)
class End:
    """Cancel the session, and stop every target."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """Rerun the failed jobs of all sessions so far, each in isolation."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Run the failed cases of all sessions so far on other targets, for comparison. With ``warnings`` a warning counts
    as a failure. ``others`` are cells that other processes run."""

    warnings: bool = False
    others: Cells = ()


@dataclass(frozen=True, slots=True)
class ResultMessage:
    """The result of a cell.

    ``cell`` is its index in ``Begin.cells``, ``seconds`` the duration of the job; ``recorded`` is true if the case
    recorded a value. ``result`` and ``target`` are lines of the run's file without their ends, ``target`` is ""
    if nothing new is known of the target.
    """

    cell: int
    verdict: str
    seconds: float
    recorded: bool
    result: str
    target: str = ""

    @classmethod
    def of(cls, cell: int, result: JobResult, row: TargetRow | None) -> ResultMessage:
        """The message of a result. ``row`` is the row of its target, None if pytest has it already."""
        target = text_of(target_document(row)) if row is not None else ""
        line = text_of(result_to_json(result))
        return cls(cell, result.verdict.value, result.seconds, bool(result.recorded), line, target)

    @property
    def values(self) -> tuple[int, str, float, bool, str, str]:
        """The fields in their order, for pytest-xdist, which only carries plain values."""
        return self.cell, self.verdict, self.seconds, self.recorded, self.result, self.target

    @property
    def whole(self) -> JobResult:
        """The result; its observed values are text."""
        return result_from_json(json.loads(self.result))

    @property
    def row(self) -> TargetRow | None:
        """Results about the target as a whole, such as refuted declarations."""
        return TargetRow(**row_of(self.target)) if self.target else None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line of the run's file, as JSON's types: of a recheck, or of a comparison."""

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparing:
    """Failed cases begin to run on other targets, for comparison."""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session, a recheck or a comparison is over. ``trouble`` is the error that ended it, "" for none."""

    trouble: str = ""


Order = Prepare | Read | Begin | Allow | End | Recheck | Compare
Reply = ResultMessage | RunLine | Comparing | SessionEnded
Message = Order | Reply

KINDS: Mapping[str, type[Message]] = {
    "prepare": Prepare,
    "read": Read,
    "begin": Begin,
    "allow": Allow,
    "end": End,
    "recheck": Recheck,
    "compare": Compare,
    "verdict": ResultMessage,
    "line": RunLine,
    "comparing": Comparing,
    "ended": SessionEnded,
}
_NAMES = {cls: (kind, tuple(one.name for one in fields(cls))) for kind, cls in KINDS.items()}


def encode(message: Message) -> bytes:
    """A message as one line, with its end."""
    kind, names = _NAMES[type(message)]
    document = {"kind": kind, **{name: getattr(message, name) for name in names}}
    return json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n"


def decode(line: bytes | str) -> Message:
    """The message of a line. Raises Defect for a line that is no message."""
    try:
        document = json.loads(line)
        kind = KINDS[document.pop("kind")]
        return kind(**{name: _frozen(value) for name, value in document.items()})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Defect(
            f"a message between pytest and its worker cannot be read: {type(error).__name__}: {error}"
        ) from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
