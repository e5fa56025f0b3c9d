"""Reproduction of the deciding step of a job: shell commands, or the reason why there are none. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.model import commands
from engine.model.case import AppCommand, Application, Case, Step
from engine.model.network import authority, unix_path
from engine.model.quantities import show_size
from engine.model.target import RUNNING, Target
from engine.model.tls import OURS, WRONG, TlsClientOptions
from engine.model.transcript import TraceEvent
from engine.observer.inside.commands import COMMANDS
from engine.reproduce import by_hand
from engine.reproduce.by_hand import Piece, SentStream
from engine.steps.api.context import Connection, StepRecord
from engine.steps.api.inner import inside
from engine.steps.api.step_type import StepTypes

# The port of the command that starts the target. It has as many digits as the one that the bytes were made for, so that
# every length in them stays right.
PORTS = {4: 8000, 5: 18000}
# More connections before the one in question are no command for a person.
MOST_BEFORE = 3
LIFESPAN = "lifespan"
SHIPPED = "specs/"
ENGINE_HEADER = re.compile(rb"(?im)^x-engine-call:[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Shell commands on a line each, the first of which starts the target; or the reason why there are none."""

    commands: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """The execution of a job: its case and target, the step that decided (None if none did), all steps in the order of
    their execution, its connections, and the address that its clients connected to."""

    case: Case
    target: Target
    decided: Step | None
    performed: Sequence[StepRecord]
    connections: Sequence[Connection]
    address: tuple[str, int]

    @property
    def runs_already(self) -> bool:
        """True if the target is a service that was already running, and is used as it is."""
        return self.target.runtime == RUNNING

    def serve(self, port: int) -> str:
        """The command that starts an equivalent target, with the options of the case if they matter."""
        as_in_case = self.case.scripted or self.case.server
        more = ("--case", typed(self.case)) if as_in_case else ()
        return shlex.join(commands.serve(self.target, *more, "--port", str(port)))


def typed(case: Case) -> str:
    """The name of a case for the folder in which the run was started. An address is found at the root of its collection
    and below; the engine's own suites are found from every folder."""
    path = case.place.shown_file
    return case.address if path.startswith("/") and case.file.startswith(SHIPPED) else f"{path}::{case.id}"


def reproduce(deed: Deed, step_types: StepTypes) -> Reproduction:
    """The command that starts the target, and the bytes of the deciding step and of earlier connections."""
    if unix_path(deed.address):
        return Reproduction(why_not="the server listens on a Unix socket, whose path is a new one at each start")
    if deed.runs_already and deed.case.scripted:
        return Reproduction(why_not="the application plays the script only for the engine's own calls")
    at = deciding(deed, step_types)
    if at is None:
        return Reproduction(why_not="nothing was sent before it was over")
    before = deed.performed[: at + 1]
    if why := unable(deed, before, step_types):
        return Reproduction(why_not=why)
    used = connections(deed, before, step_types)
    if not used:
        if not deed.runs_already and start_is_all(before):
            return Reproduction(deed.serve(PORTS[4]))
        return Reproduction(why_not="nothing was sent before it was over")
    if why := entangled(used):
        return Reproduction(why_not=why)
    port = deed.address[1] if deed.runs_already else PORTS.get(len(str(deed.address[1])), PORTS[4])
    lines = [] if deed.runs_already else [deed.serve(port)]
    for connection in used:
        if why := unsendable(connection):
            return Reproduction(why_not=why)
        stream = stream_of(connection, deed.address, port)
        if not stream.pieces:
            continue
        # A script may observe the connection itself, of which curl shows nothing.
        scripted = any(used_by(one, connection) and any(inside(one.step, step_types)) for one in before)
        found = by_hand.command(stream, curls=not scripted)
        if not found:
            size = sum(len(piece.data) for piece in stream.pieces)
            pieces = f" in {len(stream.pieces)} pieces" if len(stream.pieces) > 1 else ""
            return Reproduction(why_not=f"{show_size(size)}{pieces} are too long for a command line")
        lines.append(found)
    return Reproduction("\n".join(lines))


def deciding(deed: Deed, step_types: StepTypes) -> int | None:
    """The index of the deciding step: its last execution, and of its inner steps the last. Without a deciding step, the
    last step that used a connection; None if there is none."""
    numbered = list(enumerate(deed.performed))
    if deed.decided is None:
        return max((number for number, one in numbered if one.peer is not None), default=None)
    found = [(number, one) for number, one in numbered if holds(one.step, deed.decided, step_types)]
    if not found:
        return None
    last, own = found[-1]
    return max([last, *(number for number, one in numbered if within(one, own))])


def within(one: StepRecord, outer: StepRecord) -> bool:
    """True if a step was executed as part of another."""
    parent = one.parent
    while parent is not None and parent is not outer:
        parent = parent.parent
    return parent is not None


def holds(step: Step, sought: Step, step_types: StepTypes) -> bool:
    """True if a step is the given one, or has it in its script."""
    return step is sought or any(one is sought for one in inside(step, step_types))


def actions(deed: Deed, before: Sequence[StepRecord], step_types: StepTypes) -> Iterator[Step]:
    """The executed steps, including those of scripts, up to the deciding one."""
    for one in before:
        yield one.step
        for step in inside(one.step, step_types):
            if step.group != "step":
                yield step
            if step is deed.decided:
                return


