from __future__ import annotations

import hashlib

import pytest

from engine.channels.scripted import Arrival, ScriptedChannel
from engine.matchers.matching import match
from engine.model.expectation import ABSENT, Literal, Mismatch, Situation, Unclear
from engine.model.phrasing import sentence
from engine.model.wire_bytes import WireBytes
from engine.steps.http1.facts import ResponseFacts
from engine.steps.http1.session import Response, read_response
from tests.steps.context import run
from tests.steps.fact_types import wrong
from tests.steps.reader import PLACE

JSON = (
    b"HTTP/1.1 200 Good\r\nContent-Type: application/json\r\nX-One: a\r\nX-Two: 1\r\nx-two: 2\r\nX-Latin: \xe9\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
BODY = b'{"user": [{"name": "ann"}], "a.b": {"c": null}}'


def facts(*arrivals: Arrival | bytes, method: str = "GET") -> ResponseFacts:
    return ResponseFacts(run(read_response(ScriptedChannel(arrivals), Response(method), 0.05, 0.0)), b"sent")


def whole() -> ResponseFacts:
    half = len(BODY) // 2
    return facts(
        Arrival(b"HTTP/1.1 103 Early\r\n\r\n", 1.0),
        Arrival(JSON + b"%x\r\n%s\r\n" % (half, BODY[:half]), 2.0),
        Arrival(b"%x\r\n%s\r\n" % (len(BODY) - half, BODY[half:]), 3.0),
        Arrival(b"0\r\nX-Sum: 1\r\nX-Again: 1\r\nx-again: 2\r\n\r\n", 4.0),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 200),
        ("reason", "Good"),
        ("version", "1.1"),
        ("header.x-one", "a"),
        ("header.X-ONE", "a"),
        ("header.x-latin", "é"),
        ("header.none", ABSENT),
        ("headers.x-two", ["1", "2"]),
        ("headers.none", []),
        ("trailer.x-sum", "1"),
        ("trailer.none", ABSENT),
        ("body", BODY),
        ("body.size", len(BODY)),
        ("body.sha256", hashlib.sha256(BODY).hexdigest()),
        ("json", {"user": [{"name": "ann"}], "a.b": {"c": None}}),
        ("json.user.0.name", "ann"),
        ("json.user.last.name", "ann"),
        ("json.user.1", ABSENT),
        ("json.a.b.c", None),
        ("json.nobody", ABSENT),
        ("lines", [BODY.decode()]),
        ("events", []),
        ("chunks", 2),
        ("framing", "chunked"),
        ("complete", True),
        ("interim", [103]),
        ("first_byte", 1.0),
        ("elapsed", 4.0),
        ("spread", 1.0),
        ("outcome", "response"),
        ("open", ABSENT),
    ],
)
def test_a_fact_of_a_whole_response(name: str, value: object) -> None:
    assert whole().fact(name) == value


def test_headers_and_wire() -> None:
    seen = whole()
    pairs = seen.fact("headers")
    assert isinstance(pairs, list)
    assert pairs[0] == ["Content-Type", "application/json"]
    assert [name for name, _ in pairs[2:4]] == ["X-Two", "x-two"]
    wire = seen.fact("wire")
    assert isinstance(wire, WireBytes)
    assert wire.startswith(b"HTTP/1.1 103 Early")
    assert wire.endswith(b"x-again: 2\r\n\r\n")
    assert isinstance(seen.fact("body"), WireBytes)
    assert seen.sent == b"sent"
    assert seen.implicit_failures(frozenset()) == ()


def mismatch(observed: object, expected: object) -> Mismatch:
    found = match(observed, Literal(expected, PLACE), Situation({}), {}, "header.x-two")
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["header.x-two", "trailer.x-again"])
def test_a_header_that_comes_twice_matches_nothing_and_says_why(name: str) -> None:
    value = whole().fact(name)
    assert isinstance(value, Unclear)
    for expected in ("1", "2", ["1", "2"], None):
        assert mismatch(value, expected).why == "2 of them: '1', '2'"


@pytest.mark.parametrize("fact", [fact.name for fact in ResponseFacts.facts])
def test_a_fact_of_no_response(fact: str) -> None:
    there = {
        "complete": False,
        "interim": [],
        "wire": b"",
        "outcome": "closed",
        "elapsed": 2.0,
    }
    name = fact.replace("[.*]", "").replace("*", "x")
    assert facts(Arrival(end="fin", at=2.0)).fact(name) == there.get(name, ABSENT)


def test_no_response_fails_unless_it_is_taken_on() -> None:
    seen = facts(Arrival(end="fin"))
    (one,) = seen.implicit_failures(frozenset({"status", "body"}))
    assert (one.where, one.actual) == ("outcome", "closed")
    assert sentence(one) == "expected a response, got a closed connection; received 0 B of the response"
    for name in ("outcome", "complete", "open"):
        assert seen.implicit_failures(frozenset({name})) == ()


def test_a_broken_response_fails_as_well() -> None:
    seen = facts(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", Arrival(end="reset"))
    assert [one.actual for one in seen.implicit_failures(frozenset({"status"}))] == ["reset"]
    assert (seen.fact("status"), seen.fact("body"), seen.fact("complete")) == (200, b"hello", False)


@pytest.mark.parametrize(("outcome", "fails"), [("timeout", 0), ("closed", 0), ("refused", 1), ("malformed", 1)])
def test_leaving_early_needs_no_response(outcome: str, fails: int) -> None:
    assert len(ResponseFacts(Response(outcome=outcome), abandoned=True).implicit_failures(frozenset())) == fails


def simple(body: bytes) -> ResponseFacts:
    return facts(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def test_lines() -> None:
    assert simple(b"one\r\ntwo\n\nlast").fact("lines") == ["one", "two", "", "last"]
    assert simple(b"").fact("lines") == []
    assert simple(b"\xff\n").fact("lines") == ["\ufffd"]


def test_events() -> None:
    assert simple(b'data: {"n": 1}\n\n').fact("events") == [
        {"event": "message", "data": '{"n": 1}', "id": "", "json": {"n": 1}}
    ]


def test_what_is_no_json_is_absent() -> None:
    assert simple(b"{nope").fact("json") is ABSENT
    assert simple(b"{nope").fact("json.x") is ABSENT
    assert simple(b"").fact("json") is ABSENT
    assert simple(b"null").fact("json") is None


def test_an_empty_body() -> None:
    seen = simple(b"")
    assert (seen.fact("body"), seen.fact("body.size"), seen.fact("chunks")) == (b"", 0, 0)
    assert seen.fact("spread") is ABSENT


@pytest.mark.parametrize(
    "seen", [whole(), facts(), facts(b"HTTP/1.1 204 No Content\r\n\r\n"), facts(b"nonsense\r\n\r\n")]
)
def test_every_value_is_of_the_type_that_its_fact_declares(seen: ResponseFacts) -> None:
    named = [(fact, fact.name.replace("[.*]", "").replace("*", "x-two")) for fact in ResponseFacts.facts]
    assert wrong((name, seen.fact(name), fact.type) for fact, name in named) == []
