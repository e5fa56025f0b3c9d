"""The part of an application that did something wrong: exceptions and wrong messages, and when they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.execution.runner.origin import origin_of, wrong_messages
from engine.model.boundary import AppCall, Event, OpaqueValue
from engine.model.expectation import Mismatch
from engine.model.origin import Origin, Part
from engine.model.wire_bytes import TruncatedBytes

START = {"type": "http.response.start", "status": 200, "headers": [[b"a", b"b"]]}
LAST = {"type": "http.response.body", "body": b"x"}
MORE = {**LAST, "more_body": True}
STATUS, RAISED = Mismatch("status", "is 200", 500), Mismatch("raised", "is absent", "KeyError")


def call(*messages: Mapping[str, Any], by: str = "star", kind: str = "http", **more: Any) -> AppCall:
    events = tuple(Event("sent", float(number), message, by=by) for number, message in enumerate(messages))
    return AppCall("k", "t", None, 1, "", 0.0, {"type": kind}, events, **more)


def raising(*messages: Mapping[str, Any], by: str, **more: Any) -> AppCall:
    return call(*messages, ended=1.0, returned=False, raised="KeyError", raised_by=by, raised_at=f"{by}.py:7", **more)


def wrong(*messages: Mapping[str, Any], kind: str = "http", **more: Any) -> list[str]:
    return [text for _, text in wrong_messages(call(*messages, kind=kind), **more)]


def test_an_exception_names_the_part() -> None:
    failed = {**START, "status": 500}
    assert origin_of([raising(by="app")], [STATUS]) == Origin(Part.APP, "KeyError was raised at app.py:7")
    assert origin_of([raising(failed, LAST, by="star")], [STATUS]) == Origin(
        Part.FRAMEWORK, "KeyError was raised at star.py:7"
    )
    assert origin_of([raising(by="")], [STATUS]) is None


def test_an_exception_after_a_good_response_counts_only_if_it_was_expected_otherwise() -> None:
    late = raising(START, LAST, by="star")
    assert origin_of([late], [STATUS]) is None
    assert origin_of([late], [RAISED]) == Origin(Part.FRAMEWORK, "KeyError was raised at star.py:7")


def test_a_wrong_message_is_its_sender_s() -> None:
    assert origin_of([call(START, START)], [STATUS]) == Origin(
        Part.FRAMEWORK, "a second http.response.start, sent by star"
    )
    assert origin_of([call(START, START, by="app")], [STATUS]) == Origin(
        Part.APP, "a second http.response.start, sent by app"
    )
    assert origin_of([call(START, START, by="")], [STATUS]) is None


def test_what_is_merely_another_answer_shows_nothing() -> None:
    assert origin_of([call({**START, "status": 404}, LAST), call(START, MORE, LAST)], [STATUS]) is None


def test_upper_case_in_header_names_counts_only_where_headers_are_in_question() -> None:
    upper = call({**START, "headers": [(b"Date", b"x")]}, LAST)
    assert origin_of([upper], [STATUS]) is None
    found = origin_of([upper], [Mismatch("sent.0.headers[0]", "is lower-case", "Date")])
    assert found == Origin(Part.FRAMEWORK, "the header name 'Date' in upper case, sent by star")


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        ([START, MORE, LAST], []),
        ([{**START, "trailers": True}, LAST, {"type": "http.response.trailers", "headers": []}], []),
        ([START, {"type": "http.response.body"}], []),
        ([START, {**LAST, "body": TruncatedBytes(9, "", b"")}], []),
        ([{**START, "headers": OpaqueValue("generator", "...")}, LAST], []),
        ([LAST], ["an http.response.body before the start"]),
        ([START, LAST, LAST], ["an http.response.body after the last one"]),
        ([START, {**LAST, "body": "x"}], ["a body that is str"]),
        ([START, {**LAST, "body": OpaqueValue("Markup", "...", "x")}], ["a body that is Markup"]),
        ([{**START, "status": "200"}], ["a status that is str"]),
        ([{**START, "headers": [("a", "b")]}], ["a header that is no pair of bytes"]),
        ([{"type": "http.respons.start"}], ["a message 'http.respons.start' in an http call"]),
    ],
)
def test_messages_of_an_http_call(messages: list[dict[str, Any]], what: list[str]) -> None:
    assert wrong(*messages) == what


ACCEPT, CLOSE, TEXT = {"type": "websocket.accept"}, {"type": "websocket.close"}, {"type": "websocket.send", "text": "x"}


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        ([ACCEPT, TEXT, {"type": "websocket.send", "bytes": b"x", "text": None}, CLOSE], []),
        ([CLOSE], []),
        ([{"type": "websocket.http.response.start"}, {"type": "websocket.http.response.body"}], []),
        ([ACCEPT, ACCEPT], ["a second websocket.accept"]),
        ([TEXT], ["a websocket.send before the accept"]),
        ([ACCEPT, CLOSE, TEXT], ["a websocket.send after websocket.close"]),
        ([ACCEPT, {"type": "websocket.send"}], ["a websocket.send without exactly one of bytes and text"]),
        ([ACCEPT, {"type": "websocket.send", "bytes": "x"}], ["a websocket.send whose data are of the wrong type"]),
        ([START], ["a message 'http.response.start' in a websocket call"]),
    ],
)
def test_messages_of_a_websocket(messages: list[dict[str, Any]], what: list[str]) -> None:
    assert wrong(*messages, kind="websocket") == what
