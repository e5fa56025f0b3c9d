"""The state of a framework's app by endpoint of its contract, from the results of cases on the reference server. Pure.

The reference server is the engine's own and strict, so a failure there is the app's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.model.case import CaseHeader, RunsOn
from engine.model.verdict import JobResult, Verdict
from engine.registry import Registry
from engine.targets.catalog.contract import WEBSOCKET, Endpoint
from engine.targets.catalog.frameworks import WSGI, Framework
from engine.targets.catalog.releases import FRAMEWORK, wanted

SERVERS = {False: "reference", True: "reference-wsgi"}
"""The server of the engine's own, by whether the app is a WSGI app."""
SUITES = {False: ("contract", "frameworks"), True: ("wsgi", "fastcgi/checks.yaml")}
"""The suites below ``specs`` whose cases use the endpoints."""


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint with the results of the cases that use it: those that passed, and the failing ones."""

    endpoint: Endpoint
    passed: int
    failing: tuple[JobResult, ...]

    @property
    def name(self) -> str:
        """The endpoint as a reader knows it: ``GET /health``, ``WebSocket /ws/echo``."""
        return f"{self.endpoint.method or 'WebSocket'} {self.endpoint.path}"

    @property
    def is_done(self) -> bool:
        """True if cases that use it ran, and none failed."""
        return bool(self.passed) and not self.failing


def server_for(frameworks: Registry[Framework], word: str) -> str:
    """The server on which the contract of a framework is checked, which a word of ``--framework`` names. Raises
    UsageError for an unknown one."""
    return SERVERS[frameworks.pick(wanted(word, FRAMEWORK).name).interface == WSGI]


def suites_of(framework: Framework, specs: Path) -> list[Path]:
    """The suites for the contract of a framework."""
    return [specs / name for name in SUITES[framework.interface == WSGI]]


def required(endpoints: Iterable[Endpoint], framework: Framework) -> list[Endpoint]:
    """The endpoints that the app of a framework must have: not those that only the bare app has, nor those of a
    capability that its declaration does not offer."""
    return [one for one in endpoints if not one.bare and (not one.needs or one.needs in framework.offers)]


def about(cases: Iterable[CaseHeader], endpoints: Sequence[Endpoint]) -> list[CaseHeader]:
    """The cases for all apps that use any of the endpoints, and nothing that only the bare app has."""
    wanted = (RunsOn.FRAMEWORKS, RunsOn.WSGI)
    return [case for case in cases if case.runs_on in wanted and any(uses(case, one) for one in endpoints)]


def uses(case: CaseHeader, endpoint: Endpoint) -> bool:
    """True if a step of the case names the endpoint."""
    for word in case.endpoints:
        method, _, path = word.rpartition(" ")
        fits = method in ("", endpoint.method) and bool(method) != (endpoint.kind == WEBSOCKET)
        if fits and endpoint.answers(path):
            return True
    return False


def states(
    endpoints: Sequence[Endpoint], cases: Iterable[CaseHeader], results: Iterable[JobResult]
) -> list[EndpointState]:
    """The state of each endpoint. The failure of a case that uses several counts for those of them that also fail in
    cases of their own, and for each of them if there are none."""
    by_address = {case.address: case for case in cases}
    judged = [one for one in results if one.verdict.ran and one.address in by_address]
    used = {one.address: [each for each in endpoints if uses(by_address[one.address], each)] for one in judged}
    failing = [one for one in judged if one.verdict.failing]
    by_itself = {used[one.address][0] for one in failing if len(used[one.address]) == 1}
    found = []
    for endpoint in endpoints:
        passed = sum(one.verdict is Verdict.PASS and endpoint in used[one.address] for one in judged)
        of_it = [one for one in failing if endpoint in used[one.address]]
        its_own = [one for one in of_it if endpoint in by_itself or not by_itself.intersection(used[one.address])]
        found.append(EndpointState(endpoint, passed, tuple(its_own)))
    return found
