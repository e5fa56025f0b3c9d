from __future__ import annotations

from typing import Any

import pytest

from engine.loading.read.app_script import commands
from engine.loading.read.asgi_events import EVENTS
from engine.model.case import AppCommand
from engine.model.iterables import AppIterable
from engine.model.variables import Variable
from engine.model.wire_bytes import ByteString, plain
from tests.loading.helpers import OK, cases, codes, node, reader, suite


def act(text: str) -> AppCommand:
    context = reader()
    [found] = context.commands(node(f"[{text}]"))
    assert context.noted == 0
    return found


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("{receive: {}}", {}),
        ("{receive: {within: 3s, as: one}}", {"within": 3.0}),
        ("{read_body: {}}", {}),
        ("{respond: {status: 200}}", {"status": 200, "headers": (), "body": ByteString(())}),
        (
            "{respond: {status: 200, headers: [[a, b]], body: c}}",
            {"status": 200, "headers": [[plain("a"), plain("b")]], "body": plain("c")},
        ),
        ("{accept: {}}", {}),
        (
            "{accept: {subprotocol: chat, headers: {a: b}}}",
            {"subprotocol": "chat", "headers": [[plain("a"), plain("b")]]},
        ),
        ("{echo: {}}", {}),
        ("{set: {scope: {state.a: 1}, context: {v: $(run)}}}", {"scope": {"state.a": 1}, "context": {"v": "$(run)"}}),
        ("{set: {scope: {state.a: {bytes: x1}}}}", {"scope": {"state.a": plain("x1")}}),
        ("{get: {context: leak, as: seen}}", {"context": "leak"}),
        ("{get: {env: HOME, as: home}}", {"env": "HOME"}),
        ("{sleep: 20ms}", 0.02),
        ("{raise: {class: OSError}}", {"class": "OSError", "message": ""}),
        ("{raise: {class: OSError, message: gone}}", {"class": "OSError", "message": "gone"}),
        ("{return: true}", True),
        ("{mark: m}", "m"),
        ("{await: m}", "m"),
        ("{join: t}", "t"),
        ("{cancel: t}", "t"),
        (
            "{send_raw: {event: {type: http.bogus, body: x, head: {bytes: v}}, as: e}}",
            {"event": {"type": "http.bogus", "body": "x", "head": plain("v")}},
        ),
        (
            "{send_raw: {event: {headers: {once: [{tuple: [{bytes: a}, {bytes: b}]}]}}}}",
            {"event": {"headers": AppIterable("once", (AppIterable("tuple", (plain("a"), plain("b"))),))}},
        ),
    ],
)
def test_arguments_have_the_players_shape(text: str, argument: Any) -> None:
    assert act(text).argument == argument


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("{get: {as: seen}}", "missing-key"),
        ("{set: {as: seen}}", "missing-key"),
        ("{get: {scope: path, env: HOME}}", "too-many-keys"),
    ],
)
def test_a_command_reads_one_thing_and_writes_at_least_one(command: str, code: str) -> None:
    assert codes(suite(OK.replace("/scope", "/"), f"application: {{http: [{command}]}}")) == [code]


def test_names_and_places() -> None:
    found = act("{receive: {within: 1s, as: one}}")
    assert (found.word, found.name, found.place.column) == ("receive", "one", 3)


def test_scripts_inside() -> None:
    found = act("{repeat: {times: 3, until: raises, as: r, script: [{sleep: 1s}, {mark: m}]}}")
    assert isinstance(found.argument, dict)
    assert (found.argument["times"], found.argument["until"]) == (3, "raises")
    assert [(one.word, one.argument) for one in found.argument["script"]] == [("sleep", 1.0), ("mark", "m")]
    spawned = act("{spawn: {as: t, script: [{receive: {}}]}}")
    assert isinstance(spawned.argument, dict)
    assert [one.word for one in spawned.argument["script"]] == ["receive"]


def test_messages_are_in_asgis_types() -> None:
    found = act("{send: {type: http.response.start, status: 200, headers: [[a, {hex: 00 ff}]], trailers: true, as: s}}")
    assert isinstance(found.argument, dict)
    event = found.argument["event"]
    assert (event["type"], event["status"], event["trailers"], found.name) == ("http.response.start", 200, True, "s")
    assert [item.render({}) for item in event["headers"][0]] == [b"a", b"\x00\xff"]
    body = act("{send: {type: http.response.body, body: text, more_body: false}}").argument
    assert body == {"event": {"type": "http.response.body", "body": plain("text"), "more_body": False}}
    sent = act("{send: {type: websocket.send, text: ü, bytes: null}}").argument
    assert sent == {"event": {"type": "websocket.send", "text": "ü", "bytes": None}}
    late = act("{send: {type: http.response.start, status: {var: code}}}").argument
    assert isinstance(late, dict)
    assert isinstance(late["event"]["status"], Variable)


@pytest.mark.parametrize(
    "event",
    [
        "{type: http.request}",
        "{type: http.response.start}",
        "{type: http.response.start, status: true}",
        "{type: http.response.start, status: 200, headers: x}",
        "{type: http.response.start, status: 200, body: x}",
        "{type: http.response.body, more_body: 1}",
        "{type: http.response.trailers}",
        "{type: http.response.early_hint, links: x}",
        "{type: websocket.send}",
        "{type: websocket.close, code: x}",
        "{type: websocket.http.response.start}",
        "{type: lifespan.startup.complete, message: x}",
    ],
)
def test_messages_that_asgi_does_not_have(event: str) -> None:
    assert codes(suite(OK.replace("/scope", "/"), f"application: {{http: [{{send: {event}}}]}}")) == ["event"]


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_can_be_sent_with_what_it_must_have(name: str) -> None:
    given = {
        "status": "200",
        "headers": "[[a, b]]",
        "path": "/a",
        "file": "3",
        "links": "[a]",
        "info": "{a: 1}",
        "text": "a",
    }
    known = EVENTS[name]
    keys = [*known.required, *(["text"] if known.one_of else [])]
    body = "".join(f", {key}: {given[key]}" for key in keys)
    assert act(f"{{send: {{type: {name}{body}}}}}").word == "send"


def test_every_word_says_what_it_does() -> None:
    for word, one in commands().items():
        assert one.summary.endswith("."), word


def test_an_application_has_scripts_for_scope_types_and_paths() -> None:
    [case] = cases(
        suite(
            OK.replace("/scope", "/first"),
            "application: {lifespan: [{receive: {}}], paths: {/first: [{respond: {status: 200}}]}}",
        )
    )
    assert case.body.application is not None
    assert case.body.application.http is None
    assert [one.word for one in case.body.application.lifespan or ()] == ["receive"]
    assert [one.word for one in case.body.application.paths["/first"]] == ["respond"]
    assert case.runs_on.value == "control"
