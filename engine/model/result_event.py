"""The one event of a run: a job has a result."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.verdict import JobResult


@dataclass(frozen=True, slots=True)
class ResultEvent:
    """A result on its way from the runner to the display, the record, and pytest.

    ``position`` is the job's number in the plan of its session, of the first of its repeats. ``attempt`` is 1 for the
    result of the session (of all repeats together), and 2 after the job was rerun in isolation: ``result`` is then the
    first one, whose verdict stands, with the result of the rerun in ``result.recheck``. ``counterpart`` is True for a
    job that was added so that failures can be compared: ``position`` is then its number among these.
    """

    position: int
    result: JobResult
    attempt: int = 1
    counterpart: bool = False

    @property
    def first(self) -> bool:
        """It is the result of a job that was asked for: what is counted, and what a verdict is about."""
        return self.attempt == 1 and not self.counterpart
