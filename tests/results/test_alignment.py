"""Time lines of two targets: what counts as a difference, and which is the first."""

from __future__ import annotations

import pytest

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.results.analysis.alignment import aligned, neutral


def received(at: float, data: bytes, subject: str = "connection 1") -> TraceEvent:
    return TraceEvent(at, Side.WIRE, subject, "received", data=data, size=len(data))


def called(at: float, detail: str) -> TraceEvent:
    return TraceEvent(at, Side.APP, "call 1", "called", detail)


def line(*events: TraceEvent) -> Transcript:
    return Transcript(0.0, events)


PLAIN = b"HTTP/1.1 200 OK\r\nServer: one\r\nDate: Sun, 29 Nov 2026 16:32:55 GMT\r\nA: 1\r\nB: 2\r\n\r\nhello"
LIKEWISE = b"HTTP/1.1 200 OK\r\nb: 2\r\na: 1\r\nserver: other\r\n\r\nhello"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (line(received(0.1, PLAIN)), line(received(0.2, LIKEWISE))),
        (line(received(0.1, PLAIN)), line(received(0.1, PLAIN[:30]), received(0.2, PLAIN[30:]))),
        (
            line(received(0.1, PLAIN), called(0.2, "type='http'")),
            line(called(0.1, "type='http'"), received(0.2, PLAIN)),
        ),
        (
            line(called(0.1, "type='http', asgi={'version': '3.0'}, path='/'")),
            line(called(0.1, "type='http', path='/', extensions={'x': {}}")),
        ),
        (
            line(called(0.1, "type='http', server=['127.0.0.1', 18000]")),
            line(called(0.1, "type='http', server=['127.0.0.1', 18001]")),
        ),
        (
            line(
                TraceEvent(
                    0.1, Side.WIRE, "c", "sent", data=b"GET / HTTP/1.1\r\nx-engine-call: j0-sentinel-12.1\r\n\r\n"
                )
            ),
            line(
                TraceEvent(
                    0.1, Side.WIRE, "c", "sent", data=b"GET / HTTP/1.1\r\nx-engine-call: j1-sentinel-3.1\r\n\r\n"
                )
            ),
        ),
        (
            line(TraceEvent(0.1, Side.APP, "call 1", "note", "job j0 has no script")),
            line(TraceEvent(0.1, Side.APP, "call 1", "note", "job j1 has no script")),
        ),
        (line(received(0.1, PLAIN)), line(received(0.1, PLAIN.replace(b"200 OK", b"200 ")))),
        (
            line(received(0.1, PLAIN)),
            line(
                received(0.1, PLAIN),
                TraceEvent(
                    0.4,
                    Side.WIRE,
                    "connection 2",
                    "sent",
                    data=b"GET / HTTP/1.1\r\nx-engine-call: j0-sentinel-12.1\r\n\r\n",
                ),
                received(0.5, PLAIN, "connection 2"),
            ),
        ),
    ],
    ids=[
        "names of servers",
        "pieces",
        "order of the sides",
        "capabilities",
        "ports",
        "sentinels",
        "jobs",
        "reason phrase",
        "one sentinel",
    ],
)
def test_no_difference(left: Transcript, right: Transcript) -> None:
    found = aligned(left, right)
    assert found.first is None
    assert not any(entry.differs for entry in (*found.left, *found.right))


def app(at: float, what: str, detail: str = "") -> TraceEvent:
    return TraceEvent(at, Side.APP, "call 1", what, detail)


def test_a_call_that_was_not_seen_to_return_is_no_difference() -> None:
    whole = line(app(0.1, "called", "a=1"), app(0.2, "sent", "http.response.body body=b''"), app(0.3, "returned"))
    early = line(
        app(0.1, "called", "a=1"), app(0.2, "sent", "http.response.body body=b''  -> send() has not come back")
    )
    assert aligned(whole, early).first is None
    assert aligned(early, whole).first is None
    hanging = line(
        app(0.1, "called", "a=1"),
        app(0.2, "sent", "http.response.body body=b''  -> send() has not come back"),
        app(0.3, "received", "http.disconnect"),
    )
    after = line(*whole.events[:2], app(0.3, "received", "http.disconnect"))
    assert aligned(hanging, after).first is not None
    raised = line(*whole.events[:2], app(0.3, "raised", "OSError"))
    assert aligned(whole, raised).first is not None


def test_a_status_line_without_its_second_space_is_a_difference() -> None:
    assert aligned(line(received(0.1, PLAIN)), line(received(0.1, PLAIN.replace(b"200 OK", b"200")))).first is not None


def test_every_event_keeps_its_place() -> None:
    left, right = line(received(0.1, PLAIN), called(0.2, "a=1")), line(called(0.1, "a=2"), received(0.2, LIKEWISE))
    found = aligned(left, right)
    assert tuple(entry.event for entry in found.left) == left.events
    assert tuple(entry.event for entry in found.right) == right.events


def test_the_first_difference_is_the_earliest_and_names_the_lines() -> None:
    left = line(called(0.1, "type='http', path='/'"), received(0.3, PLAIN))
    right = line(called(0.2, "type='http', path='/'"), received(0.3, PLAIN.replace(b"200 OK", b"404 Not Found")))
    found = aligned(left, right)
    assert found.first is not None
    assert (found.first.where, found.first.left, found.first.right) == (
        "connection 1 received", "HTTP/1.1 200 ", "HTTP/1.1 404 ",
    )  # fmt: skip
    assert [entry.differs for entry in found.left] == [False, True]


@pytest.mark.parametrize(
    ("changed", "left", "right"),
    [
        (PLAIN.replace(b"B: 2\r\n", b"C: 3\r\n"), "b: 2", "c: 3"),
        (PLAIN.replace(b"B: 2\r\n", b""), "b: 2", ""),
        (PLAIN.replace(b"hello", b"other"), "hello", "other"),
    ],
)
def test_a_difference_in_a_response(changed: bytes, left: str, right: str) -> None:
    found = aligned(line(received(0.1, PLAIN)), line(received(0.1, changed))).first
    assert found is not None
    assert (found.left, found.right) == (left, right)


def test_an_event_that_one_side_lacks() -> None:
    found = aligned(line(received(0.3, PLAIN), called(0.1, "type='http', path='/x'")), line(received(0.1, PLAIN))).first
    assert found is not None
    assert (found.where, found.left, found.right) == ("call 1", "call 1 called type='http', path='/x'", "")
    assert found.at == 0.1


def test_values_of_one_field_keep_their_order_and_later_responses_count() -> None:
    twice = b"HTTP/1.1 200 OK\r\nSet-Cookie: b\r\nSet-Cookie: a\r\n\r\n"
    assert neutral(twice)[1:3] == [b"set-cookie: b", b"set-cookie: a"]
    assert b"HTTP/1.1 204 " in neutral(twice + b"HTTP/1.1 204 No Content\r\n\r\n")
    assert neutral(b"\x81\x02hi\n") == [b"\x81\x02hi", b""]
