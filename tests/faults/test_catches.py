"""The cases catch the faults that they are for: each fault of the table fails its cases, and a correct server fails
none.

The small servers run concurrently, since faults that hang take the complete timeouts of their cases.
"""

from __future__ import annotations

import asyncio

import pytest

from engine.model.case import Case, RunsOn
from tests.faults.harness import BROKEN, all_missed, control_cases, run
from tests.faults.table import APPS, SERVERS

Missed = dict[str, list[str]]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Those for ASGI apps; ``test_fastcgi`` has the others."""
    return [case for case in control_cases() if case.runs_on is not RunsOn.WSGI]


@pytest.fixture(scope="module")
def missed(request: pytest.FixtureRequest, cases: list[Case]) -> Missed:
    """The missed cases of each selected fault."""
    chosen = {str(item.callspec.params["fault"]) for item in request.session.items if hasattr(item, "callspec")
              and "fault" in item.callspec.params}  # fmt: skip
    wrong_apps = [name for name in APPS if f"app:{name}" in chosen]
    return asyncio.run(all_missed(cases, [name for name in SERVERS if name in chosen], wrong_apps))


def test_no_case_is_red_on_a_server_that_is_right(cases: list[Case]) -> None:
    results = asyncio.run(run(cases))
    assert len(results) >= len(cases)
    assert [f"{result.address}: {result.reason}" for result in results if result.verdict in BROKEN] == []


@pytest.mark.parametrize("fault", [*SERVERS, *(f"app:{name}" for name in APPS)])
def test_the_cases_catch_it(missed: Missed, fault: str) -> None:
    assert missed[fault] == []
