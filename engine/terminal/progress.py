"""The progress of a run on standard error: redrawn in place on a terminal, a plain line now and then elsewhere.

``RunState`` counts, and knows the phase of the run; ``Live`` and ``PlainProgress`` show it. Both print a failure
at once. A run has these phases, each named by what it waits for::

    installing gunicorn with starlette     environments are made
    starting gunicorn-quart-asyncio        no target is ready yet
    running                                jobs run
    comparing                              counterparts run
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from engine.model.result_event import ResultEvent
from engine.model.target import Target
from engine.model.verdict import JobResult
from engine.results.analysis.redaction import redacted_reason
from engine.terminal.blame import plural
from engine.terminal.escape import visible, width
from engine.terminal.paint import PLAIN, Paint, Role, paint_for, role_of, wrap

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live as Screen
    from rich.text import Text

COMPARING = "comparing"
WHY = "on other targets, to find the cause of failures"
EVERY = 10.0
"""Seconds between two plain lines."""
PRINTED = 20
"""Failures that are printed while a run goes on; the grid lists all of them."""
ROWS = 8
"""Targets that have a row of their own."""
NAMED = 3
"""Environments and targets that a phase names."""
BAR = 20
# A time left is shown after so many seconds, and so great a part of the jobs: before, it is a guess.
SETTLED = 3.0
PART = 0.03

Clock = Callable[[], float]


@dataclass(slots=True)
class RunState:
    """The counts of a run, and its phase. ``totals`` are the numbers of jobs by target."""

    totals: Mapping[str, int]
    clock: Clock = time.monotonic
    installing: dict[str, None] = field(default_factory=dict)
    starting: dict[str, None] = field(default_factory=dict)
    live: dict[str, None] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    compared: tuple[int, int] = (0, 0)
    began: float = 0.0

    def install(self, name: str, begun: bool) -> None:
        """The environment of that name begins to be made, or is made."""
        if begun:
            self.installing[name] = None
        else:
            self.installing.pop(name, None)

    def target(self, target: Target, state: str) -> None:
        """A target's state changed."""
        self.starting.pop(target.id, None)
        if state == "starting":
            self.starting[target.id] = None
        elif state == "ready":
            self.live[target.id] = None
            self.began = self.began or self.clock()
        else:
            self.live.pop(target.id, None)

    def take(self, event: ResultEvent) -> None:
        """A job or a counterpart has a result."""
        if event.counterpart:
            self.compared = (self.compared[0] + 1, self.compared[1])
        if not event.first:
            return
        target = event.result.target
        self.done[target] += 1
        self.failing[target] += event.result.verdict.breaks
        if self.done[target] >= self.totals.get(target, 0):
            self.live.pop(target, None)

    @property
    def total(self) -> int:
        """The number of jobs."""
        return sum(self.totals.values())

    @property
    def finished(self) -> int:
        """The number of results."""
        return self.done.total()

    @property
    def phase(self) -> str:
        """The phase: the things that the run waits for, in words."""
        if self.compared[1]:
            return COMPARING
        if self.installing:
            return f"installing {listed(list(self.installing))}"
        if self.starting and not self.live and self.finished < self.total:
            return f"starting {listed(list(self.starting))}"
        return "running" if self.began else "starting"

    @property
    def left(self) -> str:
        """The expected rest of the run: ``0:21 left``; "" while nothing is known."""
        seconds = self.clock() - self.began if self.began else 0.0
        done = self.finished
        if self.compared[1] or seconds < SETTLED or not self.total or not PART <= done / self.total < 1:
            return ""
        minutes, rest = divmod(round(seconds * (self.total - done) / done), 60)
        return f"{minutes}:{rest:02} left"

    def words(self, paint: Paint = PLAIN) -> list[str]:
        """The parts of the line that sums a run up, behind its phase: targets, results, failures, the time left."""
        if self.compared[1]:
            return [f"{self.compared[0]}/{self.compared[1]}"]
        failing = self.failing.total()
        red = paint(Role.FAILING, f"{failing} failing") if failing else "0 failing"
        return [plural(len(self.totals), "target"), f"{self.finished}/{self.total}", red, *filter(None, [self.left])]


def listed(names: Sequence[str]) -> str:
    """Names with commas between them; after NAMED of them, the number of the others."""
    text = ", ".join(visible(name) for name in names[:NAMED])
    return text if len(names) <= NAMED else f"{text} and {len(names) - NAMED} more"


def failure(result: JobResult, paint: Paint = PLAIN) -> str:
    """A failure on one line: the verdict, the case with its target, and the reason."""
    verdict = paint(role_of(result.verdict), f"{result.verdict.value:<7}")
    return f"{verdict} {visible(result.address)}[{visible(result.target)}]: {visible(redacted_reason(result))}"


class _Failures:
    """Prints the first failures of a run, and says once that there are more."""

    def __init__(self, out: Callable[[str], None], paint: Paint) -> None:
        self._out = out
        self._paint = paint
        self._count = 0

    def take(self, event: ResultEvent) -> None:
        """Print the result of an event if it is a failure."""
        if not event.first or not event.result.verdict.breaks:
            return
        self._count += 1
        if self._count <= PRINTED:
            self._out(failure(event.result, self._paint))
        elif self._count == PRINTED + 1:
            self._out(self._paint(Role.DIM, "more failures are listed below the grid"))


