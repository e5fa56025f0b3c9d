"""Which jobs a run has, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.app import step_types
from engine.app.repeating import repeated
from engine.errors import UsageError
from engine.execution.planning.plan import Selection, arranged, distinct, not_meant, plan, renumbered
from engine.loading.read.cases import required
from engine.model.case import CaseHeader, Level, RunsOn, Selector, Skip
from engine.model.source_span import SourceSpan
from engine.model.target import Target
from engine.steps.api.step_type import StepType

PLACE = SourceSpan("specs/a.yaml", 1, 1)
CASE = CaseHeader(
    id="a",
    stem="a",
    title="A",
    suite="S",
    file="specs/a.yaml",
    category="http",
    level=Level.MUST,
    cite=("CORE-01",),
    runs_on=RunsOn.FRAMEWORKS,
    place=PLACE,
)
CONTROL = Target("gunicorn", "control", "auto")
STARLETTE = Target("gunicorn", "starlette", "auto")


def named(name: str, **changes: Any) -> CaseHeader:
    return replace(CASE, id=name, stem=name, **changes)


def planned(*cases: CaseHeader, offers: frozenset[str] = frozenset(), refuses: str = "") -> list[tuple[str, str, str]]:
    jobs = plan(
        cases, [CONTROL, STARLETTE], lambda _: offers, lambda _, options: [refuses] if options and refuses else []
    )
    assert [job.position for job in jobs] == list(range(len(jobs)))
    return [(job.target.framework, job.case.id, job.left_out) for job in jobs]


def test_a_case_runs_on_every_framework_or_on_the_control_alone() -> None:
    assert planned(named("all"), named("own", runs_on=RunsOn.CONTROL)) == [
        ("control", "all", ""),
        ("control", "own", ""),
        ("starlette", "all", ""),
    ]
    assert planned(named("wsgi", runs_on=RunsOn.WSGI)) == []


def test_only_takes_a_target_out_and_skip_says_why() -> None:
    only = named("only", only=Selector(frameworks=("starlette",)))
    skip = named("skip", skip=(Skip(Selector(frameworks=("starlette",)), "it has none"),))
    assert planned(only, skip) == [
        ("control", "skip", ""),
        ("starlette", "only", ""),
        ("starlette", "skip", "left out: it has none"),
    ]


def test_what_a_target_lacks_is_said() -> None:
    needs = named("needs", needs=("websocket", "http2"))
    assert planned(needs, offers=frozenset({"websocket"}))[0][2] == "gunicorn with control does not offer http2"
    assert planned(needs, offers=frozenset({"websocket", "http2"}))[0][2] == ""
    assert planned(named("option", server={"tls": True}), refuses="no tls here")[0][2] == "no tls here"


def test_a_case_without_a_server_has_one_job_for_each_app_and_python() -> None:
    targets = [
        Target("daphne", "starlette", "asyncio"),
        Target("gunicorn", "starlette", "asyncio"),
        Target("gunicorn", "starlette", "uvloop"),
        Target("gunicorn", "starlette", "asyncio", interpreter="3.12"),
        Target("gunicorn", "starlette", "asyncio", framework_release="==0.46.0"),
        Target("gunicorn", "starlette", "asyncio", runtime="docker"),
        Target("gunicorn", "starlette", "asyncio", variant="old-multipart"),
        CONTROL,
    ]
    jobs = plan([named("called", without_server=True), named("served")], targets, lambda _: frozenset(), lambda *_: [])
    assert [job.position for job in jobs] == list(range(len(jobs)))
    assert [job.target for job in jobs if job.case.id == "called"] == [targets[0], *targets[3:]]
    assert [job.target for job in jobs if job.case.id == "served"] == targets


def test_a_case_without_a_server_runs_where_it_is_not_left_out() -> None:
    targets = [Target(name, "starlette", "auto") for name in ("daphne", "granian", "gunicorn")]
    needs = named("called", without_server=True, needs=("trailers",))
    offers = {"daphne": frozenset[str](), "granian": frozenset({"trailers"}), "gunicorn": frozenset({"trailers"})}
    jobs = plan([needs], targets, lambda target: offers[target.server], lambda *_: [])
    assert [(job.target.server, job.left_out) for job in jobs] == [("granian", "")]
    nowhere = plan([needs], targets, lambda _: frozenset(), lambda *_: [])
    assert [job.target.server for job in nowhere] == ["daphne"]
    assert nowhere[0].left_out


def test_a_target_s_processes_follow_each_other() -> None:
    cases = [
        named("own", own_process=True),
        named("first"),
        named("option", server={"workers": 2}),
        named("alone", alone="all"),
        named("script", runs_on=RunsOn.CONTROL, own_process=True, scripted=True),
        named("second"),
        named("same-option", server={"workers": 2}),
    ]
    jobs = plan(cases, [CONTROL], lambda _: frozenset(), lambda *_: [])
    assert [job.case.id for job in jobs] == ["first", "second", "alone", "option", "same-option", "own", "script"]
    launches = [job.launch for job in jobs]
    assert launches[0] == launches[1] == launches[2]
    assert launches[3] == launches[4] != launches[0]
    assert len({launches[0], launches[3], launches[5], launches[6]}) == 4
    assert [launch.lifespan_of for launch in launches[5:]] == ["j5", "j6"]


def test_a_case_that_starts_its_server_itself_is_only_made_ready_for_that() -> None:
    cases = [named("plain"), named("own", own_process=True), named("starts", own_process=True, starts=True)]
    jobs = plan(cases, [CONTROL], lambda _: frozenset(), lambda *_: [])
    assert [(job.launch.lifespan_of, job.launch.held) for job in jobs] == [("", False), ("j1", False), ("j2", True)]
    assert [job.launch.held for job in renumbered(jobs[2:])] == [True]


def test_some_of_a_plan_are_a_plan_again() -> None:
    jobs = plan([named("a", own_process=True), named("b")], [CONTROL], lambda _: frozenset(), lambda *_: [])
    again = renumbered(jobs[1:])
    assert [(job.position, job.launch.lifespan_of) for job in again] == [(0, "j0")]
    assert arranged(list(reversed(jobs)), [CONTROL]) == [1, 0]


def test_a_category_that_no_case_has_is_a_usage_error() -> None:
    Selection(categories=("http",)).check([CASE])
    with pytest.raises(UsageError) as raised:
        Selection(categories=("htpp",)).check([CASE])
    assert "did you mean 'http'?" in str(raised.value)


def test_what_a_target_only_lacks_by_its_own_word_is_kept_for_a_probe() -> None:
    def lacks(case: CaseHeader, offers: frozenset[str] = frozenset(), refuses: str = "") -> tuple[str, ...]:
        (job,) = plan([case], [CONTROL], lambda _: offers, lambda *_: [refuses] if refuses else [])
        return job.lacks

    needs = named("needs", needs=("websocket", "http2"))
    assert lacks(needs) == ("websocket", "http2")
    assert lacks(needs, frozenset({"websocket"})) == ("http2",)
    assert lacks(needs, frozenset({"websocket", "http2"})) == ()
    assert lacks(needs, refuses="no tls here") == ()
    assert lacks(replace(needs, skip=(Skip(Selector(), "it is slow"),))) == ()


def test_a_release_has_its_name_in_what_it_lacks() -> None:
    old = replace(CONTROL, release="==26.2.0")
    (job,) = plan([named("needs", needs=("http2",))], [old], lambda _: frozenset(), lambda *_: [])
    assert job.left_out == "gunicorn==26.2.0 with control does not offer http2"


def types(*names: str) -> list[StepType[Any]]:
    return [step_types.by_name()["step", name] for name in names]


BEHIND = replace(STARLETTE, gateway="nginx-http")


def test_a_case_is_for_apps_of_one_interface() -> None:
    flask = replace(STARLETTE, framework="flask", interface="wsgi")
    assert not_meant(named("wsgi", runs_on=RunsOn.WSGI), flask) == ""
    assert not_meant(named("wsgi", runs_on=RunsOn.WSGI), STARLETTE) == "it is for WSGI apps"
    assert not_meant(named("asgi"), flask) == "it is for ASGI apps"
    assert not_meant(named("own", runs_on=RunsOn.CONTROL), replace(CONTROL, interface="wsgi")) == "it is for ASGI apps"


def test_what_asks_as_any_client_does_is_the_same_behind_a_gateway() -> None:
    asks = named("asks", requires=required(types("request", "repeat", "app", "mark", "pause")))
    assert not_meant(asks, BEHIND) == ""
    assert not_meant(replace(asks, server={"keep_conn": True}), BEHIND) == ""


@pytest.mark.parametrize("kind", ["tcp", "connect", "websocket", "fastcgi", "start", "signal", "exit", "measure"])
def test_what_is_about_the_server_s_own_connection_is_not_meant_for_a_gateway(kind: str) -> None:
    case = named("own", requires=required(types("request", kind)))
    assert not_meant(case, BEHIND) == f"`{kind}` is about the server's own connection or process, which a gateway hides"
    assert not_meant(case, STARLETTE) == ""
    assert not_meant(replace(case, only=Selector(gateways=("nginx-http",))), BEHIND) == ""


def test_the_server_s_options_and_what_the_control_plays_are_not_meant_for_a_gateway() -> None:
    assert "'workers'" in not_meant(named("option", server={"workers": 2, "keep_conn": True}), BEHIND)
    behind = replace(CONTROL, gateway="nginx-http")
    own = named("own", runs_on=RunsOn.CONTROL)
    assert not_meant(own, behind) == "it tests the server, which a gateway hides"
    assert not_meant(replace(own, only=Selector(gateways=("nginx-http",))), behind) == ""


def test_a_server_must_speak_what_its_gateway_does() -> None:
    (job,) = plan([CASE], [BEHIND], lambda _: frozenset(), lambda *_: [])
    assert (job.left_out, job.lacks) == ("gunicorn does not speak HTTP", ("http",))
    (job,) = plan([CASE], [BEHIND], lambda _: frozenset({"http"}), lambda *_: [])
    assert (job.left_out, job.lacks) == ("", ())


def test_two_documents_with_one_address_are_refused() -> None:
    here, there = (replace(CASE, place=replace(CASE.place, file=file)) for file in ("one/a.yaml", "two/a.yaml"))
    distinct([here, here])
    known: dict[str, str] = {}
    distinct([here], known)
    with pytest.raises(UsageError, match=r"one/a\.yaml and .*two/a\.yaml have the same address"):
        distinct([there], known)


def test_cases_are_chosen_by_tag_and_keyword() -> None:
    quick, slow = named("quick-one", tags=("smoke",)), named("slow-one")
    assert [Selection(tags=("smoke",)).takes(case) for case in (quick, slow)] == [True, False]
    assert [Selection(keyword="one and not smoke").takes(case) for case in (quick, slow)] == [False, True]
    assert [Selection(keyword="a.yaml::quick").takes(case) for case in (quick, slow)] == [True, False]
    Selection(tags=("smoke",), keyword="x").check([quick, slow])
    with pytest.raises(UsageError, match="no case has the tag 'smok'") as caught:
        Selection(tags=("smok",)).check([quick, slow])
    with pytest.raises(UsageError, match="no case has the tag 'smoke'\n  no selected case has a tag"):
        Selection(tags=("smoke",)).check([slow])
    assert caught.value.hint == "did you mean 'smoke'?"
    with pytest.raises(UsageError, match="is not a valid expression"):
        Selection(keyword="a and").check([quick])


def order(*cases: CaseHeader) -> list[str]:
    return [job.case.id for job in plan(cases, [CONTROL], lambda _: frozenset(), lambda *_: [])]


def test_what_others_depend_on_comes_first_wherever_it_stands() -> None:
    later = [named("a", depends_on=("c",)), named("b"), named("c", depends_on=("d",)), named("d")]
    assert order(*later) == ["d", "c", "a", "b"]
    assert order(named("a", depends_on=("b",)), named("b", alone="all"), named("c")) == ["b", "a", "c"]
    assert order(named("a", depends_on=("b[1]",)), replace(named("b[1]"), stem="b"), named("c")) == ["b[1]", "a", "c"]
    assert order(named("a", depends_on=("b",)), *(replace(named(f"b[{n}]"), stem="b") for n in "12")) == [
        "b[1]", "b[2]", "a",
    ]  # fmt: skip


def test_a_process_that_others_depend_on_comes_first_as_a_whole() -> None:
    option = {"workers": 2}
    cases = [
        named("a", depends_on=("own",)), named("b"), named("c", server=option), named("own", own_process=True),
        named("d", server={"workers": 3}), named("e", server=option, depends_on=("d",)),
    ]  # fmt: skip
    assert order(*cases) == ["own", "a", "b", "d", "c", "e"]


def test_a_case_of_the_same_id_in_another_document_is_none_to_depend_on() -> None:
    other = replace(named("b"), file="specs/b.yaml")
    assert order(named("a", depends_on=("b",)), other) == ["a", "b"]


def test_processes_that_depend_on_each_other_are_not_torn_apart() -> None:
    option = {"workers": 2}
    cases = [
        named("a", depends_on=("c",)), named("b"), named("c", server=option),
        named("d", server=option, depends_on=("b",)),
    ]  # fmt: skip
    assert order(*cases) == ["c", "d", "a", "b"]


def test_repeats_keep_what_is_needed_first() -> None:
    cases = [named("a", depends_on=("b",)), named("b", alone="all")]
    jobs = plan(cases, [CONTROL], lambda _: frozenset(), lambda *_: [])
    for times in (1, 2):
        assert [(job.case.id, job.repeat) for job in repeated(jobs, times)] == [
            (name, number) for name in "ba" for number in range(times)
        ]


APPLICATION = Target("gunicorn", "shop", "auto", answers=frozenset({"GET /health"}))


def test_an_application_of_a_project_runs_its_own_cases_and_those_whose_endpoints_it_has() -> None:
    own = named("own", runs_on=RunsOn.APPLICATIONS, endpoints=("GET /items",))
    assert not_meant(own, APPLICATION) == ""
    assert not_meant(own, replace(APPLICATION, interface="wsgi")) == ""
    assert not_meant(own, STARLETTE) == not_meant(own, CONTROL) == "it is for the applications of a project"
    assert not_meant(named("health", endpoints=("GET /health",)), APPLICATION) == ""
    assert not_meant(named("none"), APPLICATION) == ""
    lacking = "it uses endpoints of the contract that the application does not declare in `answers`"
    assert not_meant(named("other", endpoints=("GET /health", "POST /echo")), APPLICATION) == lacking
    assert not_meant(named("raw", endpoints=("?",)), APPLICATION) == lacking
    assert not_meant(named("bare", runs_on=RunsOn.CONTROL), APPLICATION) == "it is for the bare app"
    assert not_meant(named("wsgi", runs_on=RunsOn.WSGI), APPLICATION) == "it is for WSGI apps"
    assert not_meant(replace(own, only=Selector(frameworks=("x",))), APPLICATION) == "its `only` selects other targets"


def test_a_case_of_http_1_does_not_run_over_http_2() -> None:
    h2c = replace(CONTROL, http="h2c")
    bound = named("bound", http1="it sets `version`")
    assert not_meant(bound, h2c) == "it is bound to HTTP/1.1: it sets `version`"
    assert not_meant(bound, CONTROL) == not_meant(named("both"), h2c) == ""
    only = named("only", only=Selector(http=("2",)))
    assert not_meant(only, CONTROL) == "its `only` selects other targets"
    assert not_meant(only, h2c) == ""
    skip = named("skip", skip=(Skip(Selector(http=("2",)), "it has none"),))
    jobs = plan([skip], [CONTROL, h2c], lambda _: frozenset(), lambda _, options: [])
    assert [(job.target.id, job.left_out) for job in jobs] == [
        ("gunicorn-control-auto", ""), ("gunicorn-control-auto-h2c", "left out: it has none"),
    ]  # fmt: skip
    library = named("library", client="library", plain=True)
    (job,) = plan([library], [h2c], lambda _: frozenset(), lambda _, options: [])
    assert job.left_out == "the client libraries speak HTTP/1.1 here"
