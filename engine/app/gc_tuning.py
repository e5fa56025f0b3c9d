"""Python's search for cycles, while jobs run.

A run holds what it was asked for until it ends, a hundred objects a case and more, and each of the collector's passes
looks at all of it. What is there when the jobs begin is set aside, and passes are rarer, since what a job leaves behind
is mostly freed without them: together a tenth of the engine's time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many more objects are made than freed before a pass, where Python has 700.
THRESHOLD = 20_000


@contextmanager
def aside() -> Iterator[None]:
    """What is made meanwhile stays as long as the run, so that no pass looks at it, now or later. ``settled``, or
    ``gc.unfreeze``, puts it back at the end."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if running:
            gc.enable()


@contextmanager
def settled() -> Iterator[None]:
    """What there is now is set aside meanwhile, and passes are rarer."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
