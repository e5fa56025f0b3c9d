"""Streams that cannot show every character."""

from __future__ import annotations

import io
import sys

import pytest

from engine.terminal.streams import PLAIN, tolerate


@pytest.mark.parametrize(
    ("encoding", "output"),
    [
        ("ascii", b"+--+ | x/y - ? cut. ? ?"),
        ("latin-1", b"+--+ | x/y - \xfc cut. ? ?"),
        ("utf-8", "┌──┐ │ x/y – ü cut… 漢 ?".encode()),
    ],
)
def test_what_a_stream_lacks_has_something_like_it(
    monkeypatch: pytest.MonkeyPatch, encoding: str, output: bytes
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    tolerate()
    print("┌──┐ │ x/y – ü cut… 漢 \udcff", end="", flush=True)
    assert raw.getvalue() == output


def test_one_character_stands_for_one() -> None:
    assert all(len(left) == len(right) == 1 and right.isascii() for left, right in PLAIN.items())


def test_streams_of_somebody_else_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    tolerate()
    print("│", end="")
    assert isinstance(sys.stdout, io.StringIO)
    assert sys.stdout.getvalue() == "│"
