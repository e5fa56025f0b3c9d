"""A failure as text: its place in the document, the expected and the actual value, the time line of wire and boundary,
and the commands that reproduce it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.model.expectation import Mismatch
from engine.model.phrasing import got, requirement
from engine.model.source_span import SourceSpan
from engine.model.verdict import JobResult
from engine.results.analysis.attribution import Attribution
from engine.results.analysis.flakiness import isolation
from engine.results.analysis.redaction import redacted_result
from engine.terminal import blame, timeline
from engine.terminal.blame import broken
from engine.terminal.escape import visible
from engine.terminal.excerpt import Note, show
from engine.terminal.paint import PLAIN, Paint, Role, role_of

Source = Callable[[str], str]


def text(
    result: JobResult,
    source: Source,
    *,
    transcript: bool = True,
    attribution: Attribution | None = None,
    so_far: bool = False,
    limit: int = 0,
    paint: Paint = PLAIN,
) -> str:
    """The whole failure, lines joined by newlines, with secrets masked. ``source`` gives the text of a file, "" if it
    is gone.

    ``attribution`` is the cause, where that was worked out; ``so_far`` says that the run was not over by then.
    ``limit`` is the terminal's width in columns, 0 for a pipe.
    """
    lines = [*_lines(redacted_result(result), source, transcript, limit, paint)]
    if attribution is not None:
        lines += ["", *blame.whole(attribution, so_far=so_far, limit=limit, paint=paint)]
    return "\n".join(lines)


def _lines(result: JobResult, source: Source, transcript: bool, limit: int, paint: Paint) -> Iterator[str]:
    risk = f"; risk: {result.risk}" if result.risk else ""
    cited = f"  ({result.level}: {', '.join(result.cite)}{risk})" if result.cite else f"  ({result.level})"
    yield from broken(f"{paint(role_of(result.verdict), result.verdict.value)}: {visible(result.reason)}", limit)
    yield paint(Role.HEADING, f"{visible(result.address)} [{visible(result.target)}]")
    yield from broken(f"{visible(result.title)}{visible(cited)}", limit)
    if result.recheck is not None:
        yield visible(isolation(result))
    if result.evidence.lost:
        yield f"incomplete evidence: {visible(result.evidence.notes[0])}"
    located = [*result.mismatches, *result.warnings]
    for mismatch in located:
        yield ""
        yield excerpt(mismatch, source, limit, paint)
    if not located and result.step is not None and result.step.line:
        yield ""
        yield show(result.step, result.excerpt or source(result.step.file), limit=limit, paint=paint)
    if transcript and result.transcript is not None and result.transcript.events:
        yield ""
        yield f"{paint(Role.HEADING, 'time line')} {timeline.signs(paint)}:"
        yield from timeline.lines(result.transcript, width=limit or timeline.USUAL, paint=paint)
    yield from by_hand(result, limit, paint)


def by_hand(result: JobResult, limit: int = 0, paint: Paint = PLAIN) -> Iterator[str]:
    """The commands that reproduce a result, or the reason why there are none. A command is not wrapped: it is there to
    be copied."""
    if result.reproduce:
        serve, *rest = result.reproduce.split("\n")
        yield ""
        name = "reproduce it, in two terminals:" if rest and serve.startswith("engine ") else "reproduce it:"
        yield paint(Role.HEADING, name)
        yield from (f"  {visible(line)}" for line in (serve, *rest))
    elif result.not_reproduced:
        yield ""
        yield from broken(f"no command reproduces it: {visible(result.not_reproduced)}", limit)


def excerpt(mismatch: Mismatch, source: Source, limit: int = 0, paint: Paint = PLAIN) -> str:
    """The expectation in its document, with a caret under the very value, and the actual value. The document is read
    only where the mismatch has no line of it."""
    place: SourceSpan = mismatch.place
    notes: list[Note] = [
        (Role.EXPECTED, f"expected: {requirement(mismatch)}"),
        (Role.ACTUAL, f"actual:   {got(mismatch)}"),
    ]
    if mismatch.why:
        notes.append(mismatch.why)
    if not place.line:
        texts = [note if isinstance(note, str) else note[1] for note in notes]
        return "\n".join(f"  = {visible(text)}" for text in texts)
    return show(place, mismatch.excerpt or source(place.file), notes=notes, limit=limit, paint=paint)
