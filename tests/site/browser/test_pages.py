"""The site in Chromium: links lead to the bytes, axe-core finds nothing, and no page is wider than a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.reports.browser.conftest import browser
from tests.reports.browser.test_access import AXE
from tests.reports.page.hostile import RAN
from tests.site import sample

__all__ = ["browser"]

pytestmark = pytest.mark.browser

PAGES = (
    "index.html", "features.html", "features/websocket.html", "standards.html", "standards/http-1.1.html",
    "clauses/H1-17.html", "clauses/H1-99.html", "servers.html", "servers/gunicorn.html", "servers/dead.html",
    "releases.html", "releases/gunicorn-27.0.1.html", "frameworks.html", "frameworks/litestar.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sites of the sample and of the hostile run."""
    found = {}
    for kind in ("sample", "hostile"):
        found[kind] = tmp_path_factory.mktemp(kind)
        for name, text in sample.files(kind).items():
            path = found[kind] / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return found


@pytest.fixture
def tab(browser: Any) -> Any:
    """A tab of a phone. Errors on its console fail the test."""
    context = browser.new_context(viewport={"width": 360, "height": 700})
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_a_phone(tab: Any, folders: dict[str, Path], name: str) -> None:
    tab.goto((folders["sample"] / name).as_uri())
    assert tab.evaluate("() => document.documentElement.scrollWidth") == 360
    assert tab.evaluate("() => getComputedStyle(document.body).fontFamily").startswith("system-ui")
    assert tab.evaluate("() => [...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    tab.evaluate(AXE.read_text("utf-8"))
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        found = tab.evaluate("() => axe.run(document, {resultTypes: ['violations'], preload: false})")
        assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]] == []


def test_the_bytes_are_three_clicks_from_the_first_page(tab: Any, folders: dict[str, Path]) -> None:
    tab.goto((folders["sample"] / "index.html").as_uri())
    tab.get_by_role("link", name="HTTP/1.1", exact=True).click()
    tab.get_by_role("link", name="H1-17", exact=True).click()
    assert "GET /first HTTP/1.1\\r\\n" in tab.locator("pre").first.inner_text()
    tab.get_by_role("link", name="All bytes").first.click()
    tab.locator("#content h1", has_text="Case").first.wait_for()
    tab.locator("details.zoom summary").first.click()
    assert tab.locator("details.zoom[open] .hex").first.inner_text().startswith("000000  47 45 54")


def test_a_result_with_every_character_has_a_link(tab: Any, folders: dict[str, Path]) -> None:
    """The addresses in Python are those that the script of the report reads."""
    tab.goto((folders["sample"] / "features" / "category-http.html").as_uri())
    hrefs = tab.evaluate("() => [...document.querySelectorAll('a[href*=\"#/result/\"]')].map((one) => one.href)")
    assert hrefs
    for href in hrefs[:8]:
        tab.goto("about:blank")
        tab.goto(href)
        tab.locator("#content h1", has_text="Case").first.wait_for()


def test_hostile_bytes_do_not_run(tab: Any, folders: dict[str, Path]) -> None:
    for path in sorted(folders["hostile"].rglob("*.html")):
        if path.parent.name != "runs":
            tab.goto(path.as_uri())
            assert tab.evaluate(f"() => window.{RAN}") is None
            assert tab.locator("script, svg, iframe, [onerror], [onload], [onfocus]").count() == 0
