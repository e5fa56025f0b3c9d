"""Python's search for cycles: what is changed for a run is as it was after it."""

from __future__ import annotations

import gc

from engine.app.gc_tuning import THRESHOLD, frozen, rare_passes


def test_a_command_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    with rare_passes(), frozen():
        assert gc.get_threshold() == (THRESHOLD, *before[1:])
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
