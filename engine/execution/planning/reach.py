"""The limits of a runtime, and the reasons why cases exceed them. A service that runs already has no second process,
and its observer is not readable unless its spool is shared. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.execution.job import Job
from engine.model.case import CaseHeader
from engine.model.network import IPV4, IPV6, UNIX
from engine.model.requirements import Requirement
from engine.model.target import DIRECT, Target
from engine.targets.catalog.servers.base import LISTEN


@dataclass(frozen=True, slots=True)
class RuntimeCapabilities:
    """The capabilities of a runtime. ``processes``: it can start a dedicated server with options, signal and watch it;
    ``observer``: the spool is shared; ``ports``: the app sees the real ports of clients; ``drives``: it can call the
    app without a server; ``listens``: the words of the option ``listen`` that it has addresses for."""

    processes: bool = True
    observer: bool = True
    ports: bool = True
    drives: bool = True
    listens: frozenset[str] = frozenset({IPV4, IPV6, UNIX})


EVERYTHING = RuntimeCapabilities()


def out_of_reach(case: CaseHeader, target: Target, reach: RuntimeCapabilities) -> str:
    """The reason why a runtime cannot run a case, "" if it can."""
    required = case.requires
    if not reach.processes:
        if case.server:
            name = min(case.server)
            return f"the case sets the option {name!r}, and a service that runs already has those it was started with"
        own = required.get(Requirement.DEDICATED) or required.get(Requirement.PROCESS)
        if own:
            return f"`{own}` needs a process of the engine's own, and the service is not"
        if case.own_process:
            return "it needs a server of its own, and the service runs already"
        if target.gateway != DIRECT and Requirement.UPSTREAM in required:
            return "it speaks to the server itself, and where that is behind the gateway is not known"
    if (listen := case.server.get(LISTEN, IPV4)) not in reach.listens:
        return f"the case sets `listen: {listen}`, and this runtime has no such address"
    if not reach.drives and (driver := required.get(Requirement.DRIVER)):
        return f"`{driver}` calls the app without a server, which only local processes support"
    if not reach.observer:
        if case.scripted:
            return "it plays a script, which the app finds in a spool, and the service shares none"
        if reader := required.get(Requirement.OBSERVER):
            return f"`{reader}` needs the observer's spool, and the service shares none"
    raw = required.get(Requirement.RAW)
    if not reach.ports and raw and (Requirement.CALLS in required or case.scripted):
        return f"the calls of `{raw}` are identified by the client's port, which may not reach the service"
    return ""


def within(jobs: Sequence[Job], reaches: Mapping[Target, RuntimeCapabilities]) -> list[Job]:
    """The jobs, with a reason in ``left_out`` for each that the runtime of its target cannot run."""
    found = []
    for job in jobs:
        why = out_of_reach(job.case, job.target, reaches.get(job.target, EVERYTHING))
        found.append(replace(job, left_out=why, lacks=()) if why else job)
    return found
