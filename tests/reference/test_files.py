"""Files that an application has sent: what is read of them, and what is refused."""

from __future__ import annotations

import io
import tempfile

import pytest

from engine.reference.files import PIECE, pieces_of_descriptor
from engine.reference.violations import Violation


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({}, b"456789"),
        ({"offset": 0}, b"0123456789"),
        ({"offset": 8, "count": 9}, b"89"),
        ({"count": 2}, b"45"),
        ({"count": 0}, b""),
        ({"offset": 10}, b""),
    ],
)
def test_a_part_of_an_open_file(event: dict[str, int], found: bytes) -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"0123456789")
        file.seek(4)
        assert b"".join(pieces_of_descriptor({"file": file, **event})) == found
        assert not file.closed


def test_a_large_file_comes_in_pieces_and_moves_the_position() -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"x" * (PIECE + 1))
        file.seek(0)
        assert [len(piece) for piece in pieces_of_descriptor({"file": file})] == [PIECE, 1]
        assert file.tell() == PIECE + 1


@pytest.mark.parametrize("file", [0, "name", io.BytesIO(b"x"), None])
def test_what_has_no_descriptor_is_refused(file: object) -> None:
    with pytest.raises(Violation, match="EXT-12"):
        list(pieces_of_descriptor({"file": file}))


def test_a_closed_file_is_refused() -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        pass
    with pytest.raises(Violation, match="cannot be read"):
        list(pieces_of_descriptor({"file": file}))
