"""Orders on their way to the process that runs jobs: a case goes over once."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.documents.files import SourceText
from engine.errors import Defect
from engine.loading.cache import DocumentCache
from engine.loading.loaded import Loaded
from engine.model.case import Suite
from engine.worker.messages import SIZE, Allow, Begin, CaseTable, Learn, Order, SharedRun
from tests.execution.fakes import case, job, step

CASES = (case(step("look")), case(step("look"), step("look")))
LOADED = Loaded((Suite("Suite", "suite.yaml", "first", CASES),), ())


def over(ours: CaseTable, theirs: CaseTable, order: Order) -> Order:
    """An order, read on the other side."""
    data = ours.framed(order)
    assert SIZE.unpack(data[: SIZE.size]) == (len(data) - SIZE.size,)
    return theirs.read(data[SIZE.size :])


def begin(*jobs: int) -> Begin:
    engine = Engine(find())
    run = SharedRun(engine, RunOptions(), "run", Path("run"))
    return Begin(run, [job(CASES[number], position=at) for at, number in enumerate(jobs)])


@pytest.mark.parametrize("kept", [False, True])
def test_a_job_speaks_of_a_case_that_went_over(tmp_path: Path, kept: bool) -> None:
    ours, theirs = CaseTable(), CaseTable()
    held: Loaded | Path = LOADED
    if kept:
        cache = DocumentCache(tmp_path, "mark")
        cache.keep(SourceText("suite.yaml", "text"), LOADED)
        held = cache.path(SourceText("suite.yaml", "text"))
    learnt = over(ours, theirs, Learn(held))
    assert isinstance(learnt, Learn)
    theirs.learn(learnt.held)
    ours.learn(LOADED)
    order = over(ours, theirs, begin(1, 0, 1))
    assert isinstance(order, Begin)
    assert [one.case for one in order.jobs] == [CASES[1], CASES[0], CASES[1]]
    # The very objects that went over with their document, and none that the order brought along.
    assert [one.case is theirs.cases[number] for one, number in zip(order.jobs, (1, 0, 1), strict=True)] == [True] * 3
    many, one = len(ours.framed(begin(*[0] * 100))), len(ours.framed(begin(0)))
    assert (many - one) / 99 < 100, "a job's own bytes"


def test_a_case_that_did_not_go_over_goes_with_its_job() -> None:
    order = over(CaseTable(), CaseTable(), begin(0))
    assert isinstance(order, Begin)
    assert order.jobs[0].case == CASES[0]


def test_a_document_that_was_taken_out_of_the_cache_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(Defect, match=r"gone\.pickle was taken out of the cache"):
        CaseTable().learn(tmp_path / "gone.pickle")


def test_a_number_goes_as_it_is() -> None:
    assert over(CaseTable(), CaseTable(), Allow(7)) == Allow(7)
