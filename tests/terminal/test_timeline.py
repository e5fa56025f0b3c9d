"""Transcripts as lines: cut, and safe to show."""

from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.terminal.paint import Paint
from engine.terminal.timeline import CONTINUED, MOST, lines, whole, whole_bytes, wire_lines, wrapped


def harmless(row: str) -> bool:
    """No character that a terminal would act on: format, surrogate, line end, paragraph end, or control character."""
    return all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in row)


def event(number: int, data: bytes = b"") -> TraceEvent:
    return TraceEvent(float(number), Side.WIRE, "one", "sent", f"n{number}", data, len(data))


def test_long_transcripts_keep_their_beginning_and_their_end() -> None:
    shown = list(lines(Transcript(0.0, tuple(event(number) for number in range(300))), limit=10))
    assert len(shown) == 11
    assert shown[0].endswith("n0")
    assert "290 events are not shown" in shown[5]
    assert shown[-1].endswith("n299")


def test_a_long_body_is_cut_with_its_size_and_digest() -> None:
    body = b"x" * 5000
    first, last = wire_lines(body, len(body))
    assert len(first) == 100
    assert last == f"… 5000 B in all, SHA-256 {hashlib.sha256(body).hexdigest()[:16]}"


def test_of_bytes_that_were_not_all_kept_no_digest_is_claimed() -> None:
    assert list(wire_lines(b"abc", 70000)) == ["abc", "… 68.36 KiB in all"]


def test_binary_is_made_visible() -> None:
    assert list(wire_lines(b"\x00\xff\x1b[2J\n", 7)) == ["\\x00\\xff\\x1b[2J\\n"]


def test_many_lines_are_cut() -> None:
    shown = list(wire_lines(b"a\n" * 100, 200))
    assert len(shown) == 25
    assert shown[-1].startswith("… 200 B in all")


def test_a_digest_that_was_kept_is_shown_of_what_was_cut() -> None:
    assert list(wire_lines(b"abc", 70000, "f" * 64))[-1] == "… 68.36 KiB in all, SHA-256 " + "f" * 16
    assert list(whole_bytes(b"abc", 70000, "f" * 64, 80))[-1] == "… 68.36 KiB in all, SHA-256 " + "f" * 16


def test_a_whole_time_line_leaves_no_moment_out() -> None:
    shown = list(whole(Transcript(0.0, tuple(event(number) for number in range(300)))))
    assert len(shown) == 300
    assert shown[7].startswith("  +7000.0 ms  wire    >> one sent n7")


def test_without_times_a_time_line_is_the_same_whenever_it_was() -> None:
    early, late = (
        Transcript(start, tuple(TraceEvent(start + at, Side.APP, "call 1", "sent", "x") for at in (0.1, 0.2)))
        for start in (1.0, 77.0)
    )
    assert list(whole(early, times=False)) == list(whole(late, times=False))
    assert next(iter(whole(early, times=False))) == "app     <- call 1 sent x"


def test_long_lines_are_continued_and_then_cut() -> None:
    rows = list(whole_bytes(b"y" * 1000 + b"\nend\n", 1005, "", 50))
    assert rows[:CONTINUED] == ["y" * 50] * CONTINUED
    assert rows[CONTINUED] == "end\\n"
    assert rows[-1].startswith("… 1005 B in all, SHA-256 ")
    assert list(whole_bytes(b"y" * 200, 200, "", 50)) == ["y" * 50] * 4
    assert len(list(whole_bytes(b"z\n" * 500, 1000, "", 50))) == MOST + 1


@given(st.text(max_size=200), st.integers(20, 60))
def test_wrapped_text_is_visible_fits_and_loses_nothing_but_spaces(text: str, available: int) -> None:
    rows = list(wrapped(text, available))
    assert all(len(row) <= available for row in rows)
    assert all(harmless(row) for row in rows)
    assert "".join(rows).replace(" ", "") == "".join(wrapped(text, 100000)).replace(" ", "")


@given(st.binary(max_size=300), st.integers(20, 60))
def test_bytes_are_visible_whatever_they_are(data: bytes, available: int) -> None:
    for rows in (whole_bytes(data, len(data), "", available), wire_lines(data, len(data))):
        assert all(harmless(row) for row in rows)


def test_a_time_line_is_as_wide_as_the_terminal() -> None:
    events = (
        TraceEvent(0.1, Side.APP, "call 1", "called", "type='http', " * 20),
        TraceEvent(0.2, Side.WIRE, "one", "sent", "", b"x" * 300 + b"\n", 301),
    )
    for available in (60, 80, 140):
        for found in (lines(Transcript(0.0, events), width=available), whole(Transcript(0.0, events), available)):
            rows = list(found)
            assert max(len(row) for row in rows) <= available
            assert max(len(row) for row in rows) > available - 20


def test_the_sides_of_a_time_line_have_their_colours() -> None:
    events = (TraceEvent(0.1, Side.APP, "call 1", "called", "x"), event(1, b"\x1b[31mx"))
    for found in (lines(Transcript(0.0, events), paint=Paint(True)), whole(Transcript(0.0, events), paint=Paint(True))):
        app, wire, data = found
        assert "\x1b[35mapp" in app
        assert "\x1b[36mwire" in wire
        assert "\\x1b[31mx" in data
