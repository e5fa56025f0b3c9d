"""The progress of a run for people: a line for each target on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.terminal.blame import plural
from engine.terminal.escape import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

COMPARING = "counterparts"
WHY = "on other targets, which tell whose fault it is"


@dataclass(slots=True)
class PlainProgress:
    """Progress where there is no terminal: a line when a target is ready or failed, and one when all its jobs are
    done. ``totals`` are the numbers of jobs by target."""

    totals: Mapping[str, int]
    out: TextIO = field(default_factory=lambda: sys.stderr)
    done: Counter[str] = field(default_factory=Counter)
    red: Counter[str] = field(default_factory=Counter)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """A target's state changed."""
        if state == "failed":
            print(f"{target.id}: did not start: {visible(detail)}", file=self.out, flush=True)
        elif state not in ("starting", "ready", "stopped"):
            print(f"{target.id}: {state} {visible(detail)}".rstrip(), file=self.out, flush=True)

    def take(self, event: ResultEvent) -> None:
        """A job has a result."""
        if not event.first:
            return
        result = event.result
        self.done[result.target] += 1
        self.red[result.target] += result.verdict.breaks
        if self.done[result.target] == self.totals.get(result.target):
            red = f", {self.red[result.target]} red" if self.red[result.target] else ""
            print(f"{result.target}: {plural(self.done[result.target], 'case')}{red}", file=self.out, flush=True)

    def comparing(self, cells: int) -> None:
        """So many counterparts begin to run."""
        print(f"{COMPARING}: {plural(cells, 'cell')} {WHY}", file=self.out, flush=True)

    def close(self) -> None:
        """Nothing is left on the screen that would have to go."""


class Live:
    """Progress on a terminal: a bar for each target, redrawn in place, gone when the run is over."""

    def __init__(self, totals: Mapping[str, int]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._totals = totals
        self._red: Counter[str] = Counter()
        self._tasks: dict[str, TaskID] = {}
        self._progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._progress.start()

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """A target's state changed."""
        shown = f"{state} {visible(detail)}".strip()
        self._progress.update(self._task(target.id), state=shown[:60].replace("[", "("))

    def take(self, event: ResultEvent) -> None:
        """A job has a result, or a counterpart."""
        result = event.result
        if event.counterpart:
            self._progress.advance(self._tasks[COMPARING])
        if not event.first:
            return
        self._red[result.target] += result.verdict.breaks
        red = self._red[result.target]
        task = self._task(result.target)
        if red:
            self._progress.update(task, state=f"{red} red")
        self._progress.advance(task)

    def comparing(self, cells: int) -> None:
        """So many counterparts begin to run."""
        self._tasks[COMPARING] = self._progress.add_task(COMPARING, total=cells, state=WHY)

    def _task(self, target: str) -> TaskID:
        if target not in self._tasks:
            self._tasks[target] = self._progress.add_task(target, total=self._totals.get(target), state="")
        return self._tasks[target]

    def close(self) -> None:
        """Take the bars off the screen."""
        self._progress.stop()


def progress(totals: Mapping[str, int]) -> PlainProgress | Live:
    """Bars where standard error is a terminal, lines elsewhere."""
    return Live(totals) if sys.stderr.isatty() else PlainProgress(totals)
