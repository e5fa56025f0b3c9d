"""The pages of a site as paths, templates and their values. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.model.clause import Clause, rank
from engine.results.analysis.summary import plural
from engine.site import links
from engine.site.cells import Cell, Line, Table, all_failing, cell, cells, columns, failing, figure_cell, lane_note
from engine.site.release_pages import framework_pages, release_pages, released
from engine.site.releases import Releases
from engine.site.server_pages import server_pages
from engine.site.site_page import SitePage
from engine.site.subjects import Entry, Lane, Subject
from engine.site.support import NONE, State, Support
from engine.site.tables import BINDING, Tables

SHOWN = 3
"""The failing results of a clause on a server that are shown with their bytes; the others are links."""
LINKED = 25


@dataclass(frozen=True)
class Pages:
    """All pages of some tables."""

    tables: Tables

    @cached_property
    def releases(self) -> Releases:
        """The releases of the tables."""
        return Releases(self.tables)

    def all(self) -> Iterator[SitePage]:
        """Every page, the first one first."""
        yield self.index()
        yield self.features()
        yield self.standards()
        yield from map(self.standard, self.tables.documents)
        yield from map(self.clause, self.tables.clauses.values())
        yield from self.capabilities()
        yield from map(self.category, self.tables.categories)
        yield from server_pages(self.tables, self.releases)
        yield from release_pages(self.tables, self.releases)
        yield from framework_pages(self.tables)

    def index(self) -> SitePage:
        """The first page: the figures of each standard, and the capabilities."""
        tables = [self._figures(lane) for lane in self.tables.collection.lanes]
        standards = sum(
            any((one.id, s) in self.tables.by_clause for one in of for s in self.tables.collection.current)
            for of in self.tables.documents.values()
        )
        servers = len({one.server for one in self.tables.collection.current})
        clauses = len({name for name, _ in self.tables.by_clause})
        results = len(self.tables.collection.entries)
        cited = f"{plural(clauses, 'clause')} of {plural(standards, 'standard')}"
        values = {
            "tables": [one for one in tables if one.lines],
            "capabilities": self._capability_table(),
            "counts": f"{plural(servers, 'server')}, {cited}, {plural(results, 'result')}",
        }
        return SitePage("index.html", "index", "Conformance of Python's web servers", "index", values)

    def _figures(self, lane: Lane) -> Table:
        subjects = self.tables.started(lane)
        counted = self.tables.comparable[lane]
        lines = [
            Line("All standards", "standards.html", "", self._figure_cells(subjects, counted, "standards.html"), True)
        ]
        for title, clauses in self.tables.documents.items():
            of = [one.id for one in clauses if one.id in counted]
            if of:
                path = links.standard_path(title)
                lines.append(Line(title, path, "", self._figure_cells(subjects, of, path)))
        binding = f"Counted are the {len(counted):,} clauses of level must, stated or implied,"
        shared = f"that each of these {len(subjects)} servers can be held to: cases about them ran on all."
        which = shared if len(subjects) > 1 else "about which cases ran."
        sentence = f"{binding} {which} A clause is met if no case that cites it fails."
        return Table(
            lane.title,
            sentence,
            "standard",
            columns(subjects),
            tuple(lines) if counted else (),
            links.words(lane.title),
        )

    def _figure_cells(self, subjects: tuple[Subject, ...], clauses: Any, path: str) -> tuple[Cell, ...]:
        return tuple(figure_cell(self.tables.figure(one, clauses), path) for one in subjects)

    # Features

    def capability(self, word: str, subject: Subject) -> Support:
        """The support of a capability: that of the cases that need it, and without such cases what a probe found."""
        offered = any(word in row.offers for row in self.tables.collection.rows[subject])
        found = self.tables.by_need.get((word, subject), NONE)
        if found.state.held:
            return found
        return Support(State.YES if offered else State.UNSUPPORTED)

    def _capability_cells(self, word: str, path: str) -> tuple[Cell, ...]:
        found = [(one, self.capability(word, one)) for one in self._subjects]
        return tuple(cell(of, f"{path}#{links.subject_id(one)}" if of.reported else path) for one, of in found)

    @cached_property
    def _subjects(self) -> tuple[Subject, ...]:
        return tuple(one for lane in self.tables.collection.lanes for one in self.tables.started(lane))

    def _capability_table(self) -> Table:
        lines = [
            Line(
                word,
                links.feature_path(word),
                self.tables.source.capabilities[word],
                self._capability_cells(word, links.feature_path(word)),
            )
            for word in self.tables.source.capabilities
        ]
        sentence = "A probe of the running server decides, and the cases that need a capability, where there are any."
        return Table(
            "Capabilities", sentence, "capability", columns(self._subjects, lanes=True), tuple(lines), "capabilities"
        )

    def features(self) -> SitePage:
        """The list of capabilities and categories."""
        lines = [
            Line(
                name,
                links.category_path(name),
                "",
                cells(self.tables.by_category, name, self._subjects, links.category_path(name)),
            )
            for name in self.tables.categories
        ]
        table = Table(
            "Behaviour",
            "Each category is a group of cases. A case that fails for another cause than the server, "
            "such as the framework, does not count.",
            "category",
            columns(self._subjects, lanes=True),
            tuple(lines),
            "behaviour",
        )
        return SitePage(
            "features.html", "tables", "Features", "features", {"tables": [self._capability_table(), table], "lead": ""}
        )

    def capabilities(self) -> Iterator[SitePage]:
        """A page for each capability."""
        for word in self.tables.source.capabilities:
            rows = []
            for one in self._subjects:
                declared = self.tables.source.servers.get(one.server)
                of = self.capability(word, one)
                refuted = [
                    claim
                    for row in self.tables.collection.rows[one]
                    for claim in row.refuted
                    if claim.startswith(f"{word} ")
                ]
                rows.append(
                    {
                        "subject": one,
                        "says": "" if declared is None else "yes" if word in declared.capabilities else "no",
                        "offers": any(word in row.offers for row in self.tables.collection.rows[one]),
                        "cell": cell(of, f"#{links.subject_id(one)}" if of.reported else ""),
                        "support": of,
                        "refuted": next(iter(refuted), ""),
                        "since": self.releases.since_feature(self.tables.by_offer, word, one),
                    }
                )
            values = {
                "kind": "capability",
                "name": word,
                "sentence": self.tables.source.capabilities[word],
                "extension": self.tables.source.extensions.get(word, ""),
                "rows": rows,
                "failing": self._failing_groups(self.tables.by_need, word),
                "released": released(self.releases),
            }
            yield SitePage(links.feature_path(word), "feature", word, "features", values)

    def category(self, name: str) -> SitePage:
        """The page of a category of cases."""
        rows = []
        for one in self._subjects:
            of = self.tables.by_category.get((name, one), NONE)
            rows.append(
                {
                    "subject": one,
                    "cell": cell(of, f"#{links.subject_id(one)}" if of.reported else ""),
                    "support": of,
                    "says": "",
                    "offers": False,
                    "refuted": "",
                    "since": self.releases.since_feature(self.tables.by_category, name, one),
                }
            )
        values = {
            "kind": "category",
            "name": name,
            "sentence": "",
            "extension": "",
            "rows": rows,
            "failing": self._failing_groups(self.tables.by_category, name),
            "released": released(self.releases),
        }
        return SitePage(links.category_path(name), "feature", name, "features", values)

    def _failing_groups(self, table: Any, name: str) -> list[dict[str, Any]]:
        """The failing results of each current subject, worst risk first."""
        found = []
        for one in self._subjects:
            reported = table.get((name, one), NONE).reported
            if reported:
                ordered = sorted(reported, key=lambda each: (not each.result.verdict.unmet, rank(each.result.risk)))
                made = [failing(each, self.tables.source.reports) for each in ordered]
                found.append({"subject": one, "note": lane_note(one.lane), "results": made})
        return found

    # Standards and clauses

    def standards(self) -> SitePage:
        """The list of standards."""
        lines = []
        for title, clauses in self.tables.documents.items():
            tested = sum(any((one.id, s) in self.tables.by_clause for s in self._subjects) for one in clauses)
            path = links.standard_path(title)
            own = tuple(figure_cell(self.tables.figure(s, [one.id for one in clauses]), path) for s in self._subjects)
            lines.append(Line(title, path, f"{tested} of {len(clauses)} clauses have results", own))
        table = Table(
            "Standards",
            "Figures count the clauses of level must that all servers of one interface can be held to.",
            "standard",
            columns(self._subjects, lanes=True),
            tuple(lines),
            "standards",
        )
        return SitePage("standards.html", "tables", "Standards", "standards", {"tables": [table], "lead": ""})

    def standard(self, title: str) -> SitePage:
        """The page of a document: its clauses with their states."""
        clauses = self.tables.documents[title]
        subjects = tuple(
            s
            for s in self._subjects
            if any(self.tables.by_clause.get((one.id, s), NONE).state is not State.UNTESTED for one in clauses)
        )
        sections: dict[str, list[dict[str, Any]]] = {}
        for one in clauses:
            path = links.clause_path(one.id)
            row = {
                "clause": one,
                "path": path,
                "cells": cells(self.tables.by_clause, one.id, subjects, path),
                "untested": _untested(one),
            }
            sections.setdefault(one.source, []).append(row)
        values = {
            "columns": columns(subjects, lanes=True),
            "sections": sections,
            "number": len(clauses),
            "figures": [figure_cell(self.tables.figure(s, [one.id for one in clauses]), "") for s in subjects],
            "comparable": {
                lane.title: len(self.tables.comparable[lane] & {one.id for one in clauses})
                for lane in dict.fromkeys(s.lane for s in subjects)
            },
        }
        return SitePage(links.standard_path(title), "standard", title, "standards", values)

    def clause(self, clause: Clause) -> SitePage:
        """The page of a clause: who meets it since when, and the bytes where it is not met."""
        rows, groups = [], []
        for one in self._subjects:
            of = self.tables.by_clause.get((clause.id, one), NONE)
            if of.state is State.UNTESTED:
                continue
            anchor = f"#{links.subject_id(one)}" if of.reported else ""
            rows.append(
                {
                    "subject": one,
                    "note": lane_note(one.lane),
                    "cell": cell(of, anchor),
                    "support": of,
                    "since": self.releases.since(clause.id, one),
                }
            )
            if of.reported:
                groups.append(self._evidence(clause, one, of.reported))
        servers = dict.fromkeys([one.server for one in self.tables.collection.subjects])
        bugs = [bug for bug in self.tables.source.bugs if clause.id in bug.clauses]
        values = {
            "clause": clause,
            "rows": rows,
            "groups": groups,
            "untested": _untested(clause),
            "bugs": bugs,
            "servers": set(servers),
            "binding": clause.level in BINDING,
            "released": released(self.releases),
            "cases": [name for name in self._cases_of.get(clause.id, ())],
        }
        return SitePage(links.clause_path(clause.id), "clause", f"{clause.id}: {clause.source}", "standards", values)

    @cached_property
    def _cases_of(self) -> dict[str, dict[str, None]]:
        found: dict[str, dict[str, None]] = {}
        for one in self.tables.collection.entries:
            for name in one.result.cite:
                found.setdefault(name, {})[one.result.address] = None
        return found

    def _evidence(self, clause: Clause, subject: Subject, reported: tuple[Entry, ...]) -> dict[str, Any]:
        reports = self.tables.source.reports
        rest = reported[SHOWN:]
        return {
            "subject": subject,
            "note": lane_note(subject.lane),
            "results": [failing(one, reports, traffic=True) for one in reported[:SHOWN]],
            "rest": [failing(one, reports) for one in rest[:LINKED]],
            "more": max(len(rest) - LINKED, 0),
            "all": all_failing(reported[0], reports, clause.id),
        }


def _untested(clause: Clause) -> str:
    """The reason why a clause has no case, "" if it may have one."""
    if clause.untested is None:
        return ""
    return ": ".join(word for word in (clause.untested.reason.value, clause.untested.because) if word)
