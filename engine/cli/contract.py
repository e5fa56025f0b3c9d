"""``engine contract``: the endpoints that a framework's app lacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from engine.cli.base import Command, cut_short, place_arguments, project_paths_of
from engine.errors import UsageError
from engine.results.analysis.redaction import redacted_reason

if TYPE_CHECKING:
    from engine.app.contract_check import EndpointState
    from engine.app.launch import Done

DESCRIPTION = """\
Check whether the app of a framework implements its contract, under no server but
the engine's own: each endpoint of the contract, with the cases that use it and
the first of its failures. Endpoints of a capability (`needs`) are checked if the
declaration of the framework offers it.

The exit code is 1 if an endpoint is left to do, else 0."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("name", metavar="FRAMEWORK", help="NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH")
    place_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Run the cases that use the contract, and list its endpoints. Raises UsageError for an unknown framework, and for
    an application of a project, which has no contract."""
    from engine.app import contract_check, launch
    from engine.app.engine import Engine, RunOptions
    from engine.cli.grid import progress_of

    engine = Engine(project_paths_of(parsed))
    options = RunOptions((contract_check.server_for(engine.frameworks, parsed.name),), (parsed.name,))
    (target,) = engine.targets(options)
    framework = engine.configured_frameworks[target.framework_configuration]
    if framework.own:
        hint = "it runs cases with `runs_on: applications`; `answers` declares endpoints of the contract"
        raise UsageError(f"{framework.name} is an application of a project, which has no contract", hint=hint)
    words = engine.words
    declared = words.wsgi_contract if framework.interface == "wsgi" else words.contract
    endpoints = contract_check.required(declared.endpoints, framework)
    loaded = engine.load(contract_check.suites_of(framework, engine.project_paths.specs), whole=True)
    every = [case for suite in loaded.suites for case in suite.cases if not case.extended]
    cases = contract_check.about(every, endpoints)
    jobs = launch.jobs_of(engine, cases, options)
    screens = ExitStack()

    def finished(done: Done) -> int:
        screens.close()
        if done.interrupted:
            return cut_short(done.run)
        return show(done, contract_check.states(endpoints, cases, done.run.results), parsed.color)

    with screens:
        watcher = screens.enter_context(progress_of(jobs, engine, parsed.color))
        return launch.run(engine, lambda: launch.Work(jobs, watcher), sys.argv[1:], finished)


def show(done: Done, states: Sequence[EndpointState], color: str) -> int:
    """Print the endpoints and the sum. The exit code."""
    from engine.terminal.columns import TextTable, draw, terminal_width
    from engine.terminal.paint import Role, paint_for

    paint = paint_for(sys.stdout, color)
    for row in done.run.targets:
        if row.failed:
            print(f"{paint(Role.FAILING, row.id)} did not start: {row.failed}")
            if row.hint:
                print(f"  {row.hint}")
            print(row.log, end="")
            return 3
    rows = [(state.name, *of_state(state)) for state in states]
    print(draw(("endpoint", "cases", "state"), [TextTable("", rows)], terminal_width(), paint))
    left = [state for state in states if state.failing]
    print(f"{sum(state.is_done for state in states)} of {len(states)} endpoints are done")
    if not left:
        print(f"run {done.run.id}")
        return 0
    print(f"left to do: {', '.join(state.name for state in left)}")
    print(f"run {done.run.id}\nnext: engine explain last '{left[0].failing[0].case}'")
    return 1


def of_state(state: EndpointState) -> tuple[str, str]:
    """The counts of an endpoint's cases, and its state in words: what it has to answer, and the first failure."""
    counts = f"{state.passed}/{state.passed + len(state.failing)}"
    if not state.failing:
        return counts, "done" if state.is_done else "not checked: its cases need a capability that is not offered"
    return counts, f"to do: {state.endpoint.summary}\n{state.failing[0].case}: {redacted_reason(state.failing[0])}"


COMMAND = Command(
    "contract",
    "Check whether a framework's app implements the contract.",
    arguments,
    run,
    DESCRIPTION,
    (
        ("engine contract falcon", "a framework of conformance.yaml"),
        ("engine contract starlette@../starlette", "a checkout"),
        ("engine contract flask", "a WSGI framework"),
    ),
)
