"""pytest's side of the worker: one session after the other, and a result for each of its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import Defect
from engine.worker.messages import (
    Allow,
    Begin,
    Cells,
    Compare,
    Comparing,
    End,
    Order,
    Prepare,
    Read,
    Recheck,
    ResultMessage,
    RunLine,
    SessionEnded,
    decode,
    encode,
)
from engine.worker.spawned import Spawned

# The number of cells that may run ahead of the item that pytest reports, if the first failure may end the session.
# Without such a limit every cell runs as soon as it can. A result follows its job after a moment (lifetimes.OUTLIVES),
# so the window is larger than the number of jobs that run at a time.
WINDOW_STOPPING = 48


class Background:
    """Runs sessions one after the other; ``wait`` returns the result of a cell."""

    def __init__(self, spawned: Spawned) -> None:
        self._spawned = spawned
        self._found: dict[int, ResultMessage] = {}
        self._lines: list[Mapping[str, Any]] = []
        self._on_comparing: Callable[[], None] = lambda: None
        self._ended: str | None = ""
        self._window = 0
        self._allowed = 0

    def prepare(self, run: Mapping[str, Any], *, prewarm: bool) -> None:
        """Send the settings of the run, before any other request. With ``prewarm`` the worker starts its first
        target."""
        self._order(Prepare(run, prewarm))

    def read(self, path: Path, digests: Sequence[str]) -> None:
        """Have the worker read a document, before a session has cells of it. ``digests`` are those of the version that
        pytest read."""
        self._order(Read(str(path), tuple(digests)))

    def begin(self, cells: Cells, *, times: int, window: int) -> None:
        """Start a session; the one before it is finished first. ``window`` is the number of cells by which it may run
        ahead of the one that is waited for, 0 for no limit."""
        self.finish()
        self._found = {}
        self._ended = None
        self._window = window
        self._allowed = 0
        self._order(Begin(cells, times, held=window > 0))

    def wait(self, cell: int) -> ResultMessage:
        """The result of a cell, by its index in the session. Raises Defect if the session ended without it."""
        if self._window and cell + self._window // 2 >= self._allowed:
            self._allowed = cell + self._window
            self._order(Allow(self._allowed))
        while cell not in self._found:
            if self._ended is not None:
                raise Defect(self._ended or "the run ended without this job's verdict")
            self._read()
        return self._found[cell]

    def each(self, cells: int) -> Iterator[ResultMessage]:
        """The results of all cells of the session, in the order in which they arrive. Raises Defect if the session ends
        without one."""
        given: set[int] = set()
        while len(given) < cells:
            for cell in [one for one in self._found if one not in given]:
                given.add(cell)
                yield self._found[cell]
            if len(given) == cells:
                return
            if self._ended is not None:
                raise Defect(self._ended or "the run ended without this job's verdict")
            self._read()

    def finish(self) -> None:
        """End the session: cancel the jobs that have not run, and stop every target."""
        if self._ended is None:
            self._order(End())
        while self._ended is None:
            self._read()

    def recheck(self) -> list[Mapping[str, Any]]:
        """Rerun the failed jobs of all sessions, each in isolation. Returns the lines of the run's file about it, as
        JSON's types."""
        return self._afterwards(Recheck())

    def compare(self, order: Compare, on_start: Callable[[], None]) -> list[Mapping[str, Any]]:
        """Run the failed cases of all sessions on other targets, for comparison. Returns the lines of the run's file
        about it, as JSON's types. ``on_start`` is called before the first case runs, and not at all if none does."""
        self._on_comparing = on_start
        return self._afterwards(order)

    def _afterwards(self, order: Order) -> list[Mapping[str, Any]]:
        self.finish()
        self._lines = []
        self._ended = None
        self._order(order)
        while self._ended is None:
            self._read()
        return self._lines

    def close(self) -> None:
        """End the session and the process."""
        try:
            self.finish()
        finally:
            self._spawned.close()

    def _order(self, order: Order) -> None:
        self._spawned.send(encode(order))

    def _read(self) -> None:
        """Handle one message. If the worker is gone, the session has ended."""
        line = self._spawned.line()
        if not line.endswith(b"\n"):
            self._ended = self._spawned.died()
            return
        match decode(line):
            case ResultMessage() as result:
                self._found[result.cell] = result
            case RunLine(document):
                self._lines.append(document)
            case Comparing():
                self._on_comparing()
            case SessionEnded(trouble):
                self._ended = trouble
            case other:
                raise Defect(f"the worker sent {type(other).__name__}, which is an order")
