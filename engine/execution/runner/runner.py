"""Running one job on a live target: perform its steps, and turn what came of them into a result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.errors import ChannelError, ConnectionRefused, EngineError, EvidenceLost
from engine.execution.job import Job
from engine.execution.runner import timing_out
from engine.execution.runner.judge import Match, Outcomes, decide
from engine.execution.runner.scope import CheckResults, JobState, Kinds, OpenChannel, StepScope
from engine.execution.runner.script import script
from engine.execution.runner.timeline import transcript
from engine.execution.runner.trimming import trimmed
from engine.model.boundary import AppCall, wrong_client
from engine.model.case import Step
from engine.model.expectation import Mismatch
from engine.model.protocols import LiveTarget
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.target import RUNNING
from engine.model.transcript import Transcript
from engine.model.variables import Unknown
from engine.model.verdict import JobResult, Verdict
from engine.reproduce.command import Deed, Reproduction, reproduce
from engine.steps.api.context import StepFailed

# So much of what a target wrote during a job is kept with it, from the end, in characters.
LOG = 8192


# Given what broke and its exception: words that say where the traceback is.
KeepTraceback = Callable[[str, BaseException], str]


def nowhere(what: str, error: BaseException) -> str:
    """Keep no traceback."""
    del what, error
    return ""


# The line of a document around a place; None where it cannot be read.
ExcerptOf = Callable[[SourceSpan], Excerpt | None]


def no_excerpt(place: SourceSpan) -> None:
    """Read no document."""
    del place


# Nothing went wrong, or nothing that anybody could see beside the engine.
NOT_BY_HAND = frozenset({Verdict.INFO, Verdict.ERROR})


class Runner:
    """Runs jobs; it keeps nothing between them."""

    def __init__(
        self,
        kinds: Kinds,
        match: Match,
        open_channel: OpenChannel,
        run_id: str,
        *,
        keep_all: bool = False,
        keep_calls: bool = False,
        keep_traceback: KeepTraceback = nowhere,
        excerpt_of: ExcerptOf = no_excerpt,
    ) -> None:
        """``run_id`` is the run's nonce, which cases see as ``$(run)`` with the job's own id behind it. ``keep_all``
        keeps the transcript of what passes as well; ``keep_calls`` gives the application's calls with each result.
        ``keep_traceback`` keeps that of an exception which a driver raises. ``excerpt_of`` gives the line of the
        document that stands in each mismatch."""
        self._kinds = kinds
        self._match = match
        self._open = open_channel
        self._run_id = run_id
        self._keep_all = keep_all
        self._keep_calls = keep_calls
        self._keep_traceback = keep_traceback
        self._excerpt_of = excerpt_of

    def variables(self, job: Job, host: str) -> dict[str, object]:
        """What a job's text may name: ``run``, ``host`` and the matrix's values."""
        return {"run": f"{self._run_id}-{job.id}", "host": host, **job.whole.body.variables}

    def script_of(self, job: Job, host: str) -> dict[str, object] | None:
        """The script that the control plays for a job, or None. Raises Unknown or ValueError where it cannot be
        rendered."""
        application = job.whole.body.application
        return None if application is None else script(application, job.id, self.variables(job, host))

    async def run(self, job: Job, live: LiveTarget) -> JobResult:
        """The result of a job. It raises nothing but CancelledError: whatever breaks is in the verdict."""
        case, body = job.whole, job.whole.body
        wall, started = time.time(), time.monotonic()
        memory = JobState(job, live, self._kinds, self._match, self._open)
        # A server that the case has for itself began to write before the case began.
        logged = memory.log_from = 0 if job.launch.lifespan_of else live.logged
        memory.lost_before = live.boundary.lost
        tally = CheckResults()
        timed_out = crash = defect = ""
        variables = self.variables(job, live.host)
        try:
            if body.application is not None:
                live.boundary.stage(job.id, script(body.application, job.id, variables))
            async with asyncio.timeout(case.timeout):
                await StepScope(memory, variables, tally).run(body.steps)
        except StepFailed:
            pass
        except TimeoutError:
            under_way = list(memory.under_way.values())
            tally.step = under_way[-1] if under_way else None
            timed_out = self._timed_out(memory, tally.step)
        except ConnectionRefused as error:
            _break(tally, memory, error, "connects")
        except ChannelError as error:
            _break(tally, memory, error, "goes on")
        except EvidenceLost as error:
            defect = str(error)
            tally.broken += [error.mismatch] if error.mismatch is not None else []
        except (Unknown, EngineError) as error:
            defect = f"{type(error).__name__}: {error}"
        except Exception as error:  # a driver broke down: the job's verdict says so, and the run goes on
            kept_in = self._keep_traceback(f"{case.address} [{job.target.id}]", error)
            # Drivers raise the first two for values that a case gives them at run time.
            whose = "" if isinstance(error, (ValueError, TypeError)) else "the engine broke down: "
            defect = f"{whose}{type(error).__name__}: {error}{kept_in}"
        finally:
            for connection in memory.connections:
                connection.channel.close()
        if tally.broken and not defect:
            tally.broken[:0] = _misnamed(memory)
        if (tally.broken or timed_out) and not _meant(memory, tally):
            crash = await _crash(memory)
        outcomes = Outcomes(case.level, tally.broken, tally.warned, tally.evaluated, timed_out, crash, defect)
        verdict, reason = decide(outcomes)
        keep = self._keep_all or verdict is not Verdict.PASS
        kept = self._transcript(memory, started) if keep else None
        by_hand = self._by_hand(memory, tally) if keep and verdict not in NOT_BY_HAND else Reproduction()
        quoted = bool(tally.broken or tally.warned or verdict is Verdict.PASS)
        result = JobResult(
            case=case.id,
            file=case.file,
            target=job.target.id,
            category=case.category,
            level=case.level.value,
            verdict=verdict,
            reason=reason,
            mismatches=self._located(tally.broken),
            warnings=self._located(tally.warned),
            recorded=tally.recorded,
            step=tally.step.place if tally.step else None,
            excerpt=None if quoted or tally.step is None else self._excerpt_of(tally.step.place),
            started=wall,
            seconds=time.monotonic() - started,
            evaluated=tally.evaluated,
            transcript=kept,
            reproduce=by_hand.commands,
            not_reproduced=by_hand.why_not,
            cite=case.cite,
            title=case.title,
            tags=case.tags,
            log=live.log(logged)[-LOG:] if keep else "",
            calls=tuple(_calls(memory)) if self._keep_calls else (),
            send_raised=live.boundary.send_raised(job.id) if keep or job.target.is_control else (),
        )
        live.boundary.finish(job.id)
        return result

    def _located(self, mismatches: Sequence[Mismatch]) -> tuple[Mismatch, ...]:
        """The mismatches, each with the line of its document."""
        return tuple(
            replace(one, excerpt=self._excerpt_of(one.place)) if one.place.line and one.excerpt is None else one
            for one in mismatches
        )

    def _timed_out(self, memory: JobState, step: Step | None) -> str:
        """Why the case ran out of time in a step."""
        kind = self._kinds[step.group, step.kind] if step is not None else None
        found = kind.awaits if kind is not None else ""
        awaits = found if isinstance(found, str) or step is None else found(step.params)
        began = memory.performed[-1].started if memory.performed else 0.0
        wire = [
            moment for connection in memory.connections for moment in connection.channel.moments if moment.at >= began
        ]
        wire.sort(key=lambda moment: moment.at)
        return timing_out.reason(memory.job.case.timeout, step, str(awaits), wire, _calls(memory))

    def _by_hand(self, memory: JobState, tally: CheckResults) -> Reproduction:
        """Commands that do the same by hand."""
        job, address = memory.job, memory.live.address
        deed = Deed(job.whole, job.target, tally.step, memory.performed, memory.connections, address)
        return reproduce(deed, self._kinds)

    def _transcript(self, memory: JobState, started: float) -> Transcript:
        wire = [moment for connection in memory.connections for moment in connection.channel.moments]
        return trimmed(transcript(started, wire, memory.notes, _calls(memory)))


def _break(tally: CheckResults, memory: JobState, error: ChannelError, phrase: str) -> None:
    """A connection broke under a step: a mismatch of that step."""
    under_way = list(memory.under_way.values())
    step = under_way[-1] if under_way else memory.job.whole.body.steps[0]
    tally.broken.append(Mismatch("connection", phrase, type(error).__name__.lower(), step.place, error.what))
    tally.step = step


def _calls(memory: JobState) -> Sequence[AppCall]:
    """Every call of the application that belongs to a job, each once."""
    boundary = memory.live.boundary
    boundary.refresh()
    found: dict[str, AppCall] = {}
    for performed in memory.performed:
        for token in performed.tokens:
            found.update((call.key, call) for call in boundary.calls(token=token))
        if performed.peer is not None:
            calls = boundary.calls(peer=performed.peer, since=performed.started)
            found.update((call.key, call) for call in calls)
    if memory.job.launch.lifespan_of:
        found.update((call.key, call) for call in boundary.lifespans())
    return sorted(found.values(), key=lambda call: call.started)


def _misnamed(memory: JobState) -> Sequence[Mismatch]:
    """That a call names a client that is no connection of the engine's, where bytes without the engine's header came to
    no call: the observer could not tell whose call it is, nor which script to play for it, and the rest may follow from
    that. Services that run already are called by others as well."""
    boundary = memory.live.boundary
    if memory.job.target.runtime == RUNNING:
        return ()
    boundary.refresh()
    for one in memory.performed:
        if one.peer is None or one.tokens or boundary.calls(peer=one.peer, since=one.started):
            continue
        for call in boundary.strays(one.started):
            wrong = wrong_client(call, one.peer, one.step.place)
            if wrong is not None:
                return (wrong,)
    return ()


def _meant(memory: JobState, tally: CheckResults) -> bool:
    """Whether the case meant the server, or a worker, to end: a step has seen to it, or the start itself failed."""
    kinds = memory.kinds
    if tally.step is not None and kinds[tally.step.group, tally.step.kind].lifecycle == "starts":
        return True
    return any(one.lifecycle in ("ends", "awaits its end") for one in memory.performed)


async def _crash(memory: JobState) -> str:
    """How the target died, or a worker that served this job; "" if all live. Its end may come a moment after that of
    its connections."""
    await asyncio.sleep(0.02)
    live = memory.live
    if await live.check() is not None:
        return died(live)
    served = {call.pid for call in _calls(memory)}
    lost = sorted(served.intersection(live.workers_lost))
    return f"worker {', '.join(map(str, lost))} is gone" if lost else ""


def died(live: LiveTarget) -> str:
    """How a server's main process ended, for people."""
    return f"the server ended with {live.ended}"


def not_run(job: Job, verdict: Verdict, reason: str) -> JobResult:
    """The result of a job that did not run."""
    case = job.case
    return JobResult(
        case=case.id,
        file=case.file,
        target=job.target.id,
        category=case.category,
        level=case.level.value,
        verdict=verdict,
        reason=reason,
        step=case.place,
        started=time.time(),
        cite=case.cite,
        title=case.title,
        tags=case.tags,
    )
