"""The completeness of a result's evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class EvidenceState(StrEnum):
    """``complete``: nothing is missing. ``cut``: all expectations were checked, and parts of the transcript or the log
    are omitted for readers. ``lost``: the observer lost records while the job ran, so that absence from the calls of
    the application proves nothing; an expectation about these is an error."""

    COMPLETE = "complete"
    CUT = "cut"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class EvidenceQuality:
    """The quality of a result's evidence. ``lost`` counts records that the observer lost, and ``why`` is its own word
    on that, "" if there is none; ``cut`` are sentences on what is left out of the transcript and the log."""

    lost: int = 0
    why: str = ""
    cut: tuple[str, ...] = ()

    @property
    def state(self) -> EvidenceState:
        """The worst that holds."""
        if self.lost:
            return EvidenceState.LOST
        return EvidenceState.CUT if self.cut else EvidenceState.COMPLETE

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for a reader; none where it is complete."""
        reason = f": {self.why}" if self.why else ""
        records = "record" if self.lost == 1 else "records"
        lost = (f"the observer lost {self.lost} {records} while the case ran{reason}",) if self.lost else ()
        return (*lost, *self.cut)

    def and_cut(self, *sentences: str) -> EvidenceQuality:
        """The same with more that is cut."""
        return replace(self, cut=(*self.cut, *sentences))


COMPLETE = EvidenceQuality()
