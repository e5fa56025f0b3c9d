"""The parts of a merged run: the runs that it was made from, and the reasons against a merge. Pure.

A part is a run as it was recorded, with its machine and its targets. A merged record has its parts in the header, so
that it merges again as its parts would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any

WHOLE = "whole"
# So many names stand in one sentence.
MOST = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A run that is merged. ``run`` is its id, ``ended`` is as in its footer, ``shard`` as in its header: empty for a
    run that is no shard. The other fields are those of its header and footer."""

    run: str
    ended: str
    started: float = 0.0
    finished: float = 0.0
    engine: str = ""
    corpus: str = ""
    python: str = ""
    system: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    targets: Sequence[str] = ()
    shard: int = 0

    @property
    def key(self) -> tuple[float, str, int]:
        """The order of parts, whatever the order in which they were given."""
        return self.started, self.run, self.shard


@dataclass(frozen=True, slots=True)
class Source:
    """The header of a record that is merged, with its parts. ``name`` is how the user named it."""

    name: str
    header: Mapping[str, Any]
    parts: tuple[Part, ...]

    @property
    def partition(self) -> Mapping[str, Any]:
        """The partition of its shards: ``partition``, ``of`` and ``targets``; empty for a run that is no shard."""
        found = self.header.get("shard")
        return found if isinstance(found, dict) else {}

    @property
    def digest(self) -> str:
        """The digest of its partition, "" for a run that is no shard."""
        return str(self.partition.get("partition", ""))


def parts_of(header: Mapping[str, Any], footer: Mapping[str, Any], results: Mapping[str, int]) -> tuple[Part, ...]:
    """The parts of a record: those of its header if it was merged, else itself. ``footer`` is empty where the record
    was cut short; ``results`` are the numbers of its results by verdict, which the footer has as well."""
    ended = str(footer.get("ended", "cut short"))
    if footer and dict(footer.get("counts", {})) != dict(results):
        ended = f"{sum(results.values()):,} of {sum(footer.get('counts', {}).values()):,} results"
    merged = header.get("parts")
    if isinstance(merged, list):
        known = Part.__dataclass_fields__
        parts = [Part(**{name: value for name, value in one.items() if name in known}) for one in merged]
        # Its own end says that parts are missing, which follows from the parts; anything else is a fault of its file.
        return tuple(
            parts if footer and ended == str(footer["ended"]) else (replace(one, ended=ended) for one in parts)
        )
    shard, data = header.get("shard"), header.get("data")
    return (
        Part(
            run=str(header["run"]),
            ended=ended,
            started=float(header.get("started", 0)),
            finished=float(footer.get("finished", header.get("started", 0))),
            engine=str(header.get("engine", "")),
            corpus=str(data.get("corpus", "")) if isinstance(data, dict) else "",
            python=str(header.get("python", "")),
            system=str(header.get("system", "")),
            machine=dict(header.get("machine", {})),
            arguments=tuple(header.get("arguments", ())),
            targets=tuple(header.get("targets", ())),
            shard=int(shard["shard"]) if isinstance(shard, dict) else 0,
        ),
    )


def united(sources: Sequence[Source]) -> tuple[Part, ...]:
    """The parts of all sources, each once, in their order. Of a part that is given twice, the complete one counts."""
    found: dict[tuple[str, int], Part] = {}
    for part in (one for source in sources for one in source.parts):
        known = found.get((part.run, part.shard))
        if known is None or (known.ended != WHOLE and part.ended == WHOLE):
            found[part.run, part.shard] = part
    return tuple(sorted(found.values(), key=lambda part: part.key))


def conflicts(sources: Sequence[Source], *, early: bool = False) -> list[str]:
    """A sentence for each difference that forbids a merge: between the first source, by its time, and another one.
    ``early`` ones are known by their first lines, where the controller of pytest-xdist has no targets yet."""
    first, *others = sorted(sources, key=lambda source: (source.parts[0].key, source.name))
    return [sentence for one in others for sentence in differences(one, first, early=early)]


def differences(one: Source, other: Source, *, early: bool = False) -> list[str]:
    """The differences of two sources that forbid a merge."""
    found: list[str] = []
    unknown = early and not (one.header.get("targets") and other.header.get("targets"))
    for what, of in (("engine", engines), ("corpus", corpora), ("partition", partition_in_words)):
        if of(one) != of(other) and not (unknown and what == "partition"):
            found.append(f"{one.name} has {what} {of(one)}, and {other.name} has {of(other)}")
    left, right = one.header.get("digests", {}), other.header.get("digests", {})
    changed = sorted(file for file in left.keys() & right.keys() if left[file] != right[file])
    if changed:
        found.append(f"{one.name} has other contents of {some(changed)} than {other.name}")
    return found


def engines(source: Source) -> str:
    """The versions of the engine that have run a source."""
    return ", ".join(sorted({part.engine for part in source.parts})) or "unknown"


def corpora(source: Source) -> str:
    """The versions of the corpus of a source."""
    return ", ".join(sorted({part.corpus for part in source.parts})) or "unknown"


def partition_in_words(source: Source) -> str:
    """The partition of a source: ``3f2a (3 shards)``, or ``none``."""
    return f"{source.digest} ({source.partition.get('of')} shards)" if source.digest else "none"


def missing(parts: Sequence[Part], partition: Mapping[str, Any]) -> list[str]:
    """A sentence for each shard that is not there, and for each run that did not end as it should have."""
    found: list[str] = []
    shards = dict(partition.get("targets", {}))
    for index in range(1, int(partition.get("of", 0)) + 1):
        own = [part for part in parts if part.shard == index]
        targets = [target for target, shard in shards.items() if shard == index]
        if not own and targets:
            found.append(f"shard {index}/{partition['of']} is missing: {some(targets)}")
        elif own and all(part.ended != WHOLE for part in own):
            found += [f"shard {index}/{partition['of']} is not complete ({part.run}: {part.ended})" for part in own]
    if not shards:
        found += [f"{part.run} is not complete: {part.ended}" for part in parts if part.ended != WHOLE]
    return found


def some(names: Sequence[str]) -> str:
    """Names in a sentence, the first of many with the number of the others."""
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def to_json(part: Part) -> dict[str, Any]:
    """A part as JSON's types."""
    return {name: value for name, value in asdict(part).items() if value}


def ordered_names(lists: Sequence[Sequence[str]]) -> list[str]:
    """Names of several lists in one order that fits each of them, as far as they agree: a name stands before the next
    one of every list. Lists whose order contradicts an earlier one are appended to it."""
    before: dict[str, set[str]] = {}
    for names in lists:
        for name in names:
            before.setdefault(name, set())
    for names in lists:
        for one, following in pairwise(names):
            before[following].add(one)
    found: dict[str, None] = {}
    for first in before:
        stack = [first]
        begun: set[str] = set()
        while stack:
            name = stack[-1]
            waits = (
                [] if name in begun else [one for one in sorted(before[name]) if one not in found and one not in begun]
            )
            begun.add(name)
            if waits:
                stack += waits
            else:
                found.setdefault(stack.pop())
    return list(found)
