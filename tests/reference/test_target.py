from __future__ import annotations

import pytest

from engine.reference.refused import RequestRefused
from engine.reference.target import is_authority, parsed


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/", "/", b"/", b""),
        (b"/a%20b%C3%A9", "/a bé", b"/a%20b%C3%A9", b""),
        (b"/a%2Fb", "/a/b", b"/a%2Fb", b""),
        (b"/%2541", "/%41", b"/%2541", b""),
        (b"/a+b", "/a+b", b"/a+b", b""),
        (b"/a/../b", "/a/../b", b"/a/../b", b""),
        (b"//x", "//x", b"//x", b""),
        (b"/a?", "/a", b"/a", b""),
        (b"/a?b?c%20", "/a", b"/a", b"b?c%20"),
        (b"/%ff", "/\ufffd", b"/%ff", b""),
        (b"http://a", "/", b"/", b""),
        (b"HTTP://a:80?q", "/", b"/", b"q"),
        (b"http://[::1]:8/p?q", "/p", b"/p", b"q"),
    ],
)
def test_what_a_target_comes_to(target: bytes, path: str, raw_path: bytes, query: bytes) -> None:
    found = parsed(b"GET", target)
    assert (found.path, found.raw_path, found.query) == (path, raw_path, query)


def test_the_authority_is_that_of_an_absolute_form() -> None:
    assert parsed(b"GET", b"http://a:80/").authority == b"a:80"
    assert parsed(b"GET", b"/http://a/").authority is None


def test_options_of_the_whole_server() -> None:
    assert parsed(b"OPTIONS", b"*").path == "*"


@pytest.mark.parametrize(
    ("method", "target", "status", "clause"),
    [
        (b"GET", b"*", 400, "H1-24"),
        (b"GET", b"a:80", 400, "H1-26"),
        (b"GET", b"foo", 400, "H1-26"),
        (b"GET", b"ftp://a/", 400, "H1-26"),
        (b"GET", b"http:///p", 400, "H1-21"),
        (b"GET", b"http://user@a/", 400, "H1-21"),
        (b"GET", b"/a#x", 400, "SCOPE-17"),
        (b"GET", b"/a%zz", 400, "SCOPE-09"),
        (b"GET", b"/%", 400, "SCOPE-09"),
        (b"CONNECT", b"a:80", 501, "SEM-39"),
        (b"CONNECT", b"a:", 400, "SEM-40"),
        (b"CONNECT", b"a:x", 400, "SEM-40"),
        (b"CONNECT", b"a:65536", 400, "SEM-40"),
        (b"CONNECT", b"/", 400, "SEM-40"),
    ],
)
def test_what_is_refused(method: bytes, target: bytes, status: int, clause: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        parsed(method, target)
    assert (caught.value.status, caught.value.clause) == (status, clause)


@pytest.mark.parametrize("value", [b"", b"a", b"a.b:80", b"127.0.0.1:1", b"[::1]", b"[::1]:80", b"a%20b", b"a:"])
def test_a_host(value: bytes) -> None:
    assert is_authority(value)


@pytest.mark.parametrize("value", [b"a b", b"a/c", b"a:b", b"::1", b"[::1", b"a@b", b"a%zz", b"a,b:1:2"])
def test_no_host(value: bytes) -> None:
    assert not is_authority(value)
