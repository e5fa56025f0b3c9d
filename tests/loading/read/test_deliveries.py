"""The key ``delivery`` of a suite and of a case."""

from __future__ import annotations

import pytest

from engine.model.delivery import DELIVERIES, WHOLE, cut_at
from tests.loading.helpers import HEAD, load, suite

STEPS = "[{request: {path: /scope, expect: {status: 200}}}]"


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        ("", ["one"]),
        ("delivery: bytes", ["one[bytes]"]),
        ("delivery: [whole, pieces, crlf]", ["one", "one[pieces]", "one[crlf]"]),
        ("delivery: {cut_at: [3, utf-8]}", ["one[cut-3-utf-8]"]),
        ("delivery: [whole, {cut_at: [3]}]\nmatrix: {a: [1]}\nnote: $(a)", ["one[1]", "one[1-cut-3]"]),
    ],
)
def test_a_case_stands_once_for_each_delivery(key: str, ids: list[str]) -> None:
    loaded = load(suite(STEPS, key))
    assert not loaded.diagnostics
    assert [case.id for case in loaded.whole] == ids


def test_the_case_has_the_delivery() -> None:
    found = load(suite(STEPS, "delivery: [whole, utf-8, {cut_at: [3, 3]}]")).whole
    assert [case.delivery for case in found] == [WHOLE, DELIVERIES["utf-8"], cut_at((3,))]


def test_a_case_inherits_the_delivery_of_its_suite() -> None:
    text = HEAD.replace("level: must\n", "level: must\ndelivery: bytes\n")
    text += f"  - {{id: one, title: One, steps: {STEPS}}}\n"
    text += f"  - {{id: two, title: Two, delivery: whole, steps: {STEPS}}}\n"
    assert [case.id for case in load(text).whole] == ["one[bytes]", "two"]


@pytest.mark.parametrize(
    ("key", "message", "hint"),
    [
        ("delivery: byte", "there is no delivery 'byte'", "did you mean 'bytes'?"),
        ("delivery: [whole, slowly]", "there is no delivery 'slowly'", "known: whole, pieces, bytes"),
        ("delivery: [bytes, bytes]", "this delivery stands here twice", "remove one of the two"),
        ("delivery: {cut_at: [line]}", "there is no place 'line' to cut at", "known: request-line, crlf"),
    ],
)
def test_a_wrong_delivery_is_an_error(key: str, message: str, hint: str) -> None:
    [found] = load(suite(STEPS, key)).diagnostics
    assert found.what == message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize("key", ["delivery: 5", "delivery: []", "delivery: {cut_at: [0]}", "delivery: {every: 1s}"])
def test_a_delivery_of_another_form_is_an_error(key: str) -> None:
    assert load(suite(STEPS, key)).errors
