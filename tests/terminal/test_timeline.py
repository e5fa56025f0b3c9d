"""Transcripts as lines: cut, and safe to show."""

from __future__ import annotations

import hashlib

from engine.model.transcript import Moment, Side, Transcript
from engine.terminal.timeline import WIDTH, lines, wire_lines


def moment(number: int, data: bytes = b"") -> Moment:
    return Moment(float(number), Side.WIRE, "one", "sent", f"n{number}", data, len(data))


def test_long_transcripts_keep_their_beginning_and_their_end() -> None:
    shown = list(lines(Transcript(0.0, tuple(moment(number) for number in range(300))), limit=10))
    assert len(shown) == 11
    assert shown[0].endswith("n0")
    assert "290 moments are not shown" in shown[5]
    assert shown[-1].endswith("n299")


def test_a_long_body_is_cut_with_its_size_and_digest() -> None:
    body = b"x" * 5000
    first, last = wire_lines(body, len(body))
    assert len(first) == WIDTH
    assert last == f"… 5000 B in all, SHA-256 {hashlib.sha256(body).hexdigest()[:16]}"


def test_of_bytes_that_were_not_all_kept_no_digest_is_claimed() -> None:
    assert list(wire_lines(b"abc", 70000)) == ["abc", "… 68.36 KiB in all"]


def test_binary_is_made_visible() -> None:
    assert list(wire_lines(b"\x00\xff\x1b[2J\n", 7)) == ["\\x00\\xff\\x1b[2J\\n"]


def test_many_lines_are_cut() -> None:
    shown = list(wire_lines(b"a\n" * 100, 200))
    assert len(shown) == 25
    assert shown[-1].startswith("… 200 B in all")
