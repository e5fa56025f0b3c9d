"""The reason of a timeout: the event that a case waited for, and the data that had arrived by then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.model.boundary import AppCall
from engine.model.case import Step
from engine.model.quantities import show_size
from engine.model.showing import as_text
from engine.model.transcript import TraceEvent

# The bytes of the received data that are quoted, from the end, where it stopped.
QUOTED = 60


def reason(seconds: float, step: Step | None, awaits: str, wire: Sequence[TraceEvent], calls: Iterable[AppCall]) -> str:
    """One line: the time in seconds, the event that the step waited for, the step's place, the facts that it checks,
    the bytes received, and the progress of the application. ``step`` is None if none was in progress; ``wire`` is
    the traffic since it began."""
    if step is None:
        return f"timed out after {seconds:g} s"
    waited = f" waiting for {awaits}" if awaits else ""
    facts = sorted(step.checks.facts)
    checks = f", to check {', '.join(facts)}" if facts else ""
    where = f"{step.place.shown_file}:{step.place.line}"
    parts = [f"timed out after {seconds:g} s{waited} in `{step.step_type}` ({where}){checks}", came(wire)]
    progress = application(calls)
    return "; ".join([*parts, progress] if progress else parts)


def came(wire: Sequence[TraceEvent]) -> str:
    """The bytes and closes that were received, in words."""
    received = [event for event in wire if event.what == "received"]
    ends = [event for event in wire if event.what in ("closed", "reset") and event.detail.startswith("by the peer")]
    end = f", then the peer {'closed' if ends[-1].what == 'closed' else 'reset'} the connection" if ends else ""
    if not received:
        return f"received 0 B{end}"
    size = sum(event.size or len(event.data) for event in received)
    last = b""
    for event in reversed(received):
        last = event.data + last
        if len(last) >= QUOTED or len(event.data) < event.size:
            break
    ending = f", ending {as_text(last[-QUOTED:])}" if size > QUOTED else f", {as_text(last)}"
    return f"received {show_size(size)}{ending}{end}"


def application(calls: Iterable[AppCall]) -> str:
    """The progress of the application in the last call of the job, in words; "" if it was not called."""
    every = list(calls)
    if not every:
        return ""
    call = every[-1]
    if call.ended is not None:
        return "the application returned" if call.returned else f"the application raised {call.raised}"
    if not call.events:
        return "the application was called"
    event = call.events[-1]
    kind = event.message.get("type", "a message")
    if event.way == "received":
        return f"the application received {kind}"
    return f"the application {'sent' if event.done is not None else 'was sending'} {kind}"
