"""Hostile bytes in every field of a run: nothing runs, with the page's policy and with escaping only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.reports.page.shown import shown
from tests.reports.browser.conftest import Tab
from tests.reports.page.hostile import PAYLOADS, RAN

pytestmark = pytest.mark.browser

# Everything that a text could have become.
INTRUDERS = (
    "#app script, #app img, #app svg, #app iframe, #app style, #app object, "
    "#app [onerror], #app [onload], #app [onfocus], #app a[href]:not([href^='#']):not([href^='http'])"
)
VIEWS = ("matrix", "findings", "results", "clauses", "compare", "run")


def harmless(page: Any) -> None:
    """Nothing ran, and no text became an element or a hidden character."""
    assert page.evaluate(f"() => window.{RAN}") is None
    assert page.locator(INTRUDERS).count() == 0
    hidden = r"/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]/u"
    assert page.evaluate(f"() => {hidden}.test(document.getElementById('app').textContent)") is False
    assert page.evaluate(f"() => {hidden}.test(document.title)") is False


@pytest.mark.parametrize("name", ["hostile", "without-policy"])
def test_every_view_of_a_hostile_run(tab: Tab, name: str) -> None:
    for view in VIEWS:
        page = tab.open(name, f"#/{view}")
        for summary in page.locator("main summary").all()[:20]:
            summary.click()
        harmless(page)


@pytest.mark.parametrize("name", ["hostile", "without-policy"])
def test_every_result_of_a_hostile_run(tab: Tab, name: str) -> None:
    page = tab.open(name, "#/results")
    links = page.locator("a.result").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert len(links) > len(PAYLOADS)
    opened = 0
    for link in links:
        page.evaluate("(link) => { location.hash = link }", link)
        page.wait_for_function(
            "(link) => location.hash === link && document.querySelector('article h1') !== null", arg=link
        )
        page.evaluate("() => document.querySelectorAll('main details').forEach((one) => { one.open = true })")
        harmless(page)
        opened += page.locator("article .timeline").count()
    assert opened > len(PAYLOADS)


def test_results_of_the_earlier_run(tab: Tab) -> None:
    page = tab.open("hostile", "#/compare")
    links = page.locator("a[href^='#/before/']").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert links
    page.evaluate("(link) => { location.hash = link }", links[0])
    page.locator("article h1").wait_for()
    harmless(page)


def test_a_hostile_search_is_text(tab: Tab) -> None:
    for text in PAYLOADS[:11]:
        page = tab.open("hostile", "#/results")
        page.locator("#search").fill(text.encode("utf-8", "replace").decode().replace("\r", " ").replace("\n", " "))
        harmless(page)


def test_the_policy_stops_markup_made_from_text(tab: Tab) -> None:
    page = tab.open("hostile")
    stopped = page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return false } catch { return true } }"
    )
    assert stopped
    tab.errors.clear()  # the browser reports what it stopped


def test_the_browser_shows_text_as_python_does(tab: Tab) -> None:
    """The function is no global of the page, so the text of its file is evaluated as it stands."""
    page = tab.open("sample")
    source = (Path(__file__).parents[3] / "engine" / "reports" / "page" / "static" / "text.js").read_text("utf-8")
    codes = [
        *range(0x3000),
        0xD800,
        0xDBFF,
        0xDFFF,
        0xFEFF,
        0xFFF9,
        0xFFFB,
        0x1F642,
        0xE0000,
        0xE0041,
        0xE007F,
        0xE0080,
    ]
    texts = [f"<{chr(code)}>" for code in codes] + list(PAYLOADS)
    made = page.evaluate(f"(texts) => {{ {source}\nreturn texts.map((text) => shown(text)) }}", texts)
    assert made == [shown(text) for text in texts]
