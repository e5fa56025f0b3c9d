"""The revision of a baseline by a run: entries that hold, that are to be narrowed or removed, and missing ones.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from engine.model.addresses import bare, parsed
from engine.model.baseline import KnownFailure
from engine.model.phrasing import sentence
from engine.model.source_span import NOWHERE
from engine.model.verdict import JobResult, Verdict
from engine.results.baseline.baseline import covers, expired
from engine.results.baseline.selecting import CaseHistory, NamedTargets, Point, narrowed, order, point, smallest
from engine.results.record.normal import words_of
from engine.results.record.store import Run, TargetRow


def fails_steadily(verdict: Verdict) -> bool:
    """A verdict for which a line may be written: a failure, and no flaky one."""
    return verdict.unmet and verdict is not Verdict.FLAKY


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """A case on a target of a run with a decision: it fails there, or it passes."""

    address: str
    row: TargetRow
    result: JobResult

    @property
    def fails(self) -> bool:
        return fails_steadily(self.result.verdict)

    @property
    def where(self) -> Point:
        return point(self.row)


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of one entry in a run: the targets on which its failure occurs, and those on which the case passes;
    neither if the run has no such target. ``over`` means that the entry has expired."""

    line: KnownFailure
    failing: tuple[CaseOutcome, ...] = ()
    passing: tuple[CaseOutcome, ...] = ()
    over: bool = False

    @property
    def state(self) -> str:
        """``holds``, ``fixed``, ``narrower`` (it fails on some of its targets only), or ``unseen``. A pass says nothing
        about a failure that occurs only sometimes."""
        if self.line.sometimes:
            return "holds" if self.failing else "unseen"
        if self.failing:
            return "narrower" if self.passing else "holds"
        return "fixed" if self.passing else "unseen"


@dataclass(frozen=True, slots=True)
class BaselineLine:
    """A line of the new baseline. ``old`` is the one that it comes from: as it was where nothing else is to be said,
    or with its reason. None for a new one."""

    failure: KnownFailure
    old: KnownFailure | None = None

    @property
    def kept(self) -> bool:
        return self.old is self.failure


@dataclass(frozen=True, slots=True)
class Revision:
    """The new baseline: all its lines in their order, and the standing of the old ones.

    ``blurred`` are failures that no line can name: they fail on a target, and pass on another that has the same words,
    such as another variant of the same server.
    """

    lines: tuple[BaselineLine, ...]
    standings: tuple[Standing, ...]
    blurred: tuple[CaseOutcome, ...] = field(default=())

    @property
    def added(self) -> tuple[BaselineLine, ...]:
        return tuple(line for line in self.lines if line.old is None)

    def of(self, state: str) -> tuple[Standing, ...]:
        """The old lines in a state."""
        return tuple(one for one in self.standings if one.state == state)


def seen_in(run: Run) -> list[CaseOutcome]:
    """Results whose verdict is evidence about a clause: that of a case that is held back has been changed."""
    rows = {row.id: row for row in run.targets}
    return [
        CaseOutcome(result.address, rows[result.target], result)
        for result in run.results
        if result.target in rows and not result.held_back and (fails_steadily(result.verdict) or result.verdict.passing)
    ]


def standings(known: Sequence[KnownFailure], seen: Sequence[CaseOutcome], today: date) -> list[Standing]:
    """The standing of each entry of a baseline."""
    found = []
    for line in known:
        own = [one for one in seen if covers(line, one.address, one.row)]
        failing, passing = tuple(one for one in own if one.fails), tuple(one for one in own if not one.fails)
        found.append(Standing(line, failing, passing, expired(line, today)))
    return found


