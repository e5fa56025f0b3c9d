"""Access: axe-core finds nothing, and a browser without script, or with a host's policy, has the tables."""

from __future__ import annotations

import functools
import http.server
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from tests.reports.browser.conftest import Tab
from tests.reports.browser.test_views import VIEWS, address

pytestmark = pytest.mark.browser

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))
# Nodes whose contrast axe leaves open. It measures no sign of one character, and these have the colours of their words.
# Others lie below the edge of a box that scrolls. tests/reports/page/test_style.py computes all pairs of colours.
SIGNS = ("nonBmp", "shortTextContent")
OPEN = 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [*(f"#/{view}" for view in VIEWS), address("granian-control-asyncio", "host")])
def test_axe_finds_nothing(tab: Tab, view: str, scheme: str) -> None:
    page = tab.open("sample", view)
    page.emulate_media(color_scheme=scheme)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]] == []
    nodes = [node for one in found["incomplete"] if one["id"] == "color-contrast" for node in one["nodes"]]
    left = [node["any"][0]["data"]["messageKey"] for node in nodes]
    assert sum(count for key, count in Counter(left).items() if key not in SIGNS) <= OPEN, Counter(left)


def tables(page: Any) -> str:
    """The text of the plain tables, which are there."""
    assert page.locator("#plain").is_visible()
    assert page.locator("#app").is_hidden()
    text: str = page.locator("#plain").inner_text()
    for words in (
        "Matrix",
        "granian-control-asyncio",
        "Findings",
        "expected body",
        "Changes since 20260101-000000-aaaa",
    ):
        assert words in text
    return text


def test_without_script_the_tables_stand_in_the_page(browser: Any, files: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(files["sample"].as_uri())
    tables(page)
    context.close()


def test_print_has_the_tables(tab: Tab) -> None:
    page = tab.open("sample")
    page.emulate_media(media="print")
    tables(page)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files with the header that Jenkins sends, and others like it."""

    policy = ""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(
    params=["sandbox; default-src 'none'; img-src 'self'; style-src 'self';", "script-src 'none'", "default-src 'none'"]
)
def host(request: pytest.FixtureRequest, files: dict[str, Path]) -> Iterator[str]:
    """The address of the sample on a host with a policy of its own."""
    handler = type("Own", (Handler,), {"policy": request.param})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=files["sample"].parent)
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/sample.html"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_header_of_a_ci_server_leaves_the_tables(browser: Any, host: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(host)
    tables(page)
    context.close()


def test_a_fast_scroll_leaves_no_gap(tab: Tab) -> None:
    """After each step of a wheel the rows cover the box."""
    page = tab.open("sample", "#/results")
    box = page.locator(".listbox")
    box.hover()
    for step in (1500, -1500, 700, -300):
        page.mouse.wheel(0, step)
        covered = page.evaluate(
            """() => new Promise((done) => requestAnimationFrame(() => {
              const box = document.querySelector('.listbox').getBoundingClientRect();
              const rows = [...document.querySelectorAll('.item')].map((one) => one.getBoundingClientRect());
              done(rows.some((one) => one.top <= box.top + 58) && rows.some((one) => one.bottom >= box.bottom - 58));
            }))"""
        )
        assert covered
