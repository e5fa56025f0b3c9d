"""A strict clause has a case in the default run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.loading.rules.extended import beside, resting
from engine.model.clause import Clause
from tests.loading.helpers import OK, cases, suite

(CASE,) = cases(suite(OK))
EXTENDED = replace(CASE, id="two", extended=True)


def clauses(level: str) -> dict[str, Clause]:
    return {"SCOPE-01": Clause("SCOPE-01", level, "", "")}


@pytest.mark.parametrize(("level", "found"), [("must", 1), ("implied", 1), ("should", 0), ("may", 0)])
def test_a_clause_of_extended_cases_alone(level: str, found: int) -> None:
    assert len(resting([EXTENDED], clauses(level))) == found
    assert len(list(beside([EXTENDED], [], clauses(level)))) == found


def test_a_case_of_the_default_run_is_enough() -> None:
    assert resting([EXTENDED, CASE], clauses("must")) == {}


def test_so_is_one_elsewhere_in_the_collection() -> None:
    assert list(beside([EXTENDED], [EXTENDED, CASE], clauses("must"))) == []
    (wrong,) = beside([EXTENDED], [EXTENDED], clauses("must"))
    assert (wrong.code, wrong.place) == ("rests-on-extended", EXTENDED.place)
    assert wrong.what == "only extended cases cite SCOPE-01, a clause of level must"


def test_an_unknown_clause_has_its_own_error() -> None:
    assert resting([EXTENDED], {}) == {}
