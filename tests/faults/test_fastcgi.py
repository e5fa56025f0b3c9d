"""The cases of FastCGI catch the faults that they are for: each fault fails its cases, and a correct server none."""

from __future__ import annotations

import asyncio

import pytest

from engine.model.case import Case
from engine.model.verdict import Verdict
from tests.faults.fastcgi_harness import CAUGHT, all_missed, fastcgi_cases, run


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return fastcgi_cases()


@pytest.fixture(scope="module")
def missed(request: pytest.FixtureRequest, cases: list[Case]) -> dict[str, list[str]]:
    """The missed cases of each selected fault."""
    chosen = [str(item.callspec.params["fault"]) for item in request.session.items if hasattr(item, "callspec")
              and item.path == request.path and "fault" in item.callspec.params]  # fmt: skip
    return asyncio.run(all_missed(cases, chosen))


def test_no_case_is_red_where_nothing_is_wrong(cases: list[Case]) -> None:
    results = asyncio.run(run(cases))
    assert len(results) == len(cases) > 0
    assert [f"{one.address}: {one.reason}" for one in results if one.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize("fault", CAUGHT)
def test_the_cases_catch_it(missed: dict[str, list[str]], fault: str) -> None:
    assert missed[fault] == []
