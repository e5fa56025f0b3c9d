"""From the steps of a job to its verdict, without any server."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.channels.scripted import ScriptedChannel
from engine.errors import ConnectionRefused, Defect, EvidenceLost
from engine.execution.job import Job
from engine.execution.runner.runner import DIRECT_CALLS, Runner
from engine.model.boundary import AppCall
from engine.model.case import AppCommand, Application, Case, Level, Step
from engine.model.evidence_quality import COMPLETE, EvidenceQuality
from engine.model.expectation import Checks, Mismatch
from engine.model.protocols import Channel
from engine.model.requirements import Requirement
from engine.model.source_span import Excerpt, SourceSpan
from engine.model.target import ExitStatus, ServerLaunch
from engine.model.tls import TlsClientOptions, TlsCredentials
from engine.model.verdict import JobResult, Verdict
from engine.observer.spool import ObserverSpool
from engine.results.record import tracebacks
from engine.steps.api.context import Context
from engine.steps.api.observation import Observation
from engine.steps.app.facts import BoundaryFacts
from tests.execution.fakes import (
    TARGET,
    FakeLive,
    MappingObservation,
    case,
    group,
    job,
    see,
    step,
    step_type,
    the_match,
)

PLACE = SourceSpan("case.yaml", 1, 1)


async def refused(address: tuple[str, int], subject: str) -> Channel:
    raise ConnectionRefused("nobody listens there")


def run(of: Case | Job, live: FakeLive | None = None, **actions: Any) -> JobResult:
    """The result of a case whose step types do these actions."""
    step_types = dict(step_type(name, action) for name, action in actions.items())
    return run_with(of, step_types, live)


def run_with(of: Case | Job, step_types: object, live: FakeLive | None = None) -> JobResult:
    runner = Runner(step_types, the_match, refused, "abcd")  # type: ignore[arg-type]  # any mapping of fakes
    one = of if isinstance(of, Job) else job(of)
    return asyncio.run(runner.run(one, live or FakeLive()))


EXPECT = Checks(expect=group(status=200))


def test_mismatches_have_the_line_of_their_document() -> None:
    def line(place: SourceSpan) -> Excerpt:
        return Excerpt(f"line {place.line}", 2, 3)

    def result(status: int) -> JobResult:
        step_types = dict([step_type("look", see(status=status))])
        runner = Runner(step_types, the_match, refused, "abcd", excerpt_of=line)
        return asyncio.run(runner.run(job(case(step("look", EXPECT))), FakeLive()))

    failed = result(500)
    assert [one.excerpt for one in failed.mismatches] == [Excerpt("line 7", 2, 3)]
    assert failed.excerpt is None
    assert result(200).excerpt is None


def test_pass() -> None:
    result = run(case(step("look", EXPECT)), look=see(status=200))
    assert (result.verdict, result.evaluated, result.transcript) == (Verdict.PASS, 1, None)


@pytest.mark.parametrize(
    ("level", "verdict"), [(Level.MUST, Verdict.FAIL), (Level.SHOULD, Verdict.WARN), (Level.MAY, Verdict.INFO)]
)
def test_a_mismatch_counts_at_the_case_s_level(level: Level, verdict: Verdict) -> None:
    result = run(case(step("look", EXPECT), level=level), look=see(status=500))
    assert result.verdict is verdict
    assert result.reason == "expected status 200, got 500"
    assert result.mismatches[0].place.line == 7
    assert result.transcript is not None


def test_the_steps_after_a_mismatch_are_not_performed() -> None:
    done: list[str] = []

    async def note(step: Step, context: Context) -> Observation | None:
        done.append("later")
        return None

    result = run(case(step("look", EXPECT), step("note")), look=see(status=500), note=note)
    assert (result.verdict, done) == (Verdict.FAIL, [])


def test_a_should_warns_and_goes_on() -> None:
    steps = (step("look", Checks(should=group(status=201))), step("look", EXPECT))
    result = run(case(*steps), look=see(status=200))
    assert (result.verdict, result.evaluated, len(result.warnings)) == (Verdict.WARN, 2, 1)


def test_captures_and_records() -> None:
    steps = (
        step("look", Checks(capture=(("first", "status"),), record=(("seen", "status"),))),
        step("look", Checks(expect=group(text="was $(first) in $(run)"))),
    )
    result = run(case(*steps), look=see(status=200, text="was 200 in abcd-j0"))
    assert (result.verdict, result.recorded) == (Verdict.PASS, {"seen": 200})


def test_a_capture_of_what_is_not_there_fails() -> None:
    result = run(case(step("look", Checks(capture=(("x", "status"),)))), look=see())
    assert result.verdict is Verdict.FAIL
    assert "captured" in result.mismatches[0].expected


def test_a_case_that_evaluates_nothing_is_an_error() -> None:
    assert run(case(step("look")), look=see(status=200)).verdict is Verdict.ERROR


def test_what_a_step_implies() -> None:
    class NothingHeld(MappingObservation):
        def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
            return [] if "outcome" in named else [Mismatch("outcome", "a response", "closed", implicit=True)]

    async def look(step: Step, context: Context) -> Observation:
        return NothingHeld({"outcome": "closed", "status": 200})

    assert run(case(step("look", EXPECT)), look=look).verdict is Verdict.FAIL
    assert run(case(step("look", Checks(expect=group(outcome="closed")))), look=look).verdict is Verdict.PASS


async def for_ever(step: Step, context: Context) -> Observation | None:
    await asyncio.sleep(60)
    return None


def test_a_timeout_names_the_step() -> None:
    result = run(case(step("hang", EXPECT), timeout=0.05), hang=for_ever)
    assert result.verdict is Verdict.TIMEOUT
    assert result.reason == ("timed out after 0.05 s in `hang` (case.yaml:7), to check status; received 0 B")


def test_the_time_in_which_an_app_loads_is_not_that_of_the_case() -> None:
    live = FakeLive(loads_within=0.2)
    drives = replace(case(step("look", EXPECT), timeout=0.1), requires={Requirement.DRIVER: "drive"})
    types = dict([step_type("look", see(status=200))])
    assert (run_with(drives, types, live=live).verdict, live.loaded) == (Verdict.PASS, 1)
    assert (run_with(case(step("look", EXPECT)), types, live=live).verdict, live.loaded) == (Verdict.PASS, 1)


def test_only_some_cases_call_apps_at_a_time_and_the_others_wait_outside_their_time() -> None:
    under_way: list[int] = [0]
    most: list[int] = [0]

    async def look(step: Step, context: Context) -> Observation | None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        await asyncio.sleep(0.05)
        under_way[0] -= 1
        return MappingObservation({"status": 200})

    runner = Runner(dict([step_type("look", look)]), the_match, refused, "abcd")
    one = replace(case(step("look", EXPECT)), requires={Requirement.DRIVER: "drive"}, timeout=1.0)

    async def scene() -> list[JobResult]:
        return await asyncio.gather(*(runner.run(job(one), FakeLive()) for _ in range(20 * DIRECT_CALLS)))

    # All of them take as long as the time of one.
    assert {result.verdict for result in asyncio.run(scene())} == {Verdict.PASS}
    assert most[0] == DIRECT_CALLS


def test_a_timeout_says_what_was_waited_for_and_what_had_come() -> None:
    async def ask(step: Step, context: Context) -> Observation | None:
        connection = await context.connect(None)
        await connection.channel.send(b"GET")
        await connection.channel.receive()
        await asyncio.sleep(60)
        return None

    async def open_channel(address: tuple[str, int], subject: str) -> Channel:
        return ScriptedChannel([b"HTTP/1.1 200 OK\r\n"])

    step_types = dict([step_type("ask", ask, awaits=lambda params: f"the response to {params}")])
    runner = Runner(step_types, the_match, open_channel, "abcd")
    one = job(case(step("ask", EXPECT, "GET /slow"), timeout=0.05))
    live = FakeLive()
    result = asyncio.run(runner.run(one, live))
    assert result.reason.startswith(
        "timed out after 0.05 s waiting for the response to GET /slow in `ask` (case.yaml:7)"
    )


def test_a_crash_is_told_from_a_failure() -> None:
    live = FakeLive(ended=ExitStatus(signal=9))
    result = run(case(step("look", EXPECT)), live, look=see(status=500))
    assert (result.verdict, result.reason) == (Verdict.CRASH, "the server ended with signal 9")


def test_a_server_that_may_die_has_not_crashed() -> None:
    live = FakeLive(ended=ExitStatus(signal=9))
    result = run(case(step("look", EXPECT), may_die=True), live, look=see(status=500))
    assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        (("end", "look"), Verdict.FAIL),  # a step has seen to the server's end
        (("look", "end"), Verdict.CRASH),  # it died before
        (("begin",), Verdict.FAIL),  # its start is what failed
        (("begin", "look"), Verdict.CRASH),  # it had started
    ],
)
def test_a_server_that_was_meant_to_end_has_not_crashed(steps: tuple[str, ...], verdict: Verdict) -> None:
    implicit_failures = Mismatch("start", "the server to start", "nothing", implicit=True)

    class Failed(MappingObservation):
        def implicit_failures(self, named: frozenset[str]) -> Sequence[Mismatch]:
            return [implicit_failures] if steps == ("begin",) else []

    async def begin(step: Step, context: Context) -> Observation | None:
        return Failed()

    step_types = dict([
        step_type("look", see(status=500)),
        step_type("end", see(), lifecycle="ends"),
        step_type("begin", begin, lifecycle="starts"),
    ])  # fmt: skip
    live = FakeLive(ended=ExitStatus(status=3))
    of = case(*(step(name, EXPECT if name == "look" else None) for name in steps))
    assert run_with(of, step_types, live).verdict is verdict


@pytest.mark.parametrize(("own", "seen"), [("", "new"), ("j0", "old new")])
def test_a_log_begins_with_the_case_or_with_the_case_s_own_server(own: str, seen: str) -> None:
    live = FakeLive(written="old ")

    async def look(step: Step, context: Context) -> Observation:
        live.written += "new"
        return MappingObservation({"text": context.log()})

    of = job(case(step("look", Checks(expect=group(text=seen)))), launch=ServerLaunch(TARGET, lifespan_of=own))
    assert run(of, live, look=look).verdict is Verdict.PASS


def test_a_connection_is_opened_under_a_name_once() -> None:
    opened: list[tuple[object, ...]] = []

    async def open_channel(*arguments: object) -> Channel:
        opened.append(arguments)
        return ScriptedChannel()

    async def connect(step: Step, context: Context) -> Observation | None:
        await context.open("one")
        await context.open("two", address=("127.0.0.9", 3), receive_buffer=4096)
        assert (await context.connect("two")).channel.ended == ""
        await context.open("one")
        return None

    runner = Runner(dict([step_type("connect", connect)]), the_match, open_channel, "abcd")
    result = asyncio.run(runner.run(job(case(step("connect"))), FakeLive()))
    assert opened == [(("127.0.0.1", 1), "one"), (("127.0.0.9", 3), "two", 4096)]
    assert result.verdict is Verdict.ERROR
    assert result.reason == "the case cannot be performed: there is a connection 'one' already"


def test_a_new_connection_leads_past_the_gateway_where_that_is_asked_for() -> None:
    opened: list[object] = []

    async def open_channel(address: object, *more: object) -> Channel:
        opened.append(address)
        return ScriptedChannel()

    async def connect(step: Step, context: Context) -> Observation | None:
        await context.connect("past", upstream=True)
        await context.connect("past")
        await context.connect(None, upstream=True)
        await context.connect(None)
        return None

    runner = Runner(dict([step_type("connect", connect)]), the_match, open_channel, "abcd")
    live = FakeLive(upstream=("127.0.0.1", 2))
    asyncio.run(runner.run(job(case(step("connect"))), live))
    assert opened == [live.upstream, live.upstream, live.address]


def test_connections_to_a_target_with_tls_begin_with_it() -> None:
    opened: list[tuple[object, ...]] = []

    async def open_channel(address: object, name: object, *more: object) -> Channel:
        opened.append((name, *more))
        return ScriptedChannel()

    async def connect(step: Step, context: Context) -> Observation | None:
        await context.connect("one")
        await context.connect(None)
        await context.open("plain")
        await context.open("three", receive_buffer=4096, tls_options=tls_options)
        return None

    trust = TlsCredentials(Path("ca"), Path("client"), Path("wrong"))
    tls_options = TlsClientOptions(trust, version="1.2")
    runner = Runner(dict([step_type("connect", connect)]), the_match, open_channel, "abcd")
    asyncio.run(runner.run(job(case(step("connect"))), FakeLive(tls=trust)))
    assert opened == [
        ("one", None, TlsClientOptions(trust)),
        ("connection 2", None, TlsClientOptions(trust)),
        ("plain",),
        ("three", 4096, tls_options),
    ]  # fmt: skip


def test_polling_goes_on_until_it_holds() -> None:
    tries: list[int] = []

    async def look(step: Step, context: Context) -> Observation:
        tries.append(1)
        return MappingObservation({"status": 200 if len(tries) == 3 else 500})

    step_types = dict([step_type("look", look, within="polls")])
    result = run_with(case(step("look", replace(EXPECT, within=5.0))), step_types)
    assert (result.verdict, len(tries), result.evaluated) == (Verdict.PASS, 3, 1)


def test_polling_ends_with_the_last_mismatch() -> None:
    step_types = dict([step_type("look", see(status=500), within="polls")])
    result = run_with(case(step("look", replace(EXPECT, within=0.02))), step_types)
    assert (result.verdict, len(result.mismatches)) == (Verdict.FAIL, 1)


def test_a_driver_that_breaks_down_is_an_error_and_no_traceback() -> None:
    async def broken(step: Step, context: Context) -> Observation | None:
        raise KeyError("oh")

    result = run(case(step("look", EXPECT)), look=broken)
    assert result.verdict is Verdict.ERROR
    assert "KeyError" in result.reason


def test_what_a_driver_raises_keeps_its_traceback_beside_the_run(tmp_path: Path) -> None:
    async def breaks(step: Step, ctx: Context) -> Observation:
        raise KeyError("never there")

    step_types = dict([step_type("look", breaks)])
    runner = Runner(step_types, the_match, refused, "abcd", keep_traceback=partial(tracebacks.keep, tmp_path))
    for _ in range(2):
        result = asyncio.run(runner.run(job(case(step("look", EXPECT))), FakeLive()))
        assert result.reason == (
            f"internal error of the engine: KeyError: 'never there'; its traceback is in {tmp_path / tracebacks.FILE}"
        )
    text = (tmp_path / tracebacks.FILE).read_text()
    assert text.count("case.yaml::case [server-control-asyncio]\nTraceback (most recent call last):\n") == 2
    assert text.count('raise KeyError("never there")') == 2
    # What cannot be kept is not promised.
    (tmp_path / "file").write_text("")
    assert tracebacks.keep(tmp_path / "file", "x", ValueError()) == ""


def test_a_connection_that_is_refused_fails_at_its_step() -> None:
    async def connect(step: Step, context: Context) -> Observation | None:
        await context.connect(None)
        return None

    result = run(case(step("look", EXPECT)), look=connect)
    assert result.verdict is Verdict.FAIL
    assert result.mismatches[0].why == "nobody listens there"
    assert result.step is not None


def test_an_unknown_variable_is_the_case_s_error() -> None:
    async def use(step: Step, context: Context) -> Observation | None:
        from engine.model.variables import fill

        fill("$(nowhere)", context.variables)
        return None

    assert run(case(step("use", EXPECT)), use=use).verdict is Verdict.ERROR


def test_an_engine_s_own_error_is_an_error() -> None:
    async def broken(step: Step, context: Context) -> Observation | None:
        raise Defect("no step is under way")

    assert "Defect" in run(case(step("look", EXPECT)), look=broken).reason


def test_the_script_is_staged_and_the_job_finished() -> None:
    live = FakeLive()
    script = Application(http=(AppCommand("sleep", 1.0, PLACE), AppCommand("mark", "$(run)", PLACE)))
    result = run(job(case(step("look", EXPECT), application=script), 4), live, look=see(status=200))
    assert result.verdict is Verdict.PASS
    assert live.boundary.staged == {
        "j4": {
            "job": "j4",
            "lifespan": None,
            "http": [{"act": "sleep", "arg": 1.0}, {"act": "mark", "arg": "abcd-j4"}],
            "websocket": None,
            "paths": {},
        }
    }
    assert live.boundary.finished == ["j4"]


def test_a_trial_keeps_its_mismatches_until_it_is_settled() -> None:
    async def try_twice(step: Step, context: Context) -> Observation | None:
        inner = step.params
        assert isinstance(inner, tuple)
        from engine.steps.api.context import StepFailed

        first = context.trial()
        with pytest.raises(StepFailed):
            await first.run(inner[:1])
        second = context.trial()
        await second.run(inner[1:])
        context.settle(second)
        return None

    inner = (step("wrong", EXPECT), step("right", Checks(expect=group(status=200), capture=(("s", "status"),))))
    outer = case(step("twice", params=inner), step("right", Checks(expect=group(text="$(s)"))))
    result = run(outer, twice=try_twice, wrong=see(status=500), right=see(status=200, text="200"))
    assert (result.verdict, result.evaluated) == (Verdict.PASS, 2)


# What the observer lost


def boundary_look(live: FakeLive, lost: int = 0) -> object:
    """A step that observes the calls of a target whose observer loses so many records meanwhile."""

    async def action(step: Step, context: Context) -> Observation:
        live.boundary.lost += lost
        return BoundaryFacts([])

    return action


NONE = Checks(expect=group(calls=0))
ONE = Checks(expect=group(calls=1))


def test_what_is_absent_is_not_known_where_records_were_lost() -> None:
    live = FakeLive()
    assert run(case(step("look", NONE)), live, look=boundary_look(live)).verdict is Verdict.PASS
    live.boundary.notes = ["process 7: evidence lost: 3 records, No space left on device"]
    result = run(case(step("look", NONE)), live, look=boundary_look(live, 3))
    assert result.verdict is Verdict.ERROR
    assert result.reason == (
        "the observer lost 3 records while the case ran: process 7: evidence lost: 3 records, No space left on device"
    )
    assert result.evidence == EvidenceQuality(3, live.boundary.notes[0])
    assert (result.evidence.state, result.evidence.notes) == ("lost", (result.reason,))
    # Nor is a missing call the server's doing.
    assert run(case(step("look", ONE)), live, look=boundary_look(live, 1)).verdict is Verdict.ERROR
    # What was lost before a case began was no evidence of it.
    assert run(case(step("look", NONE)), live, look=boundary_look(live)).verdict is Verdict.PASS


def test_a_case_that_looks_at_the_wire_alone_is_judged_by_that() -> None:
    live = FakeLive()

    async def lose(step: Step, context: Context) -> None:
        live.boundary.lost += 1

    result = run(case(step("lose"), step("look", EXPECT)), live, lose=lose, look=see(status=200))
    # It passes, and says that a record is missing.
    assert (result.verdict, result.evidence.state) == (Verdict.PASS, "lost")
    assert run(case(step("look", EXPECT)), live, look=see(status=200)).evidence == COMPLETE
    assert run(case(step("look", EXPECT)), live, look=see(status=500)).evidence == COMPLETE


def test_a_desk_that_lost_records(tmp_path: Path) -> None:
    """The same with the real one, whose observer could not write and says so in front of its next record."""
    spool = ObserverSpool.create(tmp_path)
    live = FakeLive(boundary=spool)  # type: ignore[arg-type]  # the real spool in place of the fake one
    note = {"k": "note", "t": 1.0, "n": 1, "lost": 2, "text": "evidence lost: 2 records, No space left on device"}

    async def look(step: Step, context: Context) -> Observation:
        spool.refresh()
        return BoundaryFacts(spool.calls(token="j0.1"))

    assert run(case(step("look", NONE)), live, look=look).verdict is Verdict.PASS
    (tmp_path / "records" / "7.ndjson").write_text(json.dumps(note) + "\n")
    result = run(case(step("look", NONE)), live, look=look)
    assert (result.verdict, "lost 2 records" in result.reason) == (Verdict.ERROR, True)


def test_a_call_that_cannot_be_used_is_lost_evidence_too() -> None:
    async def look(step: Step, context: Context) -> Observation:
        call = AppCall("7.0.1", "j0.1", None, 7, "", 1.0, {}, lost=1)
        return BoundaryFacts([call])

    assert run(case(step("look", ONE)), look=look).verdict is Verdict.ERROR


def swapped(at: float) -> AppCall:
    """A call for which the server names itself as the client."""
    return AppCall("7.0.1", "", ("127.0.0.1", 8000), 7, "", at, {})


@pytest.mark.parametrize(
    ("tokens", "call", "runtime", "named"),
    [
        ([], swapped(math.inf), "local", True),
        ([], swapped(0.0), "local", False),  # before the step began
        (["j0.1"], swapped(math.inf), "local", False),  # known by its header
        ([], replace(swapped(math.inf), peer=("127.0.0.1", 5)), "local", False),
        ([], swapped(math.inf), "running", False),  # others call there as well
    ],
)
def test_a_client_that_is_named_wrong_stands_before_what_follows_from_it(
    tokens: list[str], call: AppCall, runtime: str, named: bool
) -> None:
    live = FakeLive()
    live.boundary.nobodys = [call]

    async def look(step: Step, context: Context) -> Observation:
        context.performed.peer = ("127.0.0.1", 5)
        context.performed.tokens.extend(tokens)
        return MappingObservation({"status": 404})

    of = job(case(step("look", EXPECT)))
    result = run(replace(of, target=replace(TARGET, runtime=runtime)), live, look=look)
    assert result.verdict is Verdict.FAIL
    assert [one.where for one in result.mismatches] == [*(["scope.client"] if named else []), "status"]
    if named:
        first = result.mismatches[0]
        assert result.reason.startswith(
            "expected scope.client to be the client's own address, 127.0.0.1:5, got '127.0.0.1:"
        )
        assert (first.actual, first.given, first.place.line) == ("127.0.0.1:8000", True, 7)
    live.boundary.nobodys = []
    assert [one.where for one in run(of, live, look=look).mismatches] == ["status"]


def test_what_could_not_be_told_names_what_the_server_gave_wrong() -> None:
    wrong = Mismatch("scope.client", "to be the client's own address, 127.0.0.1:5", "none", PLACE, given=True)

    async def look(step: Step, context: Context) -> Observation:
        raise EvidenceLost("the client is wrong", mismatch=wrong)

    result = run(case(step("look", NONE)), look=look)
    assert (result.verdict, result.reason, result.mismatches) == (Verdict.ERROR, "the client is wrong", (wrong,))


def test_what_send_raised_is_kept_for_the_control_and_for_what_does_not_pass() -> None:
    live = FakeLive()
    live.boundary.raised = ("OSError",)
    assert run(case(step("look", EXPECT)), live, look=see(status=200)).send_raised == ("OSError",)
    framework = FakeLive(target=replace(TARGET, framework="starlette"), boundary=live.boundary)
    of = job(case(step("look", EXPECT)))
    theirs = replace(of, target=framework.target)
    assert run(theirs, framework, look=see(status=200)).send_raised == ()
    assert run(theirs, framework, look=see(status=500)).send_raised == ("OSError",)
