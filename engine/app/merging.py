"""Runs of several machines as one run.

Theory of operation
-------------------
The records are read twice. The first pass goes through each file line by line and keeps, for each result, the position
of its line: the memory of a merge grows with the number of results and not with their traffic. Before it, headers are
compared, so that runs that do not belong together are refused at once. The second pass takes the results in the order
of files, cases and targets, reads the line or the lines of each, and writes one.

*Order.* Sources are sorted by the times and ids of their parts, and lines of one job by their text, so the result does
not depend on the order of the arguments.

*Verdicts.* The baseline is taken out of each result and applied again, as it stands where the runs are merged; a suite
that is not there keeps its verdicts. Causes are never recorded: they follow from the results and the counterparts.

*Output.* The record is written under another name and moved to its place at the end, so that no reader sees a part.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO

from engine.app import addresses
from engine.app.engine import Engine
from engine.errors import ResultsError, UsageError
from engine.model.baseline import KnownFailure
from engine.model.verdict import Verdict
from engine.replacing import replacing
from engine.results.analysis.merging import once, patched
from engine.results.baseline.baseline import judged, stem, unexcused
from engine.results.record.codec import result_from_json
from engine.results.record.format import CURRENT
from engine.results.record.parts import (
    WHOLE,
    Part,
    Source,
    conflicts,
    missing,
    ordered_names,
    parts_of,
    to_json,
    united,
)
from engine.results.record.scan import header_in, line_at, lines_of, opened_record
from engine.results.record.store import (
    COUNTERPART_TARGET,
    FILE,
    LONGEST_FOOTER,
    TargetRow,
    completed,
    natural,
    text_of,
)

# File, case and target of a result.
Key = tuple[str, str, str]
# The number of a source, and the position of a line in its file.
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged run. ``lacks`` has a sentence for everything that is missing, ``counts`` the number of results by
    verdict, and ``seconds`` the mean duration of a case by target and suite, as its part of the time in which the
    target was busy. ``unread`` are suites that are not here, so that no baseline was applied."""

    path: Path
    run: str
    parts: tuple[Part, ...]
    counts: Mapping[str, int]
    targets: int
    lacks: tuple[str, ...]
    seconds: Mapping[str, Mapping[str, float]]
    unread: tuple[str, ...]
    took: float = 0.0


@dataclass(slots=True)
class Record:
    """One record that is merged: its open file, and what the first pass has found in it."""

    name: str
    path: Path
    file: BinaryIO
    header: Mapping[str, Any]
    parts: tuple[Part, ...] = ()
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"target": {}, COUNTERPART_TARGET: {}})

    @property
    def source(self) -> Source:
        """Its header and parts, to compare with others."""
        return Source(self.name, self.header, self.parts)


@dataclass(slots=True)
class Index:
    """The positions of lines: of results, of counterparts, and of reruns in isolation."""

    results: dict[Key, list[Spot]] = field(default_factory=dict)
    counterparts: dict[Key, list[Spot]] = field(default_factory=dict)
    rechecks: dict[tuple[int, Key], int] = field(default_factory=dict)


def merge(folders: Sequence[tuple[str, Path]], output: Path, engine: Engine, today: date | None = None) -> Merged:
    """Merge the runs in some folders, each with its name for messages, into the folder ``output``. Raises UsageError
    for runs that do not belong together, and ResultsError for a file that cannot be read or written."""
    began = time.monotonic()
    check_output(folders, output)
    with ExitStack() as stack:
        distinct = {folder.resolve(): (name, folder) for name, folder in folders}
        records = [opened(name, folder, stack) for name, folder in distinct.values()]
        for record in records:
            record.parts = parts_of(record.header, {}, {})
        refuse(records, early=True)
        records.sort(key=lambda record: ([part.key for part in record.parts], record.path))
        index = Index()
        for number, record in enumerate(records):
            scan(number, record, index)
        refuse(records)  # a controller of pytest-xdist writes its plan behind the header
        made = Merging(records, index, engine, output, today or date.today()).write()
    return replace(made, took=time.monotonic() - began)


