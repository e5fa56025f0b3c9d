"""A job: one case on one target."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.model.case import Case, CaseHeader, whole
from engine.model.delivery import WHOLE
from engine.model.target import ServerLaunch, Target


@dataclass(frozen=True, slots=True)
class Job:
    """One case on one target.

    ``position`` is its index in the run, from 0. ``left_out`` is the reason why it will not run, "" if it will.
    ``lacks`` are needs of the case that the target does not claim, where nothing else keeps the job from running: a
    probe may confirm them. ``part`` distinguishes two performances of one job: what is compared with it has an id of
    its own. ``repeat`` numbers the jobs of one case on one target, from 0.
    """

    position: int
    case: CaseHeader
    target: Target
    launch: ServerLaunch
    left_out: str = ""
    repeat: int = 0
    lacks: tuple[str, ...] = ()
    part: str = ""

    @property
    def id(self) -> str:
        """``j`` and the position: unique in its run, and used in headers and file names."""
        return f"j{self.position}-{self.part}" if self.part else f"j{self.position}"

    @property
    def undivided(self) -> Job:
        """The same job with its bytes uncut, to compare with."""
        return replace(self, case=self.whole.delivered(WHOLE, self.case.client), part="whole")

    @property
    def whole(self) -> Case:
        """The case with its body, for running it. Raises TypeError if the job was planned from a header."""
        return whole(self.case)
