"""The groups of verdicts, by the table in the docstring of ``Verdict``, and no group anywhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine.model.verdict import Verdict

ENGINE = Path(__file__).parents[2] / "engine"


def table() -> dict[str, set[str]]:
    """The docstring's table: the verdicts of each column, by the position of its crosses."""
    lines = (Verdict.__doc__ or "").split("::\n")[1].split("\n")
    head, *rows = [line for line in lines if line.strip()]
    columns = {word: head.index(f" {word}") + 1 for word in head.split()[1:]}
    found: dict[str, set[str]] = {word: set() for word in columns}
    for row in rows:
        for position in (
            number for number, char in enumerate(row) if char == "x" and number > len("    unexpected-pass")
        ):
            name = min(columns, key=lambda word: abs(columns[word] + len(word) / 2 - position))
            found[name].add(row.split()[0])
    return found


def test_every_verdict_stands_in_the_table_and_every_group_too() -> None:
    rows = {line.split()[0] for line in (Verdict.__doc__ or "").split("::\n")[1].split("\n")[2:] if line.strip()}
    assert rows == {verdict.value for verdict in Verdict}
    assert set(table()) == {name for name, value in vars(Verdict).items() if isinstance(value, property)}


@pytest.mark.parametrize("group", table())
def test_a_group_has_the_verdicts_of_the_table(group: str) -> None:
    assert {verdict.value for verdict in Verdict if getattr(verdict, group)} == table()[group]


def test_options_add_to_what_breaks_the_build() -> None:
    def more(**options: bool) -> set[Verdict]:
        return {verdict for verdict in Verdict if verdict.breaks_build(**options) != verdict.breaks}

    assert more() == set()
    assert more(flaky_fails=True) == {Verdict.FLAKY}
    assert more(strict=True) == {Verdict.FLAKY, Verdict.WARN}


# Not groups: an order of candidates, and the groups of a table's letters.
ALLOWED = {
    "engine/cli/grid.py",
    "engine/results/analysis/choosing.py",
    "engine/reports/page/summary.py",
    "engine/reports/table.py",
    "engine/model/verdict.py",
}


def test_no_other_module_groups_three_verdicts_or_more() -> None:
    found = []
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Tuple | ast.Set | ast.List):
                names = [
                    one for one in node.elts if isinstance(one, ast.Attribute) and ast.unparse(one.value) == "Verdict"
                ]
                if len(names) > 2:
                    found.append(str(path.relative_to(ENGINE.parent)))
    assert set(found) <= ALLOWED
