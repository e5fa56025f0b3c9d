"""The parts of a ``request`` that bind it to HTTP/1.1."""

from __future__ import annotations

import pytest

from engine.steps.request.versions import http1_only
from tests.steps.reader import step


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"framing": "chunked", "body": "x"}, "it sets `framing`"),
        ({"version": "1.0"}, "it sets `version`"),
        ({"follow": True}, "httpx performs it, over HTTP/1.1"),
        ({"cookies": "jar"}, "httpx performs it, over HTTP/1.1"),
        ({"path": "http://h/x"}, "its target is in a form of HTTP/1.1"),
        ({"headers": {"Connection": "close"}}, "it sends the field Connection"),
        ({"headers": {"keep-alive": "timeout=1"}}, "it sends the field keep-alive"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "it sends the field Transfer-Encoding"),
        ({"headers": {"Upgrade": "h2c"}}, "it sends the field Upgrade"),
        ({"headers": {"Expect": "100-continue"}}, "it sends the field Expect"),
        ({"trailers": {"Upgrade": "x"}}, "it sends the field Upgrade"),
        ({"headers": {"TE": "gzip"}}, "it sends TE with another value than trailers"),
        ({"headers": {"TE": "$(x)"}}, "it sends TE with another value than trailers"),
        ({"headers": {"Content-Length": "3"}, "body": "ab"}, "it sends a Content-Length of its own"),
        ({"headers": {"Host": ["a", "b"]}}, "it sends Host twice"),
        ({"headers": {"X Y": "1"}}, "it sends the malformed field name 'X Y'"),
        ({"headers": {"X": " 1"}}, "it sends a value of X that is malformed over HTTP/2"),
        ({"headers": {"X": "1\r\nY: 2"}}, "it sends a value of X that is malformed over HTTP/2"),
        ({"expect": {"reason": "OK"}}, "it checks `reason`"),
        ({"expect": {"version": "1.1"}}, "it checks `version`"),
        ({"expect": {"framing": "chunked"}}, "it checks `framing`"),
        ({"expect": {"chunks": 2}}, "it checks `chunks`"),
        ({"expect": {"wire": "x"}}, "it checks `wire`"),
        ({"expect": {"content": "x"}}, "httpx finds `content`, over HTTP/1.1"),
        ({"expect": {"open": False}}, "it expects the end of the connection"),
        ({}, ""),
        ({"method": "CONNECT", "path": "h:1"}, ""),
        ({"method": "OPTIONS", "path": "*"}, ""),
        ({"headers": {"Host": "a", "TE": "trailers", "X": ["1", "2"]}, "query": {"a": 1}}, ""),
        ({"headers": {"Content-Length": "2"}, "body": "ab", "method": "POST"}, ""),
        ({"body": "x", "trailers": {"X-Sum": "1"}}, ""),
        ({"expect": {"status": 200, "open": True, "header.x": "1", "outcome": "reset"}}, ""),
    ],
)
def test_what_binds(body: dict[str, object], reason: str) -> None:
    assert http1_only(step("request", {"path": "/", **body})) == reason
