"""Tables of known bugs, and of the outcomes of their cases on releases with and without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.model.bug import Bug
from engine.model.verdict import JobResult
from engine.results.analysis.history import CaseOutcome, Outcome
from engine.results.analysis.redaction import redacted_text
from engine.terminal.columns import TextTable, draw
from engine.terminal.paint import PLAIN, Paint


def listed(bugs: Sequence[Bug], limit: int = 0, paint: Paint = PLAIN) -> str:
    """The bugs: their releases, the number of their cases, and their titles."""
    rows = [(bug.id, releases(bug), str(len(bug.cases)), bug.title) for bug in bugs]
    return draw(("bug", "releases", "cases", "title"), [TextTable("", rows)], limit, paint)


def outcomes(found: Mapping[Bug, Sequence[CaseOutcome]], limit: int = 0, paint: Paint = PLAIN) -> str:
    """The outcomes of the cases of each bug."""
    tables = [TextTable(f"{bug.id}  {releases(bug)}: {bug.title}", [_row(one) for one in rows or [_NONE]])
              for bug, rows in found.items()]  # fmt: skip
    return draw(("bad", "fixed", "outcome", "case"), tables, limit, paint)


def releases(bug: Bug) -> str:
    """The releases of a bug: ``gunicorn 25.0.0, fixed in 25.0.1``."""
    pins = [" ".join(one for one in pins if one not in other) for pins, other in
            ((bug.bad_pins, bug.fixed_pins), (bug.fixed_pins, bug.bad_pins))]  # fmt: skip
    bad, fixed = (f" with {pin}" if pin else "" for pin in pins)
    return f"{bug.name} {bug.bad}{bad}, " + (f"fixed in {bug.fixed}{fixed}" if bug.fixed else "not fixed")


_NONE = CaseOutcome("", None, None, Outcome.NOT_COMPARED, "no case")


def _row(one: CaseOutcome) -> tuple[str, str, str, str]:
    reason = redacted_text(one.reason)
    case = f"{one.address}: {reason}" if one.address and reason else one.address or reason
    return (_verdict(one.bad), _verdict(one.fixed), one.outcome.value, case)


def _verdict(result: JobResult | None) -> str:
    return result.verdict.value if result is not None else "–"
