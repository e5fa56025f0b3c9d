"""A job: one case on one target."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model.case import Case, CaseHeader, whole
from engine.model.target import ServerLaunch, Target


@dataclass(frozen=True, slots=True)
class Job:
    """``position`` is its place in the run, from 0, and names it. ``left_out`` says why it will not be run: the
    target lacks what the case needs, or the case skips it; "" if it will be. ``lacks`` are the needs that the target
    does not claim to meet, where nothing else speaks against running it. ``repeat`` counts the jobs of one case on one
    target, from 0."""

    position: int
    case: CaseHeader
    target: Target
    launch: ServerLaunch
    left_out: str = ""
    repeat: int = 0
    lacks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """A word that is unique in its run; it goes into headers and file names."""
        return f"j{self.position}"

    @property
    def whole(self) -> Case:
        """The case with its body, to be performed. Raises TypeError where the job was planned from a header alone."""
        return whole(self.case)
