"""Chromium for the tests of the page: one browser for all, a context for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.reports.page.document import page as page_of
from tests.reports.browser import sample
from tests.reports.page import hostile

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A running Chromium. Without one the tests are skipped, unless ENGINE_REQUIRE_BROWSER is 1.

    It ends with its module, since Playwright keeps an event loop running in the thread of the tests: in the meantime no
    test may call asyncio.run().
    """
    found = os.environ.get("ENGINE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    required = os.environ.get("ENGINE_REQUIRE_BROWSER") == "1"
    if found is None:
        assert not required, "there is no Chromium, and ENGINE_REQUIRE_BROWSER is 1"
        pytest.skip("there is no Chromium; ENGINE_CHROMIUM names one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of the sample and of the hostile run, and that one without its policy."""
    folder = tmp_path_factory.mktemp("pages")
    made = {"sample": sample.report(), "stopped": sample.stopped(), "hostile": hostile.report()}
    texts = {name: page_of(report) for name, report in made.items()}
    head, rest = texts["hostile"].split('<meta http-equiv="Content-Security-Policy"', 1)
    texts["without-policy"] = head + rest.split(">", 1)[1]
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8", newline="\n")
    return {name: folder / f"{name}.html" for name in texts}


class Tab:
    """A page of the browser, with its errors. ``open`` loads one of the files at an address."""

    def __init__(self, context: Any, files: dict[str, Path]) -> None:
        self.page = context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._files = files
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, name: str, address: str = "") -> Any:
        """Load a file, and wait for its heading."""
        self.page.goto("about:blank")
        self.page.goto(f"{self._files[name].as_uri()}{address}")
        self.page.locator("#content h1").first.wait_for()
        return self.page


@pytest.fixture
def tab(browser: Any, files: dict[str, Path]) -> Iterator[Tab]:
    """A tab of a desktop. Errors on its console, and requests of anything but the file, fail the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    made = Tab(context, files)
    yield made
    context.close()
    assert made.errors == []
    assert not [url for url in made.requests if not url.startswith(("file:", "about:"))]
