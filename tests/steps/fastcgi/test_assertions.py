from __future__ import annotations

from typing import Any

import pytest

from engine.channels.scripted import FIN, RESET, Arrival
from engine.protocols.fastcgi import END_REQUEST, GET_VALUES_RESULT, STDOUT, encode
from engine.steps.api.context import Connection
from engine.steps.api.observation import Observation
from tests.steps.context import ABSENT, on, run, why
from tests.steps.fastcgi.fastcgi_here import HEAD, answer, err, out, over, records, result, sent, spoken, unknown
from tests.steps.reader import mistakes

WHOLE = answer()


def looked(name: str, body: Any, *arrivals: Arrival | bytes) -> Observation:
    ctx, connection, _ = spoken(*arrivals)
    return run(on(ctx, connection, name, body, group="fastcgi"))


def response(*arrivals: Arrival | bytes, **body: Any) -> Observation:
    return looked("response", body, *arrivals)


async def left(connection: Connection) -> bytes:
    """The rest of the channel's data, which must not be empty."""
    data = b""
    while (piece := (await connection.channel.receive())[0]) != b"":
        data += piece
    return data


def test_a_response_with_its_facts() -> None:
    seen = response(err(b"one ") + out(HEAD + b'{"a": [1]}') + err(b"two") + encode(7, 1) + over(app_status=3))
    assert {name: seen.fact(name) for name in (
        "status", "reason", "header.x-a", "headers.x-b", "body", "body.size", "json.a.0", "stderr", "app_status",
        "protocol_status", "types", "ended", "faults", "complete", "outcome", "chunks", "lines",
    )} == {
        "status": 200, "reason": "OK", "header.x-a": "1", "headers.x-b": [], "body": b'{"a": [1]}', "body.size": 10,
        "json.a.0": 1, "stderr": b"one two", "app_status": 3, "protocol_status": "request_complete",
        "types": ["stderr", "stdout", "stdout", "stderr", "stderr", "end_request"], "ended": ["stdout", "stderr"],
        "faults": [], "complete": True, "outcome": "response", "chunks": 1, "lines": ['{"a": [1]}'],
    }  # fmt: skip
    assert seen.fact("stdout") == HEAD + b'{"a": [1]}'
    assert seen.fact("headers") == [["Status", "200 OK"], ["Content-Type", "application/json"], ["X-A", "1"]]
    assert why(seen) == []


def test_records_with_their_lengths_and_padding() -> None:
    data = encode(STDOUT, 1, HEAD, padding=6) + encode(STDOUT, 1, b"x") + encode(STDOUT, 1) + over()
    seen = response(data)
    assert seen.fact("records") == [
        {"type": "stdout", "length": len(HEAD), "padding": 6},
        {"type": "stdout", "length": 1, "padding": 0},
        {"type": "stdout", "length": 0, "padding": 0},
        {"type": "end_request", "length": 8, "padding": 0},
    ]
    assert seen.fact("wire") == data


def test_a_response_in_pieces_of_any_size_with_trailing_data() -> None:
    async def work(pieces: list[bytes]) -> None:
        ctx, connection, _ = spoken(*pieces, FIN)
        seen = await on(ctx, connection, "response", {}, group="fastcgi")
        assert (seen.fact("status"), seen.fact("body"), why(seen)) == (200, b'{"a": [1]}', [])
        assert await left(connection) == WHOLE

    data = WHOLE + WHOLE
    run(work([data]))
    run(work([data[at : at + 1] for at in range(len(data))]))
    for cut in range(1, len(data), 5):
        run(work([data[:cut], data[cut:]]))


def test_records_of_another_request_are_left_in_their_order() -> None:
    async def work() -> None:
        first, second = records(answer(b"1", 1)), records(answer(b"2", 2))
        mixed = b"".join(
            encode(one.type, one.id, one.content) for pair in zip(first, second, strict=True) for one in pair
        )
        ctx, connection, _ = spoken(mixed + result(), FIN)
        two = await on(ctx, connection, "response", {"id": 2}, group="fastcgi")
        one = await on(ctx, connection, "response", {"id": 1}, group="fastcgi")
        assert (one.fact("body"), two.fact("body")) == (b"1", b"2")
        assert await left(connection) == result()

    run(work())


def test_times_count_from_the_last_byte_that_was_sent() -> None:
    seen = response(
        Arrival(out(HEAD, end=False), 1.0), Arrival(out(b"a", end=False), 2.0), Arrival(out(b"b") + over(), 4.0)
    )
    assert [seen.fact(name) for name in ("first_byte", "elapsed", "spread")] == [1.0, 4.0, 2.0]
    assert seen.fact("chunks") == 2


