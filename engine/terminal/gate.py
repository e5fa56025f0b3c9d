"""The decision about a change, as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from engine.results.analysis.comparison import folded
from engine.results.analysis.gate import Decision
from engine.results.analysis.summary import plural
from engine.terminal.blame import broken
from engine.terminal.compared import difference
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role


def lines(found: Decision, limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The decision in lines: the two sides, what is broken, flaky and fixed, and the sum. ``limit`` is the terminal's
    width in columns, 0 for a pipe."""
    sides = found.comparison
    for side, name, servers in zip(("before:", "after:"), (sides.before, sides.after), sides.servers, strict=True):
        yield f"{side:<7} {visible(', '.join(servers) or name)}"
    for row in found.stopped:
        yield f"\n{paint(Role.FAILING, visible(row.id))} no longer starts: {visible(row.failed)}"
    for row in sides.neither:
        yield f"\n{visible(row.id)} starts on neither side: {visible(row.failed)}"
    for title, role, changes in (("broken", Role.FAILING, found.broken), ("fixed", Role.PASSING, found.fixed)):
        if changes:
            yield "\n" + paint(role, f"{title}: {plural(len({one.address for one in changes}), 'case')}")
            for one in folded(changes):
                yield from difference(one, limit, paint)
    if found.unsure:
        yield "\n" + paint(Role.WARNING, f"flaky, not counted: {plural(len(found.unsure), 'result')}")
        for each in found.unsure:
            after = each.pair.after
            counts = " -> ".join(f"{good}/{total}" for good, total in (each.before, each.after) if total)
            yield from broken(
                f"{visible(after.address)}[{visible(after.target)}]: passed {counts}", limit, "    ", "      "
            )
    yield ""
    yield _sum(found, paint)


def _sum(found: Decision, paint: Paint) -> str:
    """The last line: what is broken, in one sentence."""
    compared = f"{plural(found.comparison.compared, 'result')} compared"
    if found.exit_code == 3:
        return paint(Role.FAILING, f"nothing could be compared: {compared}")
    if found.exit_code == 0:
        return paint(Role.PASSING, f"nothing is broken: {compared}")
    words = [plural(len({one.address for one in found.broken}), "case") + " broken"] if found.broken else []
    words += [plural(len(found.stopped), "target") + " no longer started"] if found.stopped else []
    return paint(Role.FAILING, f"{' and '.join(words)}: {compared}")
