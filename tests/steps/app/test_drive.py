from __future__ import annotations

import json
from typing import Any

from engine.model.boundary import Event
from engine.observer.inside.tagged import decode
from tests.steps.context import JobScope, call, run, see, why
from tests.steps.reader import mistakes


def order(body: dict[str, Any], **variables: object) -> Any:
    """The order as the application's side decodes it."""
    ctx = JobScope(variables=variables)
    run(see(ctx, "drive", body))
    assert len(ctx.live.drives) == 1
    found = json.loads(json.dumps(ctx.live.drives[0]))
    script = [(word, decode(argument)) for word, argument in found["script"]]
    return found | {"scope": decode(found["scope"]), "script": script}


def test_the_scope_is_what_the_step_says_and_the_least_besides() -> None:
    found = order({"scope": {"type": "http", "path": "/$(x)"}}, x="echo")
    assert found == {
        "token": "j1.1",
        "scope": {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/echo",
            "query_string": b"",
            "headers": [],
        },
        "script": [],
        "within": 5.0,
    }


def test_an_unknown_type_is_left_as_it_is() -> None:
    assert order({"scope": {"type": "bogus"}, "within": "1s"}) | {"token": ""} == {
        "token": "", "scope": {"type": "bogus"}, "script": [], "within": 1.0,
    }  # fmt: skip


def test_headers_and_the_query_are_bytes() -> None:
    scope = order({"scope": {"type": "http", "headers": {"X-A": "1"}, "query_string": "a=1", "state": {"n": 1}}})[
        "scope"
    ]
    assert scope["headers"] == [(b"x-a", b"1")]
    assert scope["query_string"] == b"a=1"
    assert scope["state"] == {"n": 1}


def test_the_pairs_of_headers_are_of_the_class_that_the_step_says() -> None:
    body = {"scope": {"type": "http", "headers": {"X-A": "1"}}, "pairs": "$(form)"}
    assert order(body, form="lists")["scope"]["headers"] == [[b"x-a", b"1"]]
    assert order(body, form="tuples")["scope"]["headers"] == [(b"x-a", b"1")]
    assert "sets" in mistakes("drive", {"scope": {"type": "http"}, "pairs": "sets"})[0]


def test_keys_are_left_out() -> None:
    body = {"scope": {"type": "http", "scheme": "http"}, "without": ["scheme", "asgi.$(part)", "no.such"]}
    scope = order(body, part="spec_version")["scope"]
    assert "scheme" not in scope
    assert scope["asgi"] == {"version": "3.0"}


def test_a_key_that_begins_with_a_dollar_is_a_key() -> None:
    body = {"scope": {"type": "http", "state": {"$b": "a", "$t": ["x"]}, "$o": "$(x)"}, "script": [{"give": {"$d": 1}}]}
    found = order(body, x="y")
    assert (found["scope"]["state"], found["scope"]["$o"]) == ({"$b": "a", "$t": ["x"]}, "y")
    assert found["script"] == [("give", {"$d": 1})]


def test_a_variable_in_a_key_is_filled_in() -> None:
    assert order({"scope": {"type": "http", "$(name)": 1}}, name="more")["scope"]["more"] == 1


def test_the_script() -> None:
    script = [
        {"give": {"type": "http.request", "body": {"bytes": "h$(n)"}, "more_body": True, "x": ["a", None]}},
        {"take": "http.response.start"},
        {"fail_send": {"class": "OSError", "after": {"var": "n"}}},
        {"fail_send": {}},
    ]
    assert order({"scope": {"type": "http"}, "script": script}, n=3)["script"] == [
        ("give", {"type": "http.request", "body": b"h3", "more_body": True, "x": ["a", None]}),
        ("take", "http.response.start"),
        ("fail_send", {"class": "OSError", "after": 3}),
        ("fail_send", {"class": "OSError", "after": 0}),
    ]


def test_a_scope_needs_a_type() -> None:
    assert mistakes("drive", {"scope": {"path": "/"}}) == ["a scope has a type"]


def test_what_is_seen_is_what_was_recorded() -> None:
    ctx = JobScope()
    sent = Event("sent", 1.5, {"type": "http.response.start", "status": 200})
    ctx.live.boundary.all = [call("j1.1", events=(sent,), returned=False, raised="OSError")]
    seen = run(see(ctx, "drive", {"scope": {"type": "http"}}))
    assert seen.fact("sent.types") == ["http.response.start"]
    assert seen.fact("sent.0.status") == 200
    assert (seen.fact("returned"), seen.fact("raised")) == (False, "OSError")
    assert why(seen) == []


def test_a_script_that_cannot_be_played() -> None:
    ctx = JobScope()
    ctx.live.on_drive = lambda order: "the app ended, and had sent no http.response.start"
    seen = run(see(ctx, "drive", {"scope": {"type": "http"}}))
    assert why(seen) == [("drive", "the app ended, and had sent no http.response.start")]
