"""The end of a run: its counts, its warnings, and its known failures by server. Pure.

A result is a case on a target. A target that did not start has an error for each of its cases; it is counted once, as a
target, and these errors are in no other count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.model.clause import rank
from engine.model.target import configuration
from engine.model.verdict import Excuse, JobResult, Verdict
from engine.results.analysis.folding import Folded, fold
from engine.results.record.store import Run


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The counts of a run: its results that ran, their cases and targets, those of the results that passed (warnings
    and unexpected passes are among them), and the number for each verdict, those of cases that did not run included.
    ``not_started`` counts targets. ``seconds`` is 0 where the duration is not known."""

    results: int
    cases: int
    targets: int
    passed: int
    verdicts: Mapping[Verdict, int]
    not_started: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case with one reason on some targets. ``excuse`` is the entry of the baseline, for a known failure."""

    address: str
    title: str
    reason: str
    targets: tuple[str, ...]
    excuse: Excuse | None = None


FoldedCase = Folded[ListedCase]

_KNOWN = "; known: "
"""In the reason of a known failure, the text between what failed and the reason of its entry."""


def counted(run: Run) -> list[JobResult]:
    """The results of a run without those of targets that did not start."""
    failed = {row.id for row in run.targets if row.failed}
    return [one for one in run.results if one.target not in failed or one.verdict is not Verdict.ERROR]


def summary(run: Run) -> RunSummary:
    """The counts of a run."""
    results = counted(run)
    verdicts = Counter(one.verdict for one in results)
    ran = [one for one in results if one.verdict.ran]
    return RunSummary(
        results=len(ran),
        cases=len({one.address for one in ran}),
        targets=len({one.target for one in ran}),
        passed=sum(number for verdict, number in verdicts.items() if verdict.good),
        verdicts=verdicts,
        not_started=sum(bool(row.failed) for row in run.targets),
        seconds=run.seconds,
    )


def warned(results: Iterable[JobResult]) -> tuple[FoldedCase, ...]:
    """The warnings among some results: for each case what was expected and what was observed, and on which targets;
    values of a matrix that warn alike are one entry. The greatest risk is first."""
    return _listed((one for one in results if one.verdict is Verdict.WARN), lambda one: one.reason)


def excused(run: Run) -> dict[str, tuple[FoldedCase, ...]]:
    """The known failures of a run by server (in its release and variant), in the order of the targets; of
    one server, the greatest risk first."""
    names = {row.id: configuration(row.server, row.release, row.variant) for row in run.targets}
    groups: dict[str, list[JobResult]] = {name: [] for name in names.values()}
    for one in run.results:
        if one.verdict.expected:
            groups.setdefault(names.get(one.target, one.target), []).append(one)
    return {
        name: _listed(group, lambda one: excuse_of(one).failure, excuse_of) for name, group in groups.items() if group
    }


def excuse_of(result: JobResult) -> Excuse:
    """The entry that lists a known failure; for a record of an older engine, as far as its reason has it."""
    if result.excuse is not None:
        return result.excuse
    failure, found, because = result.reason.partition(_KNOWN)
    return Excuse(failure, because) if found else Excuse(result.reason)


def _listed(
    results: Iterable[JobResult],
    reason: Callable[[JobResult], str],
    excuse: Callable[[JobResult], Excuse | None] = lambda _: None,
) -> tuple[FoldedCase, ...]:
    groups: dict[tuple[str, str], list[JobResult]] = {}
    for one in sorted(results, key=lambda one: rank(one.risk)):
        because = excuse(one)
        # Of a known failure the entry is what is listed: its targets may fail in several ways.
        groups.setdefault((one.address, reason(one) if because is None else _entry(because)), []).append(one)
    cases = [
        ListedCase(address, same[0].title, reason(same[0]), tuple(one.target for one in same), excuse(same[0]))
        for (address, _), same in groups.items()
    ]
    return fold(cases, lambda one: one.address, lambda one: (_alike(one), one.targets))


def _alike(one: ListedCase) -> str:
    return one.reason if one.excuse is None else _entry(one.excuse)


def _entry(excuse: Excuse) -> str:
    return f"{excuse.because}\0{excuse.link}"


def results_of(listed: Iterable[FoldedCase]) -> int:
    """The number of results in a list."""
    return sum(len(one.targets) for folded in listed for one in folded.items)


def cases_of(listed: Iterable[FoldedCase]) -> int:
    """The number of different cases in a list; each value of a matrix is a case."""
    return len({one.address for folded in listed for one in folded.items})


def plural(number: int, word: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def counted_as(results: int, cases: int) -> str:
    """A number of results: ``8 cases`` where each case has one, else ``16 results (8 cases)``."""
    return plural(cases, "case") if results == cases else f"{plural(results, 'result')} ({plural(cases, 'case')})"


_COUNTED = (
    (Verdict.FAIL, "{} failed"),
    (Verdict.TIMEOUT, "{} timed out"),
    (Verdict.CRASH, "{} crashed"),
    (Verdict.ERROR, "{}"),
    (Verdict.UNEXPECTED_PASS, "{}"),
    (Verdict.KNOWN, "{}"),
    (Verdict.FLAKY, "{} flaky"),
    (Verdict.WARN, "{}"),
    (Verdict.UNSUPPORTED, "{} unsupported"),
    (Verdict.BLOCKED, "{} blocked"),
)
_NOUNS = {
    Verdict.ERROR: "error",
    Verdict.UNEXPECTED_PASS: "unexpected pass",
    Verdict.KNOWN: "known failure",
    Verdict.WARN: "warning",
}


def sentence(found: RunSummary) -> str:
    """The counts on one line: ``60 cases: 59 passed, 1 known failure, 8 warnings in 2.3 s``; with several targets
    ``120 results (60 cases on 2 targets): ...``."""
    head = plural(found.cases, "case")
    if found.results != found.cases:
        head = f"{plural(found.results, 'result')} ({head} on {plural(found.targets, 'target')})"
    parts = [f"{found.passed:,} passed"] if found.results else []
    parts += counted_verdicts(found.verdicts)
    if found.not_started:
        parts.append(f"{plural(found.not_started, 'target')} did not start")
    return f"{head}: {', '.join(parts) or 'nothing ran'}" + (f" in {duration(found.seconds)}" if found.seconds else "")


def counted_verdicts(verdicts: Mapping[Verdict, int]) -> list[str]:
    """The number for each verdict but a plain pass: ``1 known failure``, ``8 warnings``, the worst first."""
    parts = []
    for verdict, words in _COUNTED:
        if number := verdicts.get(verdict, 0):
            noun = _NOUNS.get(verdict)
            parts.append(words.format(counted_noun(number, noun) if noun else f"{number:,}"))
    return parts


def early_end(run: Run) -> str:
    """A sentence about a run that ended early, ``Interrupted after 5 of 120 results.``; "" for a whole run."""
    if run.whole:
        return ""
    ended = "Interrupted" if run.ended == "interrupted" else f"Ended early ({run.ended})"
    jobs = run.header.get("jobs")
    repeated = any(one.attempts for one in run.results)
    return f"{ended} after {len(run.results):,} of {jobs:,} results." if jobs and not repeated else f"{ended}."


def counted_noun(number: int, noun: str) -> str:
    """``1 unexpected pass``, ``2 unexpected passes``, ``2 entries``."""
    if number == 1:
        return f"1 {noun}"
    stem, end = (noun[:-1], "ies") if noun.endswith("y") else (noun, "es" if noun.endswith("s") else "s")
    return f"{number:,} {stem}{end}"


def duration(seconds: float) -> str:
    """Seconds for people: ``2.3 s``, ``48 s``, ``4 min 12 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
