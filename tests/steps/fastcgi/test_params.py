from __future__ import annotations

import pytest

from engine.steps.fastcgi.params import completed


def made(
    *given: tuple[bytes, bytes], defaults: bool = True, without: tuple[str, ...] = ()
) -> list[tuple[bytes, bytes]]:
    return completed(
        given, host="example.test:81", peer=("127.0.0.9", 4000), token="t", defaults=defaults, without=without
    )


def test_what_a_web_server_says_of_a_get_for_the_root() -> None:
    assert dict(made()) == {
        b"GATEWAY_INTERFACE": b"CGI/1.1", b"REQUEST_METHOD": b"GET", b"SCRIPT_NAME": b"", b"PATH_INFO": b"/",
        b"QUERY_STRING": b"", b"REQUEST_URI": b"/", b"REQUEST_SCHEME": b"http", b"SERVER_PROTOCOL": b"HTTP/1.1",
        b"SERVER_SOFTWARE": b"engine", b"SERVER_NAME": b"example.test", b"SERVER_PORT": b"81",
        b"REMOTE_ADDR": b"127.0.0.9", b"REMOTE_PORT": b"4000", b"HTTP_HOST": b"example.test:81",
        b"HTTP_X_ENGINE_CALL": b"t",
    }  # fmt: skip


def test_what_the_case_gives_comes_first_and_as_it_is() -> None:
    given = [(b"PATH_INFO", b"/a b"), (b"X", b"1"), (b"X", b"2"), (b"SCRIPT_NAME", b"/app"), (b"QUERY_STRING", b"q=1")]
    found = made(*given)
    assert found[:5] == given
    assert dict(found)[b"REQUEST_URI"] == b"/app/a%20b?q=1"
    assert [name for name, _ in found].count(b"PATH_INFO") == 1
    assert found[-1] == (b"HTTP_X_ENGINE_CALL", b"t")


def test_the_target_is_given_in_bytes() -> None:
    assert dict(made((b"PATH_INFO", "/ü;=".encode())))[b"REQUEST_URI"] == b"/%C3%BC;="
    assert dict(made((b"REQUEST_URI", b"/%61")))[b"REQUEST_URI"] == b"/%61"


def test_defaults_can_be_left_out_and_the_engine_s_own_stays() -> None:
    assert made((b"A", b"b"), defaults=False) == [(b"A", b"b"), (b"HTTP_X_ENGINE_CALL", b"t")]
    names = {name for name, _ in made(without=("PATH_INFO", "HTTP_HOST"))}
    assert not {b"PATH_INFO", b"HTTP_HOST"} & names
    assert b"REQUEST_URI" in names


def test_a_case_may_give_the_engine_s_parameter_itself_or_leave_it_out() -> None:
    assert made((b"HTTP_X_ENGINE_CALL", b"mine"), defaults=False) == [(b"HTTP_X_ENGINE_CALL", b"mine")]
    assert made(defaults=False, without=("HTTP_X_ENGINE_CALL",)) == []


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [("localhost", b"localhost", b"80"), ("[::1]:8000", b"[::1]", b"8000"), ("a:1", b"a", b"1")],
)
def test_the_server_s_name_and_port(host: str, name: bytes, port: bytes) -> None:
    found = dict(completed([], host=host, peer=("", 0), token="t", defaults=True, without=()))
    assert (found[b"SERVER_NAME"], found[b"SERVER_PORT"], found[b"HTTP_HOST"]) == (name, port, host.encode())
