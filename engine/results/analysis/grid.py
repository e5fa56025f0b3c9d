"""The grid: rows of targets, columns of categories, and figures of passed / applicable. Pure over a run's results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.model.target import DIRECT, HTTP_1_1, LOCAL, configuration, python_word
from engine.model.verdict import JobResult, Verdict
from engine.results.analysis.flakiness import tally
from engine.results.record.store import Run, TargetRow

LEVELS = ("must", "should", "may")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: the number of results with each verdict, and passed / applicable for each level. ``runs``
    are the runs that passed and all runs, if each job ran several times; else (0, 0)."""

    verdicts: tuple[tuple[str, int], ...]
    levels: tuple[tuple[str, int, int], ...]
    runs: tuple[int, int] = (0, 0)

    @property
    def passed(self) -> int:
        return sum(good for _, good, _ in self.levels)

    @property
    def applicable(self) -> int:
        return sum(all_ for _, _, all_ in self.levels)

    def count(self, *verdicts: Verdict) -> int:
        """The number of jobs with any of these verdicts."""
        wanted = {verdict.value for verdict in verdicts}
        return sum(number for verdict, number in self.verdicts if verdict in wanted)


@dataclass(frozen=True, slots=True)
class Row:
    """One target's cells, in the order of the grid's categories, and their sum."""

    target: TargetRow
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True, slots=True)
class LoopDifference:
    """A case whose verdicts differ between the loops of what is otherwise one target."""

    case: str
    file: str
    pairing: str
    verdicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything that a report shows of a run's verdicts."""

    categories: tuple[str, ...]
    rows: tuple[Row, ...]
    differences: tuple[LoopDifference, ...]

    @property
    def loops(self) -> tuple[str, ...]:
        """The loops asked for, in the order of the rows."""
        return tuple(dict.fromkeys(row.target.loop for row in self.rows))

    def only(self, loop: str) -> Grid:
        """The rows of one loop."""
        return Grid(self.categories, tuple(row for row in self.rows if row.target.loop == loop), ())


def cell(results: Iterable[JobResult]) -> Cell:
    """The cell of some results."""
    results = list(results)
    # A cell has thousands of results and a handful of verdicts.
    found = Counter((result.level, result.verdict) for result in results)
    verdicts: Counter[Verdict] = Counter()
    for (_, verdict), number in found.items():
        verdicts[verdict] += number
    levels = []
    for level in LEVELS:
        counted = [(verdict, number) for (own, verdict), number in found.items() if own == level and verdict.ran]
        if counted:
            good = sum(number for verdict, number in counted if verdict.good)
            levels.append((level, good, sum(number for _, number in counted)))
    runs = tally(results) if any(result.attempts for result in results) else (0, 0)
    order = tuple((verdict.value, verdicts[verdict]) for verdict in Verdict if verdict in verdicts)
    return Cell(order, tuple(levels), runs)


def summed(cells: Sequence[Cell]) -> Cell:
    """Several cells as one."""
    verdicts: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    applicable: Counter[str] = Counter()
    for one in cells:
        verdicts.update(dict(one.verdicts))
        for level, good, all_ in one.levels:
            passed[level] += good
            applicable[level] += all_
    return Cell(
        tuple((verdict.value, verdicts[verdict.value]) for verdict in Verdict if verdict.value in verdicts),
        tuple((level, passed[level], applicable[level]) for level in LEVELS if level in applicable),
        (sum(one.runs[0] for one in cells), sum(one.runs[1] for one in cells)),
    )


def grid(results: Sequence[JobResult], targets: Sequence[TargetRow], categories: Sequence[str] = ()) -> Grid:
    """The grid of a run. Rows stand in the order of the targets; columns as ``categories`` has them, and behind them
    those that it lacks, in the order in which they first appear."""
    found = dict.fromkeys(result.category for result in results)
    categories = tuple(dict.fromkeys([*(one for one in categories if one in found), *found]))
    by_square: dict[tuple[str, str], list[JobResult]] = {}
    for result in results:
        by_square.setdefault((result.target, result.category), []).append(result)
    rows = []
    for target in targets:
        squares = [by_square.get((target.id, category), []) for category in categories]
        everything = [result for square in squares for result in square]
        rows.append(Row(target, tuple(cell(square) for square in squares), cell(everything)))
    return Grid(categories, tuple(rows), tuple(_differences(results, targets)))


def grid_of(run: Run) -> Grid:
    """The grid of a run: rows in the order in which its header lists the targets."""
    order = {target: number for number, target in enumerate(run.header.get("targets", ()))}
    rows = sorted(run.targets, key=lambda row: order.get(row.id, len(order)))
    return grid(run.results, rows, run.header.get("categories", ()))


def _differences(results: Sequence[JobResult], targets: Sequence[TargetRow]) -> Iterable[LoopDifference]:
    known = {target.id: (_pairing(target), target.loop) for target in targets if not target.failed}
    loops: dict[str, set[str]] = {}
    for pairing, loop in known.values():
        loops.setdefault(pairing, set()).add(loop)
    verdicts: dict[tuple[str, str, str], dict[str, str]] = {}
    for result in results:
        pairing, loop = known.get(result.target, ("", ""))
        # A loop that a server does not offer is no difference in what it does.
        if len(loops.get(pairing, ())) > 1 and result.verdict is not Verdict.UNSUPPORTED:
            verdicts.setdefault((pairing, result.file, result.case), {})[loop] = result.verdict.value
    for (pairing, file, case), by_loop in verdicts.items():
        if len(set(by_loop.values())) > 1:
            yield LoopDifference(case, file, pairing, tuple(by_loop.items()))


def _pairing(target: TargetRow) -> str:
    """The description of a target without its loop."""
    words = [configuration(target.server, target.release, target.variant), target.framework_configuration]
    around = (target.gateway, target.runtime, target.http, python_word(target.interpreter))
    return "-".join([*words, *(word for word in around if word not in (DIRECT, LOCAL, HTTP_1_1, python_word("")))])
