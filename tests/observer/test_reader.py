from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.observer import reader as module
from engine.observer.reader import Lines, Record, SpoolReader, opened, parse

RECORDS: list[Record] = [{"k": "worker", "n": 0}, {"k": "x", "n": 1, "text": "ü\n\U0001f600"}, {"k": "y", "n": 2}]
LINES = [json.dumps(record).encode() for record in RECORDS]
WHOLE = b"".join(line + b"\n" for line in LINES)


def records(reader: SpoolReader) -> list[tuple[int, Record]]:
    """The records that were appended since, each with its pid."""
    return [(pid, parse(line)) for pid, lines in reader.read() for line in lines]


@pytest.mark.parametrize("size", [len(WHOLE), 1, 7])
def test_lines_come_whole_however_the_bytes_come(size: int) -> None:
    lines = Lines()
    seen = [line for at in range(0, len(WHOLE), size) for line in lines.feed(WHOLE[at : at + size])]
    assert seen == LINES
    assert [parse(line) for line in seen] == RECORDS


def test_an_incomplete_line_waits_for_its_end() -> None:
    lines = Lines()
    assert lines.feed(WHOLE + b'{"k":"z"') == LINES
    assert lines.feed(b',"n":3') == []
    assert lines.feed(b"}\n") == [b'{"k":"z","n":3}']


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"7", b'{"n":1}', b'{"k":1}', b"\xff\xfe", b"[" * 100_000, b"\x00\x1b[31m"]
)
def test_a_line_that_is_no_record_becomes_a_note(line: bytes) -> None:
    note = parse(line)
    assert (note["k"], note["lost"]) == ("note", 1)
    assert "cannot be read" in note["text"]
    assert note["text"].isprintable()


def test_empty_lines_are_nothing() -> None:
    assert Lines().feed(b"\n\n" + WHOLE + b"\n") == LINES


def test_files_are_followed_while_they_grow(tmp_path: Path) -> None:
    reader = SpoolReader(tmp_path)
    assert records(reader) == []
    (tmp_path / "7.ndjson").write_bytes(WHOLE[:10])
    (tmp_path / "note.txt").write_bytes(WHOLE)
    (tmp_path / "x.ndjson").write_bytes(WHOLE)
    assert records(reader) == []
    with (tmp_path / "7.ndjson").open("ab") as file:
        file.write(WHOLE[10:])
        file.flush()
        (tmp_path / "8.ndjson").write_bytes(b'{"k":"z"}\n')
        assert sorted(records(reader), key=lambda item: item[0]) == [
            *((7, record) for record in RECORDS),
            (8, {"k": "z"}),
        ]
        assert records(reader) == []
        file.write(b'{"k":"later"}\n')
    assert records(reader) == [(7, {"k": "later"})]


def test_a_file_larger_than_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.observer.reader.PIECE", 16)
    (tmp_path / "7.ndjson").write_bytes(WHOLE)
    assert [record for _, record in records(SpoolReader(tmp_path))] == RECORDS


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert records(SpoolReader(tmp_path / "nowhere")) == []


def test_closing_stops_reading(tmp_path: Path) -> None:
    (tmp_path / "7.ndjson").write_bytes(WHOLE)
    reader = SpoolReader(tmp_path)
    assert len(records(reader)) == 3
    reader.close()
    reader.close()
    (tmp_path / "8.ndjson").write_bytes(WHOLE)
    assert records(reader) == []


def test_what_nobody_asks_for_stays_sealed_and_opens_to_the_same() -> None:
    line = b'{"k":"received","t":1.5,"n":3,"c":2,"message":{"type":"http.request"}}'
    record = parse(line)
    assert (record["k"], record["t"], record["n"], record["c"]) == ("received", 1.5, 3, 2)
    assert "message" not in record
    assert opened(record) == json.loads(line)
    whole = parse(b'{"k":"worker","t":1.5,"n":0,"pid":1,"python":"3"}')
    assert opened(whole) is whole


def test_a_line_that_was_cut_is_said_at_once() -> None:
    assert parse(b'{"k":"received","t":1.5,"n":3,"c":2,"mess')["k"] == "note"