def unable(deed: Deed, before: Sequence[StepRecord], step_types: StepTypes) -> str:
    """The reason why the steps up to the deciding one cannot be reproduced, "" if they can."""
    if deed.case.delivery.singly:
        return "the client sends byte by byte"
    awaited = set(marks(deed.case.body.application))
    for step in actions(deed, before, step_types):
        step_type = step_types[step.group, step.step_type]
        why = step_type.not_by_hand if isinstance(step_type.not_by_hand, str) else step_type.not_by_hand(step.params)
        if why:
            return why
        if step_type.marks == "sets" and (name := getattr(step.params, "name", "")) in awaited:
            return f"the application's script waits for the mark {name!r}, which the case's steps set"
    return ""


def marks(application: Application | None) -> Iterator[str]:
    """The marks that an application's script waits for."""
    if application is None:
        return
    scripts = [application.lifespan, application.http, application.websocket, *application.paths.values()]
    waiting: list[object] = list(scripts)
    while waiting:
        value = waiting.pop()
        if isinstance(value, AppCommand):
            if value.word in COMMANDS and COMMANDS[value.word].marks == "awaits":
                yield str(value.argument)
            waiting.append(value.argument)
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value


def start_is_all(before: Sequence[StepRecord]) -> bool:
    """True if steps without a connection started the server, or if the last step observes the application's behaviour
    after that."""
    starts = any(one.lifecycle == "starts" for one in before)
    return starts or getattr(before[-1].step.params, "of", None) == LIFESPAN


def connections(deed: Deed, before: Sequence[StepRecord], step_types: StepTypes) -> list[Connection]:
    """The connections used up to the deciding step, with its own last. Connections of the engine itself belong to no
    step."""
    by_peer = {connection.channel.local: connection for connection in deed.connections}
    found: list[Connection] = []
    own = before[-1]
    looked_at = [one for one in own.about if one.peer is not None]
    order = [*(one for one in before[:-1] if not tried_again(one, before, step_types)), *looked_at[-1:], own]
    for one in order:
        connection = by_peer.get(one.peer) if one.peer is not None else None
        if connection is not None:
            found = [other for other in found if other is not connection] + [connection]
    return found


def used_by(one: StepRecord, connection: Connection) -> bool:
    """True if a step used a connection."""
    return one.peer is not None and one.peer == connection.channel.local


def tried_again(one: StepRecord, before: Sequence[StepRecord], step_types: StepTypes) -> bool:
    """True if a step was an attempt of ``eventually`` that was followed by another."""
    parent = one.parent
    if parent is None or not step_types[parent.step.group, parent.step.step_type].retries:
        return False
    tries = [other for other in before if other.parent is parent and other.step is one.step]
    return one is not tries[-1]


def entangled(used: Sequence[Connection]) -> str:
    """The reason why connections cannot be opened one after the other, "" if they can."""
    if len(used) > MOST_BEFORE + 1:
        return f"{len(used) - 1} connections go before the one on which it failed"
    if any(over(one) > other.channel.opened for one, other in pairwise(used)):
        return "several connections are open at the same time"
    return ""


def over(connection: Connection) -> float:
    """The time at which a connection ended, in seconds of CLOCK_MONOTONIC."""
    ends = [event.at for event in connection.channel.events if ended(event)]
    return min(ends, default=float("inf"))


def ended(event: TraceEvent) -> bool:
    """True if a connection ends with an entry of the transcript; shutting down only this side's writing half is not the
    end."""
    return event.what == "reset" or (event.what == "closed" and "writing half" not in event.detail)


def unsendable(connection: Connection) -> str:
    """The reason why the bytes of a connection cannot be reproduced, "" if they can."""
    tls_options = connection.tls_options
    if tls_options is not None and shows(tls_options):
        return "the client shows a certificate, which is created again at each start"
    sent = [event for event in connection.channel.events if event.what == "sent"]
    if any(event.size > len(event.data) or (not event.data and event.detail) for event in sent):
        return f"{show_size(sum(event.size for event in sent))} are too long for a command line"
    return ""


def shows(tls_options: TlsClientOptions) -> bool:
    """True if the client presents a certificate."""
    return tls_options.shows in (OURS, WRONG) or (
        not tls_options.shows and tls_options.trust is not None and bool(tls_options.trust.certificate)
    )


def stream_of(connection: Connection, address: tuple[str, int], port: int) -> SentStream:
    """The bytes sent on a connection, for another port of the same host."""
    pieces: list[Piece] = []
    sent_at = received_at = watched = 0.0
    half_closed = False
    for event in connection.channel.events:
        if event.what == "sent" and event.data:
            pieces.append(Piece(event.data, event.at - sent_at if pieces else 0.0, answered=received_at > sent_at))
            sent_at = event.at
        elif event.what == "received":
            received_at = event.at
        elif event.what == "closed" and not ended(event):
            half_closed = True
        watched = event.at
    host = address[0]
    old, new = authority(address).encode(), authority((host, port)).encode()
    sent = by_hand.without(pieces, ENGINE_HEADER)
    sent = tuple(replace(piece, data=piece.data.replace(old, new)) for piece in sent)
    return SentStream(
        sent, host, port, half_closed, max(watched - sent_at, 0.0) if pieces else 0.0, connection.tls_options
    )
