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


def unproved(
    table: Table, chosen: Mapping[str, Collection[str]], outcomes: Mapping[str, Outcome]
) -> dict[str, frozenset[str]]:
    """The cases by mutant that should kill it according to the table, and did not. ``chosen`` are the cases that were
    chosen for each mutant."""
    found = {}
    for name, one in outcomes.items():
        claimed = set(table.rows.get(name, Row()).cases) & set(chosen.get(name, ()))
        if missing := claimed - set(one.row.cases):
            found[name] = frozenset(missing)
    return found


def after_second_look(first: Outcome, second: Outcome) -> Outcome:
    """The outcome of a mutant, some cases of which ran once more: of these, the second result counts."""
    again = {*second.row.cases, *second.passed, *(case for case, _ in second.errors)}
    return Outcome(
        first.mutant,
        Row(
            tuple(sorted({*(one for one in first.row.killed if one not in again), *second.row.killed})),
            tuple(sorted({*(one for one in first.row.timeouts if one not in again), *second.row.timeouts})),
        ),
        tuple(sorted({*(one for one in first.passed if one not in again), *second.passed})),
        tuple(sorted({*(one for one in first.errors if one[0] not in again), *second.errors})),
    )


MOST = 5
"""How many more mutants a case runs on, and how many more cases a mutant has, before a claim counts as broken."""


def elsewhere(
    table: Table, chosen: Mapping[str, Collection[str]], outcomes: Mapping[str, Outcome]
) -> dict[str, frozenset[str]]:
    """The cases by mutant that can still prove what no outcome has proved: a case that killed none of the mutants that
    it ran on can kill others, and a mutant that survived can be killed by others of its cases, as the table says. Some
    fail there only if the machine is slow, which is no claim of the table about the case itself."""
    found: dict[str, set[str]] = {}

    def more(mutant: str, case: str) -> None:
        if case not in chosen.get(mutant, ()):
            found.setdefault(mutant, set()).add(case)

    proved = {case for one in outcomes.values() for case in one.row.cases}
    for name, cases in unproved(table, chosen, outcomes).items():
        for case in cases - proved:
            fewest = sorted(table.killers.get(case, ()), key=lambda one: (len(table.rows[one].cases), one))
            for mutant in [one for one in fewest if case not in chosen.get(one, ())][:MOST]:
                more(mutant, case)
        if not outcomes[name].killed:
            for case in [one for one in table.rows[name].cases if one not in chosen.get(name, ())][:MOST]:
                more(name, case)
    return {name: frozenset(cases) for name, cases in found.items()}


@dataclass(frozen=True, slots=True)
class RefutedClaims:
    """The claims of the table that some outcomes refute, each as a sentence. ``broken`` ones are mutants that survive,
    and cases that were run for mutants and killed none. ``doubtful`` ones are cases that did not kill one mutant, but
    another: they may depend on the order of cases or on time."""

    broken: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def refuted(
    table: Table,
    chosen: Mapping[str, Collection[str]],
    outcomes: Mapping[str, Outcome],
    others: Mapping[str, Outcome] | None = None,
) -> RefutedClaims:
    """Compare the outcomes with the table. ``chosen`` are the cases that were chosen for each mutant. ``others`` are
    the outcomes of some cases on further mutants: they can prove a case, and claim nothing about their mutant."""
    survivors, pairs = [], []
    for name, one in outcomes.items():
        row = table.rows.get(name, Row())
        if row.cases and not one.killed:
            survivors.append(f"{name} survives")
        claimed = set(row.killed) & set(chosen.get(name, ()))
        pairs += [(case, f"{case} passes on {name}") for case in one.passed if case in claimed]
        pairs += [(case, f"{case} on {name}: {why}") for case, why in one.errors if case in claimed]
    proved = {case for one in (*outcomes.values(), *(others or {}).values()) for case in one.row.cases}
    return RefutedClaims(
        (*survivors, *(text for case, text in pairs if case not in proved)),
        tuple(text for case, text in pairs if case in proved),
    )
