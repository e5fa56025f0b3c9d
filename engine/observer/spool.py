"""The desk: the folder by which the engine and the observers of one live target speak to each other.

    records/<pid>.ndjson   what the observer of a process saw
    scripts/<job>.json     what the control plays for a job
    ports/<port>           the job of a client's port, for connections without the engine's header
    marks/<job>.<name>     empty files, by which both sides meet

Files appear whole: they are written under another name and renamed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.errors import Defect
from engine.model.boundary import AppCall, plain_address
from engine.observer.calls import CallBuilder, Record
from engine.observer.reader import SpoolReader, opened

FOLDERS = ("records", "scripts", "ports", "marks")
AFTER = " after"  # follows a token where the scope is to be recorded once more when the call ends

_job = re.compile(r"[a-z0-9-]+")

Peer = tuple[str, int]


class Worker(NamedTuple):
    """A process that has served calls: its Python, and the class of its loop ("" until the first call)."""

    pid: int
    python: str
    loop: str


class _Process:
    """What is known of one process. A pid that comes again is another process, of another ``generation``."""

    def __init__(self, generation: int, python: str) -> None:
        self.generation = generation
        self.python = python
        self.loop = ""
        self.stories: dict[int, CallBuilder] = {}


class ObserverSpool:
    """The engine's side of the folder: a ``Boundary``. ``ObserverSpool.create`` makes the folder first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = SpoolReader(folder / "records")
        self._processes: dict[int, _Process] = {}
        self._by_token: dict[str, list[CallBuilder]] = {}
        self._by_job: dict[str, list[CallBuilder]] = {}
        self._by_peer: dict[Peer, list[CallBuilder]] = {}
        self._lifespans: list[CallBuilder] = []
        self._peers: dict[str, list[Peer]] = {}
        self._owners: dict[int, str] = {}
        self._expected: set[int] = set()  # every port that a job's bytes came from, whether the job is finished or not
        self._finished: set[str] = set()
        self._with_files: set[str] = set()  # jobs with a script or a mark: no other job's application sets any
        self._latest = 0.0
        self._notes: list[str] = []
        self._lost = 0

    @classmethod
    def create(cls, folder: Path) -> ObserverSpool:
        """Make the folder and those in it. Raises OSError."""
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        return cls(folder)

    # the way back

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        """The header's value for the n-th call of a job."""
        return f"{_checked(job)}.{call}{AFTER if keep_scope_after else ''}"

    def stage(self, job: str, script: object) -> None:
        """Write a job's script, which is tagged JSON. Raises OSError."""
        self._with_files.add(job)
        text = json.dumps(script)
        self._put(self.folder / "scripts" / f"{_checked(job)}.json", text)

    def expect_peer(self, address: Peer, job: str) -> None:
        """Say that the job's bytes will come from this address without the header. Raises OSError."""
        self._put(self.folder / "ports" / str(address[1]), _checked(job))
        self._owners[address[1]] = job
        self._expected.add(address[1])
        self._peers.setdefault(job, []).append(plain_address(address))

    def mark(self, job: str, name: str) -> None:
        """Set a mark. Raises OSError."""
        self._with_files.add(job)
        self._mark_file(job, name).touch()

    def marked(self, job: str, name: str) -> bool:
        """Whether either side has set the mark."""
        return self._mark_file(job, name).exists()

    def finish(self, job: str) -> None:
        """Remove the job's files and forget its calls, those from its peers included.

        A script that still awaits a mark of the job ends by this. Calls that come after it are not kept either.
        """
        self._finished.add(job)
        if job in self._with_files:
            self._with_files.discard(job)
            self._remove_files(job)
        for peer in self._peers.pop(job, ()):
            if self._owners.get(peer[1]) == job:
                del self._owners[peer[1]]
                _remove(self.folder / "ports" / str(peer[1]))
                self._forget(self._by_peer.pop(peer, ()))
        for story in self._by_job.pop(job, ()):
            self._by_token.pop(story.token, None)
            self._forget((story,))

    def close(self) -> None:
        """Let go of the files; what has been read stays."""
        self._reader.close()

    # what the observers said

    def refresh(self) -> None:
        """Take in what was written since."""
        for pid, record in self._reader.read():
            try:
                self._take(pid, record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._lost += 1
                self._notes.append(f"a record of process {pid} cannot be used: {error!r}")

    def calls(self, *, token: str = "", peer: Peer | None = None, since: float = 0.0) -> list[AppCall]:
        """Calls since a time, in the order of their start: with that token; or without any, from that peer.

        With neither, all calls but lifespan's. ``since`` is in seconds on the engine's clock.
        """
        if token:
            stories: Iterable[CallBuilder] = self._by_token.get(token.removesuffix(AFTER), ())
        elif peer is not None:
            stories = self._by_peer.get(plain_address(peer), ())
        else:
            stories = (
                story
                for process in self._processes.values()
                for story in process.stories.values()
                if story.type != "lifespan"
            )
        return _in_order(story for story in stories if story.order[0] >= since)

    def lifespans(self) -> list[AppCall]:
        """The lifespan calls, in the order of their start."""
        return _in_order(self._lifespans)

    def strays(self, since: float) -> list[AppCall]:
        """Calls without a token since a time whose client is no connection that any job's bytes came from, in the order
        of their start. Behind a gateway the client is the one that the gateway names."""
        return _in_order(
            story
            for process in self._processes.values()
            for story in process.stories.values()
            if not story.token
            and story.type != "lifespan"
            and story.order[0] >= since
            and (story.peer is None or story.peer[1] not in self._expected)
        )

    def send_raised(self, job: str) -> tuple[str, ...]:
        """The classes that send() raised in the calls of a job, by its token and from its peers, each once,
        with what was written since."""
        if self._reader.may_have_raised():
            self.refresh()
        peers = self._peers.get(job, ())
        stories = [*self._by_job.get(job, ()), *(story for peer in peers for story in self._by_peer.get(peer, ()))]
        return tuple(dict.fromkeys(name for story in stories for name in story.send_raised))

    def latest(self) -> float:
        """When the last record was made; 0.0 if there is none."""
        return self._latest

    def workers(self) -> list[Worker]:
        """The processes that have written, in the order in which they were first seen."""
        return [Worker(pid, process.python, process.loop) for pid, process in self._processes.items()]

    @property
    def notes(self) -> tuple[str, ...]:
        """What observers said of their whole process: that evidence was lost, and why."""
        return tuple(self._notes)

    @property
    def lost(self) -> int:
        """How many records are known to be lost. Where it is not 0, "was not called" cannot be told."""
        return self._lost

    def _take(self, pid: int, record: Record) -> None:
        kind = record["k"]
        self._latest = max(self._latest, float(record.get("t", 0.0)))
        self._lost += int(record.get("lost", 0))
        if kind == "worker":
            before = self._processes.get(pid)
            self._processes[pid] = _Process(before.generation + 1 if before else 0, str(record["python"]))
            return
        process = self._processes.setdefault(pid, _Process(0, ""))
        if kind == "call":
            # Of a call whose job is finished nothing is kept; only the first of a process tells its loop.
            if not process.loop or record["job"] not in self._finished:
                self._begin(pid, process, opened(record))
        elif "c" in record:
            story = process.stories.get(record["c"])
            # Of a call whose job is finished nothing more is kept.
            if story is not None and not story.take(record):
                self._lost += 1
        elif kind == "note":
            self._notes.append(f"process {pid}: {record['text']}")

    def _begin(self, pid: int, process: _Process, record: Record) -> None:
        number = int(record["c"])
        story = CallBuilder(f"{pid}.{process.generation}.{number}", pid, record)
        process.loop = str(record["loop"])
        if story.job in self._finished:
            return
        process.stories[number] = story
        if story.type == "lifespan" and not story.token:  # one with a token is no server's
            self._lifespans.append(story)
        elif story.token:
            self._by_token.setdefault(story.token, []).append(story)
            self._by_job.setdefault(story.job, []).append(story)
        elif story.peer is not None:
            self._by_peer.setdefault(plain_address(story.peer), []).append(story)

    def _forget(self, stories: Iterable[CallBuilder]) -> None:
        for story in stories:
            process = self._processes.get(story.pid)
            if process is not None:
                number = int(story.key.rpartition(".")[2])
                if process.stories.get(number) is story:
                    del process.stories[number]

    def _remove_files(self, job: str) -> None:
        _remove(self.folder / "scripts" / f"{job}.json")
        with suppress(FileNotFoundError):
            for name in os.listdir(self.folder / "marks"):
                if name.startswith(f"{job}."):
                    _remove(self.folder / "marks" / name)

    def _mark_file(self, job: str, name: str) -> Path:
        if "/" in name or "\0" in name or not name:
            raise Defect(f"{name!r} cannot be the name of a mark")
        return self.folder / "marks" / f"{_checked(job)}.{name}"

    def _put(self, file: Path, text: str) -> None:
        new = file.with_name(f".{file.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(file)


def _checked(job: str) -> str:
    if not _job.fullmatch(job):
        raise Defect(f"{job!r} cannot be the name of a job")
    return job


def _in_order(stories: Iterable[CallBuilder]) -> list[AppCall]:
    return [story.call for story in sorted(stories, key=lambda story: story.order)]


def _remove(file: Path) -> None:
    with suppress(FileNotFoundError):
        file.unlink()
