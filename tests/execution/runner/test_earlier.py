"""`same_as`: the parts of two observations that differ."""

from __future__ import annotations

import pytest

from engine.execution.runner.earlier import Observed, at_the_same_turn, differences
from engine.execution.runner.judge import count, judge
from engine.model.expectation import ABSENT, Group, SameAs, Situation
from engine.model.phrasing import sentence
from engine.model.source_span import SourceSpan
from engine.steps.app.facts import BoundaryFacts
from engine.steps.http1.facts import ResponseFacts
from engine.steps.http1.session import Response
from tests.execution.runner.test_judge import MATCH
from tests.steps.context import call

PLACE = SourceSpan("case.yaml", 1, 1)
DATE = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")


def response(status: int = 200, body: bytes = b"a", *headers: tuple[str, str], port: int = 0) -> Observed:
    made = Response("GET", sent_at=0.0)
    made.status, made.reason, made.outcome, made.headers = status, "OK", "response", list(headers)
    made.pieces = [(body, 0.0)]
    return Observed(ResponseFacts.compared, ResponseFacts(made), port)


def differing(before: Observed, after: Observed, *without: str, facts: tuple[str, ...] = ()) -> dict[str, str]:
    same_as = SameAs("first", facts or before.compared, without, PLACE)
    return {one.where: sentence(one) for one in differences(same_as, before, after)}


def test_equal_responses() -> None:
    assert differing(response(), response()) == {}


def test_each_fact_that_differs_is_named() -> None:
    found = differing(response(200, b"a", ("Server", "a")), response(404, b"b", ("server", "b"), ("X-A", "1")))
    assert found == {
        "status": "expected status 200, as in the step 'first', got 404",
        "headers.server": "expected headers.server ['a'], as in the step 'first', got ['b']",
        "headers.x-a": "expected headers.x-a to be absent, as in the step 'first', got ['1']",
        "body": "expected body bytes 'a', as in the step 'first', got bytes 'b'",
    }


def test_the_value_of_a_date_may_differ_and_not_its_absence() -> None:
    later = ("date", "Sun, 06 Nov 1994 08:49:38 GMT")
    assert differing(response(200, b"", DATE), response(200, b"", later)) == {}
    assert set(differing(response(200, b"", DATE), response())) == {"headers.date", "body"}
    assert set(differing(response(200, b"", DATE), response(200, b"", DATE, DATE))) == {"headers.date"}


def test_the_order_of_the_values_of_a_header_counts() -> None:
    one, other = ("a", "1"), ("a", "2")
    assert set(differing(response(200, b"", one, other), response(200, b"", other, one))) == {"headers.a"}
    assert differing(response(200, b"", one, ("b", "1")), response(200, b"", ("b", "1"), one)) == {}


def test_the_own_ports_may_differ() -> None:
    before, after = response(body=b"from 50001", port=50001), response(body=b"from 50002", port=50002)
    assert differing(before, after) == {}
    assert set(differing(before, response(body=b"from 500020", port=50002))) == {"body"}


def test_what_is_left_out() -> None:
    before, after = response(200, b"a", ("Server", "a")), response(200, b"b", ("Server", "b"))
    assert differing(before, after, "body", "headers.server") == {}
    assert set(differing(before, after, "headers")) == {"body"}
    assert set(differing(before, after, facts=("body",))) == {"body"}


def boundary(**changes: object) -> Observed:
    scope = {"type": "http", "path": "/", "client": ("127.0.0.1", 1), "headers": [(b"host", b"a")], **changes}
    return Observed(BoundaryFacts.compared, BoundaryFacts([call(scope=scope)]))


def test_scopes_by_key_and_without_the_port_of_the_client() -> None:
    assert differing(boundary(), boundary(client=("127.0.0.1", 2))) == {}
    assert set(differing(boundary(), boundary(client=("127.0.0.2", 1)))) == {"scope.client"}
    found = differing(boundary(), boundary(path="/a", headers=[(b"host", b"b")], root_path=""))
    assert list(found) == ["paths", "scope.path", "scope.headers.host", "scope.root_path"]
    assert found["scope.root_path"] == "expected scope.root_path to be absent, as in the step 'first', got ''"


def test_a_difference_of_what_the_server_gave_is_marked() -> None:
    same_as = SameAs("first", BoundaryFacts.compared, (), PLACE)
    assert all(one.given for one in differences(same_as, boundary(), boundary(path="/a")))


def test_the_same_turn() -> None:
    one, other = response(), response(404)
    app = boundary()
    assert at_the_same_turn("first", one.compared, 1, [one, app, other]) is other
    with pytest.raises(ValueError, match="observed 2 such observations"):
        at_the_same_turn("first", one.compared, 2, [one, app, other])
    with pytest.raises(ValueError, match="observed nothing of this sort"):
        at_the_same_turn("first", one.compared, 0, [app])


def test_a_group_is_judged_with_its_comparison() -> None:
    same_as = SameAs("first", ("status",), (), PLACE)
    group = Group((), (), PLACE, same_as)
    before, after = response(), response(404)
    [mismatch] = judge(group, after.observation, Situation({}), MATCH, lambda _: (before, after))
    assert (mismatch.operator, mismatch.expected_value, mismatch.actual) == ("same_as", 200, 404)
    assert count(group) == 1
    assert group.facts() == {"status"}
    with pytest.raises(ValueError, match="no step 'first' was performed"):
        judge(group, after.observation, Situation({}), MATCH)


def test_absence_equals_absence() -> None:
    assert before_status(ABSENT) == {}


def before_status(value: object) -> dict[str, str]:
    none = Response("GET", sent_at=0.0)
    none.outcome = "closed"
    observed = Observed(ResponseFacts.compared, ResponseFacts(none))
    assert observed.observation.fact("status") is value
    return differing(observed, observed)
