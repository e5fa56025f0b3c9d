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
from engine.terminal.paint import PLAIN, Paint, Role, role_of, wrap

__all__ = ["cause", "cut", "evidence", "heading", "lines", "listed", "plural", "whole"]

# So many of the cells that were compared are named in a list; a failure that is shown whole names them all.
NAMED = 4
# Columns of the names of what follows a cause.
LEAD = 14
# Characters of a reason in a list.
LONGEST = 140


def heading(attribution: Attribution | None) -> str:
    """The cause in a few words: ``server gunicorn``, ``the case or the engine``."""
    return "unexpected pass, listed as known" if attribution is None else visible(attribution.heading)


def whole(attribution: Attribution, *, so_far: bool = False, limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The lines that end a failure: the cause, the reason for it, and the cells that were compared. ``so_far`` says
    that the run is not over, so that later results may change the cause. ``limit`` is the terminal's width in columns,
    0 for a pipe."""
    name = paint(Role.HEADING, "cause")
    if so_far and attribution.fault is Fault.UNKNOWN:
        yield from broken(f"{name}: not known yet ({visible(attribution.because)})", limit)
        return
    yield f"{name}{' so far' if so_far else ''}: {heading(attribution)}"
    yield from broken(visible(attribution.because), limit, "  ", "  ")
    lead = "compared with:"
    for one in attribution.evidence:
        yield f"  {lead:<{LEAD}} {evidence(one, paint)}"
        lead = ""
    if attribution.hint:
        yield from broken(visible(attribution.hint), limit, f"  {'see first:':<{LEAD}} ", " " * (LEAD + 3))
    if attribution.settle:
        yield f"  to find out, run: {visible(attribution.settle)}"


def broken(text: str, limit: int, first: str = "", further: str = "  ") -> list[str]:
    """Painted text as lines of at most ``limit`` columns; one line for 0."""
    return wrap(text, limit, first=first, further=further) if limit else [first + text]


def evidence(one: Evidence, paint: Paint = PLAIN) -> str:
    """A cell that was compared: ``gunicorn-control-asyncio: fail (status)``."""
    where = f" ({visible(one.where)})" if one.where else ""
    return f"{visible(one.target)}: {paint(role_of(one.verdict), one.verdict.value)}{where}"


def lines(found: Sequence[Finding], limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The failures by cause, in lines: first the share of each culprit, if there are several. ``limit`` is the
    terminal's width in columns, 0 for a pipe."""
    counted = shares(found)
    cells = sum(len(one.cells) for one in found)
    addresses = {one.address for one in found}
    yield paint(Role.FAILING, f"failing: {counted_as(cells, len(addresses))}")
    if len(counted) > 1:
        heads = [heading(next(one for one in found if one.share == share.key).attribution) for share in counted]
        widest = max(len(head) for head in heads)
        for head, share in zip(heads, counted, strict=True):
            yield f"  {head:<{widest}}  {counted_as(share.cells, share.cases)}"
    for _, of_share in groupby(found, key=lambda one: one.share):
        group = list(of_share)
        yield ""
        yield paint(Role.HEADING, heading(group[0].attribution))
        reasons: dict[tuple[str, ...], list[Finding]] = {}
        for one in group:
            reasons.setdefault(cause(one.attribution), []).append(one)
        for reason, ones in reasons.items():
            for line in reason:
                yield from broken(line, limit, "  ", "    ")
            for entry in folded(ones):
                for line in listed(entry, paint):
                    yield from broken(line, limit, "    ", "      ")


def cause(attribution: Attribution | None) -> tuple[str, ...]:
    """The evidence for a cause, in lines: the cells that were compared, a case to see first, a command that finds
    out."""
    if attribution is None:
        return ()
    compared = [evidence(cell) for cell in attribution.evidence[:NAMED]]
    if len(attribution.evidence) > NAMED:
        compared.append(f"{len(attribution.evidence) - NAMED} more")
    text = f" [{'; '.join(compared)}]" if compared else ""
    lines = [f"{visible(attribution.because)}{text}"]
    if attribution.hint:
        lines.append(f"see first {visible(attribution.hint)}")
    if attribution.settle:
        lines.append(f"to find out, run: {visible(attribution.settle)}")
    return tuple(lines)


def listed(group: Folded[Finding], paint: Paint = PLAIN) -> Iterator[str]:
    """The lines of one finding, or of several that are values of one matrix: the case, the targets, the title, the
    clauses with their greatest risk, and the reason; below that the values. The reason is the first one's."""
    one = group.first
    risk = f"{', '.join(one.first.cite)}: {one.first.risk}" if one.first.risk else ""
    about = "; ".join(text for text in ("" if group.values else one.first.title, risk) if text)
    title = f" ({visible(about)})" if about else ""
    verdict = paint(role_of(one.first.verdict), f"{one.first.verdict.value:<8}")
    yield f"{verdict} {visible(group.address)}{where(one)}{title}: {cut(one.first.reason)}"
    if group.values:
        yield f"  {paint(Role.DIM, f'values: {visible(group.named(VALUES))}')}"


def cut(reason: str) -> str:
    """A reason as a list has it."""
    text = visible(reason)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def where(one: Finding) -> str:
    """The target, in brackets as in a test's name; for several of them their number, and the one that is spoken of."""
    if len(one.cells) == 1:
        return f"[{visible(one.first.target)}]"
    return f" on {len(one.cells)} targets ({visible(one.first.target)}, ...)"
