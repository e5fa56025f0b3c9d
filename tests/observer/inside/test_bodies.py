from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from engine.observer.decode import decode
from engine.observer.inside.bodies import Body
from engine.observer.inside.tagged import LONG

KIND = "http.response.body"


def feed(*pieces: Any) -> tuple[Body, list[Any]]:
    body = Body(KIND)
    return body, [decode(json.loads(body.encode({"type": KIND, "body": piece}))) for piece in pieces]


@pytest.mark.parametrize(
    "pieces",
    [
        [b"x" * (LONG + 1)],
        [b"a", b"x" * (LONG + 1)],
        [b"a", b"", b"b", b"x" * (LONG + 1), b"c"],
        [b"x" * (LONG + 1), b"y" * (LONG + 1), b"", b"z"],
    ],
)
def test_the_total_is_that_of_all_pieces(pieces: list[bytes]) -> None:
    body, seen = feed(*pieces)
    whole = b"".join(pieces)
    assert json.loads("{" + body.total("total").removeprefix(",") + "}") == {
        "total": [len(whole), hashlib.sha256(whole).hexdigest()]
    }
    for event, piece in zip(seen, pieces, strict=True):
        kept = event["body"]
        assert kept == piece or kept.same_as(piece)
        assert event["type"] == KIND


@pytest.mark.parametrize("pieces", [[], [b""], [b"a", b"b"], [b"x" * LONG]])
def test_short_pieces_need_no_total(pieces: list[bytes]) -> None:
    body, seen = feed(*pieces)
    assert body.total("total") == ""
    assert [event["body"] for event in seen] == pieces


def test_a_bytearray_is_counted_and_named() -> None:
    body, (event,) = feed(bytearray(b"x" * (LONG + 1)))
    assert event["body"].cls == "bytearray"
    assert f"[{LONG + 1}," in body.total("total")


@pytest.mark.parametrize(
    "message", [None, 7, {"type": KIND, "body": "text"}, {"type": KIND}, {"body": b"x" * 9000}, []]
)
def test_what_is_no_piece_is_recorded_and_not_counted(message: Any) -> None:
    body = Body(KIND)
    json.loads(body.encode(message))
    assert body.total("total") == ""
