"""A site as files: valid pages, no dead link, no empty table, the bytes in three clicks, the same text each time."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag
from xml.etree import ElementTree

import html5lib
import jsonschema
import pytest

from engine.reports.page.addresses import result_address
from engine.site.document import POLICY, site
from engine.site.links import run_path
from tests.site import sample

ROOT = Path(__file__).parents[2]
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
PAGES = sorted(name for name in sample.files() if name.endswith(".html") and not name.startswith("runs/"))
KINDS = ("sample", "hostile")


@cache
def parsed(kind: str, name: str) -> ElementTree.Element:
    """A page as a tree. Raises ParseError where it is no valid HTML."""
    tree: ElementTree.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        sample.files(kind)[name]
    )
    return tree


def pages(kind: str) -> Iterator[tuple[str, ElementTree.Element]]:
    """The pages of a site, without the reports of runs, which have tests of their own."""
    for name in sample.files(kind):
        if name.endswith(".html") and not name.startswith("runs/"):
            yield name, parsed(kind, name)


def links(kind: str, name: str) -> list[str]:
    """The addresses of a page's links, from the root of the site."""
    found = []
    for element in parsed(kind, name).iter("a"):
        target, fragment = urldefrag(element.attrib["href"])
        if re.match(r"https?://", target):
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
        found.append(f"{path}#{fragment}" if fragment else path)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_valid_and_their_ids_are_unique(kind: str) -> None:
    for name, tree in pages(kind):
        ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
        assert len(ids) == len(set(ids)), name
        assert len(list(tree.iter("h1"))) == 1, name
        assert "\r" not in sample.files(kind)[name]


@pytest.mark.parametrize("kind", KINDS)
def test_no_link_is_dead(kind: str) -> None:
    files = sample.files(kind)
    for name, tree in pages(kind):
        for link in links(kind, name):
            path, fragment = urldefrag(link)
            assert path in files, (name, link)
            if fragment and not path.startswith("runs/"):
                anchors = {element.attrib.get("id") for element in parsed(kind, path).iter()}
                assert fragment in anchors, (name, link)
        for element in (*tree.iter("link"), *tree.iter("img")):
            target = element.attrib.get("href") or element.attrib["src"]
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) in files


@pytest.mark.parametrize("kind", KINDS)
def test_no_table_is_empty_and_each_has_the_date_and_the_machine(kind: str) -> None:
    for name, tree in pages(kind):
        for table in tree.iter("table"):
            assert [row for body in table.iter("tbody") for row in body.iter("tr")], name
            widths = {
                sum(int(cell.attrib.get("colspan", 1)) for cell in row if cell.tag in ("td", "th"))
                for row in table.iter("tr")
            }
            assert len(widths) == 1, name
            caption = "".join(next(iter(table.iter("caption"))).itertext())
            assert kind != "sample" or caption == ("1970-01-01 · engine 0.1.0 · Python 3.11.7 · Linux · Z80, 1 core")


def test_every_failing_result_is_three_clicks_from_the_first_page() -> None:
    reached = {"index.html"}
    for _ in range(2):
        reached |= {urldefrag(link)[0] for name in list(reached) if name in PAGES for link in links("sample", name)}
    found = {link for name in reached if name in PAGES for link in links("sample", name)}
    (report,) = sample.source().reports
    current = {row.id for row in report.run.targets if not row.release and row.server != "reference"}
    failing = [one for one in report.run.results if one.verdict.unmet and one.target in current]
    assert len(failing) > 6
    for one in failing:
        assert f"{run_path(report.run.id)}{result_address(one.target, one.address)}" in found, one.address


def test_the_same_runs_give_the_same_files() -> None:
    assert dict(site(sample.source())) == sample.files()


def test_a_page_has_no_script_and_a_policy() -> None:
    for name, tree in pages("hostile"):
        assert not [*tree.iter("script"), *tree.iter("style"), *tree.iter("iframe"), *tree.iter("form")]
        metas = [one.attrib.get("content") for one in tree.iter("meta") if "http-equiv" in one.attrib]
        assert metas == [POLICY], name
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in POLICY


def test_hostile_text_is_text() -> None:
    known = {element.tag for _, tree in pages("sample") for element in tree.iter()}
    names = {name for _, tree in pages("sample") for element in tree.iter() for name in element.attrib}
    for name, tree in pages("hostile"):
        assert {element.tag for element in tree.iter()} <= known, name
        assert {one for element in tree.iter() for one in element.attrib} <= names, name
        for element in tree.iter("a"):
            assert not re.match(r"\s*(javascript|data|vbscript):", element.attrib["href"], re.IGNORECASE)
        assert HIDDEN.search("".join(tree.itertext())) is None, name


def test_paths_are_plain_and_texts_are_utf_8() -> None:
    for name, text in sample.files("hostile").items():
        assert re.fullmatch(r"[a-z]+(/[A-Za-z0-9_.-]+)?|[a-z]+\.(html|css|json)", name), name
        assert len(name) < 200
        text.encode("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_badges_are_svg(kind: str) -> None:
    badges = [text for name, text in sample.files(kind).items() if name.startswith("badges/")]
    assert badges
    for text in badges:
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert {element.tag.rpartition("}")[2] for element in root.iter()} == {
            "svg", "title", "clipPath", "rect", "g", "text"
        }  # fmt: skip
        assert HIDDEN.search("".join(root.itertext())) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_have_their_schema(kind: str) -> None:
    schema = json.loads((ROOT / "schemas" / "site.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(sample.files(kind)["data.json"]), schema)


def test_a_clause_shows_who_meets_it_and_the_bytes_where_it_is_not_met() -> None:
    text = "".join(parsed("sample", "clauses/H1-17.html").itertext())
    for words in (
        "No Host is refused.",
        "granian",
        ">> connection 1 sent",
        "| GET /first HTTP/1.1\\r\\n",
        "b'hello world'",
    ):
        assert words in text, words
    untested = "".join(parsed("sample", "clauses/H1-99.html").itertext())
    assert "not-observable: it leaves no trace" in untested


def test_a_server_shows_its_claims_next_to_measurements() -> None:
    text = " ".join("".join(parsed("sample", "servers/gunicorn.html").itertext()).split())
    for words in (
        "http2.4http.response.push ·not tested, x",
        "statethere is a stateyesno",
        "workers✓ yes 1 of 1 case",
    ):
        assert words in text, words
    assert "features/push.html" in links("sample", "servers/gunicorn.html")


def test_a_capability_shows_since_when_it_is_offered() -> None:
    text = "".join(parsed("sample", "features/websocket.html").itertext())
    assert "26.0declared" in text
    assert "27.0.1 or earlier" in text


def test_a_release_shows_what_changed_and_its_bugs() -> None:
    text = " ".join("".join(parsed("sample", "releases/gunicorn-27.0.1.html").itertext()).split())
    assert "Compared with 25.0.0, 6 results: 0 cases broke, 1 fixed." in text
    assert "It is slow" in text
    assert "It was slow" in "".join(parsed("sample", "releases/gunicorn-25.0.0.html").itertext())
