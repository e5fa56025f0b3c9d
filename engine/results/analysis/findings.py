"""Findings of a run, for people: failing cells of one case with one cause are one finding. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from engine.model.clause import rank
from engine.model.target import CONTROLS
from engine.model.verdict import JobResult
from engine.results.analysis.attribution import Attribution, Attributions, Fault, attribute
from engine.results.analysis.folding import Folded, fold
from engine.results.record.store import Run, TargetRow

Wanted = Callable[[JobResult], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """Cells of one case that are the fault of one and the same. ``first`` speaks for them: the bare app's, if it is
    among them. ``attribution`` is that cell's, None for a verdict that is nobody's fault (unexpected-pass)."""

    address: str
    first: JobResult
    attribution: Attribution | None
    cells: tuple[JobResult, ...]

    @property
    def fault(self) -> str:
        """The word that it is listed under."""
        return "nobody" if self.attribution is None else self.attribution.fault.value

    @property
    def culprit(self) -> str:
        return "" if self.attribution is None else self.attribution.culprit

    @property
    def part(self) -> str:
        """``app`` or ``framework``, if that is known of a culprit that is one of both; else ""."""
        return "" if self.attribution is None else self.attribution.part

    @property
    def share(self) -> tuple[str, str, str]:
        """The key that it is counted under."""
        return self.fault, self.culprit, self.part


def attributions(run: Run) -> Attributions:
    """The attribution of each failing cell of a run, by all of its cells."""
    return attribute(run.cells, run.rows)


def attribution_of(result: JobResult, results: Iterable[JobResult], rows: Iterable[TargetRow]) -> Attribution | None:
    """The attribution of one failing cell by some results; None without a cause."""
    found = attribute([one for one in results if one.address == result.address], rows)
    return found.get((result.address, result.target))


def findings(run: Run, wanted: Wanted, known: Attributions) -> tuple[Finding, ...]:
    """The cells that ``wanted`` picks, as findings: in the order of the rules, by culprit, and the greatest risk
    first. Those of a target that did not start are left out: its own message says what there is to say."""
    rows = {row.id: row for row in run.targets if not row.failed}
    groups: dict[tuple[str, str, str, str], list[JobResult]] = {}
    for result in run.results:
        if result.target in rows and wanted(result):
            one = known.get((result.address, result.target))
            fault, culprit, part = (one.fault.value, one.culprit, one.part) if one else ("", "", "")
            groups.setdefault((fault, culprit, part, result.address), []).append(result)
    found = []
    for (*_, address), cells in groups.items():
        first = next((cell for cell in cells if rows[cell.target].framework in CONTROLS), cells[0])
        found.append(Finding(address, first, known.get((address, first.target)), tuple(cells)))
    order = [*(fault.value for fault in Fault), "nobody"]
    return tuple(sorted(found, key=lambda one: (order.index(one.fault), one.culprit, one.part, rank(one.first.risk))))


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one culprit in the failures: cases and cells."""

    fault: str
    culprit: str
    cases: int
    cells: int
    part: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.fault, self.culprit, self.part


def shares(found: Iterable[Finding]) -> tuple[Share, ...]:
    """The findings counted by culprit, in their order."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for one in found:
        groups.setdefault(one.share, []).append(one)
    return tuple(
        Share(fault, culprit, len({one.address for one in group}), sum(len(one.cells) for one in group), part)
        for (fault, culprit, part), group in groups.items()
    )


def failing(*, strict: bool = False, flaky_fails: bool = False) -> Wanted:
    """Picks what fails the run: what breaks the build; flaky cases where they do, these and warnings if ``strict``."""
    return lambda result: result.breaks_build(strict=strict, flaky_fails=flaky_fails)


def folded(found: Iterable[Finding]) -> tuple[Folded[Finding], ...]:
    """Findings in their order, with those as one that are values of one matrix and alike: they have the same cause for
    the same reason, the same verdicts on the same targets, and fail the same expectation."""
    return fold(found, lambda one: one.address, _alike)


def _alike(one: Finding) -> Hashable:
    because = one.attribution and (one.attribution.because, one.attribution.settle, one.attribution.hint)
    return one.share, because, tuple((cell.target, cell.verdict, _expectation(cell)) for cell in one.cells)


def _expectation(cell: JobResult) -> str:
    """The first expectation that a result fails, by the fact that it is about; without one, the reason."""
    located = cell.mismatches or cell.warnings
    return f"{located[0].where} {located[0].operator}" if located else cell.reason
