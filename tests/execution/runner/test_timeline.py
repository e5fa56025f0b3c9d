"""The transcript of a job: the messages of the application as values, and the connection of each call."""

from __future__ import annotations

from engine.execution.runner.timeline import connections, transcript
from engine.execution.runner.trimming import weight
from engine.model.boundary import AppCall, Event
from engine.model.transcript import Side, TraceEvent
from engine.results.record.codec import transcript_from_json, transcript_to_json


def connected(at: float, name: str, port: int) -> TraceEvent:
    return TraceEvent(at, Side.WIRE, name, "connected", f"from port {port}")


CALL = AppCall(
    "k", "", ("127.0.0.1", 40001), 1, "asyncio", 2.0, {"type": "http", "headers": [(b"a", b"\xff")]},
    (Event("sent", 3.0, {"type": "http.response.body", "body": b"x"}, 3.1),),
)  # fmt: skip


def test_a_call_names_its_connection_and_its_messages_are_values() -> None:
    made = transcript(1.0, [connected(1.0, "connection 1", 40001), connected(1.5, "connection 2", 40002)], [], [CALL])
    called, sent = [event for event in made.events if event.side is Side.APP]
    assert (called.connection, sent.connection) == ("connection 1", "")
    assert called.value is not None
    assert called.value.data == {"type": "http", "headers": [{"$t": [{"$b": "a"}, {"$b": "\xff"}]}]}
    assert sent.value is not None
    assert sent.value.data == {"type": "http.response.body", "body": {"$b": "x"}}


def test_a_port_of_two_connections_identifies_neither() -> None:
    events = [connected(1.0, "connection 1", 1), connected(2.0, "connection 2", 1), connected(3.0, "connection 3", 2)]
    assert connections(events) == {1: "", 2: "connection 3"}


def test_values_and_connections_survive_the_record() -> None:
    made = transcript(0.0, [connected(1.0, "connection 1", 40001)], [], [CALL])
    again = transcript_from_json(transcript_to_json(made))
    assert [one.connection for one in again.events] == [one.connection for one in made.events]
    assert [one.value and one.value.data for one in again.events] == [
        one.value and one.value.data for one in made.events
    ]


def test_a_value_counts_in_the_bound_of_a_transcript() -> None:
    called = transcript(0.0, [], [], [CALL]).events[0]
    assert weight(called) > 100 + len(called.detail) + 20
