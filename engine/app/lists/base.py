"""The definition of a list, and the material that lists are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from engine.app.addresses import NamedCases
from engine.app.engine import Engine, RunOptions
from engine.errors import UsageError
from engine.loading.loaded import Loaded
from engine.model.case import CaseHeader
from engine.model.clause import Clause
from engine.model.target import HTTP_1_1, HTTP_VERSIONS, Target
from engine.registry import nearest
from engine.terminal.columns import TextTable

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: ``items`` with JSON's types for programs, and the same as ``tables`` under one ``head`` for people."""

    items: Sequence[Item]
    head: Sequence[str]
    tables: Sequence[TextTable]


@dataclass(frozen=True)
class Stock:
    """The material of lists. ``cite`` selects cases that cite one of these clauses, ``uncited`` the clauses that no
    case cites, ``search`` the clauses with all of these words in their id, source or text. ``mutants`` adds the
    mutants of servers."""

    engine: Engine
    named: NamedCases
    options: RunOptions
    cite: Sequence[str] = ()
    uncited: bool = False
    search: Sequence[str] = ()
    mutants: bool = False

    @cached_property
    def loaded(self) -> Loaded:
        """The documents under the paths, with every error in them."""
        return self.engine.load(self.named.paths, self.named.roots)

    @cached_property
    def cases(self) -> tuple[CaseHeader, ...]:
        """The cases that were asked for. Raises UsageError for a category or a clause that there is not."""
        cases = self.named.cases(self.loaded)
        self.options.selection.check(cases)
        for clause in self.cite:
            if clause not in self.clauses:
                hint = nearest(clause, self.clauses)
                raise UsageError(
                    f"there is no clause {clause!r}", hint=hint if len(hint) < 80 else "engine list clauses"
                )
        return tuple(
            case
            for case in cases
            if self.options.selection.takes(case) and (not self.cite or any(one in case.cite for one in self.cite))
            if not (case.http1 and HTTP_1_1 not in HTTP_VERSIONS[self.options.http])
        )

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """The clauses that the cases may cite, by id."""
        return self.engine.beside(self.named.paths).catalogue

    @cached_property
    def by_file(self) -> dict[str, list[CaseHeader]]:
        """The cases by their file, in the order of the files."""
        found: dict[str, list[CaseHeader]] = {}
        for case in self.cases:
            found.setdefault(case.file, []).append(case)
        return found

    @cached_property
    def targets(self) -> list[Target]:
        """The targets of the servers that were asked for, on every loop."""
        options = self.options
        return self.engine.every(
            RunOptions(
                servers=options.servers,
                frameworks=options.frameworks,
                variants=options.variants,
                gateways=options.gateways,
                http=options.http,
            )
        )

    @cached_property
    def job_counts(self) -> tuple[Counter[Target], Counter[Target]]:
        """The number of cases on every target that they are meant for: of those that run, and of those that are left
        out. Cases that planning cannot distinguish are planned once, since a matrix has hundreds of values. Each target
        is planned as a run of its own: a run of several has a case without a server on one of them only."""
        alike = Counter(_as_planned(case) for case in self.cases)
        first = {_as_planned(case): case for case in self.cases}
        number = {id(case): alike[key] for key, case in first.items()}
        run, left_out = Counter[Target](), Counter[Target]()
        for target in self.targets:
            for job in self.engine.plan(list(first.values()), [target]):
                (left_out if job.left_out else run)[target] += number[id(job.case)]
        return run, left_out


@dataclass(frozen=True, slots=True)
class ListKind:
    """One list of ``engine list``: its name, its summary, and the function that makes it. A ``filtered`` list takes
    paths and the options that select cases. ``formerly`` is an older name that is still read, or ""."""

    name: str
    summary: str
    make: Callable[[Stock], Listing]
    filtered: bool = False
    formerly: str = ""


NAMING = (
    "id", "stem", "title", "suite", "file", "category", "level", "cite", "place", "note", "timeout", "tags",
    "depends_on", "variant", "since", "risk",
)  # fmt: skip
"""The fields of a case that name, select or order it, and never decide whether it runs on a target."""
PLANNING = tuple(one.name for one in fields(CaseHeader) if one.name not in NAMING)


def _as_planned(case: CaseHeader) -> str:
    """All that decides on which targets a case runs, as a key."""
    return repr([getattr(case, name) for name in PLANNING])


def levels(cases: Sequence[CaseHeader]) -> str:
    """The number of cases of each level: ``12 must, 1 may``."""
    counts = Counter(case.level.value for case in cases)
    return ", ".join(f"{counts[level]} {level}" for level in ("must", "should", "may") if counts[level])


def rows(table: Sequence[Sequence[str]], title: str = "") -> Sequence[TextTable]:
    """One table."""
    return (TextTable(title, table),)
