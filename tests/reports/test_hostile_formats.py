"""Hostile text in every field of a run, in the formats for other programs: each stays well-formed and hides nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from xml.etree import ElementTree

import pytest

from engine.reports.base import able, formats
from engine.terminal.failure import text as failure
from tests.reports.page import hostile

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
FORMS = tuple(name for name in able("grid") if name != "html")


@cache
def written(form: str) -> str:
    write = formats()[form].grid
    assert write is not None
    return write(hostile.report())


@pytest.mark.parametrize("form", FORMS)
def test_no_format_has_a_hidden_character(form: str) -> None:
    text = written(form)
    assert HIDDEN.search(text) is None
    text.encode("utf-8")


def test_csv_has_a_row_for_each_result() -> None:
    rows = list(csv.reader(io.StringIO(written("csv"))))
    assert len(rows) == 1 + len(hostile.report().part.results)
    assert len({len(row) for row in rows}) == 1


def test_junit_is_well_formed_and_has_every_result() -> None:
    root = ElementTree.fromstring(written("junit"))
    assert {element.tag for element in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "properties",
        "property",
        "failure",
        "error",
        "skipped",
        "system-out",
    }
    assert len(list(root.iter("testcase"))) == len(hostile.report().part.results) + 1


def test_a_line_of_the_annotations_is_one_command() -> None:
    for line in written("github").splitlines():
        assert re.match(r"::(error|warning|notice) [^\n]*::", line), line[:80]


def test_markdown_has_no_element_of_a_payload() -> None:
    assert not re.search(r"<(?!/?details>|/?summary>)[a-z/]", written("markdown"))


def test_json_is_json() -> None:
    assert json.loads(written("json"))["rows"]


def test_a_failure_on_a_terminal_hides_nothing() -> None:
    report = hostile.report()
    for result in report.run.results:
        text = failure(result, lambda _: "", attribution=report.causes.get((result.address, result.target)))
        assert HIDDEN.search(text) is None
