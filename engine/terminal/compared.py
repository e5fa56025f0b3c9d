"""A comparison as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.results.analysis.comparison import Change, Comparison, Difference, folded
from engine.results.analysis.folding import NAMED, Folded
from engine.results.analysis.summary import counted_as
from engine.terminal.blame import cause, cut, heading, plural
from engine.terminal.escape import visible


def lines(found: Comparison) -> Iterator[str]:
    """The differences in lines: regressed, fixed, changed, on one side only."""
    yield f"{visible(found.before)} -> {visible(found.after)}: {plural(found.compared, 'result')} compared"
    for side, name, servers in zip(("left:", "right:"), (found.before, found.after), found.servers, strict=True):
        if servers and servers != (name,):
            yield f"  {side:<6} {visible(', '.join(servers))}"
    for sentence in found.older:
        yield f"  {visible(sentence)}: what regressed may have been fixed in between"
    if found.compared and not found.judged:
        yield "\nno case ran on either side"
    for row in found.stopped:
        yield f"\n{visible(row.id)} no longer starts: {visible(row.failed)}"
    for row in found.neither:
        yield f"\n{visible(row.id)} starts on neither side: {visible(row.failed)}"
    for change in Change:
        changed = found.of(change)
        if changed:
            cells = sum(len(one.pairs) for one in changed)
            yield f"\n{change.value}: {counted_as(cells, len({one.address for one in changed}))}"
            for reason in dict.fromkeys(why(one) for one in changed):
                yield from (f"  {line}" for line in reason)
                for one in folded(one for one in changed if why(one) == reason):
                    yield from difference(one)
    if found.nothing:
        yield "nothing changed"
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


def difference(group: Folded[Difference]) -> Iterator[str]:
    """Results of one case, or of several values of its matrix, that changed alike: the targets, the two verdicts, and
    the reason of the failing side."""
    one = group.first
    first = one.red.target
    where = f"[{visible(first)}]" if len(one.pairs) == 1 else f" on {len(one.pairs)} targets ({visible(first)}, ...)"
    title = f": {visible(one.red.title)}" if one.red.title and not group.values else ""
    yield f"    {visible(group.address)}{where}{title}"
    if group.values:
        yield f"      values: {visible(group.named(NAMED))}"
    reason = f": {cut(one.red.reason)}" if one.red.reason else ""
    yield f"      {one.before.value} -> {one.after.value}{reason}"


def alone(names: Sequence[str], word: str, side: str) -> Iterator[str]:
    """The names that only one side has, in a few words; nothing if there are none."""
    if names:
        yield f"{plural(len(names), word)} only in {visible(side)}" + (
            f" ({visible(names[0])})" if len(names) == 1 else ""
        )
