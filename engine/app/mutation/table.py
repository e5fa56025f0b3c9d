"""The table of mutants: for each the cases that kill it. It lies next to the suites, ``specs/mutants.json``.

A line is a mutant: ``"reference~no-date": ["http/messages.yaml::date"]``. A case is named by its file below ``specs/``
and its id, with the value of its matrix if it has one. These cases fail or warn by an expectation. If others only
exceed their time limit, the line has ``{"killed": [...], "timeouts": [...]}`` instead of the list.

The table serves three purposes: it proves that a case can fail, it names the cases to run first for a mutant, and it
distinguishes mutants.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import DocumentError
from engine.model.source_span import SourceSpan

FILE = "mutants.json"


@dataclass(frozen=True, slots=True)
class Row:
    """The cases that kill a mutant, sorted: by an expectation, and only by their time limit."""

    killed: tuple[str, ...] = ()
    timeouts: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[str, ...]:
        """All of them, those with an expectation first."""
        return (*self.killed, *self.timeouts)


@dataclass(frozen=True)
class Table:
    """The rows by mutant, such as ``reference~no-date``."""

    rows: Mapping[str, Row] = field(default_factory=dict)

    @cached_property
    def killers(self) -> Mapping[str, tuple[str, ...]]:
        """The mutants that each case kills by an expectation, by the case with its matrix value."""
        found: dict[str, list[str]] = {}
        for mutant, row in self.rows.items():
            for case in row.killed:
                found.setdefault(case, []).append(mutant)
        return {case: tuple(mutants) for case, mutants in found.items()}

    @cached_property
    def proved(self) -> frozenset[str]:
        """The cases that were shown able to fail: with their matrix values, and without."""
        return frozenset(name for case in self.killers for name in (case, case.partition("[")[0]))

    @property
    def distinct(self) -> int:
        """The number of mutants that can be distinguished: those killed by exactly the same cases count once, and
        those that survive do not count."""
        return len({row.killed for row in self.rows.values() if row.killed})

    def merged(self, mutant: str, row: Row, ran: Collection[str]) -> Row:
        """A row of a run of some cases: of the others, what the table has stays."""
        old = self.rows.get(mutant, Row())
        return Row(
            tuple(sorted({*row.killed, *(case for case in old.killed if case not in ran)})),
            tuple(sorted({*row.timeouts, *(case for case in old.timeouts if case not in ran)})),
        )

    def updated(self, rows: Mapping[str, Row], existing: Iterable[str]) -> Table:
        """The table with other rows for some mutants, without mutants that do not exist any more."""
        whole = {**self.rows, **rows}
        return Table({name: whole[name] for name in sorted(existing) if name in whole})


def case_name(file: str, case: str) -> str:
    """A case as the table names it: ``http/wire.yaml::missing-host``."""
    return f"{file.removeprefix('specs/')}::{case}"


def read(path: Path) -> Table:
    """The table in a file; an empty one if there is no file. Raises DocumentError for a malformed file."""
    try:
        document = json.loads(path.read_text("utf-8"))
        return Table({str(name): _row(row) for name, row in document.items()})
    except FileNotFoundError:
        return Table()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "`engine mutants --whole --write` writes a new one"
        place = SourceSpan(str(path), 1, 1)
        raise DocumentError(f"it does not map mutants to cases: {error}", hint=hint, place=place) from None


def text_of(table: Table) -> str:
    """The text of the file: a line for each mutant, so that a change is a change of lines."""
    lines = [f"{json.dumps(name)}: {json.dumps(_value(row))}" for name, row in sorted(table.rows.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _row(value: Any) -> Row:
    if isinstance(value, list):
        return Row(_cases(value))
    return Row(_cases(value["killed"]), _cases(value["timeouts"]))


def _value(row: Row) -> object:
    return {"killed": row.killed, "timeouts": row.timeouts} if row.timeouts else row.killed


def _cases(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(case, str) for case in value):
        raise ValueError("the cases of a mutant are a list of texts")
    return tuple(sorted(value))
