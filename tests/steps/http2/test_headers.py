"""``headers``: the fields that go out, as the library h2 reads them, and the lies that it refuses."""

from __future__ import annotations

import pytest

from engine.protocols.http2.fields import FieldDecoder
from engine.protocols.http2.frames import CONTINUATION, HEADERS
from tests.steps.http2.http2_here import Library, acted, previewed
from tests.steps.reader import mistakes


def test_the_fields_of_a_request() -> None:
    library = Library()
    acted({"headers": {"path": "/x", "method": "PUT", "headers": [["a", "1"], ["a", "2"]]}}, library=library)
    fields = library.fields[1]
    assert fields[:4] == [
        (b":method", b"PUT"),
        (b":scheme", b"http"),
        (b":authority", b"127.0.0.1:1"),
        (b":path", b"/x"),
    ]
    assert fields[4:6] == [(b"a", b"1"), (b"a", b"2")]
    assert fields[6][0] == b"x-engine-call"


@pytest.mark.parametrize("word", ["plain", "incremental", "never"])
@pytest.mark.parametrize("huffman", [False, True])
def test_each_representation_is_read_by_the_library(word: str, huffman: bool) -> None:
    library = Library()
    again: dict[str, object] = {"headers": {"headers": {"x-long": "value"}, "representation": word, "huffman": huffman}}
    acted(again, again, library=library)
    assert all((b"x-long", b"value") in library.fields[stream] for stream in (1, 3))


def test_a_field_in_the_table_is_indexed() -> None:
    library = Library()
    first: dict[str, object] = {
        "headers": {"headers": {"x-long": "value"}, "representations": {"x-long": "incremental"}}
    }
    second: dict[str, object] = {
        "headers": {"headers": {"x-long": "value"}, "representations": {"x-long": "indexed", ":method": "indexed"}}
    }
    acted(first, second, library=library)
    assert (b"x-long", b"value") in library.fields[3]


def test_a_section_is_cut_padded_and_has_a_priority() -> None:
    library = Library()
    _, sent = acted(
        {"headers": {"cut_at": [1, 7], "padding": "3B", "priority": {"weight": 256, "exclusive": True}}},
        library=library,
    )
    assert [one.type for one in sent[:3]] == [HEADERS, CONTINUATION, CONTINUATION]
    assert [one.flag_names for one in sent[:3]] == [["end_stream", "padded", "priority"], [], ["end_headers"]]
    assert library.fields[1][0] == (b":method", b"GET")


def test_pseudo_fields_stand_where_the_case_puts_them() -> None:
    _, sent = acted({"headers": {"headers": [["a", "1"], [":path", "/late"]], "without": [":scheme"], "call": False}})
    assert FieldDecoder().decode(sent[0].content or b"") == [
        (b":method", b"GET"),
        (b":authority", b"127.0.0.1:1"),
        (b"a", b"1"),
        (b":path", b"/late"),
    ]
    _, sent = acted({"headers": {"defaults": False, "call": False, "end_stream": False, "end_headers": False}})
    assert (sent[0].payload, sent[0].flags, sent[0].stream) == (b"", 0, 1)


def test_streams_are_odd_and_rise_unless_given() -> None:
    _, sent = acted({"headers": {}}, {"headers": {"stream": 7}}, {"headers": {}}, {"headers": {"stream": 2}})
    assert [one.stream for one in sent] == [1, 7, 9, 2]


def test_the_preview_shows_the_fields() -> None:
    ((what, data),) = previewed("headers", {"path": "/x", "cut_at": [3]})
    assert what == "HEADERS and 1 CONTINUATION, END_STREAM"
    assert data.startswith(b":method: GET\n:scheme: http\n:authority: $(host)\n:path: /x\n")


def test_mistakes() -> None:
    assert "there is no representation 'hidden'" in mistakes("headers", {"representation": "hidden"}, "http2")[0]


def test_table_sizes_come_first() -> None:
    library = Library()
    _, sent = acted({"headers": {"table_sizes": [0, 4096]}}, library=library)
    assert (sent[0].content or b"")[:4].hex() == "203fe11f"
    assert library.fields[1]
