"""The runner: performs the steps of one job on a live target, and turns their outcomes into a result."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.errors import ChannelError, ConnectionRefused, EngineError, EvidenceLost
from engine.execution.job import Job
from engine.execution.runner import timing_out
from engine.execution.runner.deadline import Deadline
from engine.execution.runner.judge import Match, Outcomes, decide
from engine.execution.runner.origin import origin_of
from engine.execution.runner.sameness import Seen, differences, joined
from engine.execution.runner.scope import CheckResults, JobState, OpenChannel, StepScope, evidence_of
from engine.execution.runner.script import script
from engine.execution.runner.timeline import transcript
from engine.execution.runner.trimming import cuts, trimmed
from engine.model.boundary import AppCall, wrong_client
from engine.model.case import Step
from engine.model.delivery import WHOLE
from engine.model.evidence_quality import EvidenceQuality
from engine.model.expectation import Mismatch
from engine.model.origin import Origin
from engine.model.protocols import LiveTarget
from engine.model.requirements import Requirement
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.target import RUNNING
from engine.model.transcript import Transcript
from engine.model.variables import Unknown, WrongValue
from engine.model.verdict import JobResult, Verdict
from engine.reproduce.command import Deed, Reproduction, reproduce
from engine.steps.api.context import StepFailed
from engine.steps.api.step_type import StepTypes

# The characters of the output of a target during a job that are kept with its result, from the end.
LOG = 8192

DIRECT_CALLS = 2 * (os.cpu_count() or 1)
"""The number of cases that call an app without a server at a time: each forks a process that keeps a processor busy."""


# From the name of what failed, and its exception, to a clause that says where the traceback is.
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


# The words before what came of a case with its bytes uncut.
DELIVERED = f"delivered {WHOLE.described}"

NO_REPRODUCTION = Reproduction()
# Nothing went wrong, or only the engine could see it.
NOT_REPRODUCED = frozenset({Verdict.INFO, Verdict.ERROR})


class Runner:
    """Runs jobs, and keeps no state between them."""

    def __init__(
        self,
        step_types: StepTypes,
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
        also keeps the transcripts of jobs that pass; ``keep_calls`` gives the application's calls with each result.
        ``keep_traceback`` keeps that of an exception which a driver raises. ``excerpt_of`` gives the line of the
        document that stands in each mismatch."""
        self._step_types = step_types
        self._match = match
        self._open = open_channel
        self._run_id = run_id
        self._keep_all = keep_all
        self._keep_calls = keep_calls
        self._keep_traceback = keep_traceback
        self._excerpt_of = excerpt_of
        self._direct_calls = asyncio.Semaphore(DIRECT_CALLS)

    def variables(self, job: Job, host: str) -> dict[str, object]:
        """The variables of a job: ``run``, ``host``, ``http_version``, ``scheme``, and the values of its matrix."""
        own = {"run": self._run_of(job), "host": host, **job.launch.protocol_variables}
        return {**own, **job.whole.body.variables}

    def _run_of(self, job: Job) -> str:
        """The nonce of a job, which no other job of any run has."""
        return f"{self._run_id}-{job.id}"

    def script_of(self, job: Job, host: str) -> dict[str, object] | None:
        """The script that the bare app plays for a job, or None. Raises Unknown or ValueError where it cannot be
        rendered."""
        application = job.whole.body.application
        return None if application is None else script(application, job.id, self.variables(job, host))

    async def run(self, job: Job, live: LiveTarget) -> JobResult:
        """Run a job. Returns its result: it raises only CancelledError, and every other error is in the verdict.

        A case whose bytes are cut is performed with uncut bytes first, and must have the same result. One with a server
        of its own is performed once: the server that it starts or ends is not there a second time.
        """
        if job.case.delivery.whole or job.launch.lifespan_of:
            return await self._perform(job, live)
        before, after = Seen(self._run_of(job.undivided)), Seen(self._run_of(job))
        first = await self._perform(job.undivided, live, before)
        if first.verdict is Verdict.CRASH:
            return replace(first, case=job.case.id, sending=job.case.sending, reason=f"{first.reason}, {DELIVERED}")
        result = await self._perform(job, live, after, before)
        if first.verdict is Verdict.PASS and result.verdict.excusable and DELIVERED not in result.reason:
            return replace(result, reason=f"{result.reason}; {DELIVERED} it passes")
        return result

    async def _perform(
        self, job: Job, live: LiveTarget, seen: Seen | None = None, compared: Seen | None = None
    ) -> JobResult:
        """Perform a job once. ``seen`` takes the observations of its steps, which must be those in ``compared``."""
        case = job.whole
        body = case.body
        wall, started = time.time(), time.monotonic()
        state = JobState(job, live, self._step_types, self._match, self._open, seen=seen)
        # A server that the case has for itself began to write before the case began.
        logged = state.log_from = 0 if job.launch.lifespan_of else live.logged
        state.lost_before = live.boundary.lost
        results = CheckResults()
        timed_out = crash = defect = ""
        variables = self.variables(job, live.host)
        try:
            if body.application is not None:
                live.boundary.stage(job.id, script(body.application, job.id, variables))
            steps = StepScope(state, variables, results)
            if Requirement.DRIVER in case.requires:
                # The app may take long to load, or wait for its turn, and the time limit is that of the case.
                await live.prepare_driving()
                async with self._direct_calls:
                    with Deadline(case.timeout):
                        await steps.run(body.steps)
            else:
                with Deadline(case.timeout):
                    await steps.run(body.steps)
        except StepFailed:
            pass
        except TimeoutError:
            under_way = list(state.under_way.values())
            results.step = under_way[-1] if under_way else None
            timed_out = self._timed_out(state, results.step)
        except ConnectionRefused as error:
            _break(results, state, error, "connects")
        except ChannelError as error:
            _break(results, state, error, "goes on")
        except EvidenceLost as error:
            defect = str(error)
            results.broken += [error.mismatch] if error.mismatch is not None else []
        except (Unknown, WrongValue) as error:  # the case's own mistake, in a sentence for its author
            defect = f"the case cannot be performed: {error}"
        except EngineError as error:
            defect = f"{type(error).__name__}: {error}"
        except Exception as error:  # a driver failed: the verdict of the job reports it, and the run goes on
            kept_in = self._keep_traceback(f"{case.address} [{job.target.id}]", error)
            # Drivers raise the first two for values that a case gives them at run time.
            whose = "" if isinstance(error, (ValueError, TypeError)) else "internal error of the engine: "
            defect = f"{whose}{type(error).__name__}: {error}{kept_in}"
        finally:
            for connection in state.connections:
                connection.close()
        if results.broken and not defect:
            results.broken[:0] = _misnamed(state)
        differ: list[Mismatch] = []
        if seen is not None and compared is not None:
            differ = differences(compared, seen, case.delivery)
            results.broken = joined(results.broken, differ, results.step.place if results.step else None)
        if (results.broken or timed_out) and not _meant(state, results):
            crash = await _crash(state)
        outcomes = Outcomes(case.level, results.broken, results.warned, results.evaluated, timed_out, crash, defect)
        verdict, reason = decide(outcomes)
        if differ and not (crash or defect or timed_out):
            reason = differ[0].why + (f" (and {len(differ) - 1} more)" if len(differ) > 1 else "")
        keep = self._keep_all or verdict is not Verdict.PASS
        kept, evidence = (
            self._transcript(state, started) if keep else (None, evidence_of(live.boundary, state.lost_before))
        )
        log = live.log(logged) if keep else ""
        if len(log) > LOG:
            evidence = evidence.and_cut(f"the log keeps the last {LOG:,} of {len(log):,} characters")
        reproduction = self._reproduction(state, results) if keep and verdict not in NOT_REPRODUCED else NO_REPRODUCTION
        quoted = bool(results.broken or results.warned or verdict is Verdict.PASS)
        result = JobResult(
            case=case.id,
            file=case.file,
            target=job.target.id,
            category=case.category,
            level=case.level.value,
            verdict=verdict,
            reason=reason,
            mismatches=self._located(results.broken),
            warnings=self._located(results.warned),
            recorded=results.recorded,
            step=results.step.place if results.step else None,
            excerpt=None if quoted or results.step is None else self._excerpt_of(results.step.place),
            started=wall,
            seconds=time.monotonic() - started,
            evaluated=results.evaluated,
            transcript=kept,
            reproduce=reproduction.commands,
            not_reproduced=reproduction.why_not,
            cite=case.cite,
            risk=case.risk,
            title=case.title,
            tags=case.tags,
            sending=case.sending,
            log=log[-LOG:],
            evidence=evidence,
            calls=tuple(_calls(state)) if self._keep_calls else (),
            origin=self._origin(state, results) if keep and not job.target.is_control else None,
            send_raised=live.boundary.send_raised(job.id) if keep or job.target.is_control else (),
        )
        live.boundary.finish(job.id)
        return result

    def _located(self, mismatches: Sequence[Mismatch]) -> tuple[Mismatch, ...]:
        """The mismatches, each with the line of its document."""
        if not mismatches:
            return ()
        return tuple(
            replace(one, excerpt=self._excerpt_of(one.place)) if one.place.line and one.excerpt is None else one
            for one in mismatches
        )

    def _timed_out(self, state: JobState, step: Step | None) -> str:
        """The reason of a timeout in a step, in words."""
        step_type = self._step_types[step.group, step.step_type] if step is not None else None
        found = step_type.awaits if step_type is not None else ""
        awaits = found if isinstance(found, str) or step is None else found(step.params)
        began = state.performed[-1].started if state.performed else 0.0
        wire = [event for connection in state.connections for event in connection.channel.events if event.at >= began]
        wire.sort(key=lambda event: event.at)
        return timing_out.reason(state.job.case.timeout, step, str(awaits), wire, _calls(state))

    @staticmethod
    def _origin(state: JobState, results: CheckResults) -> Origin | None:
        """The part of the application that did something wrong, if the observer saw it."""
        return origin_of(_calls(state), results.broken or results.warned)

    def _reproduction(self, state: JobState, results: CheckResults) -> Reproduction:
        """Commands that reproduce the job."""
        job, address = state.job, state.live.address
        deed = Deed(job.whole, job.target, results.step, state.performed, state.connections, address)
        return reproduce(deed, self._step_types)

    def _transcript(self, state: JobState, started: float) -> tuple[Transcript, EvidenceQuality]:
        """The events of a job, up to a bound, and the quality of that evidence."""
        wire = [event for connection in state.connections for event in connection.channel.events]
        calls = _calls(state)
        whole = transcript(started, wire, [one.event for one in state.notes], calls)
        kept = trimmed(whole)
        lost = evidence_of(state.live.boundary, state.lost_before, sum(call.lost for call in calls))
        return kept, lost.and_cut(*cuts(whole, kept))


