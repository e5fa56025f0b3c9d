"""A run on disk: newline-delimited JSON, appended verdict by verdict.

The first line is a header, the last a footer with the counts. A run that was cut short has no footer, and holds every
verdict until then; a line cut in the middle is the last and is left out.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.errors import ResultsError
from engine.model.result_event import ResultEvent
from engine.model.target import CGI, HTTP_1_1, configuration, version_in_words
from engine.model.verdict import JobResult, Recheck
from engine.results.record.codec import recheck_from_json, recheck_to_json, result_from_json, result_to_json
from engine.results.record.format import CURRENT, RENAMED, readable

_encoder = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str)

FILE = "run.ndjson"
# In bytes. The footer is found without reading a run from its beginning.
LONGEST_FOOTER = 4096
# The kinds of lines about what a run added for the sake of comparison.
COUNTERPART, COUNTERPART_TARGET = "counterpart", "counterpart-target"
# The kind of a line with fields of the header that its writer did not know when the record began.
PLAN = "plan"
# A text with the number behind it, of as many digits as a size or a status has.
_NUMBERED = re.compile(r"([^0-9]*)([0-9]{0,12})")
_MARK: Mapping[str, Any] = {"counterpart": True}


@dataclass(frozen=True, slots=True)
class TargetRow:
    """The properties of one target in a run: its coordinates, and those found when it became ready; or the reason why
    it did not start.

    ``log`` are the last lines of its output, if it did not start. ``release`` and ``variant`` are as in Target,
    ``version`` is that of the installed server, ``commit`` the commit that it was built from. ``offers`` are its
    capabilities as far as a probe shows, ``refuted`` has a sentence for each claim that the probe did not confirm.
    ``interface`` is ``asgi`` or ``wsgi``. ``source`` and ``given`` are as in Target. The fields ``framework_...`` are
    to the framework what ``release``, ``source``, ``version`` and ``commit`` are to the server. ``application`` is true
    for an application of a project, which has no contract. ``http`` and ``interpreter`` are as in Target; ``python``
    is the version that was found. ``system`` and ``machine`` are those of the header of its run, where runs of several
    machines were merged.
    """

    id: str
    server: str
    framework: str
    loop: str
    gateway: str
    runtime: str
    found_loop: str = ""
    python: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    failed: str = ""
    hint: str = ""
    log: str = ""
    release: str = ""
    variant: str = ""
    version: str = ""
    commit: str = ""
    offers: Sequence[str] = ()
    refuted: Sequence[str] = ()
    interface: str = "asgi"
    source: str = ""
    given: Sequence[str] = ()
    framework_release: str = ""
    framework_source: str = ""
    framework_version: str = ""
    framework_commit: str = ""
    application: bool = False
    http: str = HTTP_1_1
    interpreter: str = ""
    system: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)
    upstream: str = ""

    @property
    def server_http(self) -> str:
        """The version of HTTP that the server speaks, to clients or to its gateway: ``1.1`` or ``2``."""
        return version_in_words(HTTP_1_1 if self.upstream == CGI else self.upstream or self.http)

    @property
    def framework_configuration(self) -> str:
        """Framework and release as one word: ``starlette==0.46.0``."""
        return configuration(self.framework, self.framework_release)


@dataclass(frozen=True, slots=True)
class Run:
    """A run read back. ``whole`` is false where the footer is missing, ``ended`` says how the run ended.
    ``seconds`` is its duration, 0 where that is not known.
    ``counterparts`` are results that the run added for the sake of comparison, on ``counterpart_targets``: evidence,
    and no results of the run."""

    id: str
    header: Mapping[str, Any]
    targets: tuple[TargetRow, ...]
    results: tuple[JobResult, ...]
    whole: bool
    ended: str
    counterparts: tuple[JobResult, ...] = ()
    counterpart_targets: tuple[TargetRow, ...] = ()
    seconds: float = 0.0

    @property
    def cells(self) -> tuple[JobResult, ...]:
        """All results that are evidence: the run's own, and of its counterparts those that it has not."""
        own = {(one.address, one.target) for one in self.results}
        return (*self.results, *(one for one in self.counterparts if (one.address, one.target) not in own))

    @property
    def rows(self) -> tuple[TargetRow, ...]:
        """The targets of ``cells``, the run's own first."""
        own = {row.id for row in self.targets}
        return (*self.targets, *(row for row in self.counterpart_targets if row.id not in own))


