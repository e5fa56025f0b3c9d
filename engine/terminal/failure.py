"""A failure as text: where it is written, what was expected and seen, what crossed the wire and the boundary, and how
to send the same by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.model.expectation import Mismatch
from engine.model.showing import shown
from engine.model.source_span import SourceSpan
from engine.model.verdict import JobResult
from engine.results.analysis.attribution import Attribution
from engine.results.analysis.flakiness import company
from engine.terminal import blame, timeline
from engine.terminal.escape import visible
from engine.terminal.excerpt import show

Source = Callable[[str], str]


def text(
    result: JobResult,
    source: Source,
    *,
    transcript: bool = True,
    attribution: Attribution | None = None,
    so_far: bool = False,
) -> str:
    """The whole failure, lines joined by newlines. ``source`` gives the text of a file, "" if it is gone.

    ``attribution`` says whose fault it is, where that was worked out; ``so_far`` that the run was not over by then.
    """
    lines = [*_lines(result, source, transcript)]
    if attribution is not None:
        lines += ["", *blame.whole(attribution, so_far=so_far)]
    return "\n".join(lines)


def _lines(result: JobResult, source: Source, transcript: bool) -> Iterator[str]:
    cited = f"  ({result.level}: {', '.join(result.cite)})" if result.cite else f"  ({result.level})"
    yield f"{result.verdict.value}: {visible(result.reason)}"
    yield f"{visible(result.address)} [{result.target}]"
    yield f"{visible(result.title)}{cited}"
    if result.recheck is not None:
        yield visible(company(result))
    if result.evidence.lost:
        yield f"incomplete evidence: {visible(result.evidence.notes[0])}"
    located = [*result.mismatches, *result.warnings]
    for mismatch in located:
        yield ""
        yield excerpt(mismatch, source)
    if not located and result.step is not None and result.step.line:
        yield ""
        yield show(result.step, result.excerpt or source(result.step.file))
    if transcript and result.transcript is not None and result.transcript.moments:
        yield ""
        yield "time line (>> << wire, -> <- application):"
        yield from timeline.lines(result.transcript)
    yield from by_hand(result)


def by_hand(result: JobResult) -> Iterator[str]:
    """The commands that do the same by hand, or why there are none."""
    if result.reproduce:
        serve, *rest = result.reproduce.split("\n")
        yield ""
        yield "by hand, in two terminals:" if rest and serve.startswith("engine ") else "by hand:"
        yield from (f"  {visible(line)}" for line in (serve, *rest))
    elif result.not_reproduced:
        yield ""
        yield f"by hand: no command does the same, since {visible(result.not_reproduced)}"


def excerpt(mismatch: Mismatch, source: Source) -> str:
    """The expectation in its document, with a caret under the very value, and what was seen instead. The document is
    read only where the mismatch has no line of it."""
    place: SourceSpan = mismatch.place
    notes = [f"expected: {mismatch.where} {mismatch.expected}", f"actual:   {shown(mismatch.actual)}"]
    if mismatch.why:
        notes.append(mismatch.why)
    if not place.line:
        return "\n".join(f"  = {visible(note)}" for note in notes)
    return show(place, mismatch.excerpt or source(place.file), notes=notes)
