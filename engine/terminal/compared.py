"""A comparison as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.results.analysis.comparison import Comparison, Difference, folded
from engine.results.analysis.folding import NAMED, Folded
from engine.results.analysis.summary import counted_as
from engine.results.analysis.transitions import Change
from engine.terminal.blame import broken, cause, cut, heading, plural
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role, role_of

ROLES = {Change.REGRESSED: Role.FAILING, Change.FIXED: Role.PASSING}


def lines(found: Comparison, limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The differences in lines: regressed, fixed, changed, on one side only. ``limit`` is the terminal's width in
    columns, 0 for a pipe."""
    sides = paint(Role.HEADING, f"{visible(found.before)} -> {visible(found.after)}")
    yield f"{sides}: {plural(found.compared, 'result')} compared"
    for side, name, servers in zip(("left:", "right:"), (found.before, found.after), found.servers, strict=True):
        if servers and servers != (name,):
            yield f"  {side:<6} {visible(', '.join(servers))}"
    for sentence in found.older:
        yield f"  {visible(sentence)}: what regressed may have been fixed in between"
    if not found.compared and (found.only_before or found.only_after):
        yield "\nthe sides have no case in common: a delivery or a client is a part of a case's address"
    if found.compared and not found.judged:
        yield "\nno case ran on either side"
    for row in found.stopped:
        yield f"\n{paint(Role.FAILING, visible(row.id))} no longer starts: {visible(row.failed)}"
    for row in found.neither:
        yield f"\n{visible(row.id)} starts on neither side: {visible(row.failed)}"
    for change in Change:
        changed = found.of(change)
        if changed:
            cells = sum(len(one.pairs) for one in changed)
            counts = counted_as(cells, len({one.address for one in changed}))
            yield "\n" + paint(ROLES.get(change, Role.WARNING), f"{change.value}: {counts}")
            for reason in dict.fromkeys(why(one) for one in changed):
                for line in reason:
                    yield from broken(line, limit, "  ", "    ")
                for one in folded(one for one in changed if why(one) == reason):
                    yield from difference(one, limit, paint)
    if found.nothing:
        yield paint(Role.PASSING, "nothing changed")
    apart = [
        *alone(found.only_before, "case", found.before),
        *alone(found.only_after, "case", found.after),
        *alone(found.missing_after, "target", found.before),
        *alone(found.missing_before, "target", found.after),
    ]
    if apart:
        yield f"\nnot compared: {'; '.join(apart)}"
    if found.started:
        yield f"starts now: {', '.join(visible(row.id) for row in found.started)}"


def why(one: Difference) -> tuple[str, ...]:
    """The cause of the failing side, in lines."""
    if one.attribution is None:
        return ("no cause: the right side does not fail",)
    first, *others = cause(one.attribution)
    return f"{heading(one.attribution)}: {first}", *others


def difference(group: Folded[Difference], limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """Results of one case, or of several values of its matrix, that changed alike: the targets, the two verdicts, and
    the reason of the failing side."""
    one = group.first
    first = one.red.target
    where = f"[{visible(first)}]" if len(one.pairs) == 1 else f" on {len(one.pairs)} targets ({visible(first)}, ...)"
    title = f": {visible(one.red.title)}" if one.red.title and not group.values else ""
    yield from broken(f"{visible(group.address)}{where}{title}", limit, "    ", "        ")
    if group.values:
        yield f"      {paint(Role.DIM, f'values: {visible(group.named(NAMED))}')}"
    reason = f": {cut(one.red.reason)}" if one.red.reason else ""
    verdicts = " -> ".join(paint(role_of(verdict), verdict.value) for verdict in (one.before, one.after))
    yield from broken(f"{verdicts}{reason}", limit, "      ", "        ")


def alone(names: Sequence[str], word: str, side: str) -> Iterator[str]:
    """The names that only one side has, in a few words; nothing if there are none."""
    if names:
        yield f"{plural(len(names), word)} only in {visible(side)}" + (
            f" ({visible(names[0])})" if len(names) == 1 else ""
        )