@dataclass(slots=True)
class PlainProgress:
    """Progress where there is no terminal: each failure and each target that did not start, and every ten seconds a
    line that sums up. ``totals`` are the numbers of jobs by target."""

    totals: Mapping[str, int]
    out: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Clock = time.monotonic
    paint: Paint = PLAIN
    _state: RunState = field(init=False)
    _failures: _Failures = field(init=False)
    _said: float = field(init=False)

    def __post_init__(self) -> None:
        self._state = RunState(self.totals, self.clock)
        self._failures = _Failures(self._print, self.paint)
        self._said = self.clock()

    def install(self, name: str, begun: bool) -> None:
        """An environment begins to be made, or is made. The first is named, since it takes a while."""
        first = begun and not self._state.installing
        self._state.install(name, begun)
        if first:
            self._print(self._state.phase)
            self._said = self.clock()
        else:
            self._sum_up()

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """A target's state changed."""
        self._state.target(target, state)
        if state == "failed":
            self._print(f"{self.paint(Role.FAILING, visible(target.id))}: did not start: {visible(detail)}")
        elif state not in ("starting", "ready", "stopped"):
            self._print(f"{visible(target.id)}: {state} {visible(detail)}".rstrip())
        self._sum_up()

    def take(self, event: ResultEvent) -> None:
        """A job has a result."""
        self._state.take(event)
        self._failures.take(event)
        self._sum_up()

    def comparing(self, cells: int) -> None:
        """So many counterparts begin to run."""
        self._state.compared = (0, cells)
        self._print(f"{COMPARING}: {plural(cells, 'result')} {WHY}")

    def close(self) -> None:
        """Nothing is left on the screen that would have to go."""

    def _sum_up(self) -> None:
        if self.clock() - self._said >= EVERY:
            self._said = self.clock()
            self._print(" · ".join([self._state.phase, *self._state.words()]))

    def _print(self, text: str) -> None:
        print(text, file=self.out, flush=True)


class Live:
    """Progress on a terminal: a line that sums up, and a row for each live target; redrawn in place, and gone when the
    run is over. Failures stay."""

    def __init__(self, totals: Mapping[str, int], paint: Paint = PLAIN) -> None:
        from rich.console import Console
        from rich.live import Live as Screen

        self._state = RunState(totals)
        self._paint = paint
        self._console: Console = Console(stderr=True, highlight=False)
        self._failures = _Failures(self._print, paint)
        self._screen: Screen = Screen(
            console=self._console, get_renderable=self._drawn, transient=True, refresh_per_second=8
        )
        self._screen.start()

    def install(self, name: str, begun: bool) -> None:
        """An environment begins to be made, or is made."""
        self._state.install(name, begun)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """A target's state changed."""
        self._state.target(target, state)
        if state == "failed":
            self._print(f"{self._paint(Role.FAILING, visible(target.id))}: did not start: {visible(detail)}")

    def take(self, event: ResultEvent) -> None:
        """A job has a result, or a counterpart."""
        self._state.take(event)
        self._failures.take(event)

    def comparing(self, cells: int) -> None:
        """So many counterparts begin to run."""
        self._state.compared = (0, cells)

    def close(self) -> None:
        """Take the rows off the screen."""
        self._screen.stop()

    def _print(self, text: str) -> None:
        from rich.text import Text

        for line in wrap(text, self._console.width, further=" " * 8):
            self._console.print(Text.from_ansi(line), soft_wrap=True)

    def _drawn(self) -> Text:
        from rich.text import Text

        text = Text.from_ansi("\n".join(rows(self._state, self._console.width, self._paint)))
        text.no_wrap, text.overflow = True, "ellipsis"
        return text


def rows(state: RunState, columns: int, paint: Paint = PLAIN) -> list[str]:
    """The lines of a terminal: the phase with the sums, a bar, and a row for each live target."""
    phase, sums = paint(Role.HEADING, state.phase), " · ".join(state.words(paint))
    head = f"{phase} · {sums}"
    done, total = state.compared if state.compared[1] else (state.finished, state.total)
    if width(head) + BAR + 2 <= columns:
        head = f"{bar(done, total, paint)}  {head}"
    live = list(state.live)
    names = live[:ROWS]
    widest = max((width(visible(name)) for name in names), default=0)
    lines = [head] if width(head) <= columns else [sums, phase]
    for name in names:
        failing = paint(Role.FAILING, f"  {state.failing[name]} failing") if state.failing[name] else ""
        count = f"{state.done[name]}/{state.totals.get(name, 0)}"
        lines.append(f"  {visible(name)}{' ' * (widest - width(visible(name)))}  {count:>7}{failing}")
    if len(live) > len(names):
        lines.append(paint(Role.DIM, f"  and {plural(len(live) - len(names), 'more target')}"))
    return lines


def bar(done: int, total: int, paint: Paint = PLAIN) -> str:
    """A bar of BAR columns."""
    filled = BAR * done // total if total else 0
    return paint(Role.PASSING, "━" * filled) + paint(Role.DIM, "─" * (BAR - filled))


def progress(totals: Mapping[str, int], color: str = "auto") -> PlainProgress | Live:
    """Rows where standard error is a terminal, lines elsewhere. ``color`` is the value of ``--color``."""
    paint = paint_for(sys.stderr, color)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return Live(totals, paint)
    return PlainProgress(totals, paint=paint)
