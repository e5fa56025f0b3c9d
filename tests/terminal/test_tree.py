"""Entries as indented lines."""

from __future__ import annotations

from engine.terminal.tree import MOST, TreeEntry, lines


def drawn(*entries: TreeEntry, limit: int = 40) -> list[str]:
    return list(lines(entries, limit))


def test_entries_are_indented_and_wrapped() -> None:
    found = drawn(TreeEntry("a", [TreeEntry("word " * 12, [TreeEntry("c")])]), TreeEntry(""), TreeEntry("b"))
    assert found[0] == "a"
    assert found[1].startswith("  word")
    assert found[2].startswith("    word")
    assert max(len(line) for line in found) <= 40
    assert found[-3:] == ["    c", "", "b"]


def test_bytes_are_shown_line_by_line() -> None:
    assert drawn(TreeEntry("", data=b"a\r\n\x00\xff\n\nb")) == [r"> a\r\n", r"> \x00\xff\n", r"> \n", "> b"]
    assert drawn(TreeEntry("words", data=b"")) == ["words", "> (nothing)"]


def test_an_escape_is_never_cut_in_two() -> None:
    found = drawn(TreeEntry("", data=b"abc" + b"\x01" * 30), limit=20)
    assert all(line.removeprefix("> ").replace("abc", "").replace(r"\x01", "") == "" for line in found)
    assert "".join(line.removeprefix("> ") for line in found) == "abc" + r"\x01" * 30


def test_a_long_stretch_is_cut_and_tells_its_size() -> None:
    for data in (b"x" * 10_000_000, b"\n" * 10_000_000):
        found = drawn(TreeEntry("", data=data))
        assert len(found) == MOST + 1
        assert found[-1].endswith("in all")


def test_words_are_escaped() -> None:
    assert drawn(TreeEntry("\x1b[31m")) == [r"\x1b[31m"]
