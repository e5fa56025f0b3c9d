"""The figures of a site: each clause, category and capability on each subject, and what is comparable. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.model.clause import Clause
from engine.results.analysis.findings import folded
from engine.site.source import SiteSource
from engine.site.subjects import Collection, Entry, Lane, Subject, collected
from engine.site.support import NONE, State, Support, blames_framework, blames_server, counts_for_server, support

BINDING = ("must", "implied")
"""The levels of clauses that figures count."""

Key = tuple[str, Subject]


@dataclass(frozen=True, slots=True)
class Figure:
    """The clauses that a subject meets, of those that all subjects of its lane can be held to."""

    met: int
    of: int

    @property
    def share(self) -> float:
        return self.met / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.met}/{self.of}"


@dataclass(frozen=True)
class Tables:
    """All figures of a source; each is computed on first use."""

    source: SiteSource

    @cached_property
    def collection(self) -> Collection:
        """The results by subject."""
        return collected(self.source.reports)

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """The clauses of the catalogue, and those that only a case names."""
        cited = {name for one in self.collection.entries for name in one.result.cite}
        unknown = {name: Clause(name, "", "", "", document="Other clauses") for name in sorted(cited)}
        return {**self.source.clauses, **{key: one for key, one in unknown.items() if key not in self.source.clauses}}

    @cached_property
    def documents(self) -> Mapping[str, tuple[Clause, ...]]:
        """The clauses by the title of their document."""
        found: dict[str, list[Clause]] = {}
        for one in self.clauses.values():
            found.setdefault(one.document, []).append(one)
        return {title: tuple(of) for title, of in found.items()}

    @cached_property
    def by_clause(self) -> Mapping[Key, Support]:
        """The support of each clause by each subject that has results about it."""
        return self._supported(lambda one: one.result.cite)

    @cached_property
    def by_category(self) -> Mapping[Key, Support]:
        """The support of each category of cases."""
        return self._supported(lambda one: (one.result.category,))

    @cached_property
    def by_need(self) -> Mapping[Key, Support]:
        """The support of the cases that need a capability."""
        cases = self.source.cases
        return self._supported(lambda one: cases[one.result.address].needs if one.result.address in cases else ())

    @cached_property
    def by_offer(self) -> Mapping[Key, Support]:
        """The capabilities of each subject that started: whether a probe found them."""
        found: dict[Key, Support] = {}
        for subject, rows in self.collection.rows.items():
            offers = {word for row in rows for word in row.offers}
            if any(not row.failed for row in rows):
                for word in self.source.capabilities:
                    found[word, subject] = Support(State.YES if word in offers else State.NO)
        return found

    @cached_property
    def by_option(self) -> Mapping[Key, Support]:
        """The support of the cases that set an option of the server."""
        cases = self.source.cases
        return self._supported(lambda one: cases[one.result.address].options if one.result.address in cases else ())

    def _supported(self, names: Callable[[Entry], Iterable[str]]) -> dict[Key, Support]:
        found: dict[Key, list[Entry]] = {}
        for one in self.collection.entries:
            if counts_for_server(one):
                for name in names(one):
                    found.setdefault((name, one.subject), []).append(one)
        return {key: support(entries) for key, entries in found.items()}

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The categories of the runs, in their order."""
        return tuple(dict.fromkeys(name for report in self.source.reports for name in report.grid.categories))

    @cached_property
    def comparable(self) -> Mapping[Lane, frozenset[str]]:
        """For each lane the binding clauses that each of its current subjects can be held to: cases about them ran on
        all. A subject without any result is left out, such as a server that did not start."""
        return {lane: self._comparable(lane) for lane in self.collection.lanes}

    def _comparable(self, lane: Lane) -> frozenset[str]:
        started = self.started(lane)
        return frozenset(
            name
            for name, clause in self.clauses.items()
            if clause.level in BINDING and started
            if all(self.by_clause.get((name, one), NONE).state.held for one in started)
        )

    def started(self, lane: Lane) -> tuple[Subject, ...]:
        """The current subjects of a lane that have results."""
        return tuple(one for one in self.collection.of(lane) if one in self._held)

    @cached_property
    def _held(self) -> frozenset[Subject]:
        return frozenset(subject for (_, subject), one in self.by_clause.items() if one.state.held)

    def figure(self, subject: Subject, clauses: Iterable[str]) -> Figure:
        """The figure of a subject for some clauses; those that are not comparable do not count. The figure of a subject
        without results is 0 of 0."""
        counted = self.comparable[subject.lane].intersection(clauses) if subject in self._held else ()
        return Figure(sum(self.by_clause[name, subject].state.met for name in counted), len(counted))

    @cached_property
    def findings(self) -> Mapping[Subject, tuple[tuple[str, tuple[Entry, ...]], ...]]:
        """The failures and warnings of each subject, in the order of the reports: the address of a case, or of several
        values of its matrix that are alike, with the results."""
        entries = {(one.run, one.result.address, one.result.target): one for one in self.collection.entries}
        found: dict[Subject, list[tuple[str, tuple[Entry, ...]]]] = {}
        for number, report in enumerate(self.source.reports):
            for group in folded(report.findings()):
                mine: dict[Subject, list[Entry]] = {}
                for cell in (each for one in group.items for each in one.cells):
                    entry = entries.get((number, cell.address, cell.target))
                    if entry is not None and blames_server(entry):
                        mine.setdefault(entry.subject, []).append(entry)
                for subject, own in mine.items():
                    found.setdefault(subject, []).append((group.address, tuple(own)))
        return {subject: tuple(groups) for subject, groups in found.items()}

    @cached_property
    def frameworks(self) -> Mapping[tuple[str, str], tuple[Entry, ...]]:
        """The results of each framework by its name and version, without the bare apps."""
        from_rows: dict[tuple[str, str], list[Entry]] = {}
        for one in self.collection.entries:
            if not one.row.application and one.row.framework_version:
                from_rows.setdefault((one.row.framework, one.row.framework_version), []).append(one)
        return {key: tuple(of) for key, of in sorted(from_rows.items())}

    def of_framework(self, entries: Sequence[Entry]) -> Support:
        """The support that some results show of a framework: failures with another cause do not count."""
        return support(
            one for one in entries if one.result.verdict.clean or not one.result.verdict.ran or blames_framework(one)
        )