class Store:
    """Appends to a run. Everything is written at once, so that a killed engine loses nothing that it had shown."""

    def __init__(self, folder: Path, run_id: str, header: Mapping[str, Any]) -> None:
        """Begins the file in ``folder``, which is made. Raises ResultsError if that cannot be done."""
        self.folder = folder
        self.path = folder / FILE
        self.run_id = run_id
        self.counts: Counter[str] = Counter()
        self.lost = 0
        self._closed = False
        self.trouble = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        except OSError as error:
            raise ResultsError(
                f"the run cannot be kept in {folder}: {error.strerror}", hint="name another folder with --results"
            ) from error
        self.header = {"kind": "header", "format": str(CURRENT), "run": run_id, "started": time.time(), **header}
        self._write(self.header)

    def take(self, event: ResultEvent) -> None:
        """Append a result. It never raises: what cannot be written is counted in ``lost``, with its ``trouble``."""
        if event.first:
            self.verdict(event.result.verdict.value, text_of(result_to_json(event.result)))
        else:
            self._write(event_line(event))

    def verdict(self, verdict: str, line: str) -> None:
        """Append a verdict whose line is made already, by ``text_of`` from what ``result_to_json`` gives."""
        self.counts[verdict] += 1
        self.text(line)

    def line(self, document: Mapping[str, Any]) -> None:
        """Append a line that is JSON's types already, as ``event_line`` and ``target_document`` make it."""
        self._write(document)

    def target(self, row: TargetRow, *, counterpart: bool = False) -> None:
        """Append what was found out about a target. ``counterpart`` says that it was not asked for."""
        self._write(target_document(row, counterpart=counterpart))

    def close(self, ended: str) -> None:
        """Append the footer; ``ended`` is ``whole``, ``interrupted``, or what cut the run short. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._write({"kind": "footer", "ended": ended, "finished": time.time(), "counts": dict(self.counts)})
        os.close(self._file)

    def _write(self, document: Mapping[str, Any]) -> None:
        self.text(text_of(document))

    def text(self, text: str) -> None:
        """Append a line that is made already."""
        line = text.encode() + b"\n"
        try:
            written = os.write(self._file, line)
            if written < len(line):
                raise OSError(28, "No space left on device")
        except OSError as error:
            self.lost += 1
            self.trouble = error.strerror or str(error)


def text_of(document: Mapping[str, Any]) -> str:
    """A document as a line of a run's file, without its end."""
    return _encoder.encode(document)


def target_document(row: TargetRow, *, counterpart: bool = False) -> dict[str, Any]:
    """The document of a line about a target."""
    if counterpart:
        return {"kind": COUNTERPART_TARGET, **row_to_json(row), **_MARK}
    return {"kind": "target", **row_to_json(row)}


def event_line(event: ResultEvent) -> dict[str, Any]:
    """The document of a line about a result. A counterpart and a rerun in isolation have kinds of their own, so that no
    reader that does not know them takes them for results of the run."""
    if event.counterpart:
        return {**result_to_json(event.result), "kind": COUNTERPART, **_MARK}
    return recheck_line(event.result) if event.attempt > 1 else result_to_json(event.result)


def row_of(line: str) -> dict[str, Any]:
    """A target's row, as its fields, from the line about it. Unknown fields are skipped."""
    return _known(json.loads(line))


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in TargetRow.__dataclass_fields__}


def recheck_line(result: JobResult) -> dict[str, Any]:
    """The recheck of a result, as JSON's types, with the identity of the job."""
    assert result.recheck is not None
    of = {"case": result.case, "file": result.file, "target": result.target}
    return {"kind": "recheck", **of, **recheck_to_json(result.recheck)}


def row_to_json(row: TargetRow) -> dict[str, Any]:
    """A target's row as JSON's types."""
    return {name: getattr(row, name) for name in TargetRow.__dataclass_fields__ if getattr(row, name)}


