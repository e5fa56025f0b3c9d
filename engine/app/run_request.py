"""The settings of a run, as all processes that work on it have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from engine.app.activity import Activity
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import ProjectPaths


@dataclass(frozen=True)
class RunRequest:
    """The settings from which documents, targets and jobs follow. Equal settings and documents give equal plans.

    Attributes:
        named: the paths that the user named, from which the roots of documents follow.
        folder: the folder of the run, for logs and its file.
        keep_all: transcripts are kept of results that pass, too.
    """

    engine: Engine
    options: RunOptions
    named: tuple[Path, ...]
    run_id: str
    folder: Path
    keep_all: bool = False

    def to_json(self) -> dict[str, Any]:
        """The settings as JSON's types, but for paths, which JSON has as text. The listener of the engine's activity
        stays in its own process."""
        silent = replace(self.engine, activity=Activity())  # a listener cannot be copied
        document = asdict(replace(self, engine=silent))
        del document["engine"]["activity"]
        return document

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> RunRequest:
        """The settings that ``to_json`` was given. Raises KeyError or TypeError for anything else."""
        engine = {name: _frozen(value) for name, value in document["engine"].items()}
        types = get_type_hints(ProjectPaths)
        paths: dict[str, Any] = {
            name: Path(value) if types[name] is Path else _frozen(value)
            for name, value in engine["project_paths"].items()
        }
        engine["project_paths"] = ProjectPaths(**paths)
        engine["clauses"] = tuple(Path(one) for one in engine["clauses"])
        return cls(
            engine=Engine(**engine),
            options=RunOptions(**{name: _frozen(value) for name, value in document["options"].items()}),
            named=tuple(Path(one) for one in document["named"]),
            run_id=document["run_id"],
            folder=Path(document["folder"]),
            keep_all=document["keep_all"],
        )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
