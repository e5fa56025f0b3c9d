"""Doing something again, several times, or at the same time."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.reproduce.parts.checks import FaultShown, ResultUnknown, run
from engine.reproduce.parts.wire import left, restart_clock

MARKS = Path(__file__).with_name("marks")


def retry(action: Callable[[], None], within: float, every: float = 0.05) -> None:
    """Call a function until it raises nothing; when the time is over, what it raised last counts."""
    deadline = time.monotonic() + within
    while True:
        try:
            return action()
        except (FaultShown, ResultUnknown):
            if time.monotonic() >= deadline:
                raise
        time.sleep(every)


def at_once(*actions: Callable[[], None]) -> None:
    """Call functions at the same time, until all have ended. Raises the first exception of any."""
    errors: list[BaseException] = []

    def work(action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive() and not errors:
            thread.join(0.01)
    if errors:
        raise errors[0]


def repeat(turn: Callable[[int], None], times: int, together: int = 1, tolerant: bool = False) -> int:
    """Call a function with 1, 2, 3 and so on, so many at the same time. Returns the number of turns that raised
    nothing; unless ``tolerant``, the first that raises ends the others."""
    passed: list[int] = []

    def turns(numbers: Iterator[int]) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                turn(number)
            except (FaultShown, ResultUnknown):
                if not tolerant:
                    raise
            else:
                passed.append(number)

    numbers, lock = iter(range(1, times + 1)), threading.Lock()
    if together == 1:
        turns(numbers)
    else:
        at_once(*[lambda: turns(numbers)] * min(together, times))
    return len(passed)


def until_shown(reproduction: Callable[[], None], title: str, times: int, timeout_is_fault: bool = False) -> int:
    """Run a reproduction up to so many times, until the fault shows. Returns its exit status: 1 if the fault shows in
    one of the runs, 0 if it does not show in any, 2 if each result is unknown."""
    found = set()
    for number in range(1, times + 1):
        restart_clock()
        shutil.rmtree(MARKS, ignore_errors=True)
        status = run(reproduction, f"{title} (run {number} of at most {times})", timeout_is_fault=timeout_is_fault)
        if status == 1:
            return 1
        found.add(status)
    return min(found)


def mark(name: str) -> None:
    """Set a mark, which the application can wait for."""
    MARKS.mkdir(exist_ok=True)
    (MARKS / name).touch()


def wait_for_mark(name: str) -> None:
    """Wait until the application has set a mark."""
    while not (MARKS / name).exists():
        left(None)
        time.sleep(0.005)
