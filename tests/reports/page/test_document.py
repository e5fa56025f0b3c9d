"""The page as a file: its policy covers its parts, its markup is closed, and no payload is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from engine.model.verdict import Verdict
from engine.reports.page.document import FOLDER, SCRIPTS, page, policy
from engine.reports.view import GridReport
from engine.results.analysis.findings import attributions
from engine.results.analysis.grid import grid_of
from tests.reports.page import hostile
from tests.results.synthetic import run

VOID = {"meta", "br", "input", "img", "link"}


class Reader(HTMLParser):
    """Collects the elements, their attributes, and the text of scripts, styles and everything else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def parsed(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def simple() -> GridReport:
    whole = run({"s f": Verdict.FAIL, "t f": Verdict.PASS})
    return GridReport(whole, grid_of(whole), attributions(whole))


def test_the_same_run_gives_the_same_page_and_lines_end_in_line_feeds() -> None:
    text = page(simple())
    assert text == page(simple())
    assert "\r" not in text
    assert text.endswith("</html>\n")


def test_the_policy_has_the_hash_of_the_one_script_and_of_the_one_style() -> None:
    text = page(simple())
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for part in (script, style):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy()
    assert "unsafe" not in policy()
    assert policy().startswith("default-src 'none'; ")


def test_the_page_needs_nothing_else() -> None:
    reader = parsed(page(simple()))
    assert not [
        tag for tag, attrs in reader.elements if "src" in attrs or tag in ("link", "img", "iframe", "form", "object")
    ]


def test_no_source_has_a_carriage_return_or_ends_the_script() -> None:
    names = {path.name for path in (FOLDER / "static").iterdir()}
    assert names == {*SCRIPTS, "report.css", "palette.css"}
    for path in (FOLDER / "static").iterdir():
        data = path.read_bytes()
        assert b"\r" not in data
        assert b"</" not in data.replace(b"</g", b"")
        assert len(data.splitlines()) < 500


@pytest.mark.parametrize(
    "word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"]
)
def test_the_script_makes_no_markup_from_text(word: str) -> None:
    assert word not in "".join((FOLDER / "static" / name).read_text("utf-8") for name in SCRIPTS)


def test_hostile_text_is_text_in_the_tables() -> None:
    whole = hostile.report()
    reader = parsed(page(whole))
    plain = parsed(page(simple()))
    known = {tag for tag, _ in plain.elements} | {"a", "br", "dd"}
    assert {tag for tag, _ in reader.elements} <= known
    assert {name for _, attrs in reader.elements for name in attrs} <= {
        "charset", "http-equiv", "content", "name", "type", "id", "hidden", "scope", "colspan", "href", "rel", "lang"
    }  # fmt: skip
    assert not [attrs["href"] for _, attrs in reader.elements if "href" in attrs]
    assert len(reader.texts["script"]) == 3
    text = "".join(reader.texts["td"])
    assert "<script>" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_the_tables_have_every_target_and_every_finding() -> None:
    text = page(simple())
    for words in ("s-f-asyncio", "t-f-asyncio", "0/1 1F", "1/1", "specs/x.yaml::case", "expected status 200, got 500"):
        assert words in text
