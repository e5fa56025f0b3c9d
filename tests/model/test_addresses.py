"""Addresses of cases: their parts, and what they mean."""

from __future__ import annotations

import pytest

from engine.model.addresses import Address, bare, meant, parsed


@pytest.mark.parametrize(
    ("text", "file", "case"),
    [
        ("specs/http/wire.yaml::missing-host", "specs/http/wire.yaml", "missing-host"),
        ("/a b/x.yml::status[404]", "/a b/x.yml", "status[404]"),
        ("x.yaml::host[::1]", "x.yaml", "host[::1]"),
        ("a[1]/x.yaml::c", "a[1]/x.yaml", "c"),
        ("folder::c", "folder", "c"),
        ("missing-host", "", "missing-host"),
        ("host[::1]", "", "host[::1]"),
        ("x.yaml", "", "x.yaml"),
        ("x.yaml::", "x.yaml", ""),
    ],
)
def test_the_parts_of_an_address(text: str, file: str, case: str) -> None:
    assert parsed(text) == Address(file, case)
    if case:
        assert str(parsed(text)) == text


def test_an_address_without_the_value_of_a_matrix() -> None:
    assert bare("a[1]/x.yaml::host[::1]") == "a[1]/x.yaml::host"
    assert bare("x.yaml::host") == "x.yaml::host"
    assert bare("host[1]") == "host"


THERE = [
    "specs/a/x.yaml::host",
    "specs/a/x.yaml::no-host",
    "specs/b/x.yaml::host",
    "specs/b/x.yaml::size[1]",
    "y::size[2]",
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("specs/a/x.yaml::host", [0]),
        ("a/x.yaml::host", [0]),
        ("x.yaml::host", [0, 2]),
        ("host", [0, 2]),
        ("size", [3, 4]),
        ("x.yaml::size", [3]),
        ("size[2]", [4]),
        ("ost", []),
        ("x.yaml", []),
    ],
)
def test_what_a_text_means(text: str, found: list[int]) -> None:
    assert meant(text, THERE) == [THERE[number] for number in found]


def test_an_ending_is_only_looked_for_loosely_and_after_whole_words() -> None:
    assert meant("o-host", THERE, loosely=True) == [THERE[1]]
    assert meant("host", THERE, loosely=True) == [THERE[0], THERE[2]]
