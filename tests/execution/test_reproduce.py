"""Commands that send the same by hand."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from engine.execution.reproduce import curl, netcat, reproduce
from engine.model.transcript import PAST_GATEWAY, Moment, Side, Transcript


@pytest.mark.parametrize(
    ("request_bytes", "words"),
    [
        (b"GET /a?b HTTP/1.1\r\nHost: x\r\nx-engine-call: j1.1\r\n\r\n", ["curl", "-i", "--path-as-is"]),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", ["curl", "-i", "--path-as-is", "--http1.0"]),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", ["curl", "-i", "--path-as-is", "--head"]),
        (
            b"PUT / HTTP/1.1\r\nHost: x\r\nX-A: b c\r\n\r\n",
            ["curl", "-i", "--path-as-is", "-X", "PUT", "-H", "X-A: b c"],
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n@a'",
            ["curl", "-i", "--path-as-is", "--data-raw", "@a'", "-H", "Content-Type:"],
        ),
    ],
)
def test_curl_where_curl_can(request_bytes: bytes, words: list[str]) -> None:
    found = shlex.split(curl(request_bytes))
    assert found[:-1] == words
    assert found[-1].startswith("http://127.0.0.1:8000/")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"\x16\x03\x01",
    ],
)
def test_no_curl_for_what_curl_would_not_send(request_bytes: bytes) -> None:
    assert curl(request_bytes) == ""


def test_netcat_sends_the_very_bytes() -> None:
    data = bytes(range(256)) + b"'%s\\n"
    command = netcat([data])
    printf = command[1 : command.index("; sleep 2)")]
    assert subprocess.run(["bash", "-c", printf], capture_output=True, check=True).stdout == data


def test_the_last_connection_is_reproduced() -> None:
    def sent(at: float, subject: str, data: bytes) -> Moment:
        return Moment(at, Side.WIRE, subject, "sent", "", data)

    one = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /two HTTP/1.1\r\nHost: x\r\n\r\n"
    text = reproduce(Transcript(0, (sent(0, "a", one), sent(1, "b", two))), "gunicorn-control-auto")
    assert text.startswith("engine serve gunicorn-control-auto ")
    assert text.endswith("/two")
    assert reproduce(Transcript(0, ()), "x") == ""


def test_what_went_past_a_gateway_cannot_be_sent_by_hand() -> None:
    past = Moment(0, Side.STEP, "", PAST_GATEWAY, "127.0.0.1:4000")
    sent = Moment(1, Side.WIRE, "connection 1", "sent", "", b"\x01\x09\0\0\0\0\0\0")
    assert reproduce(Transcript(0, (past, sent)), "x") == ""
    assert reproduce(Transcript(0, (sent,)), "x") != ""


def secure(*moments: Moment) -> Transcript:
    return Transcript(0, (Moment(1.0, Side.WIRE, "c", "tls", "TLS 1.2, ECDHE, http/1.1"), *moments))


def test_a_request_over_tls_is_curl_s_with_https() -> None:
    sent = Moment(1.1, Side.WIRE, "c", "sent", "", b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
    serve, command = reproduce(secure(sent), "one-control-auto").split("\n")
    assert serve == "engine serve one-control-auto --port 8000 --tls"
    assert command == "curl -i --path-as-is --insecure --http1.1 https://127.0.0.1:8000/a"


def test_other_bytes_over_tls_go_through_openssl() -> None:
    sent = Moment(1.1, Side.WIRE, "c", "sent", "", b"GET /a\n")
    _, command = reproduce(secure(sent), "one-control-auto").split("\n")
    assert command.endswith("| openssl s_client -quiet -tls1_2 -alpn http/1.1 -connect 127.0.0.1:8000")
    # Another connection of the same case may have none.
    plain = Moment(1.2, Side.WIRE, "d", "sent", "", b"GET /a\n")
    serve, command = reproduce(secure(sent, plain), "one-control-auto").split("\n")
    assert "--tls" not in serve
    assert command.endswith("| nc 127.0.0.1 8000")
