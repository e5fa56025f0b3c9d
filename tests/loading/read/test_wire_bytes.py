from __future__ import annotations

import pytest

from engine.loading.read.wire_bytes import read_bytes
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString
from tests.loading.helpers import node, reader


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ü", "plain ü".encode()),
        ('""', b""),
        ("[a, {hex: 00 ff}, [b, {text: c}]]", b"a\x00\xffbc"),
        ("[]", b""),
        ('{latin1: "\\u00e9"}', b"\xe9"),
        ("{base64: YWI=}", b"ab"),
        ("{json: {a: [1, null]}}", b'{"a": [1, null]}'),
        ("{form: {a: b c, d: [1, 2]}}", b"a=b+c&d=1&d=2"),
        ("{fill: {of: ab, size: 5B}}", b"ababa"),
        ("{fill: {size: 3B}}", b"xxx"),
        ("{times: {of: ab, count: 2}}", b"abab"),
        ('{head: "GET / HTTP/1.1\\nHost: a\\n"}', b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ('{lines: "a\\nb\\n"}', b"a\r\nb\r\n"),
        ("{chunked: [abc, {hex: 00 ff}]}", b"3\r\nabc\r\n2\r\n\x00\xff\r\n0\r\n\r\n"),
        ("{var: seen}", b"given"),
        ("x$(seen)", b"xgiven"),
    ],
)
def test_notations(text: str, expected: bytes) -> None:
    context = reader()
    assert read_bytes(node(text), context).render({"seen": "given"}) == expected
    assert context.noted == 0


def test_random_is_the_same_each_time() -> None:
    first = read_bytes(node("{random: {size: 1KiB}}"), reader()).render({})
    assert len(first) == 1024
    assert first == read_bytes(node("{random: {size: 1KiB, seed: 0}}"), reader()).render({})
    assert first != read_bytes(node("{random: {size: 1KiB, seed: 1}}"), reader()).render({})


def test_deflated() -> None:
    data = read_bytes(node("{deflated: {of: hello}}"), reader()).render({})
    assert data
    assert not data.endswith(b"\x00\x00\xff\xff")


def test_deflated_with_all_its_options() -> None:
    text = "{deflated: {of: [a, b], after: [x, {hex: 00 ff}], window_bits: 9, level: {var: l}, final: true}}"
    context = reader()
    [part] = read_bytes(node(text), context).parts
    assert isinstance(part.argument, dict)
    assert [one.render({}) for one in part.argument["after"]] == [b"x", b"\x00\xff"]
    assert (part.argument["window_bits"], part.argument["final"]) == (9, True)
    assert isinstance(part.argument["level"], Variable)
    assert context.noted == 0


def test_a_variable_keeps_its_place() -> None:
    [part] = read_bytes(node("{var: seen}"), reader()).parts
    assert isinstance(part.argument, Variable)
    assert (part.word, part.argument.name, part.argument.place.column) == ("var", "seen", 7)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5", "type"),
        ("{base64: a}", "form"),
        ('{latin1: "\\u0100"}', "form"),
        ('{fill: {of: "", size: 5B}}', "empty-text"),
        ("{fill: {size: 1.5B}}", "unit"),
    ],
)
def test_mistakes(text: str, code: str) -> None:
    context = reader()
    read_bytes(node(text), context)
    assert [one.code for one in context.notes.found] == [code]


def test_a_mistake_leaves_something_harmless() -> None:
    assert read_bytes(node("5"), reader()) == ByteString(())
    assert read_bytes(node('{fill: {of: "", size: 2B}}'), reader()).render({}) == b"xx"
