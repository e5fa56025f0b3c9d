"""Holding back cases that came with a later version of the corpus than the one that was asked for. Pure.

A build that was gated by an older corpus can run a newer one: later cases run and are shown, and a later case that
fails is a warning.
"""

from __future__ import annotations

from dataclasses import replace

from engine.model.verdict import JobResult, Verdict

FIRST = "0.1"
"""The version of a case that states none."""


def held_back(result: JobResult, since: str, corpus: str) -> JobResult:
    """The result of a case as a corpus has it: where the case came later, a failure is a warning, and no option makes
    it break a build; the reason says so. ``since`` is the version that the case came with, "" for the first;
    ``corpus`` "" holds nothing back."""
    verdict = result.verdict
    if not corpus or parts(since or FIRST) <= parts(corpus):
        return result
    if not (verdict.failing or verdict in (Verdict.WARN, Verdict.FLAKY)):
        return result
    why = f"held back, since this case came with corpus {since}, and the run asks for {corpus}"
    return replace(
        result,
        verdict=Verdict.WARN if verdict.failing else verdict,
        reason=f"{result.reason}; {why}" if result.reason else why,
        held_back=since,
    )


def parts(version: str) -> tuple[int, ...]:
    """A version's numbers, by which versions are compared."""
    return tuple(int(part) for part in version.split("."))
