"""The pages of servers: figures, claims next to measurements, and findings by risk. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.model.clause import rank
from engine.site import links
from engine.site.cells import SIGNS, Cell, Line, Table, cell, columns, failing, figure_cell, lane_note
from engine.site.releases import Releases
from engine.site.site_page import SitePage
from engine.site.source import DeclaredServer
from engine.site.subjects import Entry, Subject
from engine.site.support import NONE, State
from engine.site.tables import Tables
from engine.site.traffic import scopes

LINKED = 25
"""The results of a finding that have a link on the page."""


def server_pages(tables: Tables, releases: Releases) -> Iterator[SitePage]:
    """The list of servers, and a page for each."""
    by_name: dict[str, list[Subject]] = {}
    for one in tables.collection.current:
        by_name.setdefault(one.server, []).append(one)
    lines = []
    for name in sorted(by_name):
        declared = tables.source.servers.get(name, DeclaredServer(name))
        for one in by_name[name]:
            figure = tables.figure(one, tables.clauses)
            path = links.server_path(name)
            href = f"{path}#{links.subject_id(one)}"
            found = len(tables.findings.get(one, ()))
            started = Cell("", "", one.lane.title), figure_cell(figure, href), Cell("", "", f"{found:,}", href=href)
            lines.append(Line(one.title, path, declared.title, started))
    heads = columns(())
    table = Table(
        "Servers",
        "The figure counts clauses of level must that all servers of the same interface can be held to.",
        "server",
        heads,
        tuple(lines),
        "servers",
    )
    yield SitePage("servers.html", "servers", "Servers", "servers", {"table": table})
    for name, subjects in sorted(by_name.items()):
        yield _page(name, subjects, tables, releases)


def _page(name: str, subjects: Sequence[Subject], tables: Tables, releases: Releases) -> SitePage:
    declared = tables.source.servers.get(name, DeclaredServer(name))
    own = [one for one in releases.pages if (one.sort, one.name) == ("server", name)]
    values = {
        "name": name,
        "declared": declared,
        "releases": own,
        "parts": [_part(one, declared, tables) for one in subjects],
    }
    return SitePage(links.server_path(name), "server", name, "servers", values)


def _part(subject: Subject, declared: DeclaredServer, tables: Tables) -> dict[str, Any]:
    rows = tables.collection.rows[subject]
    entries = tables.collection.by_subject.get(subject, ())
    figure = tables.figure(subject, tables.clauses)
    return {
        "subject": subject,
        "figure": figure_cell(figure, ""),
        "note": lane_note(subject.lane),
        "python": sorted({row.python for row in rows if row.python}),
        "loops": sorted({row.found_loop or row.loop for row in rows}),
        "apps": sorted({row.framework for row in rows}),
        "packages": sorted({f"{name} {version}" for row in rows for name, version in row.versions.items()}),
        "failed": next((row.failed for row in rows if row.failed), ""),
        "standards": list(_standards(subject, tables)),
        "scopes": _scopes(entries, subject, tables),
        "capabilities": _capabilities(subject, declared, tables),
        "options": [
            (word, cell(tables.by_option.get((word, subject), NONE)), tables.by_option.get((word, subject), NONE))
            for word in declared.options
        ],
        "refuted": sorted({claim for row in rows for claim in row.refuted}),
        "findings": _findings(tables, subject),
    }


def _standards(subject: Subject, tables: Tables) -> Iterator[tuple[str, str, Cell, int]]:
    """The figure of each standard with its page, and the number of clauses that cases of this server checked."""
    for title, clauses in tables.documents.items():
        checked = sum(tables.by_clause.get((one.id, subject), NONE).state.held for one in clauses)
        if checked:
            figure = tables.figure(subject, [one.id for one in clauses])
            yield title, links.standard_path(title), figure_cell(figure, ""), checked


def _scopes(entries: Sequence[Entry], subject: Subject, tables: Tables) -> dict[str, Any]:
    """The versions and extensions in the scopes that transcripts hold, and the clauses about versions."""
    about = [one for one in tables.clauses.values() if "spec_version" in one.statement]
    words = {name: word for word, name in tables.source.extensions.items()}
    found = [
        (
            name,
            version,
            [(one, words.get(one, ""), _extension(words.get(one, ""), subject, tables)) for one in extensions],
        )
        for name, (version, extensions) in scopes(entries).items()
    ]
    checked = [(one, tables.by_clause.get((one.id, subject), NONE)) for one in about]
    return {
        "found": found,
        "clauses": [
            (one, links.clause_path(one.id), cell(of)) for one, of in checked if of.state is not State.UNTESTED
        ],
    }


def _extension(word: str, subject: Subject, tables: Tables) -> Cell:
    return cell(tables.by_need.get((word, subject), NONE))


def _capabilities(subject: Subject, declared: DeclaredServer, tables: Tables) -> list[dict[str, Any]]:
    offers = {word for row in tables.collection.rows[subject] for word in row.offers}
    return [
        {
            "word": word,
            "sentence": sentence,
            "says": word in declared.capabilities,
            "does": word in offers,
            "sign": SIGNS[State.YES if word in offers else State.UNSUPPORTED],
            "support": of,
            "cell": cell(of, f"{links.feature_path(word)}#{links.subject_id(subject)}" if of.reported else ""),
        }
        for word, sentence in tables.source.capabilities.items()
        if word in declared.capabilities or word in offers
        for of in [tables.by_need.get((word, subject), NONE)]
    ]


def _findings(tables: Tables, subject: Subject) -> list[dict[str, Any]]:
    """Failures and warnings of a subject: alike values of a matrix as one, failures first, then by risk."""
    reports = tables.source.reports
    found = []
    for address, group in tables.findings.get(subject, ()):
        first = failing(group[0], reports)
        results = [failing(one, reports) for one in group[:LINKED]]
        found.append({"address": address, "first": first, "results": results, "number": len(group),
                      "unmet": group[0].result.verdict.unmet, "risk": group[0].result.risk})  # fmt: skip
    return sorted(found, key=lambda one: (not one["unmet"], rank(one["risk"])))
