"""The change of one result between two sides, from the verdicts on both. Pure.

``WAYS`` is the one table of transitions; ``comparison`` pairs the results that it is applied to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.model.verdict import JobResult, Verdict


class Change(StrEnum):
    """The change of a cell between two sides."""

    REGRESSED = "regressed"
    FIXED = "fixed"
    CHANGED = "changed"


class ClauseState(StrEnum):
    """The state of a clause by a verdict, for comparisons."""

    MET = "met"
    WARNED = "warned"
    UNMET = "unmet"
    FLAKY = "flaky"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"


STATES: Mapping[Verdict, ClauseState] = {
    Verdict.PASS: ClauseState.MET,
    Verdict.INFO: ClauseState.MET,
    Verdict.UNEXPECTED_PASS: ClauseState.MET,
    Verdict.WARN: ClauseState.WARNED,
    Verdict.FAIL: ClauseState.UNMET,
    Verdict.TIMEOUT: ClauseState.UNMET,
    Verdict.CRASH: ClauseState.UNMET,
    Verdict.KNOWN: ClauseState.UNMET,
    Verdict.ERROR: ClauseState.UNMET,
    Verdict.FLAKY: ClauseState.FLAKY,
    Verdict.UNSUPPORTED: ClauseState.UNSUPPORTED,
    Verdict.BLOCKED: ClauseState.BLOCKED,
}

# The kind of change from the state on the left to the one above. A warning is better than a failure and worse than a
# pass, but only a change between a warning and a failure is a regression or a fix. A flaky result failed and passed,
# and one that did not run has done neither, so neither can regress or be fixed. "." is not reported; a result that is
# unmet on both sides has changed only if it fails in another way.
_WAYS = """
              met      warned   unmet      flaky    unsupported  blocked
met           .        changed  regressed  changed  changed      changed
warned        changed  .        regressed  changed  changed      changed
unmet         fixed    fixed    .          changed  changed      changed
flaky         changed  changed  changed    .        changed      changed
unsupported   changed  changed  changed    changed  .            changed
blocked       changed  changed  changed    changed  changed      .
"""


def _read(table: str) -> dict[tuple[ClauseState, ClauseState], Change | None]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    words = {".": None, **{change.value: change for change in Change}}
    return {
        (ClauseState(line[0]), ClauseState(column)): words[word]
        for line in lines
        for column, word in zip(head, line[1:], strict=True)
    }


WAYS: Mapping[tuple[ClauseState, ClauseState], Change | None] = _read(_WAYS)


def changed(before: JobResult, after: JobResult, *, documents: bool = True, strict: bool = False) -> Change | None:
    """The change of one cell, None for none worth reporting. A known failure counts as failing; if ``strict``, so does
    a warning. ``documents`` means that both sides were made from the same documents."""
    was, now = (
        ClauseState.UNMET if strict and state is ClauseState.WARNED else state for state in _states(before, after)
    )
    if was is now is ClauseState.UNMET:
        return Change.CHANGED if _kind(before, documents) != _kind(after, documents) else None
    return WAYS[was, now]


def _states(before: JobResult, after: JobResult) -> tuple[ClauseState, ClauseState]:
    return STATES[before.verdict], STATES[after.verdict]


def _kind(result: JobResult, documents: bool) -> tuple[str, str]:
    """The kind of a failure, for comparing. Of a known failure only the first mismatch counts, since its verdict is not
    recorded."""
    first = first_mismatch(result, documents)
    return ("" if result.verdict in (Verdict.KNOWN, Verdict.FAIL) else result.verdict.value, first)


def first_mismatch(result: JobResult, documents: bool) -> str:
    """The first expectation that was not met: its fact, and its place where places can be compared."""
    for mismatch in (*result.mismatches, *result.warnings):
        return f"{mismatch.where} {mismatch.place}" if documents else mismatch.where
    return ""