def check_output(folders: Sequence[tuple[str, Path]], output: Path) -> None:
    """Raise UsageError where the output would replace a run that is no merged one, or one of the inputs."""
    if any(output.resolve() == folder.resolve() for _, folder in folders):
        raise UsageError(f"{output} is one of the runs to merge", hint="name another folder with -o")
    if (output / FILE).exists():
        with (output / FILE).open("rb") as file:
            if "parts" not in header_in(file, output / FILE):
                raise UsageError(f"{output} has a run that was not merged", hint="name another folder with -o")


def opened(name: str, folder: Path, stack: ExitStack) -> Record:
    """A record with its header read."""
    file = stack.enter_context(opened_record(folder))
    return Record(name, folder / FILE, file, header_in(file, folder / FILE))


def refuse(records: Sequence[Record], *, early: bool = False) -> None:
    """Raise UsageError for records that do not belong together; ``early`` ones are known by their headers."""
    found = conflicts([record.source for record in records], early=early)
    if found:
        hint = "\n  ".join([*found[1:], "runs of one engine, one corpus and one partition can be merged"])
        raise UsageError(f"the runs cannot be merged: {found[0]}", hint=hint)


def scan(number: int, record: Record, index: Index) -> None:
    """Note the position of each line of a record, and its targets and parts. Raises ResultsError."""
    counts: Counter[str] = Counter()
    plans: list[Mapping[str, Any]] = []
    footer: Mapping[str, Any] = {}
    for line in lines_of(record.file, record.path):
        document = line.document
        match line.kind:
            case "result" | "counterpart" | "recheck":
                key = key_of(document, record.path)
                if line.kind == "recheck":
                    index.rechecks[number, key] = line.at
                    continue
                counts[str(document.get("verdict"))] += line.kind == "result"
                of_kind = index.results if line.kind == "result" else index.counterparts
                of_kind.setdefault(key, []).append((number, line.at))
            case "target" | "counterpart-target":
                record.rows[line.kind][str(document["id"])] = dict(document)
            case "plan":
                plans.append(document)
            case "footer":
                footer = document
    record.header = completed(record.header, plans)
    record.parts = parts_of(record.header, footer, +counts)


def key_of(document: Mapping[str, Any], path: Path) -> Key:
    """The key of a line about a result. Its words are shared, since each is in thousands of lines."""
    try:
        return intern(document["file"]), intern(document["case"]), intern(document["target"])
    except (KeyError, TypeError) as error:
        raise ResultsError(f"{path} has a result without {error}", hint="record the run again") from error


