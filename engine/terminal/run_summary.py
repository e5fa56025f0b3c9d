"""The end of a run on a terminal: targets that did not start, warnings, known failures by server, and counts. Lists are
bounded; a report has them in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.model.verdict import JobResult
from engine.results.analysis.folding import NAMED, Folded
from engine.results.analysis.summary import FoldedCase, ListedCase, cases_of, counted_as, plural, results_of, warned
from engine.results.record.store import TargetRow
from engine.terminal.escape import visible
from engine.terminal.paint import PLAIN, Paint, Role, wrap

MOST = 10
"""The number of entries of a list, over all servers."""
SERVERS = 3
"""Of more servers than this, only the counts are listed."""
LONGEST = 160
"""The longest text of a reason, in characters."""
LOG_LINES = 20
"""The last lines of a log that are shown of a target that did not start."""


def not_started(rows: Iterable[TargetRow], width: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The targets among some that did not start, in lines: the reason, a hint, and the end of the log, with an empty
    line before each. ``width`` is the terminal's, 0 for no limit."""
    for row in rows:
        if row.failed:
            yield ""
            name = paint(Role.FAILING, f"{visible(row.id)} did not start")
            yield from start_failure(row, width, paint, head=f"{name}: ")


def start_failure(row: TargetRow, width: int = 0, paint: Paint = PLAIN, *, head: str = "") -> Iterator[str]:
    """The reason why a target did not start, behind ``head``, a hint, and the end of its log, in lines. ``width`` is
    the terminal's, 0 for no limit."""
    yield from _hanging(f"{head}{visible(row.failed)}", "", width)
    if row.hint:
        yield from _hanging(paint(Role.HINT, visible(row.hint)), "  ", width)
    for line in row.log.splitlines()[-LOG_LINES:]:
        yield f"  {paint(Role.DIM, '|')} {visible(line)}"


def _hanging(text: str, indent: str, width: int) -> list[str]:
    return wrap(text, width, first=indent, further="  ") if width else [indent + text]


def warnings(results: Iterable[JobResult], in_full: str, width: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The warnings among some results, in lines: the case, its targets, and what was expected and observed; nothing
    where there are none. ``in_full`` is the command that prints all of them; ``width`` is the terminal's, 0 for no
    limit."""
    listed = warned(results)
    if listed:
        yield f"{paint(Role.WARNING, 'warnings')}: {_count(listed)}"
        yield from _bounded(listed, MOST, "  ", width, paint)
        yield from _more(listed[MOST:], in_full)


def known_failures(
    excused: Mapping[str, Sequence[FoldedCase]],
    in_full: str,
    width: int = 0,
    paint: Paint = PLAIN,
    files: Sequence[str] = (),
) -> Iterator[str]:
    """The known failures of a run by server, in lines: each entry with its reason and its link; nothing if there are
    none. ``excused`` is what ``engine.results.analysis.summary.excused`` gives, ``files`` the baselines of the run."""
    if not excused:
        return
    everything = [one for listed in excused.values() for one in listed]
    listed_in = f", listed in {', '.join(map(visible, files))}" if files else ""
    yield from _wrapped(f"{paint(Role.KNOWN, 'known failures')}: {_count(everything)}{listed_in}", "", width)
    each = MOST // len(excused) if len(excused) <= SERVERS else 0
    for server, listed in excused.items():
        yield f"  {visible(server)}: {_count(listed)}"
        yield from _bounded(listed, each, "    ", width, paint)
    yield from _more([one for listed in excused.values() for one in listed[each:]], in_full)


def _count(listed: Sequence[FoldedCase]) -> str:
    return counted_as(results_of(listed), cases_of(listed))


def _bounded(listed: Sequence[FoldedCase], most: int, indent: str, width: int, paint: Paint) -> Iterator[str]:
    for folded in listed[:most]:
        yield from entry(folded, indent, width, paint)


def _more(hidden: Sequence[FoldedCase], in_full: str) -> Iterator[str]:
    if hidden:
        yield f"  {plural(cases_of(hidden), 'more case')} in `{in_full}`"


def entry(folded: FoldedCase, indent: str, width: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """One entry of a list, in lines: the case, and below it what is known of it."""
    yield from _wrapped(f"{visible(folded.address)} on {where(folded.first.targets)}", indent, width)
    for role, text in details(folded):
        line = visible(text)
        yield from _wrapped(line if role is None else paint(role, line), indent + "  ", width)


def details(folded: Folded[ListedCase]) -> Iterator[tuple[Role | None, str]]:
    """The details of an entry, a line each with its role: the values, the reason, the link."""
    first = folded.first
    if folded.values:
        yield Role.DIM, f"values: {folded.named(NAMED)}"
    if first.excuse is None:
        yield None, cut(first.reason)
        return
    yield None, cut(first.excuse.because or f"no reason is written down; {first.reason}")
    if first.excuse.link:
        yield Role.LINK, first.excuse.link


def where(targets: Sequence[str]) -> str:
    """The target, or the number of several."""
    return visible(targets[0]) if len(targets) == 1 else plural(len(targets), "target")


def cut(reason: str) -> str:
    """A reason of at most LONGEST characters."""
    return reason if len(reason) <= LONGEST else f"{reason[: LONGEST - 1]}…"


def _wrapped(text: str, indent: str, width: int) -> Iterator[str]:
    """Text behind an indentation, continued below itself."""
    if not width:
        yield indent + text
        return
    yield from wrap(text, max(width, 40), first=indent, further=indent + "  ")
