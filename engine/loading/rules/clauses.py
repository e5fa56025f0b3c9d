"""Clauses: rules for a single entry, and a rule that needs the cases that may cite them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.documents.diagnostics import Diagnostic, Notes
from engine.model.clause import Clause, UntestedReason
from engine.model.nodes import Node

REASONS = ", ".join(reason.value for reason in UntestedReason)


def check(root: Node, notes: Notes) -> None:
    """Reasons that say why no case is possible, but not how that is known."""
    listed = root.get("list")
    for item in listed.items() if listed is not None else []:
        untested = item.get("untested")
        reason = untested.get("reason") if untested is not None else None
        if untested is None or reason is None or untested.get("because") is not None:
            continue
        if reason.value != UntestedReason.MISSING:
            what = f"{reason.value!r} has no explanation"
            notes.error(reason.place, "missing-key", what, "add `because:`, a sentence that a reader can check")


def against(clauses: Iterable[Clause], cited: Collection[str]) -> Iterator[Diagnostic]:
    """Clauses without a case and without a reason, and clauses with both. ``cited`` are the ids that cases cite."""
    for clause in clauses:
        if clause.untested is None and clause.id not in cited:
            what = f"no case cites {clause.id}, and it has no reason for that"
            hint = f"write a case, or add `untested: {{reason: ..., because: ...}}` with one of {REASONS}"
            yield Diagnostic(clause.place, "untested", what, hint)
        elif clause.untested is not None and clause.id in cited:
            what = f"{clause.id} is `untested`, but cases cite it"
            hint = f"remove `untested:`; `engine list cases --cite {clause.id}` lists the cases"
            yield Diagnostic(clause.place, "tested", what, hint)
