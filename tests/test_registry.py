"""Extensions are found where they are installed, and named where they cannot be imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import registry
from engine.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path, where nothing is installed yet."""
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.extensions.cache_clear()
    yield tmp_path
    registry.extensions.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("first_one", "second_one")]:
        del sys.modules[name]


def install(folder: Path, package: str, text: str, name: str = "one-1.0.dist-info") -> None:
    (folder / name).mkdir()
    (folder / name / "entry_points.txt").write_text(text)
    (folder / package / "rooms").mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    (folder / package / "rooms" / "__init__.py").write_text("THINGS = 'package'\n")
    (folder / package / "rooms" / "b.py").write_text("THINGS = ('b1', 'b2')\n")
    (folder / package / "rooms" / "a.py").write_text("THINGS = 'a'\n")


def test_the_entry_points_of_one_group_name_packages(folder: Path) -> None:
    install(
        folder, "second_one", "[console_scripts]\nx = y:z\n\n[engine.extensions]\ntwo = second_one\n\n[other]\na = b\n"
    )
    install(folder, "first_one", "[engine.extensions]\none=first_one\n", "two.egg-info")
    assert [one for one in registry.extensions() if one.endswith("_one")] == ["first_one", "second_one"]


def test_a_room_has_the_values_of_its_modules(folder: Path) -> None:
    install(folder, "first_one", "[engine.extensions]\none = first_one\n")
    assert registry.contributed("rooms", "THINGS") == ["package", "a", "b1", "b2"]
    assert registry.contributed("rooms", "OTHERS") == []
    assert registry.contributed("other", "THINGS") == []
    assert registry.places("rooms") == {"first_one.rooms": str(folder / "first_one" / "rooms")}


def test_a_room_may_be_one_module(folder: Path) -> None:
    install(folder, "first_one", "[engine.extensions]\none = first_one\n")
    (folder / "first_one" / "things.py").write_text("THINGS = 1\n")
    assert registry.contributed("things", "THINGS") == [1]


def test_one_that_cannot_be_imported_is_named(folder: Path) -> None:
    install(folder, "first_one", "[engine.extensions]\none = first_one\ntwo = second_one\n")
    with pytest.raises(UsageError, match="the extension second_one cannot be imported"):
        registry.contributed("rooms", "THINGS")


def test_the_nearest_word_is_first_the_one_in_another_case() -> None:
    assert registry.nearest("g13", ["U13", "g12", "G13"]) == "did you mean 'G13'?"
    assert registry.nearest("hosst", ["host", "post"]) == "did you mean 'host'?"
    assert registry.nearest("zzz", ["b", "a"]) == "known: a, b"
