from __future__ import annotations

import pytest

from engine.protocols.websocket import Frame, FrameReader
from engine.steps.websocket.frames import encoded, parse_frames, previews, stopped
from tests.steps.reader import FakeReader, node

VARIABLES = {"yes": True, "key": b"\x01\x02\x03\x04", "short": b"\x01"}


def made(**keys: object) -> list[Frame]:
    (spec,) = parse_frames(node([{"opcode": "text", **keys}]), FakeReader())
    reader, found = FrameReader(), []
    reader.feed(b"".join(one.data for one in encoded(spec, VARIABLES)))
    while (frame := reader.next()) is not None:
        found.append(frame[0])
    assert not reader.rest
    return found


def parts(frames: list[Frame]) -> list[tuple[object, bytes, bool]]:
    return [(frame.name, frame.payload, frame.fin) for frame in frames]


def test_a_message_in_given_fragments() -> None:
    assert parts(made(fragments=["", "he", "llo"])) == [
        ("text", b"", False), ("continuation", b"he", False), ("continuation", b"llo", True),
    ]  # fmt: skip


def test_a_message_divided_into_fragments() -> None:
    assert [one.payload for one in made(payload="hello", piece="2B")] == [b"he", b"ll", b"o"]
    assert [one.payload for one in made(payload="hello", cut_at=[1, 4])] == [b"h", b"ell", b"o"]
    assert parts(made(payload="", piece="1B")) == [("text", b"", True)]


def test_of_many_pieces_a_check_needs_the_first_of_each_length_and_the_last() -> None:
    (spec,) = parse_frames(node([{"payload": "hello" * 1000, "piece": "2B", "fin": True}]), FakeReader())
    every = encoded(spec, {})
    assert len(every) == 2500
    some = encoded(spec, {}, each_length=True)
    assert [(one.opcode, one.payload) for one in some] == [(1, b"he"), (0, b"lo")]
    assert [one.data[0] for one in some] == [every[0].data[0], every[-1].data[0]]


def test_a_piece_that_fits_no_frame_is_found_between_others() -> None:
    reader = FakeReader()
    parse_frames(node([{"fragments": ["a", "b" * 126, "c"], "length_as": 7}]), reader)
    assert reader.mistakes == ["a length of 126 does not fit into 7 bits"]


def test_the_last_fragment_of_a_message_without_end() -> None:
    assert [frame.fin for frame in made(fragments=["a", "b"], fin=False)] == [False, False]


def test_only_the_first_fragment_has_rsv1() -> None:
    assert [frame.rsv1 for frame in made(fragments=["a", "b"], rsv1=True)] == [True, False]


@pytest.mark.parametrize(
    ("mask", "head"),
    [
        (False, b"\x81\x02hi"),
        ({"hex": "00 00 00 00"}, b"\x81\x82\x00\x00\x00\x00hi"),
        ({"var": "key"}, b"\x81\x82\x01\x02\x03\x04ik"),
        ("abcd", b"\x81\x82abcd\x09\x0b"),
    ],
)
def test_masks(mask: object, head: bytes) -> None:
    (spec,) = parse_frames(node([{"opcode": "text", "payload": "hi", "mask": mask}]), FakeReader())
    assert b"".join(one.data for one in encoded(spec, VARIABLES)) == head


@pytest.mark.parametrize("mask", [True, {"var": "yes"}])
def test_a_random_mask(mask: object) -> None:
    (frame,) = made(payload="hi", mask=mask)
    assert (frame.masked, frame.payload) == (True, b"hi")


@pytest.mark.parametrize("mask", ["abc", {"var": "short"}])
def test_a_key_of_another_size(mask: object) -> None:
    with pytest.raises(ValueError, match="a key of 4 bytes"):
        made(payload="hi", mask=mask)


@pytest.mark.parametrize(("at", "size"), [(1, 1), (-1, 7), ("3", 3), ("-2", 6)])
def test_the_offset_of_a_stop(at: object, size: int) -> None:
    (spec,) = parse_frames(node([{"opcode": "text", "payload": "hi", "stop_at": at}]), FakeReader())
    assert stopped(spec, {}, encoded(spec, {})[-1]) == size


@pytest.mark.parametrize("at", [0, 8, -8, 100])
def test_a_stop_outside_of_the_frame(at: int) -> None:
    (spec,) = parse_frames(node([{"opcode": "text", "payload": "hi", "stop_at": at}]), FakeReader())
    with pytest.raises(ValueError, match="not inside a frame of 8 bytes"):
        stopped(spec, {}, encoded(spec, {})[-1])


def test_a_preview_names_fragments_keys_and_stops() -> None:
    specs = parse_frames(
        node(
            [
                {"opcode": "text", "fragments": ["a", "b"], "mask": {"hex": "00 00 00 01"}},
                {"opcode": "ping", "mask": False, "stop_at": 1},
            ]
        ),
        FakeReader(),
    )
    assert [(one.data, one.what) for one in previews(specs, {})] == [
        (b"a", "text frame, fragment 1 of 2, masked with 00 00 00 01"),
        (b"b", "continuation frame, fragment 2 of 2, masked with 00 00 00 01"),
        (b"", "ping frame, not masked, only the first 1 of its 2 bytes"),
    ]