SENT = b'{"k":"sent","t":1.0,"n":1,"c":1,"of":0,"raised":""}\n'
RAISED = b'{"k":"sent","t":1.0,"n":1,"c":1,"of":0,"raised":"OSError"}\n'
SAYS_SO = json.dumps({"k": "received", "message": '{"k":"sent","raised":""}'}, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"", False),
        (WHOLE + SENT + SENT, False),
        (SENT + RAISED + SENT, True),
        (SENT + SAYS_SO, False),
        (SAYS_SO + RAISED, True),
        (SENT + SENT[:30], True),
        (SENT + json.dumps(json.loads(SENT)).encode() + b"\n", True),
        (SENT + json.dumps({"k": "received", "message": "sent"}).encode() + b"\n", True),
    ],
    ids=["nothing", "none", "one", "a text", "a text and one", "a line that is cut", "another form", "the word alone"],
)
def test_whether_a_send_raised_is_seen_in_the_bytes(tmp_path: Path, data: bytes, may: bool) -> None:
    reader = SpoolReader(tmp_path)
    (tmp_path / "7.ndjson").write_bytes(SENT)
    assert len(records(reader)) == 1
    with (tmp_path / "7.ndjson").open("ab") as file:
        file.write(data)
    assert reader.may_have_raised() is may
    assert reader.may_have_raised() is may
    assert [line for _, lines in reader.read() for line in lines] == Lines().feed(data)
    assert not reader.may_have_raised()


def test_no_more_bytes_are_held_than_bounded_and_none_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 1000)
    monkeypatch.setattr(module, "PIECE", 100)
    many = 500
    for pid in (7, 8):
        (tmp_path / f"{pid}.ndjson").write_bytes(SENT * many)
    reader = SpoolReader(tmp_path)
    assert reader.may_have_raised()
    assert 1000 < reader._size <= 1100
    assert len(records(reader)) == 2 * many
    assert not reader.may_have_raised()


def test_a_folder_is_listed_again_only_once_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Path] = []
    real = os.listdir

    def counting(folder: Path) -> list[str]:
        listed.append(folder)
        return real(folder)

    monkeypatch.setattr(os, "listdir", counting)
    (tmp_path / "7.ndjson").write_bytes(b'{"k":"a"}\n')
    reader = SpoolReader(tmp_path)
    assert records(reader) == [(7, {"k": "a"})]
    assert len(listed) > 1  # the folder has only just changed, and something may appear within the same tick
    os.utime(tmp_path, (0, 0))
    assert records(reader) == []
    listed.clear()
    with (tmp_path / "7.ndjson").open("ab") as file:
        file.write(b'{"k":"b"}\n')
    assert records(reader) == [(7, {"k": "b"})]
    assert listed == []
    (tmp_path / "8.ndjson").write_bytes(b'{"k":"c"}\n')
    assert records(reader) == [(8, {"k": "c"})]
    reader.close()


def test_a_file_that_has_ended_is_read_to_its_end_closed_and_removed(tmp_path: Path) -> None:
    reader = SpoolReader(tmp_path)
    growing, ended = tmp_path / "7.driven", tmp_path / "7.ended"
    growing.write_bytes(b'{"k":"a"}\n')
    (tmp_path / "7.ndjson").write_bytes(b'{"k":"of a server"}\n')
    assert {record["k"] for _, record in records(reader)} == {"a", "of a server"}
    with growing.open("ab") as file:
        file.write(b'{"k":"b"}\n')
    growing.rename(ended)
    assert records(reader) == [(7, {"k": "b"})]
    assert [path.name for path in tmp_path.iterdir()] == ["7.ndjson"]
    assert [key for key in reader._files] == [(7, False)]
    # The pid comes again, and its file has ended before it was seen to grow.
    growing.write_bytes(b'{"k":"c"}\n')
    growing.rename(ended)
    assert records(reader) == [(7, {"k": "c"})]
    assert not ended.exists()
    reader.close()


def test_a_process_with_the_pid_of_one_that_has_ended_is_read_after_it(tmp_path: Path) -> None:
    reader = SpoolReader(tmp_path)
    (tmp_path / "7.ended").write_bytes(b'{"k":"a"}\n')
    (tmp_path / "7.driven").write_bytes(b'{"k":"b"}\n')
    found = records(reader)
    assert [*found, *records(reader)] == [(7, {"k": "a"}), (7, {"k": "b"})]
    assert not (tmp_path / "7.ended").exists()
    reader.close()


def test_a_file_that_cannot_be_removed_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "unlink", refused)
    reader = SpoolReader(tmp_path)
    (tmp_path / "7.ended").write_bytes(b'{"k":"a"}\n')
    assert records(reader) == [(7, {"k": "a"})]
    (tmp_path / "8.driven").write_bytes(b'{"k":"b"}\n')
    assert records(reader) == [(8, {"k": "b"})]
    reader.close()


def test_a_file_that_has_ended_is_read_whole_beyond_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 1000)
    monkeypatch.setattr(module, "PIECE", 100)
    (tmp_path / "7.ended").write_bytes(SENT * 500)
    reader = SpoolReader(tmp_path)
    assert reader.may_have_raised()
    assert (tmp_path / "7.ended").exists()
    assert len(records(reader)) == 500
    assert not (tmp_path / "7.ended").exists()
    reader.close()
