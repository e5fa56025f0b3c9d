"""The reasons why no case of a run ran, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.model.verdict import JobResult
from engine.results.analysis.unjudged import reasons
from engine.terminal.escape import visible


def lines(results: Iterable[JobResult]) -> Iterator[str]:
    """A heading and one line for each reason; nothing without a reason, where only targets did not start."""
    found = reasons(results)
    if found:
        yield "no case ran:"
    yield from (f"  {visible(reason)}" for reason in found)
