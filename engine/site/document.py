"""A site as files: every page, the style, the badges, the data, and the report of each run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment

from engine.reports.json_ import text as as_json
from engine.reports.page.document import page as report_page
from engine.reports.page.document import palette
from engine.reports.page.templating import templates
from engine.site import links
from engine.site.badges import badge
from engine.site.cells import made
from engine.site.data import data
from engine.site.pages import Pages
from engine.site.site_page import SitePage
from engine.site.source import SiteSource
from engine.site.tables import Figure, Tables

FOLDER = Path(__file__).parent
# `'self'` is no match for a page that is opened from a file system, which has no origin; `file:` is one for it only.
POLICY = "default-src 'none'; style-src 'self' file:; img-src 'self' file:; base-uri 'none'; form-action 'none'"
MENU = (
    ("index", "index.html", "Overview"),
    ("features", "features.html", "Features"),
    ("standards", "standards.html", "Standards"),
    ("servers", "servers.html", "Servers"),
    ("releases", "releases.html", "Releases"),
    ("frameworks", "frameworks.html", "Frameworks"),
)


def site(source: SiteSource) -> Iterator[tuple[str, str]]:
    """The files of a site as pairs of a path and a text; the same source gives the same texts."""
    tables = Tables(source)
    pages = Pages(tables)
    yield "style.css", palette() + (FOLDER / "static" / "site.css").read_text("utf-8")
    lines = made(source.reports)
    runs = tuple((report.run.id, links.run_path(report.run.id)) for report in source.reports)
    for one in pages.all():
        yield one.path, written(one, lines, runs)
    yield from badges(tables)
    yield "data.json", as_json(data(tables, pages.releases))
    for report in source.reports:
        yield links.run_path(report.run.id), report_page(report)


def written(page: SitePage, made: tuple[str, ...], runs: tuple[tuple[str, str], ...]) -> str:
    """A page as text. ``made`` are the lines about the runs below each table, ``runs`` the reports by their ids."""
    root = "../" * page.path.count("/")
    template = environment().get_template(f"{page.template}.html.j2")
    return template.render(
        root=root, policy=POLICY, menu=MENU, menu_entry=page.menu, title=page.title, made=made, runs=runs, links=links,
        **page.values,
    )  # fmt: skip


@cache
def environment() -> Environment:
    """The templates of the pages."""
    return templates(FOLDER / "templates")


def badges(tables: Tables) -> Iterator[tuple[str, str]]:
    """The badges of each server: one of all standards, and one of each standard that is comparable. A server that is
    reached in several ways has those of the first one."""
    seen: set[str] = set()
    for lane in tables.collection.lanes:
        for subject in tables.started(lane):
            if subject.name in seen:
                continue
            seen.add(subject.name)
            whole = tables.figure(subject, tables.clauses)
            yield links.badge_path(subject.name), badge(subject.title, _value(whole), _share(whole))
            for title, clauses in tables.documents.items():
                figure = tables.figure(subject, [one.id for one in clauses])
                if figure.of:
                    path = links.badge_path(subject.name, title)
                    yield path, badge(f"{subject.title}: {title}", _value(figure), _share(figure))


def _value(figure: Figure) -> str:
    return f"{figure} clauses" if figure.of else "not tested"


def _share(figure: Figure) -> float | None:
    return figure.share if figure.of else None