def revise(known: Sequence[KnownFailure], run: Run, today: date) -> Revision:
    """The baseline that a run asks for. A line that holds is kept as it is, and so is one that the run says nothing
    about; one that fails on some of its targets only is narrowed to them with its reason; one that passes wherever it
    was run goes. A failure that is not listed gets an entry of its own, with the observed failure and without a reason.
    A failure whose entry has expired is for the user to decide, and the entry stays."""
    seen = seen_in(run)
    stands = standings(known, seen, today)
    everywhere = frozenset(point(row) for row in run.targets)
    passing: dict[str, set[Point]] = {}
    for one in seen:
        if not one.fails:
            passing.setdefault(one.address, set()).add(one.where)
    lines: list[BaselineLine] = []
    new, blurred = list[CaseOutcome](), list[CaseOutcome]()
    for standing in stands:
        if standing.state in ("holds", "unseen"):
            lines.append(BaselineLine(standing.line, standing.line))
        elif standing.state == "narrower":
            lines += _narrowed(standing, everywhere)
    for standing in stands:
        left = [one for one in standing.failing if standing.state == "narrower"]
        blurred += [one for one in left if not any(covers(line.failure, one.address, one.row) for line in lines)]
    listed = {(one.address, one.result.target) for stand in stands for one in stand.failing}
    for one in seen:
        if one.fails and (one.address, one.result.target) not in listed:
            (blurred if one.where in passing.get(one.address, ()) else new).append(one)
    lines += _added(new, seen, everywhere, run.id.rpartition("-")[2])
    return Revision(tuple(sorted(lines, key=_order)), tuple(stands), tuple(blurred))


def _order(line: BaselineLine) -> tuple[object, ...]:
    one = line.failure
    address = parsed(one.case)
    return address.file, address.case, order(NamedTargets(one.selector, one.versions)), one.framework_versions


def _narrowed(standing: Standing, everywhere: frozenset[Point]) -> list[BaselineLine]:
    """The lines that a line becomes which fails on some of its targets only."""
    old = standing.line
    lines = []
    own = [*standing.failing, *standing.passing]
    names = {
        "servers": [one.row.server for one in own],
        "frameworks": [one.row.framework for one in own],
        "loops": [one.row.loop for one in own],
        "gateways": [one.row.gateway for one in own],
        "runtimes": [one.row.runtime for one in own],
        "http": [one.row.server_http for one in own],
    }
    for case, named in _selected(standing.failing, own, everywhere):
        selector, rest = narrowed(old.selector, named.selector, names)
        lines.append(replace(old, case=case, selector=selector, versions=named.versions or old.versions))
        lines += [replace(old, selector=one) for one in rest]
    unique = dict.fromkeys((one.case, one.selector, one.versions) for one in lines)
    return [BaselineLine(replace(old, case=case, selector=one, versions=text), old) for case, one, text in unique]


def _added(
    new: Sequence[CaseOutcome], seen: Sequence[CaseOutcome], everywhere: frozenset[Point], nonce: str
) -> list[BaselineLine]:
    """Lines for failures that none names."""
    lines = []
    for case, named in _selected(new, seen, everywhere):
        draft = KnownFailure(case, named.selector, "", "", NOWHERE, named.versions)
        first = next(one for one in new if covers(draft, one.address, one.row))
        lines.append(BaselineLine(replace(draft, observed=observed(first.result, nonce))))
    return lines


def _selected(
    failing: Iterable[CaseOutcome], seen: Sequence[CaseOutcome], everywhere: frozenset[Point]
) -> list[tuple[str, NamedTargets]]:
    """The targets to name for some failures, case by case; once for all values of a matrix if all of them fail
    alike."""
    by_case: dict[str, set[Point]] = {}
    for one in failing:
        by_case.setdefault(one.address, set()).add(one.where)
    named: dict[tuple[str, NamedTargets], list[str]] = {}
    for address, points in by_case.items():
        of_case = [one for one in seen if one.address == address]
        fails = {one.where for one in of_case if one.fails}
        passes = {one.where for one in of_case if not one.fails}
        evidence = CaseHistory(
            frozenset(points - passes), frozenset(passes), everywhere, frozenset(fails - points - passes)
        )
        for choice in smallest(evidence):
            named.setdefault((bare(address), choice), []).append(address)
    found = []
    for (stem, choice), addresses in named.items():
        variants = {other.address for other in seen if bare(other.address) == stem}
        whole = len(variants) > 1 and variants == set(addresses)
        found += [(stem, choice)] if whole else [(address, choice) for address in addresses]
    return found


def observed(result: JobResult, nonce: str = "") -> str:
    """The failure as one line that is the same after every run."""
    text = sentence(result.mismatches[0]) if result.mismatches else result.reason
    prefix = "" if result.verdict in (Verdict.FAIL, Verdict.KNOWN) else f"{result.verdict.value}: "
    return prefix + " ".join(words_of(result.transcript, nonce).text(text).split())
