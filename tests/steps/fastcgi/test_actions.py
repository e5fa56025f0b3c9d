from __future__ import annotations

import pytest

from engine.channels.scripted import RESET
from engine.errors import EngineError
from engine.protocols.fastcgi import BEGIN_REQUEST, FastcgiRecord, begin_body, encode
from tests.steps.context import on, run
from tests.steps.fastcgi.fastcgi_here import acted, previewed, spoken
from tests.steps.reader import STEP_TYPES, mistakes


@pytest.mark.parametrize(
    ("body", "id", "content"),
    [
        ({}, 1, begin_body(1, 0)),
        ({"keep_conn": True}, 1, begin_body(1, 1)),
        ({"id": 300, "role": "filter"}, 300, begin_body(3, 0)),
        ({"id": {"var": "n"}, "role": {"var": "n"}, "flags": 254}, 7, begin_body(7, 254)),
        ({"role": "$(role)", "keep_conn": {"var": "yes"}}, 1, begin_body(2, 1)),
        ({"role": 65535}, 1, begin_body(65535, 0)),
    ],
)
def test_begin(body: object, id: int, content: bytes) -> None:
    assert acted({"begin": body}, n=7, role="authorizer", yes=True) == [FastcgiRecord(BEGIN_REQUEST, id, content)]


def test_acts_go_on_with_the_request_that_was_begun_last() -> None:
    found = acted(
        {"begin": {"id": 4}}, {"stdin": "x"}, {"abort": {}}, {"begin": {}}, {"abort": {}}, {"abort": {"id": 4}}
    )
    assert [(record.name, record.id) for record in found] == [
        ("begin_request", 4), ("stdin", 4), ("stdin", 4), ("abort_request", 4), ("begin_request", 1),
        ("abort_request", 1), ("abort_request", 4),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{"id": 65536}, {"role": 65536}, {"flags": 256}, {"role": "$(role)"}])
def test_a_begin_that_does_not_fit(body: object) -> None:
    with pytest.raises(ValueError, match="should be"):
        acted({"begin": body}, role="clown")


def test_a_role_that_there_is_not_and_flags_said_twice_are_mistakes() -> None:
    assert mistakes("begin", {"role": "clown"}, "fastcgi") == ["there is no role 'clown'"]
    assert mistakes("begin", {"keep_conn": True, "flags": 1}, "fastcgi") == [
        "`flags` holds every flag, `keep_conn` too"
    ]
    assert mistakes("record", {"type": "stdout"}, "fastcgi") == []
    assert mistakes("record", {"type": "stduot"}, "fastcgi") == ["there is no record type 'stduot'"]
    both = {"type": 4, "content": "x", "pairs": {"A": "b"}}
    assert mistakes("record", both, "fastcgi") == ["a record's content is bytes or pairs, not both"]


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"type": "stdin", "content": "abc"}, encode(5, 1, b"abc")),
        ({"type": 99, "id": 0}, encode(99, 0)),
        ({"type": {"var": "n"}, "id": {"var": "n"}}, encode(7, 7)),
        (
            {"type": "params", "pairs": {"A": "b"}, "lengths": "long", "padding": "3B", "reserved": 9, "version": 2},
            encode(4, 1, b"\x80\0\0\x01\x80\0\0\x01Ab", padding=3, reserved=9, version=2),
        ),
        ({"type": "get_values", "id": 0, "pairs": {"FCGI_X": ""}}, encode(9, 0, b"\x06\x00FCGI_X")),
        ({"type": "stdin", "content": "abc", "claim_length": "9B", "claim_padding": "2B"},
         b"\x01\x05\x00\x01\x00\x09\x02\x00abc"),
    ],
)  # fmt: skip
def test_record(body: object, data: bytes) -> None:
    async def work() -> None:
        ctx, connection, channel = spoken(n=7)
        await on(ctx, connection, "record", body, group="fastcgi")
        assert channel.sent == [data]

    run(work())


def test_raw_bytes_and_what_the_time_line_says_of_them() -> None:
    async def work() -> None:
        ctx, connection, channel = spoken()
        await on(ctx, connection, "send", "GET / HTTP/1.1", group="fastcgi")
        await on(ctx, connection, "record", {"type": 5, "content": "x", "claim_length": "2B"}, group="fastcgi")
        await on(ctx, connection, "record", {"type": 99}, group="fastcgi")
        assert channel.sent[0] == b"GET / HTTP/1.1"
        assert ctx.notes == [("records sent", "type 99 1")]

    run(work())


def test_a_server_that_has_reset_is_noted_and_no_failure() -> None:
    async def work() -> None:
        ctx, connection, channel = spoken(RESET)
        with pytest.raises(Exception, match="reset"):
            await channel.receive()
        await on(ctx, connection, "begin", {}, group="fastcgi")
        await on(ctx, connection, "write", {"script": [{"abort": {}}], "piece": "1B"}, group="fastcgi")
        assert [what for what, _ in ctx.notes].count("not sent") == 2

    run(work())


def test_an_act_needs_a_connection_that_a_fastcgi_step_opened() -> None:
    ctx, connection, _ = spoken()
    connection.codec = None
    for name in ("begin", "params", "stdin", "abort"):
        with pytest.raises(EngineError, match="does not carry FastCGI"):
            run(on(ctx, connection, name, {}, group="fastcgi"))


@pytest.mark.parametrize(
    ("name", "body", "what", "data"),
    [
        ("begin", {"id": 2, "keep_conn": True}, "BEGIN_REQUEST 2, responder, KEEP_CONN", begin_body(1, 1)),
        ("begin", {"role": 9}, "BEGIN_REQUEST 1, role 9", begin_body(9, 0)),
        ("stdin", "abc", "STDIN, 1 record, then the one that ends it", b"abc"),
        ("stdin", {}, "STDIN, empty, then the one that ends it", b""),
        (
            "stdin",
            {"bytes": "abc", "padding": "7B"},
            "STDIN, 1 record, 7 B of padding in each, then the one that ends it",
            b"abc",
        ),
        ("data", {"bytes": "abc", "piece": "1B", "end": False, "id": 3}, "DATA 3, 3 records, not ended", b"abc"),
        ("record", {"type": "stdin", "content": "x", "claim_length": "9B"}, "STDIN, claim length 9", b"x"),
        ("record", {"type": 99, "id": 0}, "a record of type 99, id 0", b""),
        ("get_values", {}, "GET_VALUES", b"FCGI_MAX_CONNS\nFCGI_MAX_REQS\nFCGI_MPXS_CONNS\n"),
        ("send", "raw", "", b"raw"),
    ],
)
def test_what_is_shown_before_a_run(name: str, body: object, what: str, data: bytes) -> None:
    assert previewed(name, body) == [(what, data)]


def test_acts_and_looks_of_tcp_stand_in_the_script_too() -> None:
    for name in ("drip", "hang_up", "reading", "pause", "mark", "await", "read", "closed", "silence", "flood"):
        assert STEP_TYPES["fastcgi", name] is STEP_TYPES["tcp", name]
