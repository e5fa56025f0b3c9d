"""Transcripts as lines: cut, and safe to show."""

from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.terminal.escape import visible
from engine.terminal.paint import Paint
from engine.terminal.timeline import (
    CONTINUED,
    MANY,
    MOST,
    SHORT,
    between_words,
    lines,
    whole,
    whole_bytes,
    wire_lines,
    wrapped,
)


def harmless(row: str) -> bool:
    """No character that a terminal would act on: format, surrogate, line end, paragraph end, or control character."""
    return all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in row)


def event(number: int, data: bytes = b"") -> TraceEvent:
    return TraceEvent(float(number), Side.WIRE, "one", "sent", f"n{number}", data, len(data))


def test_long_transcripts_keep_their_beginning_and_their_end() -> None:
    page = list(lines(Transcript(0.0, tuple(event(number) for number in range(300))), limit=10))
    assert len(page) == 11
    assert page[0].endswith("n0")
    assert "290 events are not shown" in page[5]
    assert page[-1].endswith("n299")


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
    page = list(wire_lines(b"a\n" * 100, 200))
    assert len(page) == 25
    assert page[-1].startswith("… 200 B in all")


def test_a_digest_that_was_kept_is_shown_of_what_was_cut() -> None:
    assert list(wire_lines(b"abc", 70000, "f" * 64))[-1] == "… 68.36 KiB in all, SHA-256 " + "f" * 16
    page = " ".join(list(whole_bytes(b"abc", 70000, "f" * 64, 80))[1:])
    assert page == "… 68.36 KiB in all, SHA-256 " + "f" * 16 + "; the record has the first 3 B"


def test_a_whole_time_line_leaves_no_moment_out() -> None:
    page = list(whole(Transcript(0.0, tuple(event(number) for number in range(300)))))
    assert len(page) == 300
    assert page[7].startswith("  +7000.0 ms  wire    >> one sent n7")


def test_without_times_a_time_line_is_the_same_whenever_it_was() -> None:
    early, late = (
        Transcript(start, tuple(TraceEvent(start + at, Side.APP, "call 1", "sent", "x") for at in (0.1, 0.2)))
        for start in (1.0, 77.0)
    )
    assert list(whole(early, times=False)) == list(whole(late, times=False))
    assert next(iter(whole(early, times=False))) == "app     <- call 1 sent x"


def test_long_lines_are_continued_and_then_cut() -> None:
    data = b"y" * 2000 + b"\nend\n"
    rows = list(whole_bytes(data, 2005, "", 50, full=False))
    assert rows[:CONTINUED] == ["y" * 50] * CONTINUED
    assert rows[CONTINUED] == "end\\n"
    last = " ".join(rows[CONTINUED + 1 :])
    assert last.startswith("… 2005 B in all, SHA-256 ")
    assert last.endswith("; --full shows them")
    every = list(whole_bytes(data, 2005, "", 50))
    assert [len(row) for row in every] == [50] * 40 + [2, 5]
    assert len(list(whole_bytes(b"y" * SHORT, SHORT, "", 64, full=False))) == SHORT // 64
    assert len(list(whole_bytes(b"z\n" * 500, 1000, "", 80, full=False))) == MOST + 1
    assert len(list(whole_bytes(b"z\n" * 500, 1000, "", 80))) == 500
    (row, *end) = whole_bytes(b"y" * 40, 4000, "", 50, full=False)
    assert row == "y" * 40
    assert " ".join(end) == "… 4000 B in all; the record has the first 40 B"


def test_json_breaks_between_words_and_no_byte_is_lost() -> None:
    body = b'{"type": "http", "headers": [["host", "127.0.0.1:8000"]], "\\u00e9": "' + b"a" * 90 + b'"}'
    rows = list(whole_bytes(body, len(body), "", 40))
    assert rows[0] == '{"type": "http", "headers": [["host", '
    assert "".join(rows) == visible(body)
    assert max(map(len, rows)) <= 40
    assert list(between_words("a,b,c,d,e,f,g,h", 6)) == ["a,b,c,", "d,e,f,", "g,h"]


@given(st.text(alphabet='ab ,\\\n\x00é"', max_size=300), st.integers(30, 60))
def test_breaking_keeps_every_character_in_its_place(text: str, available: int) -> None:
    page = visible(text.encode())
    rows = list(between_words(page, available))
    assert "".join(rows) == page
    assert all(len(row) <= available for row in rows)


def transfer(count: int) -> tuple[TraceEvent, ...]:
    """A body of which the application sends pieces and the client receives them, in turn."""
    return tuple(
        TraceEvent(number / 1000, Side.APP, "call 1", "sent", f"http.response.body body=({number} B)")
        if number % 2
        else TraceEvent(number / 1000, Side.WIRE, "one", "received", "", b"x" * 100, 65536)
        for number in range(count)
    )


def test_a_long_transfer_is_one_block_with_its_counts_and_its_end() -> None:
    before = TraceEvent(-1.0, Side.WIRE, "one", "sent", "", b"GET", 3)
    called = TraceEvent(-0.5, Side.APP, "call 1", "called", "type='http'")
    after = TraceEvent(9.0, Side.APP, "call 1", "returned")
    events = (before, called, *transfer(256), after)
    page = list(whole(Transcript(0.0, events), 200, full=False))
    (block,) = [number for number, row in enumerate(page) if row.lstrip().startswith("…") and "times" in row]
    assert len(page) < 40
    assert page[block].strip() == (
        "… until +253.0 ms: app call 1 sent http.response.body, 126 times; wire one received, 125 times, 8000 KiB; "
        "--full shows them"
    )
    assert page[0].endswith("sent 3 B")
    assert page[-1].endswith("app        call 1 returned")
    assert sum("received 64 KiB" in row for row in whole(Transcript(0.0, events), 200)) == 128


def test_a_short_exchange_and_one_of_many_sorts_stay_as_they_are() -> None:
    short = Transcript(0.0, transfer(MANY - 1))
    assert list(whole(short, full=False)) == list(whole(short))
    sorts = ("sent", "received", "closed")
    mixed = tuple(TraceEvent(float(number), Side.WIRE, "one", sorts[number % 3], "x") for number in range(60))
    assert list(whole(Transcript(0.0, mixed), full=False)) == list(whole(Transcript(0.0, mixed)))


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
