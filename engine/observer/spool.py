"""The spool: the folder that the engine and the observers of one live target share.

    records/<pid>.ndjson   the records of the observer in one process, one JSON object a line
    records/<pid>.driven   those of a process in which the app is called without a server, while they grow
    records/<pid>.ended    the same, once the call is over
    scripts/<job>.json     the script that the bare app plays for a job
    ports/<port>           the job of a client's port, for connections without the engine's header
    marks/<job>.<name>     empty files that either side sets

Theory of operation
===================

Files are the only means by which the two sides meet. A server may hang, crash, fork, or close every descriptor that it
inherited, and a file needs no partner that answers. So the observer never blocks the server, and records written before
a crash survive it.

*Ownership.* Each process of the service writes one file below ``records`` and no other file there. Only the engine
writes ``scripts`` and ``ports``. Both sides create files below ``marks``. Only the engine removes files:
those of a finished job, and records that have ended and are read. Other records stay until the folder goes with its
target. Scripts are written under another name and renamed, so a reader sees the whole file or none; a port is written
before any byte is sent from it. A record is one ``write`` to a file opened for appending, so lines of threads do not
mix, and a process that is killed leaves at most its last line cut.

*The states of a call.*

    unknown --call--> open --end--> ended
                       |  ^
                       +--+  received, send, sent, outcome, mark, note

A ``call`` record opens a ``CallBuilder``; later records name it by process and number. Builders keep raw lines, and
parse them when a caller asks for the call: most calls are never read. ``refresh`` reads what was appended since; no
other method reads records, apart from ``send_raised``. Within one process records are in order. Between processes the
order follows from the clock, which is monotonic and common to all processes of one machine.

*The job of a call.*

1. By token: the engine's header, ``<job>.<number>``, which the observer removes from the scope.
2. By peer: where the bytes of a step must stay as they are, the engine announces the client's port first
   (``expect_peer``), and the call's client identifies the job.
3. Neither: a *stray* (``strays``), such as the call of a server that names the wrong client. No job owns it.
   Lifespan calls of a server have no client and are apart (``lifespans``).

*The end of a job.* ``finish`` removes the job's files and drops its builders, and every later record of the job is
dropped as well. So memory does not grow with the length of a run. A script that awaits a mark finds its own file gone,
and ends.

*Possible failures.*

- A full disk: the observer counts what it cannot write, and says so in its next record. ``lost`` adds these counts up,
  and everything that cannot be parsed. As long as ``lost`` grows during a case, "was not called" is not known, and the
  runner raises EvidenceLost.
- A pid that comes again, in a container or after many restarts: the first record of a process begins another
  ``generation``, so that its calls do not continue those of the former process.
- A port that comes again: the client's port belongs to the last job that announced it. ``finish`` of the former owner
  does not remove it.
- A call with very many messages: ``CallBuilder`` keeps ``MOST`` of them and counts the rest as lost.
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
from engine.observer.reader import CALL, HEAD, SpoolReader, opened, parse

FOLDERS = ("records", "scripts", "ports", "marks")
AFTER = " after"  # follows a token where the scope is to be recorded once more when the call ends

_job = re.compile(r"[a-z0-9-]+")

Peer = tuple[str, int]


class Worker(NamedTuple):
    """A process that has served calls, with its version of Python and the class of its loop ("" until the first
    call)."""

    pid: int
    python: str
    loop: str


class _Process:
    """The state of one process. A pid that comes again is another process, of another ``generation``."""

    def __init__(self, generation: int, python: str) -> None:
        self.generation = generation
        self.python = python
        self.loop = ""
        self.builders: dict[int, CallBuilder] = {}


class ObserverSpool:
    """The engine's side of the spool, a ``Boundary``. ``ObserverSpool.create`` makes the folder first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = SpoolReader(folder / "records")
        self._ports = os.fspath(folder / "ports")
        self._processes: dict[int, _Process] = {}
        self._by_token: dict[str, list[CallBuilder]] = {}
        self._by_job: dict[str, list[CallBuilder]] = {}
        self._by_peer: dict[Peer, list[CallBuilder]] = {}
        self._lifespans: list[CallBuilder] = []
        self._peers: dict[str, dict[Peer, None]] = {}
        self._owners: dict[int, str] = {}
        self._expected: set[int] = set()  # every port that a job's bytes came from, whether the job is finished or not
        self._finished: set[str] = set()
        self._with_files: set[str] = set()  # jobs with a script or a mark: no other job's application sets any
        self._notes: list[str] = []
        self._lost = 0

    @classmethod
    def create(cls, folder: Path) -> ObserverSpool:
        """Create the folder and its subfolders. Raises OSError."""
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        return cls(folder)

    # from the engine to the application

    def token(self, job: str, call: int, *, keep_scope_after: bool = False) -> str:
        """The value of the engine's header for the n-th call of a job."""
        return f"{_checked(job)}.{call}{AFTER if keep_scope_after else ''}"

    def stage(self, job: str, script: object) -> None:
        """Write a job's script, which is tagged JSON. Raises OSError."""
        self._with_files.add(job)
        text = json.dumps(script)
        self._put(self.folder / "scripts" / f"{_checked(job)}.json", text)

    def expect_peer(self, address: Peer, job: str) -> None:
        """Announce that bytes of the job will come from this address without the header. Raises OSError."""
        if self._owners.get(address[1]) == job and plain_address(address) in self._peers.get(job, ()):
            return  # as at each later step on a connection, while the application may read the file
        # Nobody reads the file before the first byte is sent, so it needs no other name first. For each connection it
        # is written by os's functions, which cost a third of a Path's.
        file = os.open(f"{self._ports}/{address[1]}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            os.write(file, _checked(job).encode("ascii"))
        finally:
            os.close(file)
        self._owners[address[1]] = job
        self._expected.add(address[1])
        self._peers.setdefault(job, {})[plain_address(address)] = None

    def mark(self, job: str, name: str) -> None:
        """Set a mark. Raises OSError."""
        self._with_files.add(job)
        self._mark_file(job, name).touch()

    def marked(self, job: str, name: str) -> bool:
        """True once either side has set the mark. Raises Defect for a name that no file can have."""
        return self._mark_file(job, name).exists()

    def finish(self, job: str) -> None:
        """Remove the job's files and forget its calls, those from its peers included.

        A script that still awaits a mark of the job ends. Later calls of the job are dropped.
        """
        self._finished.add(job)
        if job in self._with_files:
            self._with_files.discard(job)
            self._remove_files(job)
        for peer in self._peers.pop(job, ()):
            if self._owners.get(peer[1]) == job:
                del self._owners[peer[1]]
                with suppress(FileNotFoundError):
                    os.unlink(f"{self._ports}/{peer[1]}")
                self._forget(self._by_peer.pop(peer, ()))
        for builder in self._by_job.pop(job, ()):
            self._by_token.pop(builder.token, None)
            self._forget((builder,))

    def close(self) -> None:
        """Close the record files; calls that were read stay available."""
        self._reader.close()

    # from the observers to the engine

    def refresh(self) -> None:
        """Read the records that were appended since the last call."""
        for pid, lines in self._reader.read():
            process = self._processes.get(pid)
            for line in lines:
                if process is not None and self._of_finished(process, line):
                    continue  # as nearly every record
                try:
                    self._take(pid, parse(line))
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    self._lost += 1
                    self._notes.append(f"a record of process {pid} cannot be used: {error!r}")
                process = self._processes.get(pid)

    def calls(self, *, token: str = "", peer: Peer | None = None, since: float = 0.0) -> list[AppCall]:
        """The calls since a time, in the order of their start: those with a token, or those from a peer without a
        token.

        Without both arguments, all calls but those of lifespans. ``since`` is in seconds on the engine's clock.
        """
        if token:
            builders: Iterable[CallBuilder] = self._by_token.get(token.removesuffix(AFTER), ())
        elif peer is not None:
            builders = self._by_peer.get(plain_address(peer), ())
        else:
            builders = (
                builder
                for process in self._processes.values()
                for builder in process.builders.values()
                if builder.type != "lifespan"
            )
        return _in_order(builder for builder in builders if builder.order[0] >= since)

    def lifespans(self) -> list[AppCall]:
        """The lifespan calls, in the order of their start."""
        return _in_order(self._lifespans)

    def strays(self, since: float) -> list[AppCall]:
        """The calls without a token since a time whose client is not the address of any job, in the order of their
        start. Behind a gateway the client is the one that the gateway names."""
        return _in_order(
            builder
            for process in self._processes.values()
            for builder in process.builders.values()
            if not builder.token
            and builder.type != "lifespan"
            and builder.order[0] >= since
            and (builder.peer is None or builder.peer[1] not in self._expected)
        )

    def send_raised(self, job: str) -> tuple[str, ...]:
        """The classes of the exceptions that send() raised in the calls of a job, each once. Reads new records if they
        may have one."""
        if self._reader.may_have_raised():
            self.refresh()
        peers = self._peers.get(job, ())
        if not peers and job not in self._by_job:
            return ()  # as nearly always: nothing asked for its calls
        builders = [*self._by_job.get(job, ()), *(builder for peer in peers for builder in self._by_peer.get(peer, ()))]
        return tuple(dict.fromkeys(name for builder in builders for name in builder.send_raised))

    def workers(self) -> list[Worker]:
        """The processes that have written, in the order in which they were first seen."""
        return [Worker(pid, process.python, process.loop) for pid, process in self._processes.items()]

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks of the observers about a whole process: that evidence was lost, and why."""
        return tuple(self._notes)

    @property
    def lost(self) -> int:
        """The number of records known to be lost. While it grows, "was not called" is not known."""
        return self._lost

    def _of_finished(self, process: _Process, line: bytes) -> bool:
        """True for a whole record of a call whose job is finished: nothing of it is kept, so it is not parsed."""
        if not line.endswith(b"}"):
            return False
        if (head := HEAD.match(line)) is not None:
            return not process.builders or int(head[4]) not in process.builders
        # The first call of a process has its loop.
        return bool(process.loop) and (call := CALL.match(line)) is not None and call[4].decode() in self._finished

    def _take(self, pid: int, record: Record) -> None:
        kind = record["k"]
        self._lost += int(record.get("lost", 0))
        if kind == "worker":
            before = self._processes.get(pid)
            self._processes[pid] = _Process(before.generation + 1 if before else 0, str(record["python"]))
            return
        process = self._processes.get(pid)
        if process is None:
            process = self._processes[pid] = _Process(0, "")
        if kind == "call":
            # A call whose job is finished is dropped, apart from the first of a process, which has its loop.
            if not process.loop or record["job"] not in self._finished:
                self._begin(pid, process, opened(record))
        elif "c" in record:
            builder = process.builders.get(record["c"])
            # Records of a call whose job is finished are dropped.
            if builder is not None and not builder.take(record):
                self._lost += 1
        elif kind == "note":
            self._notes.append(f"process {pid}: {record['text']}")

    def _begin(self, pid: int, process: _Process, record: Record) -> None:
        number = int(record["c"])
        builder = CallBuilder(f"{pid}.{process.generation}.{number}", pid, record)
        process.loop = str(record["loop"])
        if builder.job in self._finished:
            return
        process.builders[number] = builder
        if builder.type == "lifespan" and not builder.token:  # one with a token is no server's
            self._lifespans.append(builder)
        elif builder.token:
            self._by_token.setdefault(builder.token, []).append(builder)
            self._by_job.setdefault(builder.job, []).append(builder)
        elif builder.peer is not None:
            self._by_peer.setdefault(plain_address(builder.peer), []).append(builder)

    def _forget(self, builders: Iterable[CallBuilder]) -> None:
        for builder in builders:
            process = self._processes.get(builder.pid)
            if process is not None:
                number = int(builder.key.rpartition(".")[2])
                if process.builders.get(number) is builder:
                    del process.builders[number]

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


def _in_order(builders: Iterable[CallBuilder]) -> list[AppCall]:
    return [builder.call for builder in sorted(builders, key=lambda builder: builder.order)]


def _remove(file: Path) -> None:
    with suppress(FileNotFoundError):
        file.unlink()
