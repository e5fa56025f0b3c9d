from __future__ import annotations

import pytest

from engine.reference.http2.faults import StreamFault
from engine.reference.http2.request import Http2Request, request_of, split
from engine.reference.refused import RequestRefused

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a:80"), (b":path", b"/b%20c?d")]


def of(*fields: tuple[bytes, bytes], base: list[tuple[bytes, bytes]] = GET, ended: bool = True) -> Http2Request:
    return request_of(1, [*base, *fields], ended=ended)


def test_a_request() -> None:
    found = of((b"x-a", b"b"), (b"x-a", b"c"))
    assert (found.method, found.version, found.length) == ("GET", "2", 0)
    assert (found.target.path, found.target.raw_path, found.target.query) == ("/b c", b"/b%20c", b"d")
    assert found.fields == ((b"host", b"a:80"), (b"x-a", b"b"), (b"x-a", b"c"))
    assert of(ended=False).length is None
    assert of((b"content-length", b"5"), ended=False).length == 5
    assert of((b"expect", b"100-continue"), ended=False).expects


def test_the_authority_is_the_host() -> None:
    assert of((b"host", b"A:80")).fields == ((b"host", b"a:80"),)
    without = [field for field in GET if field[0] != b":authority"]
    assert of((b"x-a", b"b"), (b"host", b"c"), base=without).fields == ((b"host", b"c"), (b"x-a", b"b"))


def test_crumbs_are_one_cookie() -> None:
    found = of((b"cookie", b"a=1"), (b"x-a", b"b"), (b"cookie", b"c=2"))
    assert found.fields[1:] == ((b"cookie", b"a=1; c=2"), (b"x-a", b"b"))


@pytest.mark.parametrize(
    ("fields", "clause"),
    [
        ([(b"x", b"1"), (b":path", b"/")], "H2-60"),
        ([*GET, (b":path", b"/")], "H2-61"),
        (GET[1:], "H2-62"),
        (GET[:3], "H2-62"),
        ([*GET[:3], (b":path", b"")], "H2-62"),
        ([*GET, (b":status", b"200")], "H2-63"),
        ([*GET[:3], (b":path", b"b")], "H2-64"),
        ([*GET[:3], (b":path", b"/ b")], "H2-64"),
        ([*GET, (b"host", b"b")], "H2-66"),
        ([*GET, (b"host", b"a:80"), (b"host", b"a:80")], "H2-66"),
        ([*GET[:2], *GET[3:]], "H2-65"),
        ([*GET, (b"X", b"1")], "H2-56"),
        ([*GET, (b"", b"1")], "H2-56"),
        ([*GET, (b"x", b" 1")], "H2-57"),
        ([*GET, (b"x", b"1\n2")], "H2-57"),
        ([*GET, (b"connection", b"close")], "H2-58"),
        ([*GET, (b"te", b"gzip")], "H2-59"),
        ([*GET, (b"content-length", b"+1")], "H2-53"),
        ([*GET, (b"content-length", b"1")], "H2-53"),
        ([(b":method", b"CONNECT"), *GET[1:]], "H2-68"),
    ],
)
def test_a_malformed_request(fields: list[tuple[bytes, bytes]], clause: str) -> None:
    with pytest.raises(StreamFault) as raised:
        request_of(1, fields, ended=True)
    assert raised.value.clause == clause


def test_requests_that_are_answered_with_a_status() -> None:
    with pytest.raises(RequestRefused) as raised:
        of(base=[(b":method", b"CONNECT"), (b":authority", b"a:80")], ended=False)
    assert raised.value.status == 501
    with pytest.raises(RequestRefused) as raised:
        of(base=[*GET[:3], (b":path", b"/%zz")])
    assert raised.value.status == 400


def test_trailers_have_no_pseudo_header_fields() -> None:
    assert split(1, [(b"x", b"1")], trailers=True) == ({}, [(b"x", b"1")])
    with pytest.raises(StreamFault):
        split(1, [(b":path", b"/")], trailers=True)
