"""The paths of packaged documents, as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import packaged
from engine.model.packaged import DATA, display_path, opened
from engine.model.source_span import SourceSpan


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation's data with one document, below the working directory."""
    folder = tmp_path / "site" / "engine" / "_data"
    (folder / "specs" / "http").mkdir(parents=True)
    (folder / "specs" / "http" / "wire.yaml").write_text("suite: of the package\n")
    monkeypatch.setattr(packaged, "DATA", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_data_are_beside_the_modules() -> None:
    assert Path(packaged.__file__).parents[1] / "_data" == DATA


def test_a_packaged_document_is_shown_as_a_checkout_has_it(data: Path) -> None:
    document = data / "specs" / "http" / "wire.yaml"
    for path in (str(document), "site/engine/_data/specs/http/wire.yaml"):
        assert display_path(path) == "specs/http/wire.yaml"
    assert str(SourceSpan(str(document), 3, 4)) == "specs/http/wire.yaml:3:4"


@pytest.mark.parametrize(
    "file",
    ["specs/http/wire.yaml", "/other/engine/_data/specs/http/wire.yaml", "other/engine/_data/x.yaml", "", "../a.yaml"],
)
def test_any_other_is_shown_as_it_is(data: Path, file: str) -> None:
    assert display_path(file) == file


def test_what_is_shown_can_be_opened(data: Path) -> None:
    document = data / "specs" / "http" / "wire.yaml"
    assert opened("specs/http/wire.yaml") == opened(str(document)) == document
    assert opened("specs/http/other.yaml") == Path("specs/http/other.yaml")


def test_a_document_of_the_users_own_goes_first(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "specs" / "http" / "wire.yaml"
    own.parent.mkdir(parents=True)
    own.touch()
    assert opened("specs/http/wire.yaml") == Path("specs/http/wire.yaml")
