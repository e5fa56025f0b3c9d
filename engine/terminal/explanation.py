"""One result of a run, told whole: what the case is about, what was expected and what came, and everything that
crossed the wire and the boundary."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.case import Clause
from engine.model.verdict import JobResult
from engine.results.analysis.explaining import Explanation
from engine.results.analysis.flakiness import company
from engine.results.baseline.baseline import server_version
from engine.results.record.normal import apart
from engine.results.record.store import TargetRow
from engine.terminal import blame, timeline
from engine.terminal.escape import visible
from engine.terminal.excerpt import show
from engine.terminal.failure import Source, by_hand, excerpt

# Without a terminal, lines are continued as if it had so many columns.
USUAL = 110
NAME = 10
# So many lines of what a server wrote are shown where nobody asks for more.
LOG_LINES = 10


def lines(
    one: Explanation, source: Source, limit: int = 0, *, for_diff: bool = False, whole_log: bool = False
) -> Iterator[str]:
    """The lines. ``source`` gives the text of a file, "" if it is gone; ``limit`` is the terminal's width in columns.

    ``for_diff`` leaves out what differs in any two runs: the run, times, the log, and the command with its nonces; and
    it tells each connection and each call by itself, since which side came first is often chance. ``whole_log`` shows
    all that the server wrote meanwhile: much of it may be about other cases.
    """
    result, available = one.result, limit or USUAL
    yield from _field("case", [result.address, result.title], available)
    yield from _field("target", [f"{result.target}{found(one.row)}"], available)
    if not for_diff:
        yield from _field("run", [one.run], available)
    yield from _field("verdict", [result.verdict.value + (f": {result.reason}" if result.reason else "")], available)
    yield from _field("level", [result.level], available)
    for number, clause in enumerate(one.clauses):
        yield from _field("" if number else "cites", cited(clause), available)
    yield from _attempts(result, available)
    if result.evidence.notes:
        yield from _field("evidence", [f"{result.evidence.state}: {'; '.join(result.evidence.notes)}"], available)
    yield from _written(result, source)
    if one.attribution is not None:
        yield ""
        yield from blame.whole(one.attribution)
    yield ""
    if one.missing:
        yield f"no time line: {visible(one.missing)}"
    elif result.transcript is not None:
        changed = "" if one.raw else "; dates, ports and nonces replaced, --raw shows them"
        name = "what crossed, each connection and each call by itself" if for_diff else "time line"
        yield f"{name} (>> << wire, -> <- application{changed}):"
        yield from timeline.whole(
            apart(result.transcript) if for_diff else result.transcript, available, times=not for_diff
        )
    if for_diff:
        return
    if result.log:
        yield ""
        yield from _log([text for text in result.log.split("\n") if text], whole=whole_log)
    yield from by_hand(result)


def found(row: TargetRow | None) -> str:
    """The properties of a target behind its name: the versions of server, framework and Python, the loop."""
    if row is None:
        return ""
    server = server_version(row)
    words = [
        f"{row.server} {server}" if server else "",
        row.commit,
        f"{row.framework} {row.versions[row.framework]}" if row.framework in row.versions else "",
        f"Python {row.python}" if row.python else "",
        row.found_loop,
    ]
    shown = ", ".join(word for word in words if word)
    return f" ({shown})" if shown else ""


def cited(clause: Clause) -> list[str]:
    """A clause as lines: its id and source, what it says, and where to read it."""
    if not clause.statement:
        return [f"{clause.id}, which the catalogue lacks"]
    source = f" {clause.source}" if clause.source else ""
    return [f"{clause.id} ({clause.level}){source}", clause.statement, *([clause.url] if clause.url else [])]


def _log(texts: list[str], *, whole: bool) -> Iterator[str]:
    """The output of the server while the case ran: the last lines, which are nearest to the decision, or all."""
    hidden = 0 if whole else max(len(texts) - LOG_LINES, 0)
    yield "what the server wrote meanwhile (other cases may have run beside this one):"
    if hidden:
        yield f"  … {hidden} lines before these; --log shows them"
    yield from (f"  {visible(text, tabs=True)}" for text in texts[hidden:])


def _field(name: str, texts: list[str], available: int) -> Iterator[str]:
    """A word, and its texts behind it, made visible, each begun on a line of its own and continued under itself."""
    head = f"{name:<{NAME}}"
    for text in texts:
        for row in timeline.wrapped(text, max(available - NAME, 40)) if text else ():
            yield head + row
            head = " " * NAME


def _attempts(result: JobResult, available: int) -> Iterator[str]:
    if result.attempts:
        texts = [f"{one.verdict.value}" + (f": {one.reason}" if one.reason else "") for one in result.attempts]
        yield from _field("attempts", [f"{number}. {text}" for number, text in enumerate(texts, 1)], available)
    if result.recheck is not None:
        yield from _field("alone", [company(result)], available)


def _written(result: JobResult, source: Source) -> Iterator[str]:
    located = [*result.mismatches, *result.warnings]
    for mismatch in located:
        yield ""
        yield excerpt(mismatch, source)
    if not located and result.step is not None and result.step.line:
        yield ""
        yield show(result.step, result.excerpt or source(result.step.file))
    if result.recorded:
        yield ""
        yield "recorded:"
        yield from (f"  {visible(name)}: {visible(str(value))}" for name, value in result.recorded.items())
