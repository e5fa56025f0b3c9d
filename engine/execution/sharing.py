"""Connections that one job leaves to the next.

To connect costs a server more than to answer. A case in which nothing concerns the connection (``Case.shares``) may
therefore pass on one that other cases have used. It can not fail there: what did not pass is run again on a connection
of its own, and what comes of that counts. If it passes then, it is flaky, and its reason says on which connection it
was what; unless the server had closed the shared one without a word, as it may at any time (RFC 9112, section 9.5).
"""

from __future__ import annotations

from dataclasses import replace

from engine.execution.job import Job
from engine.model.protocols import Channel, LiveTarget
from engine.model.verdict import Attempt, JobResult, Verdict


def may_share(job: Job, live: LiveTarget) -> bool:
    """Whether a job may use connections of others, and leave its own to them. On a server with options of a case's own
    it may not: they may be about connections, and how many there are."""
    return job.case.shares and live.idle is not None and live.tls is None and not job.launch.options


def taken(live: LiveTarget, label: str) -> Channel | None:
    """A connection that another job has left, None where there is none as good as new."""
    while live.idle:
        channel = live.idle.pop()
        if channel.pass_on(label):
            return channel
        channel.close()
    return None


def leave(live: LiveTarget, channel: Channel) -> None:
    """Leave a connection to whoever comes next."""
    if live.idle is not None:
        live.idle.append(channel)
    else:
        channel.close()


def part(live: LiveTarget) -> None:
    """Close what is left: someone comes who is to find the server with no other connection than their own."""
    while live.idle:
        live.idle.pop().close()


def refuse(live: LiveTarget) -> None:
    """Share no more: what did not pass on a connection of others did on one of its own."""
    part(live)
    live.idle = None


def ended_in_silence(channel: Channel) -> bool:
    """Whether the server ended a connection before it said anything to its new user."""
    return channel.ended in ("fin", "reset") and not any(moment.what == "received" for moment in channel.moments)


def together(shared: JobResult, own: JobResult) -> JobResult:
    """What a case came to that did not pass on a connection of others, and was run again on one of its own."""
    if own.verdict is not Verdict.PASS:
        return own
    first = f"{shared.verdict.value}: {shared.reason}" if shared.reason else shared.verdict.value
    return replace(
        shared,
        verdict=Verdict.FLAKY,
        reason=f"it passes on a connection of its own; on one that other cases had used it came to {first}",
        attempts=tuple(Attempt(one.verdict, one.reason, one.seconds) for one in (shared, own)),
        seconds=shared.seconds + own.seconds,
        reproduce="",
    )
