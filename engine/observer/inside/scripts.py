"""From the engine to the application: scripts, ports and marks, as plain files on the target's spool.

    scripts/<job>.json   the script that the bare app plays for a job; written before any byte of the job is sent
    ports/<port>         the job of a client's port, for connections without the engine's header
    marks/<job>.<name>   empty files, which synchronize both sides

Reading takes a few microseconds on a local disk, and happens once for each job.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .tagged import decode

KEPT = 256  # scripts in memory

_job = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class ScriptCommand:
    """One command of a script. ``argument`` is tagged JSON, of which ``value`` makes a new value at each
    performance."""

    word: str
    argument: Any
    name: str | None = None

    def value(self) -> Any:
        """The argument. Raises ValueError for an unknown tag."""
        return decode(self.argument)


def commands_of(items: list[dict[str, Any]] | None) -> tuple[ScriptCommand, ...] | None:
    """The commands of a list in the form of the spool; None for null. Raises KeyError for an item without ``act``."""
    if items is None:
        return None
    return tuple([ScriptCommand(item["act"], item.get("arg"), item.get("as")) for item in items])


@dataclass(frozen=True, slots=True)
class Script:
    """A job's script: a list of commands for a scope type and for single paths; None leaves the call to the
    contract."""

    job: str
    lifespan: tuple[ScriptCommand, ...] | None
    http: tuple[ScriptCommand, ...] | None
    websocket: tuple[ScriptCommand, ...] | None
    paths: dict[str, tuple[ScriptCommand, ...]]

    def choose(self, kind: object, path: object) -> tuple[ScriptCommand, ...] | None:
        """The commands for a scope of that type and path. Paths go first, for HTTP and WebSocket."""
        if kind == "lifespan":
            return self.lifespan
        if kind not in ("http", "websocket"):
            return None
        commands = self.paths.get(path) if isinstance(path, str) else None
        if commands is not None:
            return commands
        return self.http if kind == "http" else self.websocket


class Inbox:
    """The application's side of the spool."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = str(folder)
        self._scripts: dict[str, Script | None] = {}

    def script(self, job: str) -> Script | None:
        """The job's script, None without one. Raises ValueError or KeyError for an invalid file."""
        if job not in self._scripts:
            if len(self._scripts) >= KEPT:
                del self._scripts[next(iter(self._scripts))]
            self._scripts[job] = self._load(job)
        return self._scripts[job]

    def job_of(self, port: int) -> str:
        """The job that announced a client's port, "" for none."""
        try:
            with open(os.path.join(self._folder, "ports", str(port)), encoding="ascii") as file:
                job = file.read().strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return job if _job.fullmatch(job) else ""

    def over(self, job: str) -> bool:
        """True if the engine has finished the job, and removed its script."""
        return not os.path.exists(self._script_file(job))

    def mark(self, job: str, name: str) -> None:
        """Set a mark. Raises OSError, and ValueError for an invalid name."""
        os.close(os.open(self.mark_file(job, name), os.O_WRONLY | os.O_CREAT, 0o644))

    def marked(self, job: str, name: str) -> bool:
        """True if either side has set the mark. Raises ValueError for an invalid name."""
        return os.path.exists(self.mark_file(job, name))

    def mark_file(self, job: str, name: str) -> str:
        if "/" in name or "\0" in name or not name:
            raise ValueError(f"{name!r} is no name for a mark")
        return os.path.join(self._folder, "marks", f"{job}.{name}")

    def _script_file(self, job: str) -> str:
        return os.path.join(self._folder, "scripts", f"{job}.json")

    def _load(self, job: str) -> Script | None:
        if not _job.fullmatch(job):
            return None
        try:
            with open(self._script_file(job), "rb") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        data = json.loads(text)
        paths = {path: commands_of(items) or () for path, items in (data.get("paths") or {}).items()}
        lifespan, http, websocket = (commands_of(data.get(kind)) for kind in ("lifespan", "http", "websocket"))
        return Script(job, lifespan, http, websocket, paths)
