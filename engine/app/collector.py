"""Python's search for cycles, while jobs run.

A run holds what it was asked for until it ends, a hundred objects a case and more, and each of the collector's passes
looks at all of it. What is there when the jobs begin is set aside, and passes are rarer, since what a job leaves behind
is mostly freed without them: together a tenth of the engine's time.
"""

from __future__ import annotations

import gc

# So many more objects are made than freed before a pass, where Python has 700.
THRESHOLD = 20_000


def settle() -> None:
    """Set aside what there is, and make passes rarer. For a process of the engine's own."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])
