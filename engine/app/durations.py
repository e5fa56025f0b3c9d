"""Durations of cases in earlier runs, kept in the cache, so that the schedule can begin the longest first.

The file is small, since most cases are short: it names every measured case, and the targets on which the case took
long. It affects the order of a run only, so nothing is raised: an unreadable file, or one of another format, counts as
empty, and one that cannot be written is left alone. Runs that end at the same time replace the file one after the
other, each with the content that it read just before; a lost measurement is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from engine.execution.job import Job
from engine.replacing import replace_text

FILE = "durations.json"
FORMAT = 1

# Seconds from which a case counts as long on a target.
LONG = 0.1
# A case that took long once is expected to take nearly as long in the next runs: some wait only by chance.
FADES = 0.9
# A case that took long on another target may do so on this one: half as long is expected.
ELSEWHERE = 0.5
# More seconds than any case may take are an error.
MOST_SECONDS = 1e6
# The file names at most so many cases and targets, those that were measured last; more bytes than that many need are
# no file of ours.
MOST = 50_000
MOST_BYTES = 16 * 1024 * 1024

Seconds = dict[str, dict[str, float]]


class Durations:
    """The seconds that each case took, by target; those of this run are added by ``take`` and written by ``keep``."""

    def __init__(self, path: Path, guess: Callable[[Job], float]) -> None:
        """``guess`` gives the seconds of a job whose case was never measured."""
        self._path = path
        self._guess = guess
        self._read = mark(path)
        self._known = read(path)
        self._longest = {case: max(targets.values(), default=0.0) for case, targets in self._known.items()}
        self._new: Seconds = {}

    def expected(self, job: Job) -> float:
        """The seconds that a job is expected to take."""
        case = job.case.address
        known = self._known.get(case)
        if known is None:
            return self._guess(job)
        return max(known.get(job.target.id, 0.0), ELSEWHERE * self._longest[case])

    def take(self, job: Job, seconds: float) -> None:
        """Note how long a job took. Of several the longest counts."""
        targets = self._new.setdefault(job.case.address, {})
        targets[job.target.id] = max(seconds, targets.get(job.target.id, 0.0))

    def keep(self) -> None:
        """Add what this run measured to the file, as it is now. It is left alone where that changes nothing."""
        if not self._new:
            return
        known = self._known if self._read and self._read == mark(self._path) else read(self._path)
        new = merged(known, self._new)
        if new != known or len(new) > MOST // 2:  # a file that is nearly full is kept in the order of last use
            write(self._path, new)


def mark(path: Path) -> tuple[int, int, int] | None:
    """The identity of a file, to notice its replacement; None if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def merged(known: Mapping[str, Mapping[str, float]], new: Mapping[str, Mapping[str, float]]) -> Seconds:
    """Old durations with new ones appended. Beyond ``MOST`` the oldest are dropped."""
    found = {case: dict(targets) for case, targets in known.items()}
    for case, targets in new.items():
        both = found.pop(case, {})
        for target, seconds in targets.items():
            took = max(seconds, FADES * both.pop(target, 0.0))
            if took >= LONG:
                both[target] = round(took, 3)
        found[case] = both
    left = MOST
    kept: Seconds = {}
    for case, targets in reversed(found.items()):
        left -= 1 + len(targets)
        if left < 0:
            break
        kept[case] = targets
    return dict(reversed(kept.items()))


def read(path: Path) -> Seconds:
    """The durations in a file, in seconds; empty for a file of another format."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return {}
    cases = document.get("seconds")
    if not isinstance(cases, dict):
        return {}
    return {case: _valid(targets) for case, targets in cases.items() if isinstance(targets, dict)}


def write(path: Path, seconds: Mapping[str, Mapping[str, float]]) -> None:
    """Replace a file by another, in full or not at all."""
    text = json.dumps({"format": FORMAT, "seconds": seconds}, separators=(",", ":"))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)


def _valid(targets: dict[str, object]) -> dict[str, float]:
    return {
        target: float(seconds)
        for target, seconds in targets.items()
        if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds < MOST_SECONDS
    }
