"""The reason of a timeout: the event that a case waited for, and everything that had come by then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.model.boundary import AppCall
from engine.model.case import Step
from engine.model.quantities import show_size
from engine.model.showing import shown
from engine.model.transcript import TraceEvent

# So much of what had come is quoted, from its end: that is where it stopped.
QUOTED = 60


def reason(seconds: float, step: Step | None, awaits: str, wire: Sequence[TraceEvent], calls: Iterable[AppCall]) -> str:
    """One line: after how many seconds, in which step, what it waited for and what it was to judge, what had come, and
    how far the application was. ``step`` is None where none was under way; ``wire`` is what crossed since it began."""
    if step is None:
        return f"timed out after {seconds:g} s"
    waited = f" waited for {awaits}" if awaits else " was under way"
    facts = sorted(step.checks.facts)
    judged = f", to look at {', '.join(facts)}" if facts else ""
    parts = [
        f"timed out after {seconds:g} s: `{step.kind}` ({step.place.shown_file}:{step.place.line}){waited}{judged}"
    ]
    parts.append(came(wire))
    told = application(calls)
    return "; ".join([*parts, told] if told else parts)


def came(wire: Sequence[TraceEvent]) -> str:
    """The bytes and closes that had come on the wire, in words."""
    received = [moment for moment in wire if moment.what == "received"]
    ends = [moment for moment in wire if moment.what in ("closed", "reset") and moment.detail.startswith("by the peer")]
    end = f", and the peer had {'closed' if ends[-1].what == 'closed' else 'reset'} the connection" if ends else ""
    if not received:
        return f"nothing had come{end}"
    size = sum(moment.size or len(moment.data) for moment in received)
    last = b""
    for moment in reversed(received):
        last = moment.data + last
        if len(last) >= QUOTED or len(moment.data) < moment.size:
            break
    ending = f", ending {shown(last[-QUOTED:])}" if size > QUOTED else f", {shown(last)}"
    return f"{show_size(size)} had come{ending}{end}"


def application(calls: Iterable[AppCall]) -> str:
    """The progress of the application in the last call of the job, in words; "" if it was not called."""
    every = list(calls)
    if not every:
        return ""
    call = every[-1]
    if call.ended is not None:
        return "the application had returned" if call.returned else f"the application had raised {call.raised}"
    if not call.events:
        return "the application had been called"
    event = call.events[-1]
    kind = event.message.get("type", "a message")
    if event.way == "received":
        return f"the application had received {kind}"
    return f"the application {'had sent' if event.done is not None else 'was sending'} {kind}"
