"""The table of mutants is complete: every case that can fail kills a mutant, and every name in it exists.

``engine mutants`` runs what the table claims; these tests only read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from engine.app.engine import Engine
from engine.app.mutation import catalogue
from engine.app.mutation.table import FILE, Table, case_name, read
from engine.app.project_paths import find
from engine.model.case import Case, Level, RunsOn
from tests.specs.corpus import ROOT, control_cases

TABLE = read(ROOT / "specs" / FILE)


@cache
def cases() -> tuple[Case, ...]:
    return control_cases()


@cache
def mutants() -> frozenset[str]:
    return frozenset(one.word for one in catalogue.every(Engine(find())))


def names(*, variants: bool = True) -> set[str]:
    found = {case_name(case.file, case.id) for case in cases()}
    return found if variants else {name.partition("[")[0] for name in found}


def test_every_case_that_takes_a_side_kills_a_mutant() -> None:
    """A case of level may takes no side."""
    sided = {case_name(case.file, case.id).partition("[")[0] for case in cases() if case.level is not Level.MAY}
    assert sorted(sided - TABLE.proved) == []


def test_every_variant_of_the_contract_and_of_the_checks_of_fastcgi_kills_a_mutant() -> None:
    contract = {name for name in names() if name.startswith("contract/")}
    checks = {name for name in names() if name.startswith("fastcgi/checks")}
    assert len(contract) >= 74
    assert len(checks) >= 24
    assert sorted((contract | checks) - TABLE.proved) == []


def test_the_table_names_cases_and_mutants_that_exist() -> None:
    named = {case for row in TABLE.rows.values() for case in row.cases}
    assert sorted(named - names() - names(variants=False)) == []
    assert sorted(TABLE.rows.keys() - mutants()) == []


def test_every_mutant_has_a_row() -> None:
    assert sorted(mutants() - TABLE.rows.keys()) == []


def test_at_least_250_mutants_are_distinguished() -> None:
    assert TABLE.distinct >= 250


def test_at_most_one_mutant_in_ten_is_only_killed_by_a_time_limit() -> None:
    killed = [row for row in TABLE.rows.values() if row.cases]
    assert sum(not row.killed for row in killed) <= len(killed) / 10


# Servers that give one answer to everything. A case that expects a refusal, a close or an error passes on a server that
# always refuses, closes or fails, unless it also shows that the server does otherwise where it should.

_SCOPE = "it observes only the scope"
_NOTHING_SENT = "its application sends nothing before the observed event"
_NO_FRAME = "its client sends no frame"
_HANDSHAKE = "it observes only the handshake"
# Suites about the handshake and its answer, and these servers fail only after it.
_HANDSHAKES = tuple(f"specs/websocket/{one}.yaml" for one in ("accept", "denial", "handshake", "scope", "subprotocols"))
# Suites about the application's events and about the end: in these, a client sends no frame, or both sides end anyway.
_ENDS = tuple(f"specs/websocket/{one}.yaml" for one in ("closing", "disconnects", "events"))

JUSTIFIED: Mapping[str, Mapping[str, str]] = {
    "always-500": {},
    "always-400": {},
    "always-closes": {},
    "send-always-raises": {
        "asgi/boundary.yaml::disconnect-during-receive": _NOTHING_SENT,
        "asgi/events.yaml::namespace-after-a-reset": _NOTHING_SENT,
        "contract/http-messages.yaml::abandoned": _NOTHING_SENT,
        "http/expect.yaml::client-leaves": _NOTHING_SENT,
        "http/scope.yaml::path-is-decoded": _SCOPE,
        "http/scope.yaml::raw-path": _SCOPE,
        "lifespan/state.yaml::nothing-left-behind": _SCOPE,
        "websocket/accept.yaml::client-leaves-first": _NOTHING_SENT,
        "websocket/disconnects.yaml::lost-before-accept": _NOTHING_SENT,
        "websocket/handshake.yaml::message-before-the-answer": _NOTHING_SENT,
    },
    "ws-always-403": {"websocket/disconnects.yaml::refused-connection": _HANDSHAKE},
    "ws-always-1002": {
        "websocket/backpressure.yaml::send-is-released": _NO_FRAME,
        "asgi/extensions.yaml::denial-response": _HANDSHAKE,
        "asgi/extensions.yaml::denial-response-in-pieces": _HANDSHAKE,
        "operation/options.yaml::ping": _NO_FRAME,
        "operation/options.yaml::silent-client": _NO_FRAME,
        "http/upgrade.yaml::another-version": _HANDSHAKE,
        "http/upgrade.yaml::expect-before-101": _HANDSHAKE,
        "http/upgrade.yaml::switched": _HANDSHAKE,
        "contract/websocket.yaml::connect": _HANDSHAKE,
        "contract/websocket.yaml::scope-is-an-object": _NO_FRAME,
        "contract/websocket.yaml::type-is-websocket": _NO_FRAME,
        "contract/websocket.yaml::path": _NO_FRAME,
        "contract/websocket.yaml::headers": _NO_FRAME,
        "contract/websocket.yaml::required-keys": _NO_FRAME,
        "contract/websocket.yaml::subprotocols-arrive": _NO_FRAME,
        "contract/websocket.yaml::subprotocol-is-selected": _NO_FRAME,
        "contract/websocket.yaml::application-closes": _NO_FRAME,
        "lifespan/state.yaml::in-the-queue": _SCOPE,
        "lifespan/state.yaml::state-is-shallow": _SCOPE,
        "lifespan/state.yaml::websocket-state-is-a-copy": _SCOPE,
        "websocket/deflate-messages.yaml::close-of-the-application": _NO_FRAME,
        "websocket/deflate-messages.yaml::context-of-the-server": _NO_FRAME,
        "websocket/deflate.yaml::offers-on-several-lines": _HANDSHAKE,
        "websocket/frames.yaml::opcodes": _NO_FRAME,
        "websocket/framing.yaml::application-sizes": _NO_FRAME,
        "websocket/framing.yaml::burst-of-the-application": _NO_FRAME,
        "websocket/limits.yaml::of-the-application": _NO_FRAME,
        "websocket/frames.yaml::without-a-key": _HANDSHAKE,
        "websocket/messages.yaml::waits-for-accept": _HANDSHAKE,
        "websocket/messages.yaml::private-code": _NO_FRAME,
        "websocket/messages.yaml::close-beside-receive": _NO_FRAME,
        "websocket/messages.yaml::rejected": _HANDSHAKE,
        "websocket/messages.yaml::query-string": _NO_FRAME,
    },
    "ws-always-1011": {
        "websocket/backpressure.yaml::send-is-released": _NO_FRAME,
        "asgi/extensions.yaml::denial-response": _HANDSHAKE,
        "asgi/extensions.yaml::denial-response-in-pieces": _HANDSHAKE,
        "http/upgrade.yaml::another-version": _HANDSHAKE,
        "http/upgrade.yaml::expect-before-101": _HANDSHAKE,
        "http/upgrade.yaml::switched": _HANDSHAKE,
        "contract/websocket.yaml::connect": _HANDSHAKE,
        "lifespan/state.yaml::in-the-queue": _SCOPE,
        "lifespan/state.yaml::websocket-state-is-a-copy": _SCOPE,
        "websocket/deflate.yaml::offers-on-several-lines": _HANDSHAKE,
        "websocket/frames.yaml::without-a-key": _HANDSHAKE,
        "websocket/messages.yaml::waits-for-accept": _HANDSHAKE,
        "websocket/messages.yaml::rejected": _HANDSHAKE,
    },
}
"""The cases that pass on each such server, with the reason."""


def concerned(case: Case, mutant: str) -> bool:
    """True if a case must fail on such a server. Faults of WebSockets do not affect requests. Cases with a process of
    their own, with TLS, or without a server begin with a request that must be served, or have none. The answers of
    these servers are those of HTTP/1.1, and they stand behind no gateway."""
    if case.only.gateways and "direct" not in case.only.gateways:
        return False
    if case.runs_on is RunsOn.WSGI or case.level is Level.MAY or case.file.startswith("specs/frameworks/"):
        return False
    script = case.body.application
    # A script of the lifespan has a process of its own too, and can be played on any server.
    if case.own_process and (script is None or script.lifespan is None):
        return False
    unaffected = ("specs/lifecycle/", "specs/lifespan/startup", "specs/tls/")
    if {"tls", "http2"} & set(case.needs) or case.file.startswith(unaffected):
        return False
    if mutant in ("ws-always-1002", "ws-always-1011") and case.file.startswith((*_HANDSHAKES, *_ENDS)):
        return False
    return not mutant.startswith("ws-") or "websocket" in case.needs


@pytest.mark.parametrize("mutant", JUSTIFIED)
def test_a_case_passes_on_a_server_with_one_answer_only_with_reason(mutant: str) -> None:
    broken = set(TABLE.rows[f"reference~{mutant}"].cases)
    chosen = [case for case in cases() if concerned(case, mutant)]
    assert len(chosen) > 20
    passed = {case_name(case.file, case.id) for case in chosen} - broken
    assert {name.partition("[")[0] for name in passed} == set(JUSTIFIED[mutant])


def test_a_table_without_a_case_proves_nothing() -> None:
    assert Table().proved == frozenset()
