"""Each mutant is caught by the case that is there for it, and not by accident: the reference server passes the same
case."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from engine.app import wiring
from engine.app.engine import Engine, RunOptions
from engine.app.project_paths import find
from engine.app.session import RunSession
from engine.execution.planning.plan import renumbered
from engine.model.case import CaseHeader
from engine.model.verdict import Verdict
from engine.reference.mutants import FAMILIES, family_of, install, mutants
from engine.targets.catalog.servers.reference import SERVER
from tests.specs.test_reference import ROOT, Results

CAUGHT_BY: Mapping[str, str] = {
    "client-port-text": "contract/http-scope.yaml::client",
    "ends-swapped": "http/scope.yaml::both-ends",
    "version-1": "contract/http-scope.yaml::http-version",
    "websocket-without-query": "websocket/messages.yaml::query-string",
    "path-decoded-twice": "http/scope.yaml::path-is-decoded[percent]",
    "values-padded": "http/scope.yaml::space-around-a-value",
    "state-shared": "lifespan/state.yaml::state-is-a-copy",
    "missing-host-served": "http/wire.yaml::missing-host",
    "both-lengths-served": "http/wire.yaml::both-lengths",
    "no-date": "http/messages.yaml::date",
    "date-an-hour-off": "http/messages.yaml::date",
    "date-stuck": "http/messages.yaml::date-moves-on",
    "length-passed-on-as-0": "http/messages.yaml::length-passed-on",
    "cut-request-line": "http/delivery.yaml::pipelined[bytes]",
    "cut-head-refused": "http/delivery.yaml::same-answer[two-hosts-pieces]",
    "cut-crlf": "http/delivery.yaml::pipelined[pieces]",
    "cut-chunk-size": "http/delivery.yaml::same-request[chunked-pieces]",
    "cut-frame-head": "websocket/delivery.yaml::longer-heads[200B-bytes]",
    "cut-utf-8": "websocket/delivery.yaml::messages[pieces]",
    "no-pong": "websocket/frames.yaml::ping[nothing]",
    "send-never-raises": "asgi/boundary.yaml::send-after-disconnect",
    "headers-regrouped": "http/messages.yaml::response-headers",
    "no-disconnect": "asgi/boundary.yaml::disconnect-during-receive",
    "disconnect-1006": "websocket/messages.yaml::client-closes-privately",
    "close-1011": "websocket/messages.yaml::private-code",
    "close-refused": "contract/websocket.yaml::application-closes[1011]",
    "denial-403": "asgi/extensions.yaml::denial-response",
    "denial-in-one-piece": "asgi/extensions.yaml::denial-response-in-pieces",
    "trailers-dropped": "asgi/extensions.yaml::trailers",
    "trailers-to-all": "asgi/extensions.yaml::trailers-not-asked-for",
    "hints-to-all": "asgi/extensions.yaml::early-hint",
    "files-empty": "asgi/extensions.yaml::path-sent",
    "missing-files-empty": "asgi/extensions.yaml::missing-path-sent",
    "no-deflate": "asgi/extensions.yaml::compressed",
    "no-lifespan": "contract/lifespan.yaml::startup-was-called",
}

Verdicts = dict[tuple[str, str], Verdict]


def name_of(case: CaseHeader) -> str:
    """A case as the table names it."""
    return f"{case.file.removeprefix('specs/')}::{case.id}"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """The verdict of each of those cases, by the variant and the case."""
    engine, results = Engine(find()), Results()
    cases = engine.load([ROOT / "specs"], whole=True).whole
    options = RunOptions(("reference", *(f"reference~{name}" for name in CAUGHT_BY)), ("control",), loop="asyncio")
    wanted = [case for case in cases if name_of(case) in CAUGHT_BY.values()]
    planned = engine.plan(wanted, engine.targets(options))
    jobs = [job for job in planned if CAUGHT_BY.get(job.target.variant, name_of(job.case)) == name_of(job.case)]
    runtime = wiring.runtime(engine, tmp_path_factory.mktemp("run"))
    running = RunSession(renumbered(jobs), runtime, wiring.runner("mutants"), None, [results])
    asyncio.run(running.run())
    known = {(job.case.address, job.target.id): (job.target.variant, name_of(job.case)) for job in jobs}
    return {known[one.address, one.target]: one.verdict for one in results.kept}


@pytest.mark.service
@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_mutant_is_caught(verdicts: Verdicts, name: str) -> None:
    assert verdicts["", CAUGHT_BY[name]] is Verdict.PASS
    assert verdicts[name, CAUGHT_BY[name]] in (Verdict.FAIL, Verdict.WARN)


def test_every_mutant_is_one_of_the_reference_with_a_mistake_in_words() -> None:
    assert set(CAUGHT_BY) <= set(mutants()) == set(SERVER.mutants())
    assert all(SERVER.mutants().values())
    assert {family_of(name) for name in mutants()} == set(FAMILIES)
    assert not any("--mutant" in variant.flags for variant in SERVER.variants)


def test_there_is_no_mutant_of_that_name() -> None:
    with pytest.raises(KeyError):
        install("no-such")
