from __future__ import annotations

from typing import Any

import h11

from engine.reference.http2.request import request_of
from engine.reference.http2.response import Http2Response, fields_of, plain

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]


def parts(*events: dict[str, Any], method: bytes = b"GET", te: bool = False) -> list[Any]:
    """The kinds of the parts that the events become, with their content."""
    fields = [(b":method", method), *GET[1:], *([(b"te", b"trailers")] if te else [])]
    request = request_of(1, fields, ended=True)
    response = Http2Response(request, lambda clause, what: None)
    for event in events:
        assert response.take(event["type"], event) == b""
    return request.protocol.taken()


def start(*headers: tuple[bytes, bytes], status: int = 200, **more: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers), **more}


def body(data: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def test_a_response_in_parts() -> None:
    head, data, end = parts(start((b"x-a", b"b"), (b"connection", b"close"), (b"keep-alive", b"1")), body(b"abc"))
    names = [name for name, _ in fields_of(head)]
    assert names == [b":status", b"x-a", b"date"]
    assert (bytes(data.data), list(end.headers)) == (b"abc", [])


def test_a_response_to_head_has_no_content() -> None:
    kinds = [type(part) for part in parts(start((b"content-length", b"3")), body(b"abc"), method=b"HEAD")]
    assert kinds == [h11.Response, h11.EndOfMessage]


def test_trailers_go_to_those_who_asked_even_behind_a_content_length() -> None:
    events = [
        start((b"content-length", b"3"), trailers=True),
        body(b"abc"),
        {"type": "http.response.trailers", "headers": [(b"x-t", b"1")]},
    ]
    assert [(bytes(name), bytes(value)) for name, value in parts(*events, te=True)[-1].headers] == [(b"x-t", b"1")]
    assert list(parts(*events)[-1].headers) == []


def test_a_plain_answer() -> None:
    head, data, _ = plain(400, "why")
    assert isinstance(head, h11.Response)
    assert fields_of(head)[0] == (b":status", b"400")
    assert isinstance(data, h11.Data)
    assert len(plain(400, "why", bare=True)) == 2
