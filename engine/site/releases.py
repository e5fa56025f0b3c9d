"""Releases: the first one that meets a clause, and what each one broke and fixed. Pure.

Two sources know about releases: runs of several of them, and the document of known bugs, where each bug has a release
with it and one without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.model.bug import SERVER, Bug
from engine.results.analysis.transitions import Change, changed
from engine.site.subjects import Entry, Subject, order
from engine.site.support import NONE, Support, blames_server
from engine.site.tables import Tables


@dataclass(frozen=True, slots=True)
class Since:
    """The first release that meets a clause. ``exact`` is true if an older one is known that does not; otherwise the
    clause may be met for longer. ``source`` says where this is known from."""

    version: str
    exact: bool
    source: str = ""

    def __str__(self) -> str:
        return self.version if self.exact else f"{self.version} or earlier"


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """A case whose result differs between two releases: ``before`` and ``after`` are its results."""

    change: Change
    before: Entry
    after: Entry


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """A release of a server or of a framework.

    ``previous`` is the release that its results are compared with, "" for none; ``compared`` counts results. ``fixed``
    are the known bugs that it fixes, ``has`` those that it has. ``subjects`` are its subjects in the runs."""

    name: str
    version: str
    sort: str
    subjects: tuple[Subject, ...] = ()
    previous: str = ""
    compared: int = 0
    changes: tuple[ReleaseChange, ...] = ()
    fixed: tuple[Bug, ...] = ()
    has: tuple[Bug, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def of(self, change: Change) -> tuple[ReleaseChange, ...]:
        """The changes of one sort."""
        return tuple(one for one in self.changes if one.change is change)


@dataclass(frozen=True)
class Releases:
    """All releases that the runs and the known bugs name."""

    tables: Tables

    @cached_property
    def _line(self) -> Mapping[Subject, tuple[Subject, ...]]:
        """For each subject all releases of its server, variant and lane, the oldest first."""
        groups: dict[tuple[object, ...], list[Subject]] = {}
        for one in self.tables.collection.subjects:
            groups.setdefault((one.server, one.variant, one.lane), []).append(one)
        lines = [tuple(sorted(group, key=lambda one: order(one.version))) for group in groups.values()]
        return {one: line for line in lines for one in line}

    @cached_property
    def _fixes(self) -> Mapping[tuple[str, str], tuple[Bug, ...]]:
        """The fixed bugs of a server that violate a clause, by server and clause, the latest fix last."""
        found: dict[tuple[str, str], list[Bug]] = {}
        for bug in self.tables.source.bugs:
            if bug.sort == SERVER and bug.fixed:
                for clause in bug.clauses:
                    found.setdefault((bug.name, clause), []).append(bug)
        return {key: tuple(sorted(bugs, key=lambda one: order(one.fixed))) for key, bugs in found.items()}

    def fixes(self, server: str, clause: str) -> tuple[Bug, ...]:
        """The fixed bugs of a server that violate a clause."""
        return self._fixes.get((server, clause), ())

    def since(self, clause: str, subject: Subject) -> Since | None:
        """The first release since which a subject meets a clause; None if it does not meet it."""
        found = self.since_in(self.tables.by_clause, clause, subject)
        bugs = [bug for bug in self.fixes(subject.server, clause) if order(bug.fixed) <= order(subject.version)]
        if found and bugs and (not found.exact or order(bugs[-1].fixed) > order(found.version)):
            return Since(bugs[-1].fixed, True, f"known bug {bugs[-1].id}")
        return found

    def since_feature(self, table: Mapping[tuple[str, Subject], Support], name: str, subject: Subject) -> Since | None:
        """The same of a capability or a category, by the declaration of the server or the runs."""
        found = self.since_in(table, name, subject)
        declared = self.tables.source.servers.get(subject.server)
        first = declared.since.get(name, "") if declared else ""
        if found and first and (not found.exact or order(first) > order(found.version)):
            return Since(first, True, "declared")
        return found

    def since_in(self, support: Mapping[tuple[str, Subject], Support], name: str, subject: Subject) -> Since | None:
        """The first release in the runs since which a subject meets a clause, a capability or a category of a table."""
        if not support.get((name, subject), NONE).state.met:
            return None
        first, exact = subject, False
        line = self._line[subject]
        for one in reversed(line[: line.index(subject)]):
            state = support.get((name, one), NONE).state
            if state.held and not state.met:
                exact = True
                break
            if state.met:
                first = one
        return Since(first.version, exact, "runs" if exact else "")

    @cached_property
    def pages(self) -> tuple[ReleasePage, ...]:
        """Every release, by name, the newest first."""
        names: dict[tuple[str, str, str], None] = {}
        for subject in self.tables.collection.subjects:
            if subject.version:
                names[SERVER, subject.server, subject.version] = None
        for bug in self.tables.source.bugs:
            names |= {(bug.sort, bug.name, version): None for version in (bug.bad, bug.fixed) if version}
        ordered = sorted(names, key=lambda one: order(one[2]), reverse=True)
        return tuple(self._page(*one) for one in sorted(ordered, key=lambda one: (one[0] != SERVER, one[1])))

    def _page(self, sort: str, name: str, version: str) -> ReleasePage:
        bugs = [bug for bug in self.tables.source.bugs if (bug.sort, bug.name) == (sort, name)]
        subjects: tuple[Subject, ...] = ()
        if sort == SERVER:
            every = self.tables.collection.subjects
            subjects = tuple(one for one in every if (one.server, one.version) == (name, version))
        previous, compared, changes = self._changes(subjects)
        return ReleasePage(
            name,
            version,
            sort,
            subjects,
            previous,
            compared,
            changes,
            fixed=tuple(bug for bug in bugs if bug.fixed == version),
            has=tuple(bug for bug in bugs if bug.bad == version),
        )

    def _changes(self, subjects: Iterable[Subject]) -> tuple[str, int, tuple[ReleaseChange, ...]]:
        """The release before some subjects in the runs, the results compared, and those that changed."""
        previous, compared = "", 0
        found: dict[tuple[Change, str], ReleaseChange] = {}
        for subject in subjects:
            line = self._line[subject]
            at = line.index(subject)
            if at == 0:
                continue
            previous = line[at - 1].version
            before = {_place(one): one for one in self.tables.collection.by_subject.get(line[at - 1], ())}
            for after in self.tables.collection.by_subject.get(subject, ()):
                was = before.get(_place(after))
                if was is None or not was.result.verdict.ran or not after.result.verdict.ran:
                    continue
                compared += 1
                change = changed(was.result, after.result, documents=False)
                failing = was if change is Change.FIXED else after
                if change is None or change is Change.CHANGED or not blames_server(failing):
                    continue
                found.setdefault((change, after.result.address), ReleaseChange(change, was, after))
        return previous, compared, tuple(found.values())


def _place(entry: Entry) -> tuple[str, str, str]:
    """The case and the rest of the target, which both releases share."""
    return entry.result.address, entry.row.framework_configuration, entry.row.loop
