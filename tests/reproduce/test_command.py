"""Commands that reproduce a failure, and failures that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.app import step_types
from engine.channels.record import Trace
from engine.model.case import AppCommand, Application, Case, Step
from engine.model.delivery import BYTES, PIECES
from engine.model.source_span import NOWHERE, SourceSpan
from engine.model.target import Target
from engine.model.tls import TlsClientOptions, TlsCredentials
from engine.model.transcript import TraceEvent
from engine.reproduce.command import Deed, Reproduction, reproduce
from engine.steps.api.context import Connection, StepRecord
from engine.steps.app.drive import DriveParams
from engine.steps.app.step import AppParams as App
from engine.steps.flow.checkpoints import CheckpointParams as Mark
from engine.steps.flow.eventually import EventuallyParams
from engine.steps.flow.parallel import ParallelParams
from engine.steps.request.step import RequestParams as Request
from engine.steps.stream.actions import HangUp, Reading
from engine.steps.stream.connect import ConnectParams as Connect
from engine.steps.stream.step import StreamParams as Tcp
from tests.execution.fakes import case as case_of

TARGET = Target("gunicorn", "control", "auto")
ADDRESS = ("127.0.0.1", 43210)
SERVE = "engine serve gunicorn-control-auto"
TRUST = TlsCredentials(Path("ca.pem"), Path("client.pem"), Path("wrong.pem"))


class Sent:
    """A channel, as far as its record goes."""

    def __init__(self, port: int, opened: float) -> None:
        self.local = ("127.0.0.1", port)
        self.opened = opened
        self.record = Trace(f"connection {port}")

    @property
    def events(self) -> Sequence[TraceEvent]:
        return self.record.events


def connection(port: int, *pieces: bytes, at: float = 0.0, closed: float | None = None, **more: Any) -> Connection:
    channel = Sent(port, at)
    for number, piece in enumerate(pieces):
        channel.record.data(at + 0.001 * number, "sent", piece)
    if closed is not None:
        channel.record.event(closed, "closed", "by this side")
    return Connection(channel, **more)  # type: ignore[arg-type]  # as much of a channel as is read


def request(path: str, port: int = 43210) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Engine-Call: j1.1\r\n\r\n".encode()


def asks(path: str = "/") -> Step:
    return Step("request", "step", Request(path), NOWHERE)


def observes() -> Step:
    return Step("app", "step", App(), NOWHERE)


def done(step: Step, port: int | None = None, **more: Any) -> StepRecord:
    return StepRecord(step, 0.0, peer=("127.0.0.1", port) if port else None, **more)


def reproduced(
    decided: Step | None,
    performed: Sequence[StepRecord],
    connections: Sequence[Connection],
    case: Case | None = None,
    target: Target = TARGET,
) -> Reproduction:
    deed = Deed(case or case_of(), target, decided, performed, connections, ADDRESS)
    return reproduce(deed, step_types.by_name())


def curl(path: str, port: int = 18000) -> str:
    return f"curl -i --path-as-is -H User-Agent: -H Accept: http://127.0.0.1:{port}{path}"


def test_the_step_that_decided_is_reproduced_with_what_went_before_and_not_what_came_after() -> None:
    steps = [asks("/one"), asks("/two"), asks("/three")]
    performed = [done(step, number) for number, step in enumerate(steps, 1)]
    used = [
        connection(n, request(f"/{name}"), at=n, closed=n + 0.5) for n, name in enumerate(("one", "two", "three"), 1)
    ]
    found = reproduced(steps[1], performed, used)
    assert found.commands.split("\n") == [f"{SERVE} --port 18000", curl("/one"), curl("/two")]
    assert found.why_not == ""


def test_the_engine_s_own_marker_is_no_step_s() -> None:
    one, app = asks("/one"), observes()
    first = done(one, 1)
    performed = [first, done(app, about=[first])]
    used = [connection(1, request("/one"), closed=0.5), connection(2, request("/health"), at=1, closed=1.5)]
    assert reproduced(app, performed, used).commands.split("\n")[1:] == [curl("/one")]


def test_a_step_that_looks_at_another_one_s_calls_has_its_connection() -> None:
    one, two, app = asks("/one"), asks("/two"), observes()
    first, second = done(one, 1), done(two, 2)
    used = [connection(1, request("/one"), closed=0.5), connection(2, request("/two"), at=0.1, closed=0.2)]
    # Both were under way at the same time: made one after the other they would be something else.
    found = reproduced(app, [first, second, done(app, about=[first])], used)
    assert found == Reproduction(why_not="several connections are open at the same time")
    used[1] = connection(2, request("/two"), at=0.6, closed=0.7)
    assert reproduced(two, [first, second], used).commands.endswith(curl("/two"))


def test_a_step_in_a_script_is_its_connection_s() -> None:
    hang_up = Step("hang_up", "tcp", HangUp("write"), NOWHERE)
    later = Step("hang_up", "tcp", HangUp("reset"), NOWHERE)
    tcp = Step("tcp", "step", Tcp((hang_up, later)), NOWHERE)
    used = connection(1, request("/one"))
    used.channel.record.event(0.2, "closed", "this side's writing half")  # type: ignore[attr-defined]  # the channel is the fake above
    _, command = reproduced(hang_up, [done(tcp, 1)], [used]).commands.split("\n")
    # Nobody hears of the engine's header, and nc shuts its writing half.
    assert command == r"(printf 'GET /one HTTP/1.1\r\nHost: 127.0.0.1:18000\r\n\r\n') | nc -N -w 2 127.0.0.1 18000"
    assert reproduced(later, [done(tcp, 1)], [used]).why_not == "the client hangs up (reset)"


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Step("drive", "step", DriveParams({}), NOWHERE), "the app is called without a server"),
        (Step("parallel", "step", ParallelParams(()), NOWHERE), "several things happen at the same time"),
        (Step("signal", "step", None, NOWHERE), "the server is sent a signal"),
        (Step("kill_worker", "step", None, NOWHERE), "a worker of the server is ended"),
        (Step("measure", "step", None, NOWHERE), "the resources of the server's processes are compared"),
        (Step("fastcgi", "step", Tcp(()), NOWHERE), "its bytes go to the server itself, past the gateway"),
        (Step("connect", "step", Connect(receive_buffer=4096), NOWHERE), "the client has a small receive buffer"),
        (Step("connect", "step", Connect(address="::1"), NOWHERE), "the connection is made to another address"),
        (
            Step("request", "step", Request("/", abandon_after=1.0), NOWHERE),
            "the client hangs up before the response is over",
        ),
        (
            Step("tcp", "step", Tcp((Step("reading", "tcp", Reading(False), NOWHERE),)), NOWHERE),
            "the client stops reading",
        ),
    ],
)
def test_what_nobody_can_do_by_hand_is_said(step: Step, why: str) -> None:
    after = asks("/after")
    used = [connection(1, request("/after"), closed=1.0)]
    assert reproduced(after, [done(step), done(after, 1)], used) == Reproduction(why_not=why)


def test_a_script_that_waits_for_the_case_s_mark_cannot_be_played_by_hand() -> None:
    application = Application(http=(AppCommand("spawn", {"script": (AppCommand("await", "go", NOWHERE),)}, NOWHERE),))
    case = case_of(application=application)
    mark, other, one = (Step("mark", "step", Mark(name), NOWHERE) for name in ("go", "else", "x"))
    used = [connection(1, request("/"), closed=1.0)]
    found = reproduced(one := asks(), [done(mark), done(one, 1)], used, case)
    assert found.why_not == "the application's script waits for the mark 'go', which the case's steps set"
    assert reproduced(one, [done(other), done(one, 1)], used, case).commands


def test_too_many_connections_are_no_command() -> None:
    steps = [asks() for _ in range(6)]
    performed = [done(step, number) for number, step in enumerate(steps, 1)]
    used = [connection(n, request("/"), at=n, closed=n + 0.5) for n in range(1, 7)]
    assert reproduced(steps[3], performed, used).commands.count("curl") == 4
    assert reproduced(steps[5], performed, used).why_not == "5 connections go before the one on which it failed"


def test_of_several_tries_the_last_is_reproduced() -> None:
    outer, one = Step("eventually", "step", EventuallyParams(1.0, 0.1, ()), NOWHERE), asks("/poll")
    trying = done(outer)
    performed = [trying, *(done(one, number, parent=trying) for number in range(1, 9))]
    used = [connection(n, request("/poll"), at=n, closed=n + 0.5) for n in range(1, 9)]
    assert reproduced(one, performed, used).commands.count("curl") == 1


def test_where_nothing_was_sent_the_start_is_all() -> None:
    start = Step("start", "step", None, NOWHERE)
    assert reproduced(start, [done(start, lifecycle="starts")], []).commands == f"{SERVE} --port 8000"
    app = observes()
    assert reproduced(app, [done(app)], []).why_not == "nothing was sent before it was over"
    assert reproduced(None, [], []).why_not == "nothing was sent before it was over"


def test_a_service_that_runs_already_is_used_as_it_runs() -> None:
    one = asks("/one")
    used = [connection(1, request("/one"), closed=1.0)]
    running = replace(TARGET, runtime="running")
    assert reproduced(one, [done(one, 1)], used, target=running).commands == curl("/one", 43210)
    scripted = case_of(application=Application(http=()))
    found = reproduced(one, [done(one, 1)], used, scripted, target=running)
    assert found.why_not == "the application plays the script only for the engine's own calls"


def test_the_target_is_named_so_that_it_is_found() -> None:
    one = asks("/one")
    used = [connection(1, request("/one"), closed=1.0)]
    target = replace(TARGET, release="@g", variant="two", source="@../g", given=("--variant", "two: -w 2"))
    found = reproduced(one, [done(one, 1)], used, target=target)
    assert found.commands.split("\n")[0] == (
        "engine serve 'gunicorn@../g~two-control-auto' --variant 'two: -w 2' --port 18000"
    )
    # A container's like is a process of this machine.
    found = reproduced(one, [done(one, 1)], used, target=replace(TARGET, runtime="docker"))
    assert found.commands.split("\n")[0] == f"{SERVE} --port 18000"


def test_what_the_case_asks_of_the_server_is_served() -> None:
    one = asks("/one")
    used = [connection(1, request("/one"), closed=1.0)]
    for more in ({"application": Application(http=())}, {"server": {"workers": 2}}):
        found = reproduced(one, [done(one, 1)], used, case_of(id="a[b]", **more))
        assert found.commands.split("\n")[0] == f"{SERVE} --case 'case.yaml::a[b]' --port 18000"


@pytest.mark.parametrize(
    ("address", "path", "named"),
    [
        ("specs/http/a.yaml", "specs/http/a.yaml", "specs/http/a.yaml"),
        ("specs/http/a.yaml", "/engine/specs/http/a.yaml", "specs/http/a.yaml"),
        ("specs/http/a.yaml", "a.yaml", "a.yaml"),
        ("suites/a.yaml", "own/suites/a.yaml", "own/suites/a.yaml"),
        ("suites/a.yaml", "/own/suites/a.yaml", "/own/suites/a.yaml"),
    ],
)
def test_a_case_is_named_as_it_is_found_where_the_run_was_started(address: str, path: str, named: str) -> None:
    one = asks("/one")
    used = [connection(1, request("/one"), closed=1.0)]
    case = case_of(file=address, place=SourceSpan(path, 1, 1), server={"workers": 2})
    assert f" --case {named}::case " in reproduced(one, [done(one, 1)], used, case).commands


def test_bytes_that_were_not_kept_are_not_made_up() -> None:
    one = asks()
    used = connection(1, b"x" * 5 * 1024 * 1024)
    assert reproduced(one, [done(one, 1)], [used]).why_not == "5 MiB are too long for a command line"


def test_tls_begins_as_it_did() -> None:
    one = asks("/one")
    used = connection(1, request("/one"), closed=1.0, tls_options=TlsClientOptions(TRUST))
    assert reproduced(one, [done(one, 1)], [used]).commands.endswith(
        "curl -i --path-as-is --insecure --http1.1 -H User-Agent: -H Accept: https://127.0.0.1:18000/one"
    )
    used = connection(1, request("/one"), closed=1.0, tls_options=TlsClientOptions(TRUST, ("h2", "http/1.1"), "1.2"))
    assert reproduced(one, [done(one, 1)], [used]).commands.endswith(
        "| openssl s_client -quiet -no_ign_eof -tls1_2 -alpn h2,http/1.1 -connect 127.0.0.1:18000"
    )
    for tls_options in (TlsClientOptions(replace(TRUST, asks="required")), TlsClientOptions(TRUST, shows="wrong")):
        used = connection(1, request("/one"), closed=1.0, tls_options=tls_options)
        assert "the client shows a certificate" in reproduced(one, [done(one, 1)], [used]).why_not


def test_a_delivery_byte_by_byte_is_not_reproduced_and_one_in_pieces_is() -> None:
    (step,) = [asks("/one")]
    for delivery, why in ((BYTES, "the client sends byte by byte"), (PIECES, "")):
        case = case_of(step).delivered(delivery)
        found = reproduced(step, [done(step, 1)], [connection(1, b"GET /", b"one")], case)
        assert found.why_not == why
