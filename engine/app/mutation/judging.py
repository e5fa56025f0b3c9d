"""The outcome of a mutant from the results of its cases. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from engine.app.mutation.table import Row, Table, case_name
from engine.model.verdict import JobResult, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """The cases that kill a mutant; ``passed`` are the others that ran, ``errors`` those that ended in an error, with
    the reasons."""

    mutant: str
    row: Row = field(default_factory=Row)
    passed: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def killed(self) -> bool:
        """True if an expectation of a case failed, or its time limit was exceeded."""
        return bool(self.row.cases)

    @property
    def started(self) -> bool:
        """False if the server with the fault never became ready, so that nothing ran."""
        return bool(self.row.cases or self.passed)

    @property
    def by_timeout(self) -> bool:
        """True if nothing but time limits killed it."""
        return bool(self.row.timeouts) and not self.row.killed


def kills(result: JobResult) -> bool:
    """True if a result is a mismatch: the case failed or warned, or the server died and an expectation failed.
    Neither an error of the case or the engine nor an exceeded time limit is one."""
    return result.verdict in (Verdict.FAIL, Verdict.WARN) or (
        result.verdict is Verdict.CRASH and bool(result.mismatches or result.warnings)
    )


def outcome(mutant: str, results: Iterable[JobResult]) -> Outcome:
    """The outcome of a mutant. A case that ends in a crash without a failed expectation counts as a timeout: the server
    died, and no expectation failed."""
    killed, timeouts, passed, errors = [], [], [], []
    for result in results:
        name = case_name(result.file, result.case)
        if kills(result):
            killed.append(name)
        elif result.verdict in (Verdict.TIMEOUT, Verdict.CRASH):
            timeouts.append(name)
        elif result.verdict is Verdict.ERROR:
            errors.append((name, result.reason))
        elif result.verdict is not Verdict.UNSUPPORTED:
            passed.append(name)
    row = Row(tuple(sorted(killed)), tuple(sorted(timeouts)))
    return Outcome(mutant, row, tuple(sorted(passed)), tuple(sorted(errors)))


def broken_claims(table: Table, chosen: Mapping[str, Collection[str]], outcomes: Mapping[str, Outcome]) -> list[str]:
    """A sentence for each claim of the table that the outcomes refute: a mutant survives, or a case that was chosen
    for it passes or ends in an error."""
    found = []
    for name, one in outcomes.items():
        row = table.rows.get(name, Row())
        claimed = set(row.killed) & set(chosen.get(name, ()))
        if row.cases and not one.killed:
            found.append(f"{name} survives")
            continue
        found += [f"{case} passes on {name}" for case in one.passed if case in claimed]
        found += [f"{case} on {name}: {why}" for case, why in one.errors if case in claimed]
    return found