def test_a_status_of_its_own() -> None:
    assert response(out(b"Location: http://example.test/\n\n") + over()).fact("status") == 302
    assert response(out(b"Content-Type: text/plain\n\nx") + over()).fact("status") == 200


@pytest.mark.parametrize(
    ("arrivals", "outcome", "detail"),
    [
        ((FIN,), "closed", "received 0 records and no END_REQUEST"),
        ((out(HEAD), FIN), "closed", "received 2 records and no END_REQUEST"),
        ((WHOLE[:-3], FIN), "closed", "and no END_REQUEST"),
        ((RESET,), "reset", "received 0 records and no END_REQUEST"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "malformed", "no record of FastCGI 1"),
        ((over(protocol_status=1),), "rejected", "cant_mpx_conn"),
        ((over(protocol_status=9),), "rejected", "the protocol status is 9"),
        ((over(),), "empty", "nothing on STDOUT"),
        ((encode(STDOUT, 1) + over(),), "empty", "nothing on STDOUT"),
        ((out(b"no head at all\n\n") + over(),), "malformed", "no field of a head"),
        ((out(b"Status: 200 OK\r\n") + over(),), "malformed", "does not end"),
        ((out(HEAD) + encode(END_REQUEST, 1, b"\0"),), "malformed", "too short"),
    ],
)
def test_what_is_no_response_is_a_failure(arrivals: tuple[Any, ...], outcome: str, detail: str) -> None:
    seen = response(*arrivals)
    (mismatch,) = [one for one in seen.implicit_failures(frozenset()) if one.where == "outcome"]
    assert mismatch.actual == outcome == seen.fact("outcome")
    assert detail in mismatch.why
    for name in ("outcome", "complete", "open"):
        assert why(seen, name, "faults") == []
    assert seen.fact("complete") is False


@pytest.mark.parametrize("fact", ["stdout", "app_status", "protocol_status", "records", "types"])
def test_a_request_that_was_rejected_or_aborted_needs_no_response(fact: str) -> None:
    assert why(response(over(protocol_status=3)), fact) == []
    assert why(response(over()), fact) == []
    assert why(response(out(b"Status: 20") + over()), fact) == [("outcome", "malformed")]
    assert why(response(FIN), fact) == [("outcome", "closed")]


def test_a_deadline() -> None:
    seen = response(out(HEAD), within="20ms")
    assert why(seen) == [("outcome", "timeout")]
    assert (seen.fact("status"), seen.fact("types"), seen.fact("app_status")) == (200, ["stdout", "stdout"], ABSENT)


def test_without_a_head_there_is_no_status() -> None:
    seen = response(over(protocol_status=3))
    for name in ("status", "header.a", "headers", "body", "json.a", "reason", "first_byte.x", "open"):
        assert seen.fact(name) is ABSENT
    assert (seen.fact("stdout"), seen.fact("protocol_status")) == (b"", "unknown_role")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (out(HEAD) + out(b"more", end=False) + over(), "stdout goes on after it was ended"),
        (out(HEAD) + out(b"") + over(), "stdout goes on after it was ended"),
        (out(HEAD) + encode(4, 1, b"") + over(), "never by one"),
        (out(HEAD) + encode(77, 1) + over(), "no record type 77"),
        (out(HEAD) + over(protocol_status=8), "no protocol status 8"),
        (out(b"Status: 200 OK\nStatus: 200 OK\n\n") + over(), "status comes 2 times"),
    ],
)
def test_a_rule_that_is_broken_is_a_failure_unless_it_is_looked_for(data: bytes, fault: str) -> None:
    seen = response(data)
    assert [fault in str(actual) for where, actual in why(seen, "outcome") if where == "response"] == [True]
    assert why(seen, "outcome", "faults") == []
    faults = seen.fact("faults")
    assert isinstance(faults, list)
    assert len(faults) == 1


def test_whether_the_connection_is_open_after_it() -> None:
    async def work(*arrivals: Arrival | bytes, keep: bool) -> object:
        ctx, connection, _ = spoken(*arrivals)
        await on(ctx, connection, "begin", {"keep_conn": keep}, group="fastcgi")
        seen = await on(ctx, connection, "response", {"expect": {"open": True}}, group="fastcgi")
        return seen.fact("open")

    assert run(work(WHOLE, FIN, keep=False)) is False
    assert run(work(WHOLE, keep=True)) is True
    assert run(work(WHOLE, RESET, keep=True)) is False


def test_what_was_sent_is_the_body_of_that_request() -> None:
    async def work() -> None:
        ctx, connection, _ = spoken(answer(b"x", 2))
        await on(ctx, connection, "stdin", {"bytes": "two", "id": 2}, group="fastcgi")
        await on(ctx, connection, "stdin", {"bytes": "one", "id": 1}, group="fastcgi")
        seen = await on(ctx, connection, "response", {"id": 2}, group="fastcgi")
        assert seen.sent == b"two"
        assert ctx.performed.body_at == 0.0

    run(work())


