"""Causes of failures for people: of one failure, and of all failures in a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from engine.results.analysis.attribution import Attribution, Evidence, Fault
from engine.results.analysis.findings import Finding, folded, shares
from engine.results.analysis.folding import NAMED as VALUES
from engine.results.analysis.folding import Folded
from engine.results.analysis.summary import counted_as, plural
from engine.terminal.escape import visible

__all__ = ["cause", "cut", "evidence", "heading", "lines", "listed", "plural", "whole"]

# So many of the cells that were compared are named in a list; a failure that is shown whole names them all.
NAMED = 4
# Characters of a reason in a list.
LONGEST = 140


def heading(attribution: Attribution | None) -> str:
    """The cause in a few words: ``server gunicorn``, ``the case or the engine``."""
    return "unexpected pass, listed as known" if attribution is None else visible(attribution.heading)


def whole(attribution: Attribution, *, so_far: bool = False) -> Iterator[str]:
    """The lines that end a failure: whose fault, why, and which cells were compared. ``so_far`` says that the run is
    not over, so that what is to come may say otherwise."""
    if so_far and attribution.fault is Fault.UNKNOWN:
        yield f"whose fault: not known before the run has come further ({visible(attribution.because)})"
        return
    yield f"whose fault{', as far as the run has come' if so_far else ''}: {heading(attribution)}"
    yield f"  {visible(attribution.because)}"
    lead = "compared with:"
    for one in attribution.evidence:
        yield f"  {lead:<14} {evidence(one)}"
        lead = ""
    if attribution.hint:
        yield f"  {'look first at:':<14} {visible(attribution.hint)}"
    if attribution.settle:
        yield f"  {'settled by:':<14} {visible(attribution.settle)}"


def evidence(one: Evidence) -> str:
    """A cell that was compared: ``gunicorn-control-asyncio: fail (status)``."""
    where = f" ({visible(one.where)})" if one.where else ""
    return f"{visible(one.target)}: {one.verdict.value}{where}"


def lines(found: Sequence[Finding]) -> Iterator[str]:
    """The failures by cause, in lines: first the share of each culprit, if there are several."""
    counted = shares(found)
    cells = sum(len(one.cells) for one in found)
    addresses = {one.address for one in found}
    yield f"failing: {counted_as(cells, len(addresses))}"
    if len(counted) > 1:
        heads = [heading(next(one for one in found if one.share == share.key).attribution) for share in counted]
        widest = max(len(head) for head in heads)
        for head, share in zip(heads, counted, strict=True):
            yield f"  {head:<{widest}}  {counted_as(share.cells, share.cases)}"
    for _, of_share in groupby(found, key=lambda one: one.share):
        group = list(of_share)
        yield ""
        yield heading(group[0].attribution)
        reasons: dict[tuple[str, ...], list[Finding]] = {}
        for one in group:
            reasons.setdefault(cause(one.attribution), []).append(one)
        for reason, ones in reasons.items():
            yield from (f"  {line}" for line in reason)
            for entry in folded(ones):
                yield from (f"    {line}" for line in listed(entry))


def cause(attribution: Attribution | None) -> tuple[str, ...]:
    """The evidence for a cause, in lines: the cells that were compared, a case to look at first, a command that would
    settle it."""
    if attribution is None:
        return ()
    compared = [evidence(cell) for cell in attribution.evidence[:NAMED]]
    if len(attribution.evidence) > NAMED:
        compared.append(f"{len(attribution.evidence) - NAMED} more")
    shown = f" [{'; '.join(compared)}]" if compared else ""
    lines = [f"{visible(attribution.because)}{shown}"]
    if attribution.hint:
        lines.append(f"look first at {visible(attribution.hint)}")
    if attribution.settle:
        lines.append(f"settled by: {visible(attribution.settle)}")
    return tuple(lines)


def listed(group: Folded[Finding]) -> Iterator[str]:
    """The lines of one finding, or of several that are values of one matrix: the case, the targets, the title, and the
    reason; below that the values. The reason is the first one's."""
    one = group.first
    title = f" ({visible(one.first.title)})" if one.first.title and not group.values else ""
    yield f"{one.first.verdict.value:<8} {visible(group.address)}{where(one)}{title}: {cut(one.first.reason)}"
    if group.values:
        yield f"{'':<8} values: {visible(group.named(VALUES))}"


def cut(reason: str) -> str:
    """A reason as a list has it."""
    shown = visible(reason)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def where(one: Finding) -> str:
    """The target, in brackets as in a test's name; for several of them their number, and the one that is spoken of."""
    if len(one.cells) == 1:
        return f"[{visible(one.first.target)}]"
    return f" on {len(one.cells)} targets ({visible(one.first.target)}, ...)"
