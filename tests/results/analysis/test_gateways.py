from __future__ import annotations

from collections.abc import Mapping

from engine.model.boundary import AppCall, OpaqueValue
from engine.results.analysis.gateways import ABSENT, ValueDifference, differences, values


def call(scope: Mapping[str, object], body: tuple[int, str] | None = None) -> AppCall:
    return AppCall("k", "t", None, 1, "", 0.0, scope, received_total=body)


def test_what_is_the_same_is_left_out() -> None:
    same = {"type": "wsgi", "REQUEST_METHOD": "GET", "PATH_INFO": "/x"}
    assert differences({"direct": [call(same)], "nginx": [call(dict(same))]}) == []


def test_a_value_that_differs_and_one_that_is_not_there() -> None:
    direct, nginx = {"PATH_INFO": "/ü", "HTTPS": ""}, {"PATH_INFO": "/%C3%BC"}
    assert differences({"direct": [call(direct)], "nginx": [call(nginx)]}) == [
        ValueDifference("HTTPS", {"direct": "''", "nginx": ABSENT}),
        ValueDifference("PATH_INFO", {"direct": "'/ü'", "nginx": "'/%C3%BC'"}),
    ]


def test_fields_are_told_apart_by_name_and_keep_their_order() -> None:
    one = {"headers": [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]}
    assert values([call(one)]) == {"calls": "1", "header a": "bytes '1' | bytes '3'", "header b": "bytes '2'"}


def test_ports_and_objects_of_the_servers_mean_nothing() -> None:
    one = {"client": ("127.0.0.1", 4711), "SERVER_PORT": "8001", "wsgi.input": OpaqueValue("Body", "<Body>")}
    other = {"client": ("127.0.0.1", 4712), "SERVER_PORT": "8002", "wsgi.input": OpaqueValue("File", "<File>")}
    assert differences({"a": [call(one)], "b": [call(other)]}) == []
    host = "127.0.0.1:8001"
    assert values([call({"HTTP_HOST": host})])["HTTP_HOST"] == "'127.0.0.1:PORT'"


def test_the_type_of_a_port_means_something() -> None:
    found = differences({"a": [call({"client": ("h", 1)})], "b": [call({"client": ("h", "1")})]})
    assert found == [ValueDifference("client", {"a": "h, int port", "b": "h, str port"})]


def test_bodies_are_compared_by_size_and_digest() -> None:
    found = differences({"a": [call({}, (5, "ab" * 32))], "b": [call({}, (0, ""))]})
    assert found == [ValueDifference("body", {"a": "5 B, abababababab", "b": "empty"})]


def test_several_calls_are_numbered_and_their_number_counts() -> None:
    found = differences({"a": [call({"x": 1}), call({"x": 2})], "b": [call({"x": 1})]})
    assert [one.name for one in found] == ["call 1: x", "call 2: x", "calls", "x"]
