"""The table of Autobahn's cases names every number of its sections once, and cases that exist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.specs.corpus import ROOT, control_cases

DOCUMENT = Path("docs/autobahn.md")
# The number of cases of each group.
GROUPS = {
    "1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20, "6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5,
    "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3, "6.11": 5, "6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1,
    "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5, "6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7, "7.1": 6, "7.3": 6,
    "7.5": 1, "7.7": 13, "7.9": 13, "7.13": 2, "9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6, "9.7": 6,
    "9.8": 6, "10.1": 1,
    **{f"{section}.{group}": 18 for section, last in ((12, 5), (13, 7)) for group in range(1, last + 1)},
}  # fmt: skip


def rows() -> Iterator[tuple[str, str]]:
    """The numbers and the cases of each row."""
    for line in (ROOT / DOCUMENT).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0][0].isdigit():
            yield cells[0], cells[2]


def numbers(cell: str) -> Iterator[str]:
    """The numbers that a cell means: "1.1.2 to 1.1.4, 1.1.6"."""
    for part in cell.split(", "):
        first, _, last = part.partition(" to ")
        group, _, begin = first.rpartition(".")
        end = last.rpartition(".")[2] or begin
        yield from (f"{group}.{number}" for number in range(int(begin), int(end) + 1))


def test_every_number_stands_once() -> None:
    found = Counter(number for cell, _ in rows() for number in numbers(cell))
    assert [number for number, count in found.items() if count > 1] == []
    assert set(found) == {f"{group}.{number}" for group, count in GROUPS.items() for number in range(1, count + 1)}


def test_every_case_exists() -> None:
    known = {case.address for case in control_cases()}
    known |= {address.partition("[")[0] for address in known}
    missing = []
    for cell, cases in rows():
        address = ""
        for word in re.findall(r"`([^`]+)`", cases):
            address = f"{address.partition('[')[0]}{word}" if word.startswith("[") else _address(word)
            missing += [] if address in known else [(cell, address)]
        assert address or cases.startswith("none: "), cell
    assert missing == []


def _address(word: str) -> str:
    return f"specs/{word}" if "/" in word else f"specs/websocket/{word}"
