"""Streams that cannot show every character."""

from __future__ import annotations

import io
import sys

import pytest

from engine.terminal.escape import width
from engine.terminal.streams import NAME, PLAIN, tolerate, write_document


@pytest.mark.parametrize(
    ("encoding", "output"),
    [
        ("ascii", b"+--+ | x/y - ? cut. ?? ?"),
        ("latin-1", b"+--+ | x/y - \xfc cut. ?? ?"),
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


@pytest.mark.parametrize("text", ["漢字", "한글", "ｆｕｌｌ", "e\u0301", "🙂", "ü–→"])
def test_the_replacement_is_as_wide_as_the_text(text: str) -> None:
    tolerate()
    assert len(text.encode("ascii", errors=NAME)) == width(text)


def test_streams_of_somebody_else_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    tolerate()
    print("│", end="")
    assert isinstance(sys.stdout, io.StringIO)
    assert sys.stdout.getvalue() == "│"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_document_is_utf_8_in_any_locale(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    tolerate()
    write_document("ü… 漢 \udcff\n")
    sys.stdout.flush()
    assert raw.getvalue() == "ü… 漢 ?\n".encode()


def test_a_document_on_a_terminal_has_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1", errors=NAME)
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", stream)
    write_document("ü–")
    sys.stdout.flush()
    assert raw.getvalue() == b"\xfc-"
