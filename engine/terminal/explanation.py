"""One result of a run in full: the case, the expected and the actual values, and the traffic on the wire and at the
boundary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.model.clause import Clause
from engine.model.verdict import JobResult
from engine.results.analysis import own_log
from engine.results.analysis.attribution import Fault
from engine.results.analysis.explaining import Explanation
from engine.results.analysis.flakiness import isolation
from engine.results.analysis.summary import plural
from engine.results.baseline.baseline import framework_version, server_version
from engine.results.record.normal import apart
from engine.results.record.store import TargetRow
from engine.terminal import blame, timeline
from engine.terminal.escape import visible
from engine.terminal.excerpt import show
from engine.terminal.failure import Source, by_hand, excerpt
from engine.terminal.paint import PLAIN, Paint, Role, role_of

# Without a terminal, lines are continued as if it had so many columns.
USUAL = 110
# A field's text has so many columns on any terminal.
NARROWEST = 10
NAME = 10
NOT_COMPARED = "known failures are not run on other targets to find the cause"
# So many lines of what a server wrote are shown where nobody asks for more.
LOG_LINES = 10
# The same for the entries that name the case.
OWN_LINES = 30


def lines(
    one: Explanation,
    source: Source,
    limit: int = 0,
    *,
    for_diff: bool = False,
    whole_log: bool = False,
    full: bool = False,
    paint: Paint = PLAIN,
) -> Iterator[str]:
    """The lines. ``source`` gives the text of a file, "" if it is gone; ``limit`` is the terminal's width in columns.

    ``for_diff`` leaves out the values that differ in any two runs: the run, times, the log, and the command with its
    nonces; and it shows each connection and each call by itself, since the side that came first is often chance.
    ``whole_log`` shows the full output of the server meanwhile: much of it may be about other cases. ``full`` shows
    long transfers event by event, and all data that the record has.
    """
    result, available = one.result, limit or USUAL

    def field(name: str, texts: list[str], role: Role | None = None) -> Iterator[str]:
        return _field(name, texts, available, paint, role)

    yield from field("case", [result.address], Role.HEADING)
    yield from field("", [result.title])
    yield from field("target", [f"{result.target}{found(one.row)}"])
    if not for_diff:
        yield from field("run", [one.run])
    reason = f": {result.reason}" if result.reason else ""
    yield from field("verdict", [result.verdict.value + reason], role_of(result.verdict))
    yield from field("level", [result.level])
    for number, clause in enumerate(one.clauses):
        yield from field("" if number else "cites", cited(clause))
    yield from _attempts(result, available, paint)
    if result.evidence.notes:
        yield from field("evidence", [f"{result.evidence.state}: {'; '.join(result.evidence.notes)}"])
    yield from _written(result, source, limit, paint)
    if one.attribution is not None:
        yield ""
        yield from blame.whole(one.attribution, limit=limit, paint=paint)
        if result.verdict.expected and one.attribution.fault is Fault.UNKNOWN:
            yield from blame.broken(NOT_COMPARED, limit, "  ", "  ")
    yield ""
    if one.missing:
        yield f"no time line: {visible(one.missing)}"
    elif result.transcript is not None:
        name = "traffic, each connection and each call by itself" if for_diff else "time line"
        yield f"{paint(Role.HEADING, name)} {timeline.signs(paint)}:"
        if not one.raw:
            yield paint(Role.DIM, "dates, ports and nonces are replaced; --raw shows them")
        transcript = apart(result.transcript) if for_diff else result.transcript
        full = full or for_diff
        yield from timeline.whole(transcript, available, times=not for_diff, full=full, paint=paint)
    if for_diff:
        return
    if result.log:
        yield ""
        yield from _log(result, limit, paint, whole=whole_log)
    yield from by_hand(result, limit, paint)


def found(row: TargetRow | None) -> str:
    """The properties of a target behind its name: the versions of server, framework and Python, the loop."""
    if row is None:
        return ""
    server = server_version(row)
    words = [
        f"{row.server} {server}" if server else "",
        row.commit,
        f"{row.framework} {framework}" if (framework := framework_version(row)) else "",
        row.framework_commit,
        f"Python {row.python}" if row.python else "",
        row.found_loop,
    ]
    line = ", ".join(word for word in words if word)
    return f" ({line})" if line else ""


def cited(clause: Clause) -> list[str]:
    """A clause as lines: its id and source, what it says, and where to read it."""
    if not clause.statement:
        return [f"{clause.id}, which the catalogue lacks"]
    source = f" {clause.source}" if clause.source else ""
    head = f"{clause.id} ({clause.level}, risk: {clause.risk}){source}"
    return [head, clause.statement, *([clause.url] if clause.url else [])]


def _log(result: JobResult, limit: int, paint: Paint, *, whole: bool) -> Iterator[str]:
    """The output of the server while the case ran: first the entries that name this case, then the others if ``whole``.
    If none names it, the last lines, which are nearest to the failure."""
    own, others = own_log.split(result.log, result.transcript)
    if own:
        yield f"{paint(Role.HEADING, 'server log')} (entries that name this case):"
        yield from _last("\n".join(own).split("\n"), OWN_LINES, whole, limit, paint)
    if not others:
        return
    lines = "\n".join(others).split("\n")
    if own and not whole:
        yield paint(Role.DIM, f"  … {plural(len(lines), 'other line')}; --log shows them")
        return
    heading = "other entries of the log" if own else "server log"
    yield f"{paint(Role.HEADING, heading)} (other cases may have run at the same time):"
    yield from _last(lines, LOG_LINES, whole, limit, paint)


def _last(texts: Sequence[str], most: int, whole: bool, limit: int, paint: Paint) -> Iterator[str]:
    hidden = 0 if whole else max(len(texts) - most, 0)
    if hidden:
        yield paint(Role.DIM, f"  … {plural(hidden, 'line')} before these; --log shows them")
    for text in texts[hidden:]:
        yield from blame.broken(visible(text, tabs=True), limit, "  ", "    ")


def _field(name: str, texts: list[str], available: int, paint: Paint, role: Role | None = None) -> Iterator[str]:
    """A word, and its texts behind it, made visible, each begun on a line of its own and continued under itself."""
    head = paint(Role.DIM, f"{name:<{NAME}}") if name else " " * NAME
    for text in texts:
        link = text.startswith(("https://", "http://"))
        # A link that is broken in two cannot be followed.
        for row in [visible(text)] if link else timeline.wrapped(text, max(available - NAME, NARROWEST)):
            yield head + (paint(Role.LINK, row) if link else row if role is None else paint(role, row))
            head = " " * NAME


def _attempts(result: JobResult, available: int, paint: Paint) -> Iterator[str]:
    if result.attempts:
        texts = [f"{one.verdict.value}" + (f": {one.reason}" if one.reason else "") for one in result.attempts]
        yield from _field("attempts", [f"{number}. {text}" for number, text in enumerate(texts, 1)], available, paint)
    if result.recheck is not None:
        yield from _field("isolated", [isolation(result)], available, paint)


def _written(result: JobResult, source: Source, limit: int, paint: Paint) -> Iterator[str]:
    located = [*result.mismatches, *result.warnings]
    for mismatch in located:
        yield ""
        yield excerpt(mismatch, source, limit, paint)
    if not located and result.step is not None and result.step.line:
        yield ""
        yield show(result.step, result.excerpt or source(result.step.file), limit=limit, paint=paint)
    if result.recorded:
        yield ""
        yield "recorded:"
        yield from (f"  {visible(name)}: {visible(str(value))}" for name, value in result.recorded.items())
