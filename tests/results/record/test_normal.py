"""Values that differ between runs are removed from a transcript, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.expectation import Mismatch
from engine.model.showing import as_text
from engine.model.transcript import Side, TraceEvent, Transcript
from engine.model.typed_value import typed
from engine.model.verdict import JobResult, Verdict
from engine.results.record.normal import VaryingValues, accept_of, apart, normalised, normalised_result, unmasked

# The example of RFC 6455, 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def wire(what: str, data: bytes, subject: str = "connection 1") -> TraceEvent:
    return TraceEvent(0.5, Side.WIRE, subject, what, "", data, len(data))


def connected(port: int, subject: str = "connection 1") -> TraceEvent:
    return TraceEvent(0.0, Side.WIRE, subject, "connected", f"from port {port}")


def app(detail: str) -> TraceEvent:
    return TraceEvent(0.6, Side.APP, "call 1", "called", detail)


def once(*events: TraceEvent, run: str = "") -> list[tuple[str, bytes]]:
    found = normalised(Transcript(0.0, events), run)
    return [(event.detail, event.data) for event in found.events]


def frame(payload: bytes, mask: bytes, opcode: int = 1) -> bytes:
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 65536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + length.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def test_the_accept_is_that_of_the_standards_example() -> None:
    assert accept_of(KEY) == ACCEPT


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "1994-11-06T08:49:37.123Z",
        "1994-11-06 08:49:37 +0000",
        "06/Nov/1994:08:49:37 +0000",
    ],
)
def test_a_date_in_each_of_its_forms(date: str) -> None:
    assert once(wire("received", f"Date: {date}\r\n".encode())) == [("", b"Date: <date>\r\n")]


def test_a_date_that_lacks_its_zone_stays_in_sight_unless_it_was_cut_here() -> None:
    wrong = "Date: Sun, 06 Nov 1994 08:49:37"
    assert VaryingValues().text(wrong) == wrong
    assert VaryingValues().text(f"{wrong}…") == "Date: <date>…"


def test_ports_keep_apart_and_stay_the_same() -> None:
    found = once(
        connected(50001),
        connected(50002, "connection 2"),
        wire("sent", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:40001\r\n\r\n"),
        app("client=['127.0.0.1', 50002], server=['127.0.0.1', 40001], n=50003"),
    )
    assert found == [
        ("from port <port 1>", b""),
        ("from port <port 2>", b""),
        ("", b"GET / HTTP/1.1\r\nHost: 127.0.0.1:<server port>\r\n\r\n"),
        ("client=['127.0.0.1', <port 2>], server=['127.0.0.1', <server port>], n=50003", b""),
    ]


def test_a_servers_port_is_found_in_the_scope_alone_as_well() -> None:
    assert once(app("server=['127.0.0.1', '40001']")) == [("server=['127.0.0.1', '<server port>']", b"")]


def test_a_number_that_is_but_part_of_another_is_no_port() -> None:
    assert once(connected(5000), wire("received", b"150001 5000.5 x5000"))[1] == ("", b"150001 5000.5 x5000")


def test_nonces_of_the_run_and_of_its_jobs() -> None:
    found = once(wire("sent", b"X: ab12-j7\r\nx-engine-call: j7.2\r\nY: ab12-j7x, zab12-j7\r\n"), run="ab12")
    assert found == [("", b"X: <run>\r\nx-engine-call: <job>.2\r\nY: ab12-j7x, zab12-j7\r\n")]


def test_websocket_keys_and_the_right_accept_alone() -> None:
    found = once(
        wire("sent", f"Sec-WebSocket-Key: {KEY}\r\n".encode()),
        app(f"headers=[[b'sec-websocket-key', b'{KEY}']]"),
        wire("received", f"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: {ACCEPT}\r\n".encode()),
        wire("received", b"Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
    )
    assert [data or detail.encode() for detail, data in found] == [
        b"Sec-WebSocket-Key: <key 1>\r\n",
        b"headers=[[b'sec-websocket-key', b'<key 1>']]",
        b"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: <accept of key 1>\r\n",
        b"Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    ]


def test_boundaries_where_they_are_named_and_where_they_are_used() -> None:
    data = b'Content-Type: multipart/x; boundary="abcdefgh12"\r\n\r\n--abcdefgh12\r\n'
    assert once(wire("received", data))[0][1] == (
        b'Content-Type: multipart/x; boundary="<boundary 1>"\r\n\r\n--<boundary 1>\r\n'
    )


def test_masks_go_once_the_connection_is_a_websocket() -> None:
    sent = frame(b"hello", os.urandom(3) + b"\x01") + frame(b"x" * 300, b"abcd", 2)
    before, upgrade, after = once(wire("sent", sent), wire("received", b"HTTP/1.1 101 S\r\n\r\n"), wire("sent", sent))
    assert before[1] == sent
    assert upgrade[1] == b"HTTP/1.1 101 S\r\n\r\n"
    assert after[1] == frame(b"hello", b"\0\0\0\0") + frame(b"x" * 300, b"\0\0\0\0", 2)


@given(st.lists(st.tuples(st.binary(max_size=200), st.binary(min_size=4, max_size=4)), max_size=4))
def test_frames_lose_their_mask_and_keep_their_payload(frames: list[tuple[bytes, bytes]]) -> None:
    frames = [(payload, mask) for payload, mask in frames if mask != b"\0\0\0\0"]
    masked = b"".join(frame(payload, mask) for payload, mask in frames)
    assert unmasked(masked) == b"".join(frame(payload, b"\0\0\0\0") for payload, _ in frames)
    assert unmasked(masked[:-1]) == masked[:-1]


@given(st.binary(max_size=40))
def test_what_is_no_frame_keeps_its_length(data: bytes) -> None:
    assert len(unmasked(data)) == len(data)


PIECES = st.one_of(
    st.text("ab019:./ -<>=\x1b\n\x00;,", max_size=12),
    st.sampled_from(
        [
            "from port 50001",
            "localhost:4351",
            "43513",
            "boundary=12345678",
            "12345678",
            "boundary=boundary",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "2026-01-01T00:00:00Z",
            f"sec-websocket-key: {KEY}\r\n",
            ACCEPT,
            "x-engine-call: j5.1",
            "ab12-j5",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "<object at 0x7f00deadbeef>",
            "server=['127.0.0.1', 43513]",
            "HTTP/1.1 101 ",
        ]
    ),
)
TEXT = st.lists(PIECES, max_size=6).map("".join)
EVENTS = st.builds(
    lambda what, side, detail, data: TraceEvent(0.0, side, "one", what, detail, data, len(data)),
    st.sampled_from(["sent", "received", "connected"]),
    st.sampled_from([Side.WIRE, Side.APP]),
    TEXT,
    st.one_of(
        TEXT.map(lambda text: text.encode()),
        st.binary(max_size=30),
        st.binary(min_size=4, max_size=4).map(lambda mask: frame(b"localhost:4351 12345678", mask)),
    ),
)


def test_what_one_value_hid_beside_it_is_found_as_well() -> None:
    (found,) = once(wire("sent", b"boundary=12345678\r\nlocalhost:435112345678"))
    assert found[1] == b"boundary=<boundary 1>\r\nlocalhost:<server port><boundary 1>"


def test_a_payload_that_looks_like_a_frame_stays_a_payload() -> None:
    inner = b"\x81\x83abcdXYZ"
    sent = frame(b"localhost:4351 " + inner, b"wxyz")
    _, (_, data) = once(wire("received", b"HTTP/1.1 101 S\r\n\r\n"), wire("sent", sent))
    assert data.endswith(b"localhost:<server port> " + inner)


@given(st.lists(EVENTS, max_size=6))
def test_twice_is_once(events: list[TraceEvent]) -> None:
    first = normalised(Transcript(0.0, tuple(events)), "ab12")
    assert normalised(first, "ab12") == first
    assert len(first.events) == len(events)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_what_has_nothing_of_it_stays_as_it_is(text: str, data: bytes) -> None:
    words = VaryingValues()
    if not any(char.isdigit() for char in text):
        assert words.text(text) == text
    if not any(0x30 <= byte <= 0x39 for byte in data):
        assert words.data(data) == data


def test_a_log_has_process_ids_too() -> None:
    line = "[2026-11-21 11:36:13 +0000] [998] [INFO] Worker exiting (pid: 998)"
    assert VaryingValues().log(line) == "[<date>] [<pid>] [INFO] Worker exiting (pid: <pid>)"


def test_a_result_is_quoted_in_the_same_words() -> None:
    result = JobResult(
        "a", "a.yaml", "t", "c", "must", Verdict.FAIL, "expected port 1, got 50001",
        mismatches=(Mismatch("port", "1", [50001, {"a": "50001", "b": True}], expected_value=1),),
        recorded={"port": 50001},
        transcript=Transcript(0.0, (connected(50001),)),
        reproduce="nc 127.0.0.1 50001",
    )  # fmt: skip
    found = normalised_result(result)
    assert found.reason == "expected port 1, got <port 1>"
    (one,) = found.mismatches
    assert as_text(one.actual) == "[<port 1>, {'a': '<port 1>', 'b': True}]"
    assert typed(one.actual).data == ["<port 1>", {"a": "<port 1>", "b": True}]
    assert typed(one.expected_value).data == 1
    assert as_text(found.recorded["port"]) == "<port 1>"
    assert found.reproduce == result.reproduce
    assert normalised_result(replace(result, transcript=None)).reason == result.reason


def test_apart_each_connection_and_call_stands_by_itself_and_pieces_are_one() -> None:
    first, second = wire("received", b"HTTP/1.1 200 OK\r\n"), wire("received", b"\r\n")
    other = wire("sent", b"x", "connection 2")
    called = app("called")
    one = apart(Transcript(0.0, (connected(1), first, called, second, other)))
    two = apart(Transcript(0.0, (connected(1), called, wire("received", first.data + second.data), other)))
    assert one == two
    assert [event.subject for event in one.events] == ["connection 1", "connection 1", "call 1", "connection 2"]
    assert one.events[1].data == b"HTTP/1.1 200 OK\r\n\r\n"
    assert one.events[1].size == 19


def test_apart_what_was_cut_is_joined_to_nothing_behind_it() -> None:
    cut = replace(wire("received", b"abc"), size=5000)
    found = apart(Transcript(0.0, (cut, wire("received", b"def"))))
    assert [event.data for event in found.events] == [b"abc", b"def"]


@given(st.lists(EVENTS, max_size=6))
def test_apart_nothing_is_lost(events: list[TraceEvent]) -> None:
    found = apart(Transcript(0.0, tuple(events)))
    assert sorted(b"".join(one.data for one in found.events)) == sorted(b"".join(one.data for one in events))
    assert apart(found) == found
