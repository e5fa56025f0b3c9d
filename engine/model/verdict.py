"""Verdicts, and the result of one job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.model.boundary import AppCall
from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan
from engine.model.transcript import Transcript


class Verdict(StrEnum):
    """What a job came to. docs/verdicts.md says what each means."""

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
    FIXED = "fixed"
    FLAKY = "flaky"

    @property
    def breaks(self) -> bool:
        """Whether it breaks the build, without ``--strict``."""
        return self in BREAKING

    @property
    def counts(self) -> bool:
        """Whether the job is in a grid's denominator."""
        return self not in (Verdict.UNSUPPORTED, Verdict.BLOCKED)

    @property
    def good(self) -> bool:
        """Whether the job is in a grid's numerator."""
        return self in (Verdict.PASS, Verdict.WARN, Verdict.INFO, Verdict.FIXED)


BREAKING = frozenset({Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH, Verdict.ERROR, Verdict.FIXED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One of the times that a job was run: its verdict, why, and how long it took, in seconds."""

    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recheck:
    """What came of running a red job again alone, with nothing else on its target: a verdict of its own, which leaves
    the first one as it was. ``attempts`` are all of them where it was run several times. ``had_company`` says whether
    anything else ran on the target the first time."""

    verdict: Verdict
    reason: str = ""
    had_company: bool = True
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of one job: a case on a target.

    ``reason`` is one line for a person. ``mismatches`` are what broke ``expect``, ``warnings`` what broke ``should``;
    ``step`` the place of the step that decided; ``recorded`` the values that the case asked to keep. ``started`` is
    seconds since the epoch, ``seconds`` the duration. ``evaluated`` counts expectations that were judged.
    ``transcript`` is kept where the verdict is anything but pass. ``reproduce`` are shell commands, a line
    each, and ``not_reproduced`` says why there are none; both are "" where nothing is to be reproduced.
    ``attempts`` are all times that the job was run, where it was run more than once; ``log`` is what the target wrote
    meanwhile, cut; ``recheck`` what came of it when it was run again alone. ``calls`` are those of the application,
    where the runner was to keep them: they stay in memory, and are in no file. ``send_raised`` are the classes that
    send() raised in the application, each once, for the control and wherever the verdict is anything but pass.
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
    title: str = ""
    attempts: tuple[Attempt, ...] = ()
    log: str = ""
    recheck: Recheck | None = None
    tags: tuple[str, ...] = ()
    calls: tuple[AppCall, ...] = field(default=(), compare=False)
    send_raised: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.file}::{self.case}"
