from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DocumentError
from engine.targets.catalog import documents


def written(folder: Path, text: str) -> Path:
    file = folder / "one.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_values_keep_their_places(tmp_path: Path) -> None:
    node = documents.read(written(tmp_path, "title: A b\nlist:\n  - {x: true}\n"))
    title = node.get("title")
    assert title is not None
    assert (title.value, title.place.line, title.place.column, title.place.length) == ("A b", 1, 8, 3)
    assert (title.key.line, title.key.column, title.key.length) == (1, 1, 5)
    assert node.plain() == {"title": "A b", "list": [{"x": True}]}


def test_only_plain_scalars_have_types(tmp_path: Path) -> None:
    node = documents.read(written(tmp_path, "a: yes\nb: 010\nc: 12\nd: true\ne: null\nf: 1.5\ng: 0x1\nh: '12'\n"))
    assert node.plain() == {
        "a": "yes", "b": "010", "c": 12, "d": True, "e": None, "f": "1.5", "g": "0x1", "h": "12",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("", "the document is empty", 1),
        ("a: [1\n", "this is not valid YAML", 2),
        ("a: 1\na: 2\n", "'a' is given twice", 2),
        ("a: 1\n[b]: 2\n", "a key is a plain text", 2),
        ("a: &x [*x]\n", "aliases are not part of the language", 1),
        ("a: &x [1]\nb: [*x, *x]\n", "aliases are not part of the language", 1),
        ("a: " + "[" * 30 + "]" * 30, "nested too deeply", 1),
    ],
)
def test_mistakes_are_pointed_at(tmp_path: Path, text: str, what: str, line: int) -> None:
    with pytest.raises(DocumentError) as caught:
        documents.read(written(tmp_path, text))
    assert what in caught.value.what
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file"):
        documents.read(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"a: \xff")
    with pytest.raises(DocumentError, match="not UTF-8"):
        documents.read(tmp_path / "bad.yaml")


def test_keys_are_checked(tmp_path: Path) -> None:
    node = documents.read(written(tmp_path, "title: x\noffer: []\n"))
    with pytest.raises(DocumentError) as caught:
        documents.check_keys(node, {"title": True, "offers": False}, "a thing")
    assert caught.value.what == "a thing has no key 'offer'"
    assert caught.value.hint == "did you mean 'offers'?"
    assert str(caught.value.place).endswith("one.yaml:2:1")
    with pytest.raises(DocumentError, match="a thing lacks the key 'app'"):
        documents.check_keys(node, {"title": True, "offer": True, "app": True}, "a thing")
    with pytest.raises(DocumentError, match="a thing is a mapping"):
        documents.check_keys(documents.read(written(tmp_path, "[1]")), {"a": True}, "a thing")


def test_typed_access_refuses_other_types(tmp_path: Path) -> None:
    node = documents.read(written(tmp_path, "flag: true\ntext: t\nwords: [a, b]\nbad: [1]\n"))
    assert documents.text_of(node, "text") == "t"
    assert documents.text_of(node, "none", "d") == "d"
    assert documents.flag_of(node, "flag") is True
    assert documents.flag_of(node, "none") is False
    assert documents.words_of(node, "words") == ("a", "b")
    assert documents.words_of(node, "none") == ()
    with pytest.raises(DocumentError, match="is a text"):
        documents.text_of(node, "flag")
    with pytest.raises(DocumentError, match="true or false"):
        documents.flag_of(node, "text")
    with pytest.raises(DocumentError, match="list of words"):
        documents.words_of(node, "text")
    with pytest.raises(DocumentError, match="words only"):
        documents.words_of(node, "bad")
    with pytest.raises(DocumentError, match="knows no 'b'"):
        documents.words_of(node, "words", frozenset({"a"}))
