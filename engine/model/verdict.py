"""Verdicts, and the result of one job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.boundary import AppCall
from engine.model.evidence_quality import COMPLETE, EvidenceQuality
from engine.model.expectation import Mismatch
from engine.model.origin import Origin
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.transcript import Transcript


class Verdict(StrEnum):
    """The verdict on a job. docs/verdicts.md defines each one.

    ``Verdict("fixed")`` is UNEXPECTED_PASS as well: older records call it that.

    Every group of verdicts that the engine asks for is a property; this table defines them all, and a test holds the
    properties to it::

        verdict          ran  judged  unmet  good  passing  clean  reported  failing  breaks  expected  excusable
        pass              x     x             x       x       x
        fail              x     x       x                            x         x        x                   x
        warn              x     x             x       x              x
        info              x     x             x               x
        timeout           x     x       x                            x         x        x                   x
        crash             x     x       x                            x         x        x                   x
        unsupported
        blocked
        error             x                                          x         x        x
        known             x     x       x                            x                           x
        unexpected-pass   x     x             x       x              x                  x
        flaky             x     x       x                            x                                      x
    """

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    TIMEOUT = "timeout"
    CRASH = "crash"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    ERROR = "error"
    KNOWN = "known"
    UNEXPECTED_PASS = "unexpected-pass"
    FLAKY = "flaky"

    @classmethod
    def _missing_(cls, value: object) -> Verdict | None:
        return cls.UNEXPECTED_PASS if value == "fixed" else None

    @property
    def ran(self) -> bool:
        """The job was run, so it is in a grid's denominator."""
        return self not in (Verdict.UNSUPPORTED, Verdict.BLOCKED)

    @property
    def judged(self) -> bool:
        """The result is evidence about the target. An error says nothing about it."""
        return self.ran and self is not Verdict.ERROR

    @property
    def unmet(self) -> bool:
        """The case was seen to fail, whether or not a list of known failures or another run excuses that."""
        return self.excusable or self is Verdict.KNOWN

    @property
    def good(self) -> bool:
        """The job is in a grid's numerator: it ran, and did not fail."""
        return self.judged and not self.unmet

    @property
    def passing(self) -> bool:
        """Every ``must`` of the case holds. Information about a ``may`` is no such statement."""
        return self.good and self is not Verdict.INFO

    @property
    def clean(self) -> bool:
        """There is nothing to report: neither a failure, nor a warning, nor a wrong list of known failures."""
        return self in (Verdict.PASS, Verdict.INFO)

    @property
    def reported(self) -> bool:
        """It is listed with its cause: what breaks the build, and what a list of known failures or a level excuses."""
        return self.ran and not self.clean

    @property
    def failing(self) -> bool:
        """The job failed, and nothing excuses it."""
        return self in (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR)

    @property
    def breaks(self) -> bool:
        """It breaks the build by default; ``breaks_build`` takes the options that add to this."""
        return self.failing or self is Verdict.UNEXPECTED_PASS

    @property
    def expected(self) -> bool:
        """A list of known failures has it."""
        return self is Verdict.KNOWN

    @property
    def excusable(self) -> bool:
        """A list of known failures may excuse it, and running the job again in isolation may explain it."""
        return self in (Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.FLAKY)

    def breaks_build(self, *, strict: bool = False, flaky_fails: bool = False) -> bool:
        """True if it breaks the build under the options ``--strict`` (warnings and flaky results break it too) and
        ``--flaky-fails`` (flaky results do)."""
        if self is Verdict.FLAKY:
            return strict or flaky_fails
        return self.breaks or (strict and self is Verdict.WARN)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of the times that a job was run: its verdict, why, and how long it took, in seconds."""

    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recheck:
    """The result of rerunning a failed job in isolation: a verdict of its own, which does not change the first one.
    ``attempts`` are all of them if it ran several times. ``was_concurrent`` is true if other jobs ran on the target the
    first time."""

    verdict: Verdict
    reason: str = ""
    was_concurrent: bool = True
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Excuse:
    """The entry of the baseline that lists a failure. ``failure`` is the reason of the result without the entry;
    ``because`` and ``link`` are the entry's, each "" if it has none; ``entry`` is its place, as ``file:line:column``,
    and ``verdict`` the verdict without the entry; both are "" in records of older engines."""

    failure: str = ""
    because: str = ""
    link: str = ""
    entry: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of one job: a case on a target.

    ``reason`` is one line for a person. ``mismatches`` are the failed ``expect`` entries, ``warnings`` the failed
    ``should`` entries; ``step`` is the place of the deciding step, ``excerpt`` its line if no mismatch has one;
    ``recorded`` are the values that the case asked to keep. ``started`` is seconds since the epoch, ``seconds`` the
    duration. ``evaluated`` counts the expectations that were checked.
    ``risk`` is the greatest one of the clauses in ``cite``, "" in records of older engines.
    ``transcript`` is kept unless the verdict is pass. ``reproduce`` are shell commands, a line each, and
    ``not_reproduced`` the reason why there are none; both are "" if there is nothing to reproduce.
    ``attempts`` are all runs of the job, if there was more than one; ``log`` is the target's output meanwhile, cut;
    ``recheck`` is the result of its rerun in isolation. ``calls`` are those of the application, if the runner was asked
    to keep them: they stay in memory, and are in no file. ``send_raised`` are the classes of exceptions that send()
    raised in the application, each once, for the bare app and unless the verdict is pass.
    ``evidence`` shows whether records of the observer were lost, and what is omitted from the transcript and the log.
    ``held_back`` is the version of the corpus that introduced the case, if the run requests an earlier one and the
    case did not pass; else "". ``excuse`` is the entry of the baseline, for a known failure. ``origin`` is the part of
    the application that did something wrong, if the observer saw it. ``sending`` are the words at the end of the
    case's id that say how its bytes were sent, "" for uncut ones.
    """

    case: str
    file: str
    target: str
    category: str
    level: str
    verdict: Verdict
    reason: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    warnings: tuple[Mismatch, ...] = ()
    recorded: Mapping[str, object] = field(default_factory=dict)
    step: SourceSpan | None = None
    started: float = 0.0
    seconds: float = 0.0
    evaluated: int = 0
    transcript: Transcript | None = None
    reproduce: str = ""
    not_reproduced: str = ""
    cite: tuple[str, ...] = ()
    risk: str = ""
    title: str = ""
    attempts: tuple[Attempt, ...] = ()
    log: str = ""
    recheck: Recheck | None = None
    tags: tuple[str, ...] = ()
    calls: tuple[AppCall, ...] = field(default=(), compare=False)
    send_raised: tuple[str, ...] = ()
    excerpt: Excerpt | None = None
    evidence: EvidenceQuality = COMPLETE
    held_back: str = ""
    excuse: Excuse | None = None
    origin: Origin | None = None
    sending: str = ""

    def breaks_build(self, *, strict: bool = False, flaky_fails: bool = False) -> bool:
        """True if the verdict breaks the build under these options; a case that is held back never does."""
        return not self.held_back and self.verdict.breaks_build(strict=strict, flaky_fails=flaky_fails)

    @property
    def address(self) -> str:
        return f"{self.file}::{self.case}"
