"""The run in the background: a process of its own runs the jobs while pytest asks for one result after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from engine.app.runs import ResultMessage
from engine.errors import Defect
from engine.execution.planning.plan import Job
from engine.model.target import ServerLaunch
from engine.worker.messages import Again, Ahead, Allow, Begin, CaseTable, Compare, End, Learn, Order, SharedRun
from engine.worker.spawned import Spawned

if TYPE_CHECKING:
    from engine.app.engine import Loaded

# How many jobs may run ahead of the item that pytest reports, where the first failure may be the last item; everything
# runs as soon as it can otherwise. A result comes a moment after its job is done (lifetimes.OUTLIVES), so there
# are more of these than run at a time.
WINDOW_STOPPING = 48


class Background:
    """Runs sessions one after the other; ``wait`` gives a job's verdict."""

    def __init__(self, spawned: Spawned) -> None:
        self._spawned = spawned
        self._book = CaseTable()
        self._found: dict[int, ResultMessage] = {}
        self._lines: list[dict[str, Any]] = []
        self._ended: str | None = ""
        self._window = 0
        self._allowed = 0

    def learn(self, loaded: Loaded) -> None:
        """Let the process know the cases of some documents, before any order that speaks of them."""
        for held in loaded.kept_at or [loaded]:
            self._order(Learn(held))
        self._book.learn(loaded)

    def ahead(self, run: SharedRun, launch: ServerLaunch) -> None:
        """Let a target be started that jobs will most likely be run on. It is stopped again if none is."""
        self._order(Ahead(run, launch))

    def begin(self, order: Begin, window: int) -> None:
        """Start a session; the one before it is finished first. ``window`` is by how many jobs it may run ahead of
        what is asked for, 0 for all."""
        self.finish()
        self._found = {}
        self._ended = None
        self._window = window
        self._allowed = 0
        self._order(order)

    def wait(self, job: Job) -> ResultMessage:
        """The verdict of a job, waiting for it. Raises Defect where the session broke."""
        if self._window and job.position + self._window // 2 >= self._allowed:
            self._allow(job.position + self._window)
        while job.position not in self._found:
            if self._ended is not None:
                raise Defect(self._ended or "the run ended without this job's verdict")
            self._read()
        return self._found.pop(job.position)

    def finish(self) -> None:
        """End the session: what has not run is cancelled, and every target is stopped."""
        if self._ended is None:
            self._order(End())
        while self._ended is None:
            self._read()

    def again(self) -> list[dict[str, Any]]:
        """Run what was red in any session again alone, once all are done. What came of it, as lines of the run's file
        that are JSON's types."""
        return self._afterwards(Again())

    def compare(self, order: Compare) -> list[dict[str, Any]]:
        """Run what failed in any session where it can be compared, once all are done. What came of it, likewise."""
        return self._afterwards(order)

    def _afterwards(self, order: Order) -> list[dict[str, Any]]:
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

    def _allow(self, position: int) -> None:
        self._allowed = position
        self._order(Allow(position))

    def _order(self, order: Order) -> None:
        self._spawned.send(self._book.framed(order))

    def _read(self) -> None:
        """Take in one line. A process that is gone is how the session ended."""
        line = self._spawned.line()
        if not line.endswith(b"\n"):
            self._ended = self._spawned.died()
            return
        if not line.startswith(b"{"):
            position, _, rest = line.decode().rstrip("\n").partition("\t")
            self._found[int(position)] = ResultMessage.of(rest)
            return
        document = json.loads(line)
        if "line" in document:
            self._lines.append(document["line"])
        else:
            self._ended = document["ended"]
