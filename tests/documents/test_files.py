from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.documents.diagnostics import Diagnostic
from engine.documents.files import MAX_SIZE, SourceText, decode, read, read_all


def names(paths: list[Path]) -> list[str]:
    return [Path(one.file).name if isinstance(one, SourceText) else one.code for one in read_all(paths)]


def code(found: SourceText | Diagnostic) -> str:
    assert isinstance(found, Diagnostic)
    return found.code


def test_folders_are_walked_in_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.txt", ".hidden/d.yaml", ".e.yaml", "sub/f.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x: 1")
    assert names([tmp_path]) == ["a.yml", "b.yaml", "f.yaml"]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: 1")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    assert names([tmp_path, tmp_path / "a.yaml"]) == ["a.yaml"]


def test_a_loop_of_directories_ends(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text("x: 1")
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.yaml").symlink_to(tmp_path / "self.yaml")
    assert names([tmp_path]) == ["unreadable", "a.yaml"]


def test_what_is_not_there(tmp_path: Path) -> None:
    assert names([tmp_path / "none.yaml"]) == ["no-file"]
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert names([tmp_path]) == ["no-file"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert names([tmp_path]) == ["unreadable"]


def test_a_link_that_leads_nowhere_says_so(tmp_path: Path) -> None:
    loop, broken = tmp_path / "loop.yaml", tmp_path / "broken.yaml"
    loop.symlink_to(loop)
    broken.symlink_to("nowhere")
    found = [one for one in read_all([loop, broken]) if isinstance(one, Diagnostic)]
    assert [one.what for one in found] == [
        "it cannot be read: too many levels of symbolic links",
        "this is a symbolic link to 'nowhere', which does not exist",
    ]
    assert {one.hint for one in found} == {"correct or remove the link"}


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a" * (MAX_SIZE + 1))
    assert code(read(path)) == "too-large"
    path.write_bytes(b"a" * MAX_SIZE)
    assert isinstance(read(path), SourceText)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text("x: 1")
    path.chmod(0)
    assert code(read(path)) == "unreadable"


@pytest.mark.parametrize(
    ("data", "expected", "line", "column"),
    [
        (b"a: \0", "binary", 1, 4),
        (b"a: 1\nb: \xff", "encoding", 2, 4),
        ("ü: ".encode() + b"\xe9", "encoding", 1, 4),
        (b"\xef\xbb\xbfa: \xe9", "encoding", 1, 4),
        (b"a: \xc3", "encoding", 1, 4),
    ],
)
def test_bytes_that_are_no_text(data: bytes, expected: str, line: int, column: int) -> None:
    found = decode(data, Path("t.yaml"))
    assert isinstance(found, Diagnostic)
    assert (found.code, found.place.line, found.place.column) == (expected, line, column)


def test_line_ends_and_a_byte_order_mark() -> None:
    found = decode(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", Path("t.yaml"))
    assert found == SourceText("t.yaml", "a: 1\nb: 2\n")


def test_names_are_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text("x: 1")
    monkeypatch.chdir(tmp_path)
    [found] = read_all([tmp_path / "sub"])
    assert isinstance(found, SourceText)
    assert found.file == "sub/a.yaml"