def read(path: Path) -> Run:
    """A run from its file, or from the folder that holds it. Raises ResultsError if it is no run."""
    if path.is_dir():
        path = path / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ResultsError(
            f"{path.parent} is not the folder of a run: it has no {FILE}", hint="`engine list runs` lists the runs"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ResultsError(f"{path} cannot be read: {why}", hint="`engine list runs` lists the runs") from error
    documents = list(_documents(path, text))
    if not documents or documents[0].get("kind") != "header":
        raise ResultsError(
            f"{path} is not a record of a run: its first line is not a header", hint="`engine list runs` lists the runs"
        )
    try:
        readable(documents[0].get("format"), documents[0].get("engine"))
    except ResultsError as error:
        raise ResultsError(f"{path} cannot be read: {error.what}", hint=error.hint) from error
    footer = documents[-1] if documents[-1].get("kind") == "footer" else None
    run = Run(
        id=str(documents[0]["run"]),
        header=completed(documents[0], documents),
        targets=_targets(documents, "target"),
        results=_results(documents, "result"),
        whole=footer is not None and footer.get("ended") == "whole",
        ended=str(footer["ended"]) if footer else "cut short",
        counterparts=_results(documents, COUNTERPART),
        counterpart_targets=_targets(documents, COUNTERPART_TARGET),
        seconds=_duration(documents[0], footer or {}),
    )
    return ordered(run)


def completed(header: Mapping[str, Any], documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A header with the fields of later lines about it."""
    more = [one for one in documents if one.get("kind") == PLAN]
    return {name: value for one in (header, *more) for name, value in one.items() if name != "kind"} | {
        "kind": "header"
    }


def _duration(header: Mapping[str, Any], footer: Mapping[str, Any]) -> float:
    """The seconds from the header to the footer of a run; 0 where one of them has no time."""
    started, finished = header.get("started"), footer.get("finished")
    if isinstance(started, (int, float)) and isinstance(finished, (int, float)):
        return max(finished - started, 0.0)
    return 0.0


def _targets(documents: Sequence[dict[str, Any]], kind: str) -> tuple[TargetRow, ...]:
    """The last known properties of targets, from lines of one sort."""
    rows: dict[str, TargetRow] = {}
    for document in documents:
        if document.get("kind") == kind:
            rows[document["id"]] = TargetRow(**_known(document))
    return tuple(rows.values())


def ordered(run: Run) -> Run:
    """The same run with its targets as the header lists them, and its results by file, case and target: jobs end in
    another order each time. Cases are in the order of their file; in a record without it they are by name, with numbers
    by their value."""
    place, case = _places(run.header.get("targets")), _places(run.header.get("cases"))
    last = len(place)

    def key(one: JobResult) -> tuple[Any, ...]:
        return one.file, case.get(one.address, len(case)), natural(one.case), place.get(one.target, last)

    return replace(
        run,
        targets=tuple(sorted(run.targets, key=lambda row: place.get(row.id, last))),
        results=tuple(sorted(run.results, key=key)),
    )


def _places(listed: object) -> dict[str, int]:
    return {name: number for number, name in enumerate(listed)} if isinstance(listed, list) else {}


def natural(name: str) -> list[tuple[str, int]]:
    """A name as a key for sorting, with the value of each number: ``size[9]`` before ``size[10]``."""
    return [(text, int(number or 0)) for text, number in _NUMBERED.findall(name)]


def ends(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The header and the footer of the run in a folder, without reading what is between them; each is empty where it is
    missing."""
    try:
        with (folder / FILE).open("rb") as file:
            first = file.readline()
            file.seek(max(file.seek(0, os.SEEK_END) - LONGEST_FOOTER, 0))
            last = file.read().splitlines()[-1:]
    except OSError:
        return {}, {}
    footer = _of_kind("footer", *last)
    if isinstance(counts := footer.get("counts"), dict):
        footer = {**footer, "counts": {RENAMED.get(word, word): count for word, count in counts.items()}}
    return _of_kind("header", first), footer


def _of_kind(kind: str, line: bytes = b"") -> Mapping[str, Any]:
    try:
        document = json.loads(line)
    except ValueError:
        return {}
    return document if isinstance(document, dict) and document.get("kind") == kind else {}


def _results(documents: Sequence[dict[str, Any]], kind: str) -> tuple[JobResult, ...]:
    """The results from lines of one sort, each with the result of its rerun in isolation, if any."""
    results: dict[tuple[str, str, str], JobResult] = {}
    for document in documents:
        if document.get("kind") not in (kind, "recheck"):
            continue
        key = document.get("file", ""), document.get("case", ""), document.get("target", "")
        if document["kind"] == kind:
            results[key] = result_from_json(document)
        elif key in results:
            results[key] = replace(results[key], recheck=_recheck(document))
    return tuple(results.values())


def _recheck(document: Mapping[str, Any]) -> Recheck:
    try:
        return recheck_from_json(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"a recheck lacks a field, or has one of the wrong type: {error}") from error


def _documents(path: Path, text: str) -> Iterator[dict[str, Any]]:
    lines: Sequence[str] = text.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            document = json.loads(line)
        except ValueError as error:
            if number == len(lines) and not text.endswith("\n"):
                return
            raise ResultsError(f"{path}, line {number}, is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise ResultsError(f"{path}, line {number}, is not a JSON object")
        yield document
