"""The tables as data for other programs; schemas/site.json is its schema. Pure.

``format`` is ``MAJOR.MINOR``: a field is added with a new minor version, and changed or removed with a new major one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.reports import view
from engine.reports.view import GridReport
from engine.results.analysis.transitions import Change
from engine.site.links import subject_id
from engine.site.releases import Releases
from engine.site.subjects import Subject
from engine.site.support import Support
from engine.site.tables import Tables
from engine.site.traffic import scopes

FORMAT = "1.0"

Plain = dict[str, Any]


def data(tables: Tables, releases: Releases) -> Plain:
    """Everything that the pages show as figures."""
    collection = tables.collection
    return {
        "format": FORMAT,
        "runs": [_run(report) for report in tables.source.reports],
        "lanes": [
            {
                "title": lane.title,
                "interface": lane.interface,
                "gateway": lane.gateway,
                "http": lane.http,
                "servers": [subject_id(one) for one in collection.of(lane)],
                "comparable": sorted(tables.comparable[lane]),
            }
            for lane in collection.lanes
        ],
        "servers": [_server(one, tables) for one in collection.current],
        "clauses": [
            {
                **view.clause(clause),
                "document": clause.document,
                "untested": clause.untested.reason.value if clause.untested else None,
                "support": _supports(name, tables.by_clause, tables, releases),
            }
            for name, clause in tables.clauses.items()
        ],
        "categories": [
            {"category": name, "support": _supports(name, tables.by_category, tables)} for name in tables.categories
        ],
        "releases": [
            {
                "name": one.name,
                "version": one.version,
                "of": one.sort,
                "previous": one.previous,
                "compared": one.compared,
                "broke": [each.after.result.address for each in one.of(Change.REGRESSED)],
                "fixed": [each.after.result.address for each in one.of(Change.FIXED)],
                "bugs_fixed": [bug.id for bug in one.fixed],
                "bugs": [bug.id for bug in one.has],
            }
            for one in releases.pages
        ],
        "frameworks": [
            {"name": name, "version": version, **_support(tables.of_framework(entries))}
            for (name, version), entries in tables.frameworks.items()
        ],
    }


def _run(report: GridReport) -> Plain:
    header = report.run.header
    declared = header.get("data")
    return {
        "run": report.run.id,
        "started": moment(header.get("started")),
        "whole": report.run.whole,
        "results": len(report.part.results),
        "engine": str(header.get("engine", "")),
        "corpus": str(declared.get("corpus", "")) if isinstance(declared, Mapping) else "",
        "python": str(header.get("python", "")),
        "system": str(header.get("system", "")),
        "machine": dict(header.get("machine") or {}),
    }


def moment(started: object) -> str:
    """A time of a record as ISO 8601 in UTC, "" if it has none."""
    if not isinstance(started, (int, float)) or not 0 < started < 2**37:
        return ""
    return datetime.fromtimestamp(int(started), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _server(subject: Subject, tables: Tables) -> Plain:
    rows = tables.collection.rows[subject]
    declared = tables.source.servers.get(subject.server)
    figure = tables.figure(subject, tables.clauses)
    own = tables.collection.by_subject.get(subject, ())
    return {
        "id": subject_id(subject),
        "server": subject.server,
        "version": subject.version,
        "variant": subject.variant,
        "interface": subject.lane.interface,
        "gateway": subject.lane.gateway,
        "http": subject.lane.http,
        "figure": {"met": figure.met, "of": figure.of},
        "claims": sorted(declared.capabilities) if declared else [],
        "offers": sorted({word for row in rows for word in row.offers if word in tables.source.capabilities}),
        "refuted": sorted({claim for row in rows for claim in row.refuted}),
        "options": list(declared.options) if declared else [],
        "scopes": {
            name: {"spec_version": version, "extensions": list(names)} for name, (version, names) in scopes(own).items()
        },
    }


def _supports(
    name: str, table: Mapping[tuple[str, Subject], Support], tables: Tables, releases: Releases | None = None
) -> Plain:
    found: Plain = {}
    for subject in tables.collection.current:
        one = table.get((name, subject))
        if one is None:
            continue
        since = releases.since(name, subject) if releases else None
        found[subject_id(subject)] = {
            **_support(one),
            **({"since": since.version, "since_is_exact": since.exact} if since else {}),
        }
    return found


def _support(one: Support) -> Plain:
    return {"state": one.state.value, "passed": one.passed, "ran": one.ran}
