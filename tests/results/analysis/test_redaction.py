"""Redaction: no form of a secret survives, sizes stay, and everything else stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from engine.model.expectation import Mismatch
from engine.model.phrasing import sentence
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import Excuse, Verdict
from engine.results.analysis.redaction import (
    redacted,
    redacted_bytes,
    redacted_fact,
    redacted_result,
    redacted_text,
    redacted_texts,
)
from engine.results.record.codec import result_to_json
from tests.results.synthetic import result, row, run

SECRET = "hunter2"
NAMES = ("Authorization", "proxy-authorization", "COOKIE", "Set-Cookie")
VALUES = (f"a={SECRET}", f"Basic {SECRET}", f"a=1; b={SECRET}; Path=/", f'"{SECRET}"', f"  {SECRET}  ")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", NAMES)
def test_a_field_on_the_wire_is_masked_and_keeps_its_length(name: str, value: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\nX-Last: {name}\r\n\r\nbody".encode()
    found = redacted_bytes(head)
    assert SECRET.encode() not in found
    assert len(found) == len(head)
    assert found.startswith(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert found.endswith(f"\r\nX-Last: {name}\r\n\r\nbody".encode())


def test_a_continued_line_and_a_bare_line_feed_are_masked() -> None:
    assert SECRET.encode() not in redacted_bytes(f"Cookie: a=1;\r\n {SECRET}\r\nHost: x\r\n".encode())
    assert SECRET.encode() not in redacted_bytes(f"Host: x\nCookie : {SECRET}\n".encode())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("name", NAMES)
def test_a_value_in_pieces_is_masked(name: str, size: int) -> None:
    head = f"GET / HTTP/1.1\r\n{name}: x={SECRET}\r\n\r\n".encode()
    pieces = [head[at : at + size] for at in range(0, len(head), size)]
    events = tuple(
        TraceEvent(float(at), Side.WIRE, "connection 1", "sent", data=data, size=len(data))
        for at, data in enumerate(pieces)
    )
    found = redacted_result(replace(result(row("s f"), Verdict.FAIL), transcript=Transcript(0.0, events)))
    assert found.transcript is not None
    assert SECRET.encode() not in b"".join(event.data for event in found.transcript.events)
    assert [len(event.data) for event in found.transcript.events] == list(map(len, pieces))


@pytest.mark.parametrize(
    "text",
    [
        f"curl -H 'Cookie: a={SECRET}' http://x/",
        f"printf 'GET / HTTP/1.1\\r\\nAuthorization: Basic {SECRET}\\r\\nHost: x\\r\\n\\r\\n'",
        f"headers=[[b'cookie', b'a={SECRET}'], [b'host', b'x']]",
        f'{{"authorization": "Bearer {SECRET}"}}',
        f"HTTP_COOKIE='a={SECRET}', PATH_INFO='/'",
        f"'HTTP_AUTHORIZATION': 'Basic {SECRET}'",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"GITHUB_TOKEN: {SECRET}",
        f"/home/{SECRET}/project/app.py",
        f'File "/Users/{SECRET}/x.py", line 3',
    ],
)
def test_a_secret_in_a_text_is_masked(text: str) -> None:
    found = redacted_text(text)
    assert SECRET not in found
    assert redacted_text(found) == found


@pytest.mark.parametrize(
    "text",
    ["", "expected status 200, got 404", "x-cookie-count: 3", "GET /home HTTP/1.1", "the cookie is there", "a/home/b"],
)
def test_any_other_text_stays(text: str) -> None:
    assert redacted_text(text) == text


MESSAGES: tuple[dict[str, Any], ...] = (
    {"headers": [(b"cookie", f"a={SECRET}".encode()), (b"host", b"x")]},
    {"headers": [["Authorization", f"Basic {SECRET}"]]},
    {"HTTP_COOKIE": SECRET, "PATH_INFO": "/"},
    {"cookie": {"deep": [SECRET]}},
)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_the_application_is_masked(message: dict[str, Any]) -> None:
    event = TraceEvent(0.0, Side.APP, "call 1", "called", str(message), value=typed(message))
    found = redacted_result(replace(result(row("s f"), Verdict.FAIL), transcript=Transcript(0.0, (event,))))
    assert SECRET not in json.dumps(result_to_json(found))


@pytest.mark.parametrize(
    "where", ["scope.headers.cookie[0]", "header.set-cookie", "json.authorization", "headers.Cookie"]
)
def test_a_mismatch_about_a_secret_shows_no_value(where: str) -> None:
    one = Mismatch(where, f"'a={SECRET}'", f"b={SECRET}", expected_value=f"a={SECRET}")
    failed = replace(
        result(row("s f"), Verdict.KNOWN, one), reason=sentence(one), excuse=Excuse(sentence(one), "it is old", "")
    )
    whole = json.dumps(result_to_json(redacted_result(failed)))
    assert SECRET not in whole
    assert where in whole


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("header cookie", "sid=hunter2", "***=*******"),
        ("call 2: HTTP_AUTHORIZATION", "hunter2", "*******"),
        ("path", "/home/me/x", "~/x"),
        ("header x-cookies", "hunter2", "hunter2"),
    ],
)
def test_a_fact_is_masked_by_its_name(name: str, text: str, shown: str) -> None:
    assert redacted_fact(name, text) == shown


def test_texts_of_a_run_have_no_transcript() -> None:
    one = replace(
        result(row("s f"), Verdict.FAIL),
        log="API_TOKEN=hunter2",
        transcript=Transcript(0.0, ()),
        reason="Cookie: hunter2",
    )
    (found,) = redacted_texts(replace(run({"s f": Verdict.FAIL}), results=(one,))).results
    assert (found.transcript, found.log, found.reason) == (None, "", "Cookie: *******")


def test_the_header_and_the_targets_of_a_run_are_redacted_and_ids_stay() -> None:
    whole = run({"s f": Verdict.PASS})
    whole = replace(
        whole,
        header={
            **whole.header,
            "documents": {"a.yaml": f"/home/{SECRET}/a.yaml"},
            "arguments": [f"API_TOKEN={SECRET}"],
        },
        targets=(replace(whole.targets[0], failed="x", log=f"/home/{SECRET}/x"),),
    )
    found = redacted(whole)
    assert SECRET not in repr(found)
    assert found.header["targets"] == whole.header["targets"]
    assert [one.target for one in found.results] == [one.target for one in whole.results]
