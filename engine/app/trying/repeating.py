"""The loop of ``engine try``: a trial, then the next one when a file changes or a key is pressed.

A change or a key during a trial cancels it. Its targets are then stopped, since their application may still be busy,
and the next trial starts them again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.app.project_paths import displayed
from engine.app.trying import watching
from engine.app.trying.trial import Trial, Trials
from engine.errors import UsageError

AGAIN, QUIT = ("\n", "\r"), ("q", "Q")
"""The keys that start a trial, and those that end the loop."""


class Display(Protocol):
    """The interface of a display of trials."""

    def begin(self, number: int, cause: str) -> None:
        """A trial begins: its number from 1, and the reason for it, "" for the first."""
        ...

    def show(self, trial: Trial) -> None:
        """The results of a trial."""
        ...

    def wait(self, watched: Sequence[Path]) -> None:
        """The trial is over, and the next one waits for a change of these files or for a key."""
        ...

    def missing(self, path: Path) -> None:
        """A watched file does not exist any more."""
        ...


@dataclass(slots=True)
class Keys:
    """The keys that were pressed and not yet used."""

    pressed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def take(self, key: str) -> None:
        """A key was pressed."""
        self.pressed.put_nowait(key)

    async def next(self) -> str:
        """The next key of AGAIN or QUIT."""
        while (key := await self.pressed.get()) not in (*AGAIN, *QUIT):
            pass
        return key


async def repeat(trials: Trials, display: Display, keys: Keys) -> None:
    """Run trials until a key of QUIT. Raises UsageError if the first one finds that the case or the targets do not
    exist: later ones show such an error, since a change may remove it."""
    number, cause = 0, ""
    tending: asyncio.Task[None] | None = None
    marks: dict[Path, watching.Stamp] = {}
    try:
        while True:
            number += 1
            display.begin(number, cause)
            marks.update(watching.stamps(trials.watched()))
            running = asyncio.create_task(trials.run(display.show))
            event = await unless(running, next_event(keys, marks, display.missing))
            if event is None:
                trial = running.result()
                if number == 1 and isinstance(trial.error, UsageError):
                    raise trial.error
                if trial.error is not None:
                    display.show(trial)
                tending = asyncio.create_task(trials.tend())
                await asyncio.sleep(0)  # it notes which targets the trial used
                marks = {path: marks.get(path, watching.stamp(path)) for path in trials.watched()}
                display.wait(tuple(marks))
                event = await next_event(keys, marks, display.missing)
            else:
                await trials.drop()
            if event is QUITTING:
                return
            cause = event
    finally:
        if tending is not None:
            await ended(tending)


QUITTING = "quit"


async def next_event(keys: Keys, marks: watching.Stamps, missing: Callable[[Path], None]) -> str:
    """Wait for a key or a change. The reason for the next trial; QUITTING to end. ``missing`` is called with each file
    that is removed meanwhile."""
    key = asyncio.create_task(keys.next())
    change = asyncio.create_task(watching.until_changed(list(marks), marks, missing))
    try:
        await asyncio.wait([key, change], return_when=asyncio.FIRST_COMPLETED)
        if key.done():
            return QUITTING if key.result() in QUIT else "Enter"
        names = [displayed(path) for path in change.result()]
        return f"{names[0]} changed" if len(names) == 1 else f"{names[0]} and {len(names) - 1} more changed"
    finally:
        await ended(key)
        await ended(change)


async def unless(running: asyncio.Task[Trial], event: Coroutine[object, object, str]) -> str | None:
    """Wait for a trial. None when it is over, with its result; the event if that comes first: the trial is then
    cancelled and over. A cancellation of this function cancels both."""
    waiting = asyncio.create_task(event)
    try:
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return None
        return waiting.result()
    finally:
        await ended(waiting)
        await ended(running)


async def ended(task: asyncio.Task[object]) -> None:
    """Cancel a task and wait for its end. Its exception is left for whoever asks for its result."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait([task])
