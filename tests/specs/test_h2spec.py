"""The table of h2spec's cases is complete, and names cases that exist."""

from __future__ import annotations

import re

from engine.app.mutation.table import case_name
from tests.specs.corpus import ROOT, control_cases

# The number of h2spec's cases in each group.
GROUPS = {
    "generic": "1:1 2:5 3.1:3 3.2:3 3.3:5 3.4:1 3.5:1 3.7:1 3.8:1 3.9:2 3.10:2 4:4 5:15",
    "http2": (
        "3.5:2 4.1:3 4.2:3 4.3:3 5.1:13 5.1.1:2 5.1.2:1 5.3.1:2 5.4.1:2 5.5:2 6.1:3 6.2:4 6.3:2 6.4:3 6.5:3 6.5.2:5 "
        "6.5.3:2 6.7:4 6.8:1 6.9:3 6.9.1:3 6.9.2:3 6.10:6 7:2 8.1:1 8.1.2:1 8.1.2.1:4 8.1.2.2:2 8.1.2.3:7 8.1.2.6:2 "
        "8.2:1"
    ),
    "hpack": "2.3.3:2 4.2:1 5.2:3 6.1:1 6.3:1",
}
ROWS = re.findall(r"^\| ((?:generic|http2|hpack)/.*?) \| (.*?) \|", (ROOT / "docs/h2spec.md").read_text(), re.MULTILINE)


def each(words: str) -> list[str]:
    found = []
    for part in words.split(", "):
        span = re.fullmatch(r"(.*)/(\d+) to (\d+)", part)
        found += [f"{span[1]}/{one}" for one in range(int(span[2]), int(span[3]) + 1)] if span else [part]
    return found


def test_every_case_of_h2spec_stands_in_the_table_once() -> None:
    counted = [
        f"{part}/{group}/{number}"
        for part, groups in GROUPS.items()
        for group, count in (one.split(":") for one in groups.split())
        for number in range(1, int(count) + 1)
    ]
    assert sorted(one for words, _ in ROWS for one in each(words)) == sorted(counted)


def test_the_cases_of_the_table_exist() -> None:
    known = {case_name(case.file, case.id).partition("[")[0] for case in control_cases()}
    named = {f"http2/{one}" for _, cases in ROWS for one in re.findall(r"`(.*?)`", cases)}
    assert sorted(named - known) == []