@dataclass(slots=True)
class Merging:
    """The second pass: writes the merged record."""

    records: Sequence[Record]
    index: Index
    engine: Engine
    output: Path
    today: date
    known: dict[str, list[KnownFailure]] = field(default_factory=dict)
    here: frozenset[str] = frozenset()
    baselines: tuple[Path, ...] = ()
    rows: dict[str, TargetRow] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def write(self) -> Merged:
        """Write it. Raises ResultsError where that is not possible."""
        parts = united([record.source for record in self.records])
        partition = self.records[0].source.partition
        lacks = tuple(missing(parts, partition))
        files = sorted({file for file, _, _ in self.index.results})
        self.read_baselines(files)
        targets, cases = self.order_of_targets(partition), self.order_of_cases()
        ended = WHOLE if not lacks else "; ".join(lacks)[: LONGEST_FOOTER // 8]
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            with replacing(self.output / FILE) as out:
                for line in self.lines(parts, partition, targets, cases, ended):
                    out.write(line)
        except OSError as error:
            what = f"the run cannot be written into {self.output}: {error.strerror or error}"
            raise ResultsError(what, hint="name another folder with -o") from error
        parts_of_busy = {target: overlap(spans) for target, spans in self.spans.items()}
        means = {
            target: {suite: parts_of_busy[target] * total / count for suite, (total, count) in sorted(suites.items())}
            for target, suites in sorted(self.seconds.items())
        }
        unread = tuple(file for file in files if file not in self.here)
        return Merged(
            self.output / FILE,
            self.output.name,
            parts,
            dict(sorted(self.counts.items())),
            len(targets),
            lacks,
            means,
            unread,
        )

    def read_baselines(self, files: Sequence[str]) -> None:
        """Read the baselines for those suites that are here."""
        paths = {file: path for file in files if (path := addresses.located(file, self.engine)) is not None}
        self.here = frozenset(files if self.engine.baseline else paths)
        self.baselines = self.engine.baselines(str(path) for path in paths.values())
        for line in self.engine.known(self.baselines):
            self.known.setdefault(stem(line.case), []).append(line)

    def order_of_targets(self, partition: Mapping[str, Any]) -> list[str]:
        """The ids of all targets, in the order of the plan, or of the runs."""
        lists = [list(record.header.get("targets", ())) for record in self.records]
        lists += [list(record.rows["target"]) for record in self.records]
        there = dict.fromkeys(name for names in lists for name in names)
        planned = [name for name in partition.get("targets", {}) if name in there]
        return list(dict.fromkeys([*planned, *there]))

    def order_of_cases(self) -> list[str]:
        """The addresses of all cases, as in their files."""
        lists = list(dict.fromkeys(tuple(record.header.get("cases", ())) for record in self.records))
        by_file: dict[str, list[list[str]]] = {}
        for names in lists:
            own: dict[str, list[str]] = {}
            for name in names:
                own.setdefault(name.partition("::")[0], []).append(name)
            for file, several in own.items():
                by_file.setdefault(file, []).append(several)
        return [name for file in sorted(by_file) for name in ordered_names(by_file[file])]

    def lines(
        self,
        parts: Sequence[Part],
        partition: Mapping[str, Any],
        targets: Sequence[str],
        cases: Sequence[str],
        ended: str,
    ) -> Iterator[bytes]:
        """The lines of the merged record."""
        place = {name: number for number, name in enumerate(targets)}
        case_place = {name: number for number, name in enumerate(cases)}

        def order(key: Key) -> tuple[Any, ...]:
            file, case, target = key
            return file, case_place.get(f"{file}::{case}", len(case_place)), natural(case), place[target], target

        for _, _, target in [*self.index.results]:
            place.setdefault(target, len(place))
        keys = sorted(self.index.results, key=order)
        yield encoded(self.header(parts, partition, targets, cases, keys, complete=ended == WHOLE))
        rows = self.merged_rows("target")
        self.rows = {name: TargetRow(**known_fields(row)) for name, row in rows.items()}
        for name in sorted(rows, key=lambda name: (place.get(name, len(place)), name)):
            yield encoded({**rows[name], "kind": "target"})
        for key in keys:
            document = self.result(key, self.index.results[key], excuse=True)
            self.count(document)
            yield encoded(document)
        others = {name: row for name, row in self.merged_rows(COUNTERPART_TARGET).items() if name not in rows}
        for name in sorted(others):
            yield encoded({**others[name], "kind": COUNTERPART_TARGET})
        for key in sorted(key for key in self.index.counterparts if key not in self.index.results):
            yield encoded(self.result(key, self.index.counterparts[key], excuse=False))
        finished = max(part.finished for part in parts)
        yield encoded(
            {"kind": "footer", "ended": ended, "finished": finished, "counts": dict(sorted(self.counts.items()))}
        )

    def header(
        self,
        parts: Sequence[Part],
        partition: Mapping[str, Any],
        targets: Sequence[str],
        cases: Sequence[str],
        keys: Sequence[Key],
        *,
        complete: bool,
    ) -> dict[str, Any]:
        """The header of the merged record. A property in which the machines differ is left out; each target has it."""
        headers = [record.header for record in self.records]

        def common(name: str) -> dict[str, Any]:
            values = [header.get(name) for header in headers]
            return {name: values[0]} if values[0] and all(one == values[0] for one in values) else {}

        def joined(name: str) -> dict[str, Any]:
            return {key: value for header in reversed(headers) for key, value in dict(header.get(name, {})).items()}

        shards = {name: value for name, value in partition.items() if name not in ("shard", "shards")}
        here = sorted({part.shard for part in parts if part.shard})
        return {
            "kind": "header",
            "format": str(CURRENT),
            "run": self.output.name,
            "started": min(part.started for part in parts),
            "engine": parts[0].engine,
            **common("python"),
            **common("system"),
            "arguments": ["merge", *dict.fromkeys(part.run for part in parts)],
            "targets": list(targets),
            "categories": self.categories(keys),
            "cases": list(cases),
            "documents": dict(sorted(joined("documents").items())),
            "digests": dict(sorted(joined("digests").items())),
            **common("machine"),
            **({"jobs": len(keys)} if complete else {}),
            "baselines": [str(path.absolute()) for path in self.baselines],
            "data": dict(headers[0].get("data", {})),
            **({"shard": {**shards, "shards": here}} if shards else {}),
            "parts": [to_json(part) for part in parts],
        }

    def categories(self, keys: Sequence[Key]) -> list[str]:
        """The categories of all results, in the order of their files."""
        found: dict[str, str] = {}
        for key in keys:
            if key[0] not in found:
                number, at = self.index.results[key][0]
                found[key[0]] = str(line_at(self.records[number].file, at)["category"])
        return list(dict.fromkeys(found.values()))

    def merged_rows(self, kind: str) -> dict[str, dict[str, Any]]:
        """The rows of targets with their machines. Of several rows of one target that of a start counts, then the
        earliest."""
        found: dict[str, dict[str, Any]] = {}
        for record in self.records:
            on = {name: record.header[name] for name in ("system", "machine") if record.header.get(name)}
            for name, row in record.rows[kind].items():
                if name not in found or (found[name].get("failed") and not row.get("failed")):
                    found[name] = {**on, **row} if "parts" not in record.header else row
        return found

    def result(self, key: Key, spots: Iterable[Spot], *, excuse: bool) -> dict[str, Any]:
        """The line of one job: of several results one, with the baseline as it is here if ``excuse``."""
        documents = self.distinct(key, spots)
        document = documents[0]
        here = key[0] in self.here
        lines = self.known.get(stem(f"{key[0]}::{key[1]}"), ()) if excuse and here else ()
        if len(documents) == 1 and not (here and (lines or document["verdict"] in EXCUSED)):
            return document  # nothing changes, and so nothing is decoded
        results = [result_from_json(one) for one in documents]
        if here:
            results = [unexcused(one) for one in results]
        number, result = once(results)
        row = self.rows.get(key[2])
        if lines and row is not None:
            result = judged(result, row, lines, self.today)
        return patched(documents[number], result)

    def distinct(self, key: Key, spots: Iterable[Spot]) -> list[dict[str, Any]]:
        """The lines of one job in a fixed order, equal ones once; a rerun in isolation is part of its result."""
        found: dict[str, dict[str, Any]] = {}
        for number, at in spots:
            document = line_at(self.records[number].file, at)
            again = self.index.rechecks.get((number, key))
            if again is not None:
                rerun = line_at(self.records[number].file, again)
                document["recheck"] = {name: value for name, value in rerun.items() if name not in IDENTITY}
            found[text_of(document)] = document
        return [found[text] for text in sorted(found, key=lambda text: (found[text].get("started", 0), text))]

    def count(self, document: Mapping[str, Any]) -> None:
        """Count a result, and the seconds that it took."""
        self.counts[str(document["verdict"])] += 1
        if Verdict(document["verdict"]).ran:
            sums = self.seconds.setdefault(document["target"], {}).setdefault(document["file"], [0.0, 0])
            seconds = float(document["seconds"]) / max(len(document.get("attempts", ())), 1)
            sums[0] += seconds
            sums[1] += 1
            self.spans.setdefault(document["target"], []).append((float(document["started"]), seconds))


def overlap(spans: Sequence[tuple[float, float]]) -> float:
    """The time in which any of some jobs ran, divided by the sum of their seconds: 1 if none ran at the same time.
    ``spans`` are the beginning and the seconds of each."""
    busy, end = 0.0, 0.0
    for started, seconds in sorted(spans):
        busy += max(started + seconds - max(started, end), 0.0)
        end = max(end, started + seconds)
    return busy / sum(seconds for _, seconds in spans) if busy else 0.0


EXCUSED = (Verdict.KNOWN.value, Verdict.UNEXPECTED_PASS.value, "fixed")
IDENTITY = ("kind", "case", "file", "target")


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as a line."""
    return text_of(document).encode() + b"\n"


def known_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that this engine knows."""
    return {name: value for name, value in row.items() if name in TargetRow.__dataclass_fields__}
