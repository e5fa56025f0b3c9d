from __future__ import annotations

import pytest

from engine.model.expectation import NO_CHECKS
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, plain
from engine.steps.api.reader import NodeReader
from tests.loading.helpers import node, reader


def test_it_has_the_shape_that_kinds_ask_for() -> None:
    found: NodeReader = reader()
    assert found.query(node("a=1")) == "a=1"


def test_headers() -> None:
    found = reader().headers(node("{A: b, C: [d, {hex: 00 ff}]}"))
    assert [(name, value.render({})) for name, value in found] == [("A", b"b"), ("C", b"d"), ("C", b"\x00\xff")]
    found = reader().headers(node("[[A, b], [A, c]]"))
    assert found == (("A", plain("b")), ("A", plain("c")))


def test_pairs_of_asgi() -> None:
    assert reader().pairs(node("[[x-a, v]]")) == [[plain("x-a"), plain("v")]]
    assert reader().pairs(node("{x-a: v}")) == [[plain("x-a"), plain("v")]]
    context = reader()
    assert context.pairs(node("[[x-a, 5], [a]]")) == [[plain("x-a"), ByteString(())]]
    assert [one.code for one in context.notes.found] == ["header-value", "type"]


def test_query() -> None:
    assert reader().query(node("a=%20")) == "a=%20"
    found = reader().query(node("{a: 1, b: [x, true], c: {var: seen}}"))
    assert found[:3] == (("a", 1), ("b", "x"), ("b", True))
    assert isinstance(found[3][1], Variable)


@pytest.mark.parametrize(("text", "seconds"), [("200ms", 0.2), ("1.5s", 1.5), ("2min", 120.0)])
def test_times(text: str, seconds: float) -> None:
    assert reader().time(node(text)) == seconds


@pytest.mark.parametrize(("text", "octets"), [("5B", 5), ("64KiB", 65536), ("1.5KiB", 1536)])
def test_sizes(text: str, octets: int) -> None:
    assert reader().size(node(text)) == octets


def test_times_and_sizes_may_wait_for_the_run() -> None:
    assert isinstance(reader().time(node("{var: wait}")), Variable)
    assert isinstance(reader().size(node("{var: size}")), Variable)


@pytest.mark.parametrize("text", ["5", "5x", "$(x)", "[1]", "false"])
def test_times_and_sizes_that_are_none(text: str) -> None:
    context = reader()
    assert context.time(node(text)) == 0.0
    assert context.size(node(text)) == 0
    assert context.noted == 2


def test_values() -> None:
    found = reader().value(node("{a: [1, {var: x, plus: 1}], b: {var: x, other: 1}, c: $(x), d: {bytes: y1}}"))
    assert isinstance(found["a"][1], Variable)
    assert found["a"][1].plus == 1
    assert found["b"] == {"var": "x", "other": 1}
    assert (found["c"], found["d"]) == ("$(x)", {"bytes": "y1"})
    assert reader().raw(node("{d: {bytes: y1}, e: {bytes: a, text: b}}")) == {
        "d": plain("y1"),
        "e": {"bytes": "a", "text": "b"},
    }


def test_steps() -> None:
    text = """\
- request: {path: /a, as: one, connection: c, expect: {status: 200}, within: 2s, capture: {first: json.a}}
- tcp: {script: [{send: [a, b]}, {pause: 1s}]}
"""
    context = reader()
    request, tcp = context.steps(node(text))
    assert (request.step_type, request.group, request.name, request.connection) == ("request", "step", "one", "c")
    assert (request.place.line, request.place.column, request.place.length) == (1, 3, 7)
    assert request.checks.within == 2.0
    assert request.checks.capture == (("first", "json.a"),)
    assert request.checks.judges
    assert tcp.checks is NO_CHECKS
    assert isinstance(tcp.params, dict)
    send, pause = tcp.params["script"]
    assert (send.group, send.params.render({})) == ("tcp", b"ab")
    assert pause.params == 1.0
    assert context.noted == 0


@pytest.mark.parametrize("body", ["{path: /, as: a$(n)}", "{path: /, connection: $(x)}", "{path: /, within: {var: x}}"])
def test_what_cannot_wait_for_the_run(body: str) -> None:
    context = reader()
    context.steps(node(f"[{{request: {body}}}]"))
    assert [one.code for one in context.notes.found] == ["variable"]


def test_a_kinds_own_mistakes() -> None:
    context = reader()
    context.mistake(node("a"), "this is wrong", "do otherwise")
    [found] = context.notes.found
    assert (found.code, found.what, found.hint) == ("value", "this is wrong", "do otherwise")
