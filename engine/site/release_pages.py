"""The pages of releases and of frameworks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.model.clause import rank
from engine.model.target import CONTROLS
from engine.results.analysis.folding import fold
from engine.results.analysis.transitions import Change
from engine.site import links
from engine.site.cells import cell, failing, lane_note
from engine.site.releases import ReleaseChange, ReleasePage, Releases
from engine.site.site_page import SitePage
from engine.site.subjects import Entry, Subject
from engine.site.support import blames_framework
from engine.site.tables import Tables

LINKED = 25
"""The results of one entry that have a link."""


def release_pages(tables: Tables, releases: Releases) -> Iterator[SitePage]:
    """The list of releases, and a page for each."""
    yield _release_list(releases)
    for one in releases.pages:
        yield _release(one, tables, releases)


def released(releases: Releases) -> frozenset[tuple[str, str]]:
    """The names and versions of the releases that have a page."""
    return frozenset((one.name, one.version) for one in releases.pages)


def _release_list(releases: Releases) -> SitePage:
    """The list of releases."""
    names: dict[tuple[str, str], list[ReleasePage]] = {}
    for one in releases.pages:
        names.setdefault((one.sort, one.name), []).append(one)
    return SitePage("releases.html", "releases", "Releases", "releases", {"names": names, "Change": Change})


def _release(one: ReleasePage, tables: Tables, releases: Releases) -> SitePage:
    """The page of a release: what it broke and fixed."""
    changes = {change.value: _changed(one, change, tables) for change in (Change.REGRESSED, Change.FIXED)}
    values = {
        "release": one,
        "changes": changes,
        "counts": {change: sum(one["number"] for one in found) for change, found in changes.items()},
        "current": set(tables.collection.current),
        "released": released(releases),
    }
    return SitePage(links.release_path(one.name, one.version), "release", one.title, "releases", values)


def _changed(release: ReleasePage, change: Change, tables: Tables) -> list[dict[str, Any]]:
    """The changes of one sort, with values of a matrix that changed in the same way as one."""
    reports = tables.source.reports

    def alike(each: ReleaseChange) -> tuple[str, ...]:
        failed = each.before if change is Change.FIXED else each.after
        unmet = failed.result.mismatches
        return (each.before.result.verdict, each.after.result.verdict, unmet[0].where if unmet else "")

    groups = fold(release.of(change), lambda each: each.after.result.address, alike)
    found = []
    for group in groups:
        sides = [(each.before if change is Change.FIXED else each.after) for each in group.items]
        shown = failing(sides[0], reports)
        found.append({
            "address": group.address, "shown": shown, "before": group.first.before.result.verdict.value,
            "after": group.first.after.result.verdict.value, "cite": group.first.after.result.cite,
            "results": [failing(one, reports) for one in sides[:LINKED]], "number": len(sides),
            "risk": group.first.after.result.risk,
        })  # fmt: skip
    return sorted(found, key=lambda one: rank(one["risk"]))


def framework_pages(tables: Tables) -> Iterator[SitePage]:
    """The list of frameworks, and a page for each."""
    found: dict[str, list[dict[str, Any]]] = {}
    for (name, version), entries in tables.frameworks.items():
        if name in CONTROLS:
            continue
        by_subject: dict[Subject, list[Entry]] = {}
        for one in entries:
            by_subject.setdefault(one.subject, []).append(one)
        reported = [one for one in entries if blames_framework(one)]
        rows: list[dict[str, Any]] = [
            {"subject": s, "note": lane_note(s.lane), "support": tables.of_framework(of)}
            for s, of in by_subject.items()
        ]
        found.setdefault(name, []).append(
            {
                "version": version,
                "support": tables.of_framework(entries),
                "rows": [{**row, "cell": cell(row["support"])} for row in rows],
                "findings": _by_case(reported, tables),
            }
        )
    bugs = [bug for bug in tables.source.bugs if bug.sort != "server"]
    yield SitePage(
        "frameworks.html",
        "frameworks",
        "Frameworks",
        "frameworks",
        {
            "names": {
                name: [{**one, "cell": cell(one["support"])} for one in versions] for name, versions in found.items()
            },
            "bugs": bugs,
        },
    )
    for name, versions in found.items():
        own = [bug for bug in bugs if bug.name == name]
        yield SitePage(
            links.framework_path(name),
            "framework",
            name,
            "frameworks",
            {"name": name, "versions": versions, "bugs": own},
        )


def _by_case(reported: list[Entry], tables: Tables) -> list[dict[str, Any]]:
    """Failing results by case, the greatest risk first."""
    groups: dict[str, list[Entry]] = {}
    for one in reported:
        groups.setdefault(one.result.address, []).append(one)
    ordered = sorted(groups.values(), key=lambda of: (not of[0].result.verdict.unmet, rank(of[0].result.risk)))
    reports = tables.source.reports
    return [
        {"first": failing(of[0], reports), "results": [failing(one, reports) for one in of[:LINKED]]} for of in ordered
    ]
