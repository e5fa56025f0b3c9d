"""Python's search for cycles in the engine's own processes: the command line's, and the worker of pytest.

Loading and running make a great many objects, few cycles, and hold most of what they make until the end. Under Python's
own threshold each pass visits all of it: a quarter of the time of loading, a tenth of that of a run. Nothing here is
for a pytest's process, which is its user's.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many more objects are made than freed before a pass, where Python has 700.
THRESHOLD = 50_000


@contextmanager
def rare_passes() -> Iterator[None]:
    """Passes are rarer while the block runs."""
    before = gc.get_threshold()
    gc.set_threshold(THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def frozen() -> Iterator[None]:
    """No pass visits the objects that there are now while the block runs: a run holds its cases and jobs until its
    end."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
