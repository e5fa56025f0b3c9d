"""Subjects of the tables, servers in one release and one way to reach them, and the results of each. Pure.

A server's targets differ by framework and loop, and their results count for one subject. Subjects are comparable only
if they are reached in the same way: by the same interface, gateway and version of HTTP. Such a way is a lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from packaging.version import InvalidVersion, Version

from engine.model.target import DIRECT, version_in_words
from engine.model.verdict import JobResult
from engine.reports.view import GridReport
from engine.results.analysis.attribution import REFERENCE, Attribution
from engine.results.record.store import TargetRow

INTERFACES = {"asgi": "ASGI", "wsgi": "WSGI"}


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """A way to reach an application: its interface, the gateway in front of the server, and the version of HTTP."""

    interface: str
    gateway: str = DIRECT
    http: str = "1.1"

    @property
    def title(self) -> str:
        """The lane for readers: ``ASGI over HTTP/1.1``, ``WSGI behind nginx-fastcgi``."""
        name = INTERFACES.get(self.interface, self.interface)
        if self.gateway != DIRECT:
            return f"{name} behind {self.gateway}" + ("" if self.http == "1.1" else f" over HTTP/{self.http}")
        return f"{name} over HTTP/{self.http}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server in one release and variant, on one lane. ``version`` is the installed one, "" if it is unknown."""

    server: str
    version: str
    variant: str
    lane: Lane

    @property
    def name(self) -> str:
        """The server with its variant."""
        return self.server + (f"~{self.variant}" if self.variant else "")

    @property
    def title(self) -> str:
        """The server with its variant and version."""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Entry:
    """A result with its target, its subject, its cause, and the number of the run that it is from."""

    result: JobResult
    row: TargetRow
    subject: Subject
    cause: Attribution | None
    run: int


@dataclass(frozen=True)
class Collection:
    """The results of all runs. ``current`` are the subjects in the newest release among the runs, by lane and in the
    order of the runs; ``subjects`` are all of them. Of several results for one case on one target and release, the
    latest run's counts. ``rows`` are the targets of a subject."""

    entries: tuple[Entry, ...]
    subjects: tuple[Subject, ...]
    current: tuple[Subject, ...]
    rows: dict[Subject, list[TargetRow]] = field(default_factory=dict)

    @cached_property
    def by_subject(self) -> dict[Subject, tuple[Entry, ...]]:
        """The results of each subject that has any."""
        found: dict[Subject, list[Entry]] = {}
        for one in self.entries:
            found.setdefault(one.subject, []).append(one)
        return {subject: tuple(entries) for subject, entries in found.items()}

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes of the current subjects, those of most subjects first."""
        counts: dict[Lane, int] = {}
        for one in self.current:
            counts[one.lane] = counts.get(one.lane, 0) + 1
        return tuple(sorted(counts, key=lambda lane: (-counts[lane], lane)))

    def of(self, lane: Lane) -> tuple[Subject, ...]:
        """The current subjects of a lane."""
        return tuple(one for one in self.current if one.lane == lane)


def collected(reports: Iterable[GridReport]) -> Collection:
    """The results of some runs, the oldest first. The reference server is left out if there is any other: nobody
    serves an application with it."""
    reports = tuple(reports)
    others = any(row.server != REFERENCE for report in reports for row in report.part.targets)
    found: dict[tuple[object, ...], Entry] = {}
    rows: dict[Subject, list[TargetRow]] = {}
    for number, report in enumerate(reports):
        part = report.part
        targets = {row.id: row for row in part.targets if row.server != REFERENCE or not others}
        subjects = {row.id: subject_of(row) for row in targets.values()}
        for row in targets.values():
            rows.setdefault(subjects[row.id], []).append(row)
        for one in (one for one in part.results if one.target in targets):
            row, subject = targets[one.target], subjects[one.target]
            key = one.address, subject, row.framework_configuration, row.framework_version, row.loop, row.runtime
            found[key] = Entry(one, row, subject, report.causes.get((one.address, one.target)), number)
    newest: dict[tuple[str, str, Lane], Subject] = {}
    for subject in rows:
        key_of = subject.server, subject.variant, subject.lane
        if key_of not in newest or order(subject.version) > order(newest[key_of].version):
            newest[key_of] = subject
    current = sorted(newest.values(), key=lambda one: (one.lane, one.server, one.variant))
    return Collection(tuple(found.values()), tuple(rows), tuple(current), rows)


def subject_of(row: TargetRow) -> Subject:
    """The subject of a target."""
    version = row.version or row.release.removeprefix("==")
    if row.release.startswith("@"):
        version = f"{version} {row.release}".strip()
    return Subject(row.server, version, row.variant, Lane(row.interface, row.gateway, version_in_words(row.http)))


def order(version: str) -> tuple[bool, Version, str]:
    """A key that sorts versions from the oldest to the newest; a word that is no version sorts first."""
    number = version.split(" ", maxsplit=1)[0]
    try:
        return True, Version(number), version
    except InvalidVersion:
        return False, Version("0"), version