def _break(results: CheckResults, state: JobState, error: ChannelError, phrase: str) -> None:
    """Add a mismatch to a step whose connection failed."""
    under_way = list(state.under_way.values())
    step = under_way[-1] if under_way else state.job.whole.body.steps[0]
    results.broken.append(Mismatch("connection", phrase, type(error).__name__.lower(), step.place, error.what))
    results.step = step


def _calls(state: JobState) -> Sequence[AppCall]:
    """Every call of the application that belongs to a job, each once."""
    boundary = state.live.boundary
    boundary.refresh()
    found: dict[str, AppCall] = {}
    for performed in state.performed:
        for token in performed.tokens:
            found.update((call.key, call) for call in boundary.calls(token=token))
        if performed.peer is not None:
            calls = boundary.calls(peer=performed.peer, since=performed.started)
            found.update((call.key, call) for call in calls)
    if state.job.launch.lifespan_of:
        found.update((call.key, call) for call in boundary.lifespans())
    return sorted(found.values(), key=lambda call: call.started)


def _misnamed(state: JobState) -> Sequence[Mismatch]:
    """The mismatch of a call that reports a client which no job announced, if a step's own bytes caused no call.
    The observer could not assign the call, nor choose its script, so other failures may follow from it. Empty for
    services that run already, which others may call as well."""
    boundary = state.live.boundary
    if state.job.target.runtime == RUNNING:
        return ()
    boundary.refresh()
    for one in state.performed:
        if one.peer is None or one.tokens or boundary.calls(peer=one.peer, since=one.started):
            continue
        for call in boundary.strays(one.started):
            wrong = wrong_client(call, one.peer, one.step.place)
            if wrong is not None:
                return (wrong,)
    return ()


def _meant(state: JobState, results: CheckResults) -> bool:
    """True if the case meant the server, or a worker, to end: a step has seen to it, or the start itself failed."""
    step_types = state.step_types
    if results.step is not None and step_types[results.step.group, results.step.step_type].lifecycle == "starts":
        return True
    return state.job.case.may_die or any(one.lifecycle in ("ends", "awaits its end") for one in state.performed)


async def _crash(state: JobState) -> str:
    """The end of the server, or of a server worker that served this job, in words; "" if all live. Waits 20 ms, since a
    process may end a moment after its connections."""
    await asyncio.sleep(0.02)
    live = state.live
    if await live.check() is not None:
        return died(live)
    served = {call.pid for call in _calls(state)}
    lost = sorted(served.intersection(live.workers_lost))
    return f"worker {', '.join(map(str, lost))} is gone" if lost else ""


def died(live: LiveTarget) -> str:
    """The end of a server's main process, in words."""
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
        risk=case.risk,
        title=case.title,
        tags=case.tags,
        sending=case.sending,
    )
