"""The files for ``docker compose`` in a checkout: writing them, and checking that they are up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.app.engine import Engine
from engine.app.project_paths import CHECKOUT
from engine.errors import UsageError
from engine.targets.environments.composing import compose_files


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """A file with its new text. ``current`` says that the file has this text already."""

    path: Path
    text: str
    current: bool


def made(engine: Engine) -> list[ComposeFile]:
    """The files of the engine's checkout. Raises UsageError outside of a checkout, and for a port that two frameworks
    declare."""
    paths = engine.project_paths
    if paths.origin != CHECKOUT:
        raise UsageError(
            "this is not a checkout of the engine", hint="docker-compose.yml builds images from a checkout"
        )
    found = {paths.root / name: text for name, text in compose_files(engine.frameworks.values()).items()}
    return [ComposeFile(path, text, path.is_file() and path.read_text("utf-8") == text) for path, text in found.items()]
