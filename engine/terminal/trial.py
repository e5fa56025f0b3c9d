"""One trial of a case as text: the time lines of its targets, the failed expectations, and the verdicts last, where a
terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.model.verdict import JobResult
from engine.results.analysis.alignment import Alignment, aligned
from engine.results.analysis.own_log import split
from engine.results.analysis.own_requests import without_sentinels
from engine.results.analysis.redaction import redacted_result
from engine.results.analysis.summary import plural
from engine.terminal import side_by_side, timeline
from engine.terminal.blame import broken
from engine.terminal.escape import visible
from engine.terminal.excerpt import show
from engine.terminal.failure import Source, excerpt
from engine.terminal.paint import PLAIN, Paint, Role, role_of

LOG_LINES = 20
"""The last lines of a server's log that are shown of a result that does not pass."""


def lines(
    results: Sequence[JobResult],
    source: Source,
    limit: int = 0,
    *,
    run: str = "",
    full: bool = False,
    paint: Paint = PLAIN,
) -> Iterator[str]:
    """The results of one case on some targets. ``source`` gives the text of a file, ``limit`` is the terminal's width
    in columns, 0 for a pipe; ``run`` is the nonce of the run. ``full`` shows every event of long transfers,
    and the engine's own requests."""
    results = list(map(redacted_result, results))
    traced = [
        one if full else replace(one, transcript=without_sentinels(one.transcript))
        for one in results
        if one.transcript is not None and one.transcript.events
    ]
    compared = _compared(traced, run)
    yield from _time_lines(traced, compared, _Style(limit, full, paint))
    for one in results:
        yield from _failed(one, source, limit, paint, named=len(results) > 1)
    for other, found in zip(traced[1:], compared, strict=True):
        if found.first is not None:
            yield ""
            names = (traced[0].target, other.target)
            yield from side_by_side.first_difference(found.first, names, limit, paint)
    yield ""
    for one in results:
        reason = f": {visible(one.reason)}" if one.reason else ""
        verdict = paint(role_of(one.verdict), one.verdict.value)
        yield from broken(f"{verdict} on {visible(one.target)} ({one.seconds * 1000:.0f} ms){reason}", limit)


def _compared(results: Sequence[JobResult], run: str) -> list[Alignment]:
    """Each result but the first compared with the first."""
    first = [one.transcript for one in results[:1]]
    return [
        aligned(left, one.transcript, (run, run))
        for left in first
        for one in results[1:]
        if left is not None and one.transcript is not None
    ]


@dataclass(frozen=True, slots=True)
class _Style:
    """The columns of the terminal, 0 for a pipe, and the arguments of ``lines``."""

    limit: int
    full: bool
    paint: Paint

    @property
    def available(self) -> int:
        return self.limit or timeline.USUAL


def _time_lines(results: Sequence[JobResult], compared: Sequence[Alignment], style: _Style) -> Iterator[str]:
    """The time line of each target: once if there is no difference, side by side if two differ and fit."""
    if not results:
        return
    full, paint = style.full, style.paint
    yield f"{paint(Role.HEADING, 'time line')} {timeline.signs(paint)}:"
    transcripts = [one.transcript for one in results if one.transcript is not None]
    first = results[0].target
    if len(results) == 2 and compared[0].first is not None and side_by_side.fits(style.limit):
        names = (first, results[1].target)
        started = (transcripts[0].started, transcripts[1].started)
        yield from side_by_side.side_by_side(compared[0], names, started, style.limit, full=full, paint=paint)
        return
    if compared:
        yield paint(Role.HEADING, visible(first))
    different = next((found for found in compared if found.first is not None), None)
    if different is not None:
        yield from side_by_side.below(different.left, transcripts[0].started, style.available, full=full, paint=paint)
    else:
        yield from timeline.whole(transcripts[0], style.available, full=full, paint=paint)
    for one, transcript, found in zip(results[1:], transcripts[1:], compared, strict=True):
        name = paint(Role.HEADING, visible(one.target))
        if found.first is None:
            yield f"{name}: no difference from {visible(first)}"
        else:
            yield name
            yield from side_by_side.below(found.right, transcript.started, style.available, full=full, paint=paint)


def _failed(result: JobResult, source: Source, limit: int, paint: Paint, *, named: bool) -> Iterator[str]:
    """The failed expectations of a result with their lines of the file, and the end of the server's log."""
    located = [*result.mismatches, *result.warnings]
    step = result.step if not located and not result.verdict.clean and result.verdict.ran else None
    if named and (located or (step is not None and step.line)):
        yield ""
        yield paint(Role.HEADING, visible(result.target))
    for number, mismatch in enumerate(located):
        if number or not named:
            yield ""
        yield excerpt(mismatch, source, limit, paint)
    if step is not None and step.line:
        yield ""
        yield show(step, result.excerpt or source(step.file), limit=limit, paint=paint)
    if result.log and not result.verdict.clean:
        own, others = split(result.log, result.transcript)
        texts = [line for entry in (own or others) for line in entry.split("\n") if line.strip()]
        hidden = max(len(texts) - LOG_LINES, 0)
        if texts:
            yield ""
            yield paint(Role.HEADING, "server log:")
        if hidden:
            yield paint(Role.DIM, f"  … {plural(hidden, 'line')} before these")
        for text in texts[hidden:]:
            yield from broken(visible(text, tabs=True), limit, "  ", "    ")
