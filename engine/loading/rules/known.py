"""The baseline: rules for a single entry, and rules that need the existing cases and targets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from engine.documents.diagnostics import Diagnostic, Notes, Severity
from engine.loading.read.sheets import day
from engine.loading.rules.references import near
from engine.model.addresses import parsed
from engine.model.baseline import KnownFailure
from engine.model.nodes import Node
from engine.model.source_span import NOWHERE
from engine.registry import nearest

RANGE = 'a range is written like ">=25,<27" or "==26.2.0"'
SELECTORS = ("servers", "frameworks", "loops", "gateways", "runtimes", "http")
# The keys that select the results of an entry.
SAME = ("case", *SELECTORS, "versions", "framework_versions")


def check(root: Node, notes: Notes) -> None:
    """Entries without a reason or with half of one, invalid ranges and days, and duplicate entries."""
    listed = root.get("list")
    first: dict[object, Node] = {}
    for item in listed.items() if listed is not None else []:
        _reason(item, notes)
        _range(item, "versions", "servers", notes)
        _range(item, "framework_versions", "frameworks", notes)
        until = item.get("until")
        if until is not None and day(str(until.value)) is None:
            notes.error(until.place, "bad-date", f"{until.value!r} is not a valid date", 'like "2027-03-01"')
        same = repr({key: node.plain() for key in SAME if (node := item.get(key)) is not None})
        case = item.get("case")
        if case is not None and case.place == NOWHERE:
            continue
        if same in first:
            what = "this case is already listed for the same targets"
            notes.error(item.place, "duplicate", what, f"the first is in line {first[same].place.line}")
        first.setdefault(same, item)


def _reason(item: Node, notes: Notes) -> None:
    because, link = item.get("because"), item.get("link")
    if because is None and item.get("observed") is None:
        what = "this known failure has no reason"
        notes.error(item.place, "missing-key", what, "write `because:`, and `link:` to where it is tracked")
    elif because is not None and link is None:
        what = "this known failure has a reason, but no link to the issue that tracks it"
        notes.error(because.key, "missing-key", what, "add `link:`")


def _range(item: Node, key: str, names: str, notes: Notes) -> None:
    node = item.get(key)
    if node is None:
        return
    if item.get(names) is None:
        what = f"`{key}` is a range for one package, and this entry does not name it"
        notes.error(node.key, "missing-key", what, f"add `{names}: [...]`")
    try:
        SpecifierSet(str(node.value))
    except InvalidSpecifier:
        notes.error(node.place, "bad-range", f"{node.value!r} is not a version range", RANGE)


def beside(
    known: Sequence[KnownFailure],
    names: Mapping[str, Collection[str]],
    cases: Mapping[str, Collection[str] | None],
    today: date,
) -> Iterator[Diagnostic]:
    """The errors of a baseline with respect to the existing cases and targets.

    ``names`` has the names for each of SELECTORS; ``cases`` the ids of the cases by file, relative to the checkout,
    None for a file with errors. An expired entry is a warning, and so is one without a reason: neither must prevent a
    run.
    """
    for line in known:
        yield from _case(line, cases)
        for key, there in names.items():
            for name in getattr(line.selector, key):
                if name not in there:
                    what = f"there is no {key.removesuffix('s')} called {name!r}"
                    yield Diagnostic(
                        line.at(f"{key}.{name}"), f"unknown-{key.removesuffix('s')}", what, nearest(name, there)
                    )
        if line.until is not None and today > line.until:
            what = f"this entry has no effect after {line.until}"
            hint = "review it: set a later day, or delete the entry"
            yield Diagnostic(line.at("until"), "expired", what, hint, Severity.WARNING)
        if not line.because:
            what = "the engine wrote this entry, and the reason is missing"
            hint = "add `because:` and `link:`; `observed:` can be deleted then"
            yield Diagnostic(line.at("observed"), "no-reason", what, hint, Severity.WARNING)


def _case(line: KnownFailure, cases: Mapping[str, Collection[str] | None]) -> Iterator[Diagnostic]:
    address = parsed(line.case)
    file, name = address.file, address.case
    place = line.at("case")
    if file not in cases:
        yield Diagnostic(place, "unknown-case", f"there is no suite {file!r}", near(file, cases))
        return
    there = cases[file]
    if there is None:
        return
    stems = {re.sub(r"\[.*\]$", "", one) for one in there}
    if name not in there and name not in stems:
        wanted = there if "[" in name and name.partition("[")[0] in stems else stems
        yield Diagnostic(place, "unknown-case", f"{file} has no case {name!r}", near(name, wanted))
