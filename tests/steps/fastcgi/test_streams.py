from __future__ import annotations

from typing import Any

import pytest

from engine.protocols.fastcgi import PARAMS, FastcgiRecord, encode_pairs
from tests.steps.context import on, run
from tests.steps.fastcgi.fastcgi_here import acted, previewed, spoken

PAIRS = encode_pairs([(b"A", b"1"), (b"B", b"22")])


@pytest.mark.parametrize(
    ("cuts", "pieces"),
    [
        ({}, [PAIRS, b""]),
        ({"end": False}, [PAIRS]),
        ({"cut_at": [1, {"var": "n"}]}, [PAIRS[:1], PAIRS[1:5], PAIRS[5:], b""]),
        ({"piece": "4B"}, [PAIRS[:4], PAIRS[4:8], PAIRS[8:], b""]),
        ({"cut_at": [3], "piece": "5B", "end": {"var": "no"}}, [PAIRS[:3], PAIRS[3:8], PAIRS[8:]]),
        ({"cut_at": [0, 999]}, [PAIRS, b""]),
    ],
)
def test_a_stream_is_cut_anywhere(cuts: dict[str, object], pieces: list[bytes]) -> None:
    whole = {"values": {"A": "1", "B": "22"}, "defaults": False, "without": ["HTTP_X_ENGINE_CALL"]}
    found = acted({"params": {**whole, **cuts}}, n=5, no=False)
    assert found == [FastcgiRecord(PARAMS, 1, piece) for piece in pieces]
    stdin = acted({"stdin": {"bytes": PAIRS, **cuts}}, n=5, no=False)
    assert [record.content for record in stdin] == pieces


def test_params_go_out_with_defaults_and_in_lengths_of_four_bytes() -> None:
    (found, end) = acted({"params": {"values": [["X", "$(v)"], ["X", "2"]], "lengths": "long"}}, v="1")
    assert found.content.startswith(b"\x80\0\0\x01\x80\0\0\x01X1\x80\0\0\x01\x80\0\0\x01X2")
    assert b"\x80\0\0\x0e\x80\0\0\x03REQUEST_METHODGET" in found.content
    assert found.content.endswith(b"HTTP_X_ENGINE_CALLj1.1")
    assert end == FastcgiRecord(PARAMS, 1)


def test_stdin_and_data_with_padding_and_nothing() -> None:
    assert acted({"stdin": {}}) == [FastcgiRecord(5, 1)]
    assert acted({"stdin": ""}) == [FastcgiRecord(5, 1)]
    assert acted({"data": {"bytes": "x", "padding": "7B", "id": 2}}) == [
        FastcgiRecord(8, 2, b"x", 7),
        FastcgiRecord(8, 2),
    ]


def test_what_was_sent_is_the_body_of_the_request() -> None:
    async def work() -> None:
        ctx, connection, _ = spoken()
        for act in (
            {"stdin": {"bytes": "ab", "end": False}}, {"stdin": "cd"}, {"stdin": {"bytes": "other", "id": 2}},
        ):  # fmt: skip
            for name, body in act.items():
                await on(ctx, connection, name, body, group="fastcgi")
        assert connection.sent == b"other"
        await on(ctx, connection, "abort", {}, group="fastcgi")
        assert connection.sent == b"abcd"
        await on(ctx, connection, "begin", {}, group="fastcgi")
        await on(ctx, connection, "abort", {}, group="fastcgi")
        assert connection.sent == b""

    run(work())


def test_parameters_are_shown_as_lines() -> None:
    body: Any = {"values": {"PATH_INFO": "/a"}, "cut_at": [3], "lengths": "long"}
    ((what, data),) = previewed("params", body)
    assert what == "PARAMS, 2 records, cut at 3, then the one that ends it, lengths in four bytes"
    lines = data.decode().splitlines()
    assert lines[0] == "PATH_INFO=/a"
    assert {"REQUEST_URI=/a", "REMOTE_PORT=$(port)", "HTTP_HOST=$(host)", "HTTP_X_ENGINE_CALL=$(call)"} < set(lines)
