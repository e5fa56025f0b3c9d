"""One finding of ``engine doctor``."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    """The state of a checked thing: good, questionable, or missing."""

    OK = "ok"
    WARN = "warn"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """The result of a check: a sentence, and a remedy or "". ``optional`` means that `engine grid` works without it."""

    state: HealthState
    found: str
    way_out: str = ""
    optional: bool = False

    @property
    def blocks(self) -> bool:
        """True if the main job cannot run."""
        return self.state is HealthState.MISSING and not self.optional


def ok(found: str) -> HealthFinding:
    """All as it should be."""
    return HealthFinding(HealthState.OK, found)


def warn(found: str, way_out: str = "") -> HealthFinding:
    """It works, and not as it should."""
    return HealthFinding(HealthState.WARN, found, way_out)


def missing(found: str, way_out: str = "", *, optional: bool = False) -> HealthFinding:
    """It is not there, or of no use."""
    return HealthFinding(HealthState.MISSING, found, way_out, optional)


def ran(
    argv: Sequence[str], *, within: float, given: str = "", env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a short command: its exit status and its output, both streams. The status is -1 where it did not end
    ``within`` so many seconds. Raises OSError where it cannot be started."""
    try:
        done = subprocess.run(
            list(argv),
            input=given,
            env=None if env is None else dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout
