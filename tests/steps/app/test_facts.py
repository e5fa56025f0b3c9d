from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from engine.loading.vocabulary import type_of
from engine.model.boundary import Event, OpaqueValue, Outcome
from engine.model.expectation import ABSENT, Unclear
from engine.model.wire_bytes import TruncatedBytes, WireBytes
from engine.steps.app.facts import BoundaryFacts, header_values, joined_bodies
from tests.loading.vocabulary import real
from tests.steps.context import call, why
from tests.steps.fact_types import wrong

SCOPE = {
    "type": "http",
    "path": "/a b",
    "raw_path": b"/a%20b",
    "client": ("127.0.0.1", 4711),
    "headers": [(b"host", b"h"), (b"X-Two", b"1"), (b"x-two", b"2")],
    "state": {"a.b": 1},
}
CALL = call(
    "j1.1",
    scope=SCOPE,
    scope_after={"type": "http", "state": {"leak": 1}},
    events=(
        Event("received", 1.1, {"type": "http.request", "body": b"he", "more_body": True}),
        Event("sent", 1.2, {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}),
        Event("received", 1.3, {"type": "http.request", "body": b"llo"}),
        Event("sent", 1.4, {"type": "http.response.body", "body": b"ok"}),
        Event("received", 1.5, {"type": "http.disconnect"}),
    ),
    outcomes={
        "good": Outcome(1.0, True, 0.25, event={"type": "http.disconnect"}),
        "bad": Outcome(1.0, False, 0.5, raised="OSError", bases=("OSError", "Exception"), count=3, value=b"v"),
    },
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("calls", 1),
        ("paths", ["/a b"]),
        ("scope", SCOPE),
        ("scope.path", "/a b"),
        ("scope.raw_path", b"/a%20b"),
        ("scope.client.0", "127.0.0.1"),
        ("scope.client.1", 4711),
        ("scope.client.2", ABSENT),
        ("scope.state.a.b", 1),
        ("scope.state.none", ABSENT),
        ("scope.header.Host", b"h"),
        ("scope.header.none", ABSENT),
        ("scope.headers.x-two", [b"1", b"2"]),
        ("scope.headers.none", []),
        ("scope.headers.0.1", b"h"),
        ("scope.headers.last", (b"x-two", b"2")),
        ("scope_after.state.leak", 1),
        ("received.0.more_body", True),
        ("received.last.type", "http.disconnect"),
        ("received.3", ABSENT),
        ("received.types", ["http.request", "http.request", "http.disconnect"]),
        ("received.body", b"hello"),
        ("sent.0.headers.0.0", b"a"),
        ("sent.types", ["http.response.start", "http.response.body"]),
        ("sent.body", b"ok"),
        ("sent.status", 200),
        ("sent.header.A", b"b"),
        ("sent.header.none", ABSENT),
        ("sent.headers.a", [b"b"]),
        ("sent.headers.none", []),
        ("sent.raised", []),
        ("returned", True),
        ("raised", ABSENT),
        ("loop", "uvloop.Loop"),
        ("pid", 7),
        ("result.good.ok", True),
        ("result.good.elapsed", 0.25),
        ("result.good.event.type", "http.disconnect"),
        ("result.good.raised", ABSENT),
        ("result.good.count", ABSENT),
        ("result.good.value", None),
        ("result.bad.ok", False),
        ("result.bad.raised", "OSError"),
        ("result.bad.bases", ["OSError", "Exception"]),
        ("result.bad.event", ABSENT),
        ("result.bad.count", 3),
        ("result.bad.value", b"v"),
        ("result.bad.other", ABSENT),
        ("result.none.ok", ABSENT),
        (
            "result.good",
            {"ok": True, "bases": [], "elapsed": 0.25, "event": {"type": "http.disconnect"}, "value": None},
        ),
    ],
)
def test_a_fact(name: str, value: object) -> None:
    assert BoundaryFacts([CALL]).fact(name) == value


def test_values_keep_the_types_of_the_boundary() -> None:
    seen = BoundaryFacts([CALL])
    assert type(seen.fact("scope.raw_path")) is bytes
    assert type(seen.fact("scope.client")) is tuple
    assert type(seen.fact("received.0.body")) is bytes
    assert isinstance(seen.fact("received.body"), WireBytes)
    received = seen.fact("received")
    assert isinstance(received, list)
    assert len(received) == 3
    assert seen.sent is None
    assert why(seen) == []


def test_what_send_raised() -> None:
    close = {"type": "websocket.close", "code": 1011}
    raising = replace(CALL, events=(*CALL.events, Event("sent", 1.6, close, done=1.7, raised="ValueError")))
    assert BoundaryFacts([raising]).fact("sent.raised") == ["ValueError"]


def test_a_header_that_comes_twice_cannot_be_told() -> None:
    value = BoundaryFacts([CALL]).fact("scope.header.x-two")
    assert isinstance(value, Unclear)
    assert value.why.startswith("2 of them: ")


@pytest.mark.parametrize("fact", [fact.name for fact in BoundaryFacts.facts])
def test_a_fact_of_no_call(fact: str) -> None:
    empty = {"calls": 0, "paths": [], "received.types": [], "received.body": b"", "sent.types": [], "sent.body": b""}
    empty |= {"received": [], "sent": [], "sent.raised": []}
    name = fact.replace("[.*]", "").replace("*", "x")
    assert BoundaryFacts([]).fact(name) == empty.get(name, ABSENT)


@pytest.mark.parametrize(("body_at", "value"), [(None, ABSENT), (1.39, True), (1.4, False), (1.6, False)])
def test_streamed_tells_a_body_that_began_to_arrive_before_the_last_message(body_at: float, value: object) -> None:
    assert BoundaryFacts([CALL], body_at=body_at).fact("streamed") is value


def test_streamed_is_absent_where_nothing_was_sent() -> None:
    assert BoundaryFacts([replace(CALL, events=CALL.events[:1])], body_at=1.0).fact("streamed") is ABSENT


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"SCRIPT_NAME": "/api", "PATH_INFO": "/x"}, "/api/x"),
        ({"SCRIPT_NAME": "", "PATH_INFO": "/x"}, "/x"),
        ({"PATH_INFO": "/x"}, "/x"),
        ({"SCRIPT_NAME": "/api"}, "/api"),
    ],
)
def test_the_path_of_a_wsgi_call(environ: dict[str, object], path: str) -> None:
    assert BoundaryFacts([call(scope={"type": "wsgi", **environ})]).fact("paths") == [path]


def test_which_of_several_calls() -> None:
    calls = [call(scope={"type": "http", "path": path}, pid=pid) for pid, path in enumerate(("/a", "/b", "/c"))]
    assert BoundaryFacts(calls).fact("paths") == ["/a", "/b", "/c"]
    assert [BoundaryFacts(calls, nth).fact("pid") for nth in (None, 1, 2, 3)] == [2, 0, 1, 2]
    assert BoundaryFacts(calls, 2).fact("calls") == 3
    beyond = BoundaryFacts(calls, 4)
    assert beyond.fact("pid") is ABSENT
    assert why(beyond) == [("calls", 3)]


def test_how_a_call_ended() -> None:
    running = BoundaryFacts([call(ended=None, returned=None)])
    assert (running.fact("returned"), running.fact("raised")) == (ABSENT, ABSENT)
    raised = BoundaryFacts([call(returned=False, raised="ValueError")])
    assert (raised.fact("returned"), raised.fact("raised")) == (False, "ValueError")
    assert raised.fact("scope_after") is ABSENT
    assert raised.fact("scope_after.x") is ABSENT


def test_a_scope_of_foreign_classes() -> None:
    scope = {
        "headers": OpaqueValue("Headers", "...", [["Host", b"h"], "odd", (1, 2, 3)]),
        "state": OpaqueValue("S", "", {"a": 1}),
    }
    assert header_values(scope, "host") == [b"h"]
    assert BoundaryFacts([call(scope=scope)]).fact("scope.state.a") == 1
    assert header_values({}, "host") == []


def event(body: object) -> Event:
    return Event("received", 1.0, {"type": "http.request", "body": body})


def blob(data: bytes) -> TruncatedBytes:
    return TruncatedBytes(len(data), hashlib.sha256(data).hexdigest(), data[:4])


def test_long_bodies() -> None:
    data = bytes(range(256)) * 20
    total = (len(data), hashlib.sha256(data).hexdigest())
    whole = joined_bodies([event(blob(data))], None)
    assert isinstance(whole, TruncatedBytes)
    assert whole.same_as(data)
    parts = [event(blob(data[:5000])), event(data[5000:])]
    joined = joined_bodies(parts, total)
    assert isinstance(joined, TruncatedBytes)
    assert joined.same_as(data)
    assert joined.head == data[:4]
    assert isinstance(joined_bodies(parts, None), Unclear)
    assert joined_bodies([event(data), event(b"")], total) == data


def test_a_total_that_disagrees_with_the_parts_wins() -> None:
    found = joined_bodies([event(b"part")], (9, hashlib.sha256(b"all of it").hexdigest()))
    assert found == TruncatedBytes(9, hashlib.sha256(b"all of it").hexdigest(), b"part")


def test_a_scope_that_is_a_subclass_of_dict_says_so() -> None:
    call = replace(CALL, scope_class="Headers")
    observed = BoundaryFacts([call]).fact("scope")
    assert isinstance(observed, OpaqueValue)
    assert (observed.cls, observed.value) == ("Headers", call.scope)
    assert BoundaryFacts([call]).fact("scope.path") == "/a b"


@pytest.mark.parametrize(
    ("fact", "given"),
    [
        ("calls", True),
        ("paths", True),
        ("scope.path", True),
        ("scope.header.host", True),
        ("loop", True),
        ("pid", True),
        ("received.types", True),
        ("received.body", True),
        ("received.last.type", True),
        ("received.2.type", True),
        ("scope_after.state.leak", False),
        ("sent.0.status", False),
        ("sent.raised", True),
        ("returned", False),
        ("raised", False),
        ("result.good.ok", False),
        ("streamed", False),
    ],
)
def test_what_the_server_gave(fact: str, given: bool) -> None:
    assert BoundaryFacts([CALL]).given(fact) is given


@pytest.mark.parametrize(
    ("received", "given"),
    [
        ((), ()),
        (({"type": "http.request", "more_body": True},), ("received.0.type",)),
        (({"type": "http.request", "body": b"a"},), ("received.0.type", "received.body")),
        (({"type": "websocket.connect"}, {"type": "websocket.receive"}), ("received.0.type", "received.1.type")),
        (
            ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}),
            ("received.0.type", "received.1.type", "received.last.type", "received.types", "received.body"),
        ),
    ],
)
def test_what_was_never_asked_for_was_not_withheld(
    received: tuple[dict[str, object], ...], given: tuple[str, ...]
) -> None:
    """The end of the input is unknown for an application that never asked for more."""
    facts = BoundaryFacts([replace(CALL, events=tuple(Event("received", 1.0, message) for message in received))])
    names = ("received.0.type", "received.1.type", "received.last.type", "received.types", "received.body")
    assert {name for name in names if facts.given(name)} == set(given)


def test_without_a_call_the_server_has_not_called() -> None:
    facts = BoundaryFacts([], nth=2)
    assert facts.given("scope.path")
    assert not facts.given("received.types")
    assert [one.given for one in facts.implicit_failures(frozenset())] == [True]


PATHS = (
    "scope", "scope.type", "scope.path", "scope.raw_path", "scope.headers", "scope.client", "scope.state",
    "scope.header.host", "scope.headers.x-two", "scope_after", "scope_after.state", "received", "received.0",
    "received.last", "received.0.body", "received.0.more_body", "received.last.type", "received.types", "received.body",
    "sent.0.status", "sent.0.headers", "sent.1.body", "sent.types", "sent.body", "result.good.ok",
    "result.good.elapsed", "result.bad.raised",
    "result.bad.bases", "result.bad.count", "calls", "paths", "returned", "raised", "loop", "pid",
)  # fmt: skip


@pytest.mark.parametrize("seen", [BoundaryFacts([CALL]), BoundaryFacts([])])
def test_every_value_is_of_the_type_that_its_fact_declares(seen: BoundaryFacts) -> None:
    step_type = real().step_type("step", "app")
    assert wrong((name, seen.fact(name), type_of(step_type, name)) for name in PATHS) == []
    assert all(type_of(step_type, name).sorts for name in PATHS)
