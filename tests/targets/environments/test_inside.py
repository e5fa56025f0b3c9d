from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine.targets.environments import commands
from engine.targets.environments.inside import SOURCE, laid_out

# Importing these loads an app.
SERVICES = ("__init__", "service", "wsgi_service")


def package(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "service.py").write_text(text)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "old.py").touch()
    (folder / "notes.txt").touch()
    return folder


def test_the_copy_is_named_after_its_content(tmp_path: Path) -> None:
    source = package(tmp_path / "source", "app = 1\n")
    first = laid_out(tmp_path / "cache", source)
    assert laid_out(tmp_path / "cache", source) == first
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert names == ["engine_inside/__init__.py", "engine_inside/service.py"]
    (source / "service.py").write_text("app = 2\n")
    second = laid_out(tmp_path / "cache", source)
    assert second != first
    assert (first / "engine_inside" / "service.py").read_text() == "app = 1\n"
    assert (second / "engine_inside" / "service.py").read_text() == "app = 2\n"


def test_nothing_half_made_stays(tmp_path: Path) -> None:
    laid_out(tmp_path / "cache", package(tmp_path / "source", ""))
    [folder] = [path for path in (tmp_path / "cache" / "inside").iterdir() if path.suffix != ".lock"]
    assert not folder.name.startswith(".")


def test_the_engines_own_package_needs_the_standard_library_alone(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, SOURCE)
    names = [path.stem for path in (folder / "engine_inside").glob("*.py") if path.stem not in SERVICES]
    lines = "; ".join(f"import engine_inside.{name}" for name in sorted(names))
    code, output = asyncio.run(
        commands.run(
            [sys.executable, "-S", "-c", lines],
            env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
        )
    )
    assert (code, output) == (0, "")
