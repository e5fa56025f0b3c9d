"""The key of what the cache keeps changes with every module of the engine and with the libraries that it works with."""

from __future__ import annotations

import ast
import importlib.metadata
import shutil
import sys
from pathlib import Path

import pytest

from engine.app import own_code
from engine.app.own_code import LIBRARIES, PACKAGE, contents, engine_key, versions

DECIDE = ("documents", "loading", "steps", "matchers", "model", "protocols", "registry.py", "errors.py")
"""The packages that make a document's meaning, or perform its steps."""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "engine"
    for name in DECIDE:
        source = PACKAGE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    monkeypatch.setattr(own_code, "PACKAGE", folder)
    return folder


def key() -> str:
    engine_key.cache_clear()
    return engine_key()


@pytest.fixture(autouse=True)
def _afresh() -> object:
    yield
    engine_key.cache_clear()


MODULES = ("protocols/sse.py", "steps/http1/exchange.py", "loading/rules/facts.py", "registry.py")


@pytest.mark.parametrize("module", MODULES)
def test_any_module_changes_the_key(copy: Path, module: str) -> None:
    before = key()
    assert key() == before
    path = copy / module
    path.write_text(path.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert key() != before


def test_a_module_of_another_name_changes_the_key(copy: Path) -> None:
    before = key()
    (copy / "protocols" / "sse.py").rename(copy / "protocols" / "sse_2.py")
    assert key() != before


def test_times_and_compiled_code_do_not(copy: Path) -> None:
    before = key()
    (copy / "protocols" / "sse.py").touch()
    (copy / "protocols" / "sse.pyc").write_bytes(b"compiled")
    assert key() == before


def test_another_release_of_a_library_changes_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = key()
    (tmp_path / "PyYAML-99.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert key() != before


def test_versions_are_those_that_are_installed() -> None:
    assert versions(LIBRARIES, sys.path) == [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES]
    assert versions(["pyyaml"], ["/nowhere"]) == ["pyyaml"]


def test_every_library_that_decides_is_in_the_key() -> None:
    """``yaml`` is the one whose module and distribution have different names."""
    imported = {
        name.partition(".")[0]
        for part, content in contents(PACKAGE)
        if part.startswith(DECIDE)
        for node in ast.walk(ast.parse(content))
        for name in _names(node)
    }
    foreign = imported - sys.stdlib_module_names - {"engine"}
    assert {"pyyaml" if name == "yaml" else name for name in foreign} == set(LIBRARIES)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
