from __future__ import annotations

from typing import Any

import pytest

from engine.reference.head import Request, take
from engine.reference.response import ResponseWriter, answer, reason
from engine.reference.violations import Violation

START = {"type": "http.response.start", "status": 200, "headers": [(b"date", b"now")]}
BODY = "http.response.body"


def request(line: str = "GET / HTTP/1.1", *fields: str) -> Request:
    found = take(bytearray("".join(f"{one}\r\n" for one in (line, "Host: a", *fields, "")).encode()))
    assert found is not None
    return found


class Played:
    """A response to which events are given."""

    def __init__(self, *fields: str) -> None:
        self.remarks: list[str] = []
        self.response = ResponseWriter(request(*fields), lambda clause, what: self.remarks.append(clause))

    def send(self, *events: dict[str, Any]) -> bytes:
        return b"".join(self.response.take(event["type"], event) for event in events)

    def clause(self, *events: dict[str, Any]) -> str:
        """The violation by the last event, of which nothing may be written."""
        self.send(*events[:-1])
        with pytest.raises(Violation) as caught:
            self.send(events[-1])
        return caught.value.clause


def start(status: int = 200, *headers: tuple[bytes, bytes], **keys: Any) -> dict[str, Any]:
    return {**START, "status": status, "headers": [(b"date", b"now"), *headers], **keys}


