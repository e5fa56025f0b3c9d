"""No case passes for the wrong reason on a server that answers everything in the same way."""

from __future__ import annotations

import asyncio

import pytest

from engine.model.verdict import Verdict
from tests.faults.blankets import JUSTIFIED, concerned
from tests.faults.harness import BROKEN, control_cases, names, run

Passed = dict[str, set[str]]


@pytest.fixture(scope="module")
def passed() -> Passed:
    """The cases that pass on each of these servers with any of their variants."""
    cases = control_cases()

    async def one(fault: str) -> tuple[str, set[str]]:
        chosen = [case for case in cases if concerned(case, fault)]
        assert len(chosen) > 20
        results = await run(chosen, fault=fault)
        assert len(results) == len(chosen)
        # The small server has no extensions; their cases are proven on mutants of the reference.
        judged = [result for result in results if result.verdict is not Verdict.UNSUPPORTED]
        return fault, {names(result.file, result.case)[1] for result in judged if result.verdict not in BROKEN}

    async def all_of_them() -> Passed:
        return dict(await asyncio.gather(*(one(fault) for fault in JUSTIFIED)))

    return asyncio.run(all_of_them())


@pytest.mark.service
@pytest.mark.parametrize("fault", JUSTIFIED)
def test_a_case_passes_there_only_with_reason(passed: Passed, fault: str) -> None:
    assert passed[fault] == set(JUSTIFIED[fault])
