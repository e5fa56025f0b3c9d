"""What of the cases is out of a runtime's reach, and why: a service that runs already has no second process, and its
observer speaks to nobody unless its spool is shared. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.execution.job import Job
from engine.model.case import CaseHeader
from engine.model.target import DIRECT, Target

if TYPE_CHECKING:
    from engine.steps.api.step_type import StepType

# Steps that read what the observer wrote, or write what the app's script reads.
AT_BOUNDARY = frozenset({"app", "mark", "await"})
# Steps that look into the server's processes, or at what they write.
INSIDE = frozenset({"log", "measure"})
# Steps whose calls are told from others by the client's port, since the engine's header is not on them.
RAW = frozenset({"tcp", "fastcgi", "connect"})
# Steps that turn to the server itself, gateway or not.
UPSTREAM = frozenset({"fastcgi"})


@dataclass(frozen=True, slots=True)
class RuntimeCapabilities:
    """What a runtime can do for a case. ``processes``: start one for it, with options, and signal and watch it;
    ``observer``: read what it writes, and write what it reads; ``ports``: the app sees the ports that clients have;
    ``drives``: call the app without a server."""

    processes: bool = True
    observer: bool = True
    ports: bool = True
    drives: bool = True


EVERYTHING = RuntimeCapabilities()


def out_of_reach(
    case: CaseHeader, target: Target, kinds: Mapping[tuple[str, str], StepType[Any]], reach: RuntimeCapabilities
) -> str:
    """Why a case cannot be run within that reach, "" if it can."""
    named = set(case.step_kinds)
    if not reach.processes:
        if case.server:
            name = min(case.server)
            return f"the case sets the option {name!r}, and a service that runs already has those it was started with"
        own = sorted(name for name in named if kinds["step", name].own_process) or sorted(named & INSIDE)
        if own:
            return f"`{own[0]}` needs a process of the engine's own, and the service is not"
        if case.own_process:
            return "it needs a server of its own, and the service runs already"
        if target.gateway != DIRECT and named & UPSTREAM:
            return "it speaks to the server itself, and where that is behind the gateway is not known"
    if not reach.drives and "drive" in named:
        return "`drive` calls the app without a server, which is done by local processes alone"
    if not reach.observer:
        if case.scripted:
            return "it plays a script, which the app finds in a spool, and the service shares none"
        if named & AT_BOUNDARY:
            return f"`{min(named & AT_BOUNDARY)}` needs the observer's spool, and the service shares none"
    if not reach.ports and named & RAW and ("app" in named or case.scripted):
        return f"the calls of `{min(named & RAW)}` are told by the client's port, which may not reach the service"
    return ""


def within(
    jobs: Sequence[Job], kinds: Mapping[tuple[str, str], StepType[Any]], reaches: Mapping[Target, RuntimeCapabilities]
) -> list[Job]:
    """The jobs, those left out that their target's runtime cannot run."""
    found = []
    for job in jobs:
        why = out_of_reach(job.case, job.target, kinds, reaches.get(job.target, EVERYTHING))
        found.append(replace(job, left_out=why, lacks=()) if why else job)
    return found