# receive


def facts(seen: Observation, *names: str) -> list[object]:
    return [seen.fact(name) for name in names]


def test_receive_takes_one_record_after_the_other() -> None:
    async def work() -> None:
        ctx, connection, _ = spoken(encode(STDOUT, 3, b"ab", padding=6) + over(3, 5, 2) + unknown(99) + result(A="1"))
        first, second, third, fourth = [
            await on(ctx, connection, "receive", {}, group="fastcgi") for _ in range(4)
        ]  # fmt: skip
        assert facts(first, "type", "id", "content", "padding", "app_status", "values") == [
            "stdout", 3, b"ab", 6, ABSENT, ABSENT,
        ]  # fmt: skip
        assert facts(second, "type", "app_status", "protocol_status") == ["end_request", 5, "overloaded"]
        assert facts(third, "type", "id", "unknown_type", "values.A") == ["unknown_type", 0, 99, ABSENT]
        assert facts(fourth, "type", "values.A", "values", "values.B") == ["get_values_result", "1", {"A": "1"}, ABSENT]
        assert ctx.notes[2] == ("records received", "unknown_type (type 99)")

    run(work())


def test_receive_waits_for_a_type_and_leaves_the_others() -> None:
    async def work() -> None:
        ctx, connection, _ = spoken(WHOLE, unknown(99), FIN, n=3)
        seen = await on(ctx, connection, "receive", {"type": "unknown_type"}, group="fastcgi")
        assert seen.fact("unknown_type") == 99
        seen = await on(ctx, connection, "receive", {"type": {"var": "n"}}, group="fastcgi")
        assert seen.fact("type") == "end_request"
        assert await left(connection) == WHOLE[: -len(over())]

    run(work())


@pytest.mark.parametrize(
    ("arrivals", "outcome"), [((FIN,), "closed"), ((RESET,), "reset"), ((b"x",), "malformed"), ((b"\x01",), "timeout")]
)
def test_no_record_is_a_failure(arrivals: tuple[Any, ...], outcome: str) -> None:
    assert why(looked("receive", {"within": "20ms"}, *arrivals), "type") == [("record", outcome)]


def test_a_record_that_breaks_a_rule() -> None:
    seen = looked("receive", {}, encode(77, 0))
    assert [where for where, _ in why(seen)] == ["record"]
    assert why(seen, "faults") == []
    assert facts(seen, "type", "faults") == [77, ["there is no record type 77 (FastCGI 1.0, 8)"]]
    assert mistakes("receive", {"type": "stduot"}, "fastcgi") == ["there is no record type 'stduot'"]


# get_values


def test_values_are_asked_for_and_read() -> None:
    async def work() -> None:
        ctx, connection, channel = spoken(out(b"of a request"), result(FCGI_MPXS_CONNS="1"), n=1)
        seen = await on(ctx, connection, "get_values", {}, group="fastcgi")
        (query,) = sent(channel)
        assert (query.name, query.id) == ("get_values", 0)
        assert query.content == b"\x0e\0FCGI_MAX_CONNS\x0d\0FCGI_MAX_REQS\x0f\0FCGI_MPXS_CONNS"
        assert facts(seen, "outcome", "values.FCGI_MPXS_CONNS", "values.FCGI_MAX_REQS", "values") == [
            "result", "1", ABSENT, {"FCGI_MPXS_CONNS": "1"},
        ]  # fmt: skip
        assert why(seen) == []
        await on(ctx, connection, "get_values", {"names": ["X-$(n)"], "within": "1ms"}, group="fastcgi")
        assert sent(channel)[-1].content == b"\x03\0X-1"

    run(work())


@pytest.mark.parametrize(
    ("arrivals", "outcome"),
    [
        ((FIN,), "closed"),
        ((RESET,), "reset"),
        ((b"x",), "malformed"),
        ((WHOLE,), "timeout"),
        ((unknown(9),), "unknown_type"),
    ],
)
def test_no_result_is_a_failure(arrivals: tuple[Any, ...], outcome: str) -> None:
    seen = looked("get_values", {"within": "20ms"}, *arrivals)
    assert why(seen) == [("outcome", outcome)]
    assert why(seen, "outcome") == []
    assert facts(seen, "outcome", "values", "values.A") == [outcome, ABSENT, ABSENT]


def test_a_result_that_is_cut_short() -> None:
    seen = looked("get_values", {}, encode(GET_VALUES_RESULT, 0, b"\x05\x01abc"))
    assert [where for where, _ in why(seen)] == ["get_values"]