def body(data: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": BODY, "body": data, "more_body": more}


LENGTH = (b"content-length", b"5")


def test_the_head_waits_for_the_first_piece() -> None:
    played = Played()
    assert played.send(start(200, LENGTH)) == b""
    assert not played.response.sent
    assert played.send(body(b"hel", True)) == b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 5\r\n\r\nhel"
    assert played.send(body(b"lo")) == b"lo"
    assert played.response.done
    assert played.response.persists


def test_chunks_where_there_is_no_length() -> None:
    played = Played()
    out = played.send(start(), body(b"a", True), body(b"", True), body(b"b"))
    assert out.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


def test_the_end_of_the_connection_for_1_0() -> None:
    played = Played("GET / HTTP/1.0")
    out = played.send(start(), body(b"ab"))
    assert out == b"HTTP/1.1 200 OK\r\ndate: now\r\nConnection: close\r\n\r\nab"
    assert not played.response.framed
    assert not played.response.persists


def test_a_date_where_there_is_none_and_headers_as_they_are() -> None:
    headers = [(b"x-b", b"1"), (b"x-a", b"2"), (b"x-b", b"3"), (b"set-cookie", b"a"), (b"set-cookie", b"b"), LENGTH]
    out = Played().send({**START, "headers": iter(headers)}, body(b"12345"))
    lines = out.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert lines[1:-1] == [b": ".join(pair) for pair in headers]
    assert lines[-1].startswith(b"date: ")


def test_transfer_encoding_is_the_servers() -> None:
    out = Played().send(start(200, (b"transfer-encoding", b"gzip"), LENGTH), body(b"12345"))
    assert b"ransfer-" not in out
    out = Played().send(start(200, (b"transfer-encoding", b"chunked")), body(b"1"))
    assert out.lower().count(b"transfer-encoding") == 1


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body(status: int) -> None:
    played = Played()
    out = played.send(start(status, LENGTH), body(b"hello"))
    assert out.endswith(b"\r\n\r\n")
    assert (b"content-length: 5" in out) == (status == 304)
    assert (b"content-length: 0" in out) == (status == 205)
    assert b"ransfer-" not in out
    assert "FW-11" in played.remarks


def test_head_has_the_headers_of_get_and_no_body() -> None:
    played = Played("HEAD / HTTP/1.1")
    assert played.send(start(200, LENGTH), body(b"hello")).endswith(b"content-length: 5\r\n\r\n")
    assert not played.remarks
    assert played.response.persists
    assert Played("HEAD / HTTP/1.1").send(start(), body(b"hello")).endswith(b"ncoding: chunked\r\n\r\n")


def test_an_unknown_status_has_an_empty_phrase() -> None:
    assert Played().send(start(599), body()).startswith(b"HTTP/1.1 599 \r\n")
    assert reason(418) == b"I'm a Teapot"


def test_connection_close_of_either_side() -> None:
    played = Played()
    played.send(start(200, LENGTH, (b"connection", b"close")), body(b"12345"))
    assert not played.response.persists
    played = Played("GET / HTTP/1.1", "Connection: Keep-Alive, CLOSE")
    assert b"Connection: close" in played.send(start(200, LENGTH), body(b"12345"))
    assert not played.response.persists
    played = Played()
    played.response.closing = True
    assert b"onnection: close" in played.send(start(200, LENGTH), body(b"12345"))
    assert not played.response.persists


@pytest.mark.parametrize(
    ("events", "clause"),
    [
        ([body()], "RESP-18"),
        ([start(), start()], "RESP-17"),
        ([start(100)], "SEM-08"),
        ([start(101)], "SEM-08"),
        ([start(99)], "RESP-23"),
        ([start(600)], "RESP-23"),
        ([start(-1)], "RESP-23"),
        ([start(200, (b"content-length", b"+5"))], "RESP-19"),
        ([start(200, LENGTH, LENGTH)], "RESP-19"),
        ([start(200, (b"content-length", b"1" * 21))], "RESP-19"),
        ([start(200, LENGTH), body(b"123456")], "RESP-19"),
        ([start(200, LENGTH), body(b"123", True), body(b"456")], "RESP-19"),
        ([start(200, LENGTH), body(b"123")], "RESP-20"),
        ([start(200, LENGTH), body()], "RESP-20"),
        ([start(), {"type": "http.response.trailers"}], "EXT-22"),
        ([start(trailers=True), {"type": "http.response.trailers"}], "EXT-22"),
        ([start(trailers=True), body(), body()], "EXT-22"),
        ([{"type": "http.response.early_hint", "links": []}], "EXT-19"),
        ([start(), {"type": "http.response.early_hint"}], "CORE-14"),
        ([start(), {"type": "http.response.early_hint", "links": "x"}], "CORE-15"),
        ([start(), {"type": "http.response.early_hint", "links": ["x"]}], "CORE-15"),
    ],
)
def test_what_is_wrong(events: list[dict[str, Any]], clause: str) -> None:
    assert Played().clause(*events) == clause


def test_after_a_violation_the_response_is_where_it_was() -> None:
    played = Played()
    assert played.clause(start(1000)) == "RESP-23"
    assert played.clause(start(200, LENGTH), body(b"123456")) == "RESP-19"
    assert played.send(body(b"12345")).endswith(b"\r\n\r\n12345")


def test_what_comes_after_the_end_is_ignored_and_remarked_on() -> None:
    played = Played()
    played.send(start(), body())
    assert played.send(body(b"more"), start()) == b""
    assert played.remarks == ["RESP-16", "RESP-16"]


TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-t", b"1")]}


def test_trailers_for_those_who_take_them() -> None:
    played = Played("GET / HTTP/1.1", "TE: trailers")
    out = played.send(start(trailers=True), body(b"a"))
    assert out.endswith(b"1\r\na\r\n")
    assert not played.response.done
    assert played.send({**TRAILERS, "more_trailers": True}) == b""
    assert played.send({**TRAILERS, "headers": [(b"x-u", b"2")]}) == b"0\r\nx-t: 1\r\nx-u: 2\r\n\r\n"
    assert played.response.done


@pytest.mark.parametrize(
    "fields", [("GET / HTTP/1.1",), ("GET / HTTP/1.0", "TE: trailers"), ("HEAD / HTTP/1.1", "TE: trailers")]
)
def test_no_trailers_for_the_others(fields: tuple[str, ...]) -> None:
    assert b"x-t" not in Played(*fields).send(start(trailers=True), body(b"a"), TRAILERS)


def test_no_trailers_beside_a_length() -> None:
    played = Played("GET / HTTP/1.1", "TE: trailers")
    assert played.send(start(200, LENGTH, trailers=True), body(b"12345"), TRAILERS).endswith(b"\r\n\r\n12345")
    assert played.response.done


def test_a_trailer_that_says_how_the_message_is_framed() -> None:
    played = Played("GET / HTTP/1.1", "TE: trailers")
    assert played.clause(start(trailers=True), body(), {**TRAILERS, "headers": [LENGTH]}) == "EXT-25"


def test_early_hints() -> None:
    hint = {"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]}
    played = Played()
    assert played.send(start(), hint) == b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n"
    assert played.send(hint).startswith(b"HTTP/1.1 103")
    assert played.send(body(b"a", True)).startswith(b"HTTP/1.1 200")
    assert played.send(hint) == b""
    assert Played("GET / HTTP/1.0").send(start(), hint) == b""


def test_a_file_stands_alone() -> None:
    played = Played()
    with pytest.raises(Violation, match="EXT-16"):
        played.response.begin_file()
    played.send(start())
    played.response.begin_file()
    with pytest.raises(Violation, match="EXT-16"):
        played.response.begin_file()
    assert played.clause(body(b"x")) == "EXT-16"
    played = Played()
    played.send(start(), body(b"x", True))
    with pytest.raises(Violation, match="EXT-16"):
        played.response.begin_file()


def test_an_answer_of_the_servers_own() -> None:
    out = answer(None, 400, "why", (b"x-a", b"1"))
    assert out.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert out.endswith(b"\r\nx-a: 1\r\nConnection: close\r\n\r\nwhy\n") or b"connection: close" in out.lower()
    assert b"content-length: 4\r\n" in out
    assert b"\r\ndate: " in out
    assert answer(request("HEAD / HTTP/1.1"), 500, "why").endswith(b"\r\n\r\n")
