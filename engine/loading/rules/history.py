"""Documents of history: rules for one document, and rules that need the existing cases, clauses and targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from engine.documents.diagnostics import Diagnostic, Notes
from engine.loading.read.history import bugs_of
from engine.loading.rules.references import near, near_clause
from engine.model.addresses import meant
from engine.model.bug import FRAMEWORK, SERVER, Bug
from engine.model.nodes import Node

RELEASES = ("bad", "fixed")


def check(root: Node, notes: Notes) -> None:
    """Bugs of no server and no framework or of both, duplicate ids, invalid versions, and releases that are equal in
    everything or in the wrong order."""
    first: dict[str, Bug] = {}
    listed = root.get("list")
    for item, bug in zip(listed.items() if listed is not None else (), bugs_of(root), strict=True):
        if (SERVER in item) == (FRAMEWORK in item):
            what = (
                f"a bug is of a server or of a framework, and {bug.id} names {'both' if SERVER in item else 'neither'}"
            )
            notes.error(bug.at("id"), "bug-owner", what, "write one of `server` and `framework`")
        if "under" in item and FRAMEWORK not in item:
            notes.error(bug.at("under"), "bug-owner", "`under` is for a bug of a framework", "delete `under`")
        if bug.id in first:
            hint = f"the first is in line {first[bug.id].place.line}"
            notes.error(bug.at("id"), "duplicate-id", f"two bugs have the id {bug.id!r}", hint)
        first.setdefault(bug.id, bug)
        for key in RELEASES:
            number = getattr(bug, key)
            if number and not _is_version(number):
                notes.error(bug.at(key), "bad-version", f"{number!r} is not a version", 'like "26.2.0"')
        if bug.fixed and all(map(_is_version, (bug.bad, bug.fixed))) and Version(bug.fixed) < Version(bug.bad):
            what = f"{bug.fixed} is an older release than {bug.bad}, which has the bug"
            notes.error(bug.at("fixed"), "release-order", what, "exchange `bad` and `fixed`")
        if bug.bad == bug.fixed and bug.bad_pins == bug.fixed_pins:
            notes.error(bug.at("fixed"), "same-release", "both releases are the same", "pins can distinguish them")


def against(
    bugs: Sequence[Bug],
    cases: Collection[str],
    clauses: Collection[str],
    names: Mapping[str, Collection[str]],
) -> Iterator[Diagnostic]:
    """The errors of bugs that show only in comparison with the existing cases, by address, with clauses, and with the
    ``names`` of servers and frameworks. A bug without cases may be of a server that the engine does not have."""
    addresses = list(cases)
    for bug in bugs:
        for case in bug.cases:
            if not meant(case, addresses):
                hint = near(case, addresses)
                yield Diagnostic(bug.at(f"cases.{case}"), "unknown-case", f"there is no case {case!r}", hint)
        for clause in bug.clauses:
            if clause not in clauses:
                hint = near_clause(clause, clauses)
                yield Diagnostic(bug.at(f"clauses.{clause}"), "unknown-clause", f"there is no clause {clause!r}", hint)
        owners = [(bug.sort, bug.name, bug.at(bug.sort)), *([(SERVER, bug.under, bug.at("under"))] * bool(bug.under))]
        for sort, name, place in owners if bug.cases else ():
            if name not in names[sort]:
                yield Diagnostic(place, "unknown-name", f"there is no {sort} called {name!r}", near(name, names[sort]))


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
