from __future__ import annotations

from dataclasses import replace

import pytest

from engine.execution.planning.deliveries import addressed, delivered
from engine.execution.planning.plan import plan
from engine.model.case import LIBRARY, CaseHeader, without_sending
from engine.model.delivery import BYTES, PIECES, WHOLE, cut_at
from tests.execution.planning.test_plan import CASE, CONTROL, named

MATRIX = replace(CASE, id="status[404]", stem="status", variant="404")


@pytest.mark.parametrize(
    ("case", "id"), [(CASE, "a[bytes]"), (MATRIX, "status[404-bytes]"), (MATRIX.delivered(PIECES), "status[404-bytes]")]
)
def test_an_id_ends_in_the_delivery(case: CaseHeader, id: str) -> None:
    found = case.delivered(BYTES)
    assert (found.id, found.sending) == (id, "bytes")
    assert found.delivered(WHOLE) == case.delivered(WHOLE)
    assert found.plain_id == case.plain_id
    assert without_sending(found.address, found.sending) == case.delivered(WHOLE).address


def test_a_value_called_like_a_delivery_stays() -> None:
    case = replace(CASE, id="a[bytes]", variant="bytes")
    assert case.delivered(BYTES).id == "a[bytes-bytes]"
    assert case.delivered(BYTES).plain_id == "a[bytes]"


def ids(words: list[str], *cases: CaseHeader) -> list[str]:
    return [case.id for case in delivered(cases, words)]


def test_the_deliveries_of_a_run() -> None:
    own = CASE.delivered(cut_at((3,)))
    assert ids([], CASE, own) == ["a", "a[cut-3]"]
    assert ids(["bytes"], CASE) == ["a[bytes]"]
    assert ids(["bytes"], CASE, own, CASE.delivered(BYTES)) == ["a[bytes]"]
    assert ids(["all"], CASE, MATRIX) == [
        "a", "a[pieces]", "a[bytes]", "status[404]", "status[404-pieces]", "status[404-bytes]",
    ]  # fmt: skip
    assert ids(["all"], own) == ["a", "a[pieces]", "a[bytes]", "a[cut-3]"]
    assert ids(["crlf", "whole"], CASE) == ["a[crlf]", "a"]


def test_a_case_depends_on_others_whole_and_in_its_own_delivery() -> None:
    case = named("b", depends_on=("a", "status[404]"))
    byte_by_byte = case.delivered(BYTES)
    assert byte_by_byte.needs_first(CASE)
    assert byte_by_byte.needs_first(MATRIX)
    assert byte_by_byte.needs_first(MATRIX.delivered(BYTES))
    assert not byte_by_byte.needs_first(CASE.delivered(PIECES))
    assert not case.needs_first(CASE.delivered(BYTES))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("specs/a.yaml::a[bytes]", ["specs/a.yaml::a[bytes]"]),
        ("a[utf-8]", ["specs/a.yaml::a[utf-8]"]),
        ("status[404-chunk-size]", ["specs/a.yaml::status[404-chunk-size]"]),
        ("status[500-bytes]", []),
        ("a[whole]", []),
        ("a", []),
    ],
)
def test_an_address_may_end_in_a_delivery(address: str, found: list[str]) -> None:
    assert [case.address for case in addressed([CASE, MATRIX, CASE.delivered(PIECES)], address)] == found


def test_the_clients_of_a_run() -> None:
    plain = replace(CASE, plain=True)
    cases = [plain, MATRIX]
    assert [one.id for one in delivered(cases, [], "own")] == ["a", "status[404]"]
    assert [one.id for one in delivered(cases, [], LIBRARY)] == ["a[library]", "status[404-library]"]
    assert [one.id for one in delivered(cases, [], "all")] == ["a", "a[library]", "status[404]"]
    jobs = plan(delivered(cases, [], LIBRARY), [CONTROL], lambda target: frozenset(), lambda target, options: ())
    assert [job.left_out.partition(",")[0] for job in jobs] == ["", "no step of it is plain"]
    assert [one.id for one in delivered(cases, ["bytes"], "all")] == [
        "a[bytes]",
        "a[bytes-library]",
        "status[404-bytes]",
    ]
    [found] = addressed(cases, "a[bytes-library]")
    assert (found.delivery, found.client, found.sending) == (BYTES, LIBRARY, "bytes-library")
    assert found.plain_id == "a"
    assert addressed(cases, "status[404-library]") == []
