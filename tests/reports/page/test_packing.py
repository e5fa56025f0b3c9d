"""Packed data: the same back, the same text each time, and no character that markup has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.reports.page.packing import Details, Numbered, packed, unpacked
from tests.reports.page.hostile import PAYLOADS


@pytest.mark.parametrize("document", [None, [], {"a": [1, 2.5, "x", None, True]}, list(PAYLOADS), "x" * 100_000])
def test_packing_is_reversible_and_deterministic(document: Any) -> None:
    text = packed(document)
    assert unpacked(text) == document
    assert packed(document) == text
    assert re.fullmatch(r"[A-Za-z0-9+/]*=*", text)


def test_details_are_found_by_number() -> None:
    details = Details()
    documents: list[Any] = ["a", {"b": 1}, []]
    numbers = [details.add(one) for one in documents]
    assert numbers == [0, 1, 2]
    parts = [details.text[first:last] for first, last in zip([0, *details.ends], details.ends, strict=False)]
    assert [unpacked(part) for part in parts] == ["a", {"b": 1}, []]


def test_distinct_values_have_one_number() -> None:
    numbered = Numbered()
    assert numbered.all(["b", "a", "b"]) == [0, 1, 0]
    assert numbered.values == ["b", "a"]
