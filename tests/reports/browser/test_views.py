"""What a reader does with the page: open, filter, drill down, follow links, copy, compare, and use the keyboard."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.reports.browser.conftest import Tab
from tests.reports.browser.sample import FILE, NAMES, PARAMETERS
from tests.results.synthetic import row

pytestmark = pytest.mark.browser

VIEWS = ("matrix", "findings", "results", "clauses", "compare", "run")


def address(target: str, case: str) -> str:
    return f"#/result/{quote(target, safe='')}/{quote(f'{FILE}::{case}', safe='/:')}"


def heading(page: Any) -> str:
    text: str = page.locator("#content h1").first.inner_text()
    return text


def heading_is(page: Any, words: str) -> None:
    page.locator("#content h1", has_text=words).first.wait_for()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(tab: Tab, view: str) -> None:
    page = tab.open("sample", f"#/{view}")
    assert page.locator("nav a[aria-current=page]").count() == 1
    assert page.locator("#plain").is_hidden()


def test_the_bytes_are_three_clicks_from_the_matrix(tab: Tab) -> None:
    page = tab.open("sample")
    page.get_by_role("link", name="granian-control-asyncio, http:").click()
    page.locator("a.result", has_text="Case host").or_(page.locator("a.result", has_text="expected body")).first.click()
    heading_is(page, "Case host")
    page.locator("details.zoom summary").first.click()
    hex_lines = page.locator("details.zoom[open] .hex").first.inner_text()
    assert hex_lines.startswith("000000  47 45 54 20 2f 66 69 72 73 74")
    assert "GET /first HTTP/1.1\\r\\n" in page.locator("pre.wire").first.inner_text()


def test_a_result_shows_the_clause_the_line_the_values_and_the_frames(tab: Tab) -> None:
    page = tab.open("sample", address("granian-control-asyncio", "host"))
    text = page.locator("#content").inner_text()
    for words in ("A request without Host is refused.", "first difference at byte 6", "call 1 on connection 1"):
        assert words.lower() in text.lower(), words
    assert page.locator("pre.excerpt mark").first.inner_text() == "400"
    marks = page.locator(".sides figure").all()
    assert [one.locator("mark").first.inner_text() for one in marks] == ["77", "74"]
    frames = [one.inner_text() for one in page.locator("pre.frames").all()]
    assert frames == ["text, FIN, unmasked, 5 B: hello", "text, FIN, masked, 2 B: hb"]
    assert page.locator("pre.source .failing-line").inner_text().endswith("- request: {path: /, expect: {status: 400}}")
    assert page.locator("a[href='https://www.rfc-editor.org/']").count() == 1


def test_a_link_survives_parameters_and_releases(tab: Tab) -> None:
    target = row("gunicorn==25.0.0 litestar").id
    page = tab.open("sample", address(target, PARAMETERS))
    assert heading(page) == f"Case {PARAMETERS}"
    assert target in page.locator(".crumbs").inner_text()
    assert "known failure: it is old" in page.locator("#content").inner_text().lower()
    # The links of the page itself lead to the same place.
    page.goto(page.url.partition("#")[0] + "#/results?q=" + quote(f'target:{target} "a/b"'))
    page.locator("a.result").first.click()
    heading_is(page, f"Case {PARAMETERS}")
    assert "?" not in page.url


@pytest.mark.parametrize("link", ["#/result/x/y", "#/result/%E0%A4%A/%", "#/nowhere?q=x", "#/before/x/y::z", "#%"])
def test_an_unknown_link_is_reported(tab: Tab, link: str) -> None:
    assert heading(tab.open("sample", link)) == "Not in this report"


def test_the_search_and_the_address_say_the_same(tab: Tab) -> None:
    page = tab.open("sample", "#/results?q=server%3Agranian")
    assert page.locator("#search").input_value() == "server:granian"
    assert page.locator("a.result").count() == 6
    page.locator("#search").fill("verdict:fail -server:gunicorn")
    page.wait_for_function("() => location.hash === '#/results?q=verdict:fail%20-server:gunicorn'")
    assert page.locator("a.result").count() == 2
    page.locator("nav a", has_text="Findings").click()
    heading_is(page, "Findings")
    assert page.locator("#search").input_value() == "verdict:fail -server:gunicorn"
    page.go_back()
    heading_is(page, "Results")
    page.reload()
    heading_is(page, "Results")
    assert page.locator("a.result").count() == 2


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 36),
        ("server:gunicorn", 24),
        ("server:gunicorn==25.0.0", 6),
        ("framework:litestar", 12),
        ("loop:asyncio", 36),
        ("http:1.1", 36),
        ("http:2", 0),
        ("verdict:known", 3),
        ("verdict:failing", 6),
        ("level:should", 20),
        ("category:websocket", 20),
        ("clause:h1-17", 36),
        ("risk:smuggling", 36),
        ("case:host", 16),
        (f"case:{FILE}::close", 8),
        ('"hello there" server:granian', 2),
        ("-server:gunicorn -server:reference", 6),
        ("cause:server", None),
        ("target:granian-control-asyncio", 3),
        ("nothing-has-this", 0),
        ("unknown:field", 0),
        ('"', None),
        ("-", None),
        ("server:", None),
        ("(", 0),
        ("verdict:FAIL", 3),
    ],
)
def test_words_select(tab: Tab, words: str, count: int | None) -> None:
    page = tab.open("sample", f"#/results?q={quote(words)}")
    if count is not None:
        assert page.locator("a.result").count() == count


def test_the_matrix_is_grouped_and_counts_every_verdict(tab: Tab) -> None:
    page = tab.open("sample")
    groups = [one.inner_text().split("\n")[0] for one in page.locator("tr.group th .name").all()]
    assert groups == ["gunicorn", "gunicorn==25.0.0", "granian", "reference", "dead"]
    assert page.locator("td.dead").inner_text() == "did not start: no module named x"
    page.locator("#grouping").select_option("http")
    page.wait_for_function("() => location.hash.includes('by=http')")
    assert page.locator("tr.group th .name").all_inner_texts() == ["1.1"]
    page.locator("#grouping").select_option("framework")
    page.wait_for_function("() => location.hash.includes('by=framework')")
    groups = [one.inner_text() for one in page.locator("tr.group th .name").all()]
    assert groups == ["control", "litestar"]
    page.locator("#level").select_option("should")
    page.wait_for_function("() => location.hash.includes('level:should')")
    assert page.locator("#content thead th").all_inner_texts()[1:] == ["total", "websocket"]
    marks = {one.get_attribute("class") for one in page.locator("a.cell .mark").all()}
    assert {f"mark v-{name}" for name in ("fail", "known", "flaky", "unsupported", "crash", "timeout")} <= marks


def test_the_head_and_the_first_column_stay(tab: Tab) -> None:
    page = tab.open("sample")
    page.set_viewport_size({"width": 360, "height": 500})
    before = page.evaluate("() => { const box = document.querySelector('.scroll'); box.scrollTo(60, 120); return 1 }")
    assert before == 1
    box, head, first = (
        page.locator(one).first.bounding_box()
        for one in (".scroll", "#content thead th", "#content tbody tr:nth-child(2) th")
    )
    assert abs(head["y"] - box["y"]) < 3
    assert abs(first["x"] - box["x"]) < 3


def test_no_view_is_wider_than_a_telephone(tab: Tab) -> None:
    for view in (*(f"#/{view}" for view in VIEWS), address("granian-control-asyncio", "host")):
        page = tab.open("sample", view)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, view


def test_changes_are_listed_result_by_result(tab: Tab) -> None:
    page = tab.open("sample", "#/compare")
    text = page.locator("#content").inner_text()
    for words in ("Newly failing (2)", "Newly passing (2)", "Failing or passing otherwise (0)"):
        assert words in text
    page.locator(".change-fixed a", has_text="expected body").first.click()
    heading_is(page, "Case host")
    assert "run 20260101-000000-aaaa" in page.locator(".crumbs").inner_text()
    page.go_back()
    heading_is(page, "Changes")
    page.locator(".change-regressed a", has_text="expected body").first.click()
    heading_is(page, "Case host")
    assert "granian" in page.locator(".crumbs").inner_text()


def test_commands_and_links_are_copied(tab: Tab) -> None:
    page = tab.open("sample", address("granian-control-asyncio", "host"))
    page.get_by_role("button", name="Copy command 2").click()
    page.get_by_text("Copied").first.wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == "curl -i http://127.0.0.1:18000/"
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('#/result/granian')")


def test_the_keyboard_is_enough(tab: Tab) -> None:
    page = tab.open("sample")
    page.keyboard.press("/")
    page.keyboard.type("server:granian")
    page.wait_for_function("() => location.hash.includes('server:granian')")
    page.locator("a.cell[tabindex='0']").focus()
    focused = "() => document.activeElement.getAttribute('aria-label')"
    labels = [page.evaluate(focused)]
    for key in ("ArrowRight", "ArrowDown", "End", "ArrowLeft", "Home", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
        labels.append(page.evaluate(focused))
    assert [one.split(":")[0] for one in labels] == [
        "granian, total",
        "granian, http",
        "granian-control-asyncio, http",
        "granian-control-asyncio, websocket",
        "granian-control-asyncio, http",
        "granian-control-asyncio, total",
        "granian, total",
        "granian, http",
    ]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading_is(page, "Results")
    page.locator(".listbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading_is(page, "Case host")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.tagName") == "A"


def test_every_target_of_the_sample_has_a_row(tab: Tab) -> None:
    page = tab.open("sample")
    assert page.locator("#content tbody tr:not(.group)").count() == len(NAMES) + 1


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (
            address("dead-control-asyncio", "host"),
            ("The target did not start", "no module named x", "install it", "Traceback: x"),
        ),
        (address("slow-control-asyncio", "host"), ("timeout", "no end after 10 s", "nothing was recorded")),
        (address("slow-control-asyncio", "close"), ("pass", "keeps no time line of passing cases")),
    ],
)
def test_results_without_a_mismatch_have_their_reason(tab: Tab, link: str, words: tuple[str, ...]) -> None:
    text = tab.open("stopped", link).locator("#content").inner_text()
    for word in words:
        assert word in text
