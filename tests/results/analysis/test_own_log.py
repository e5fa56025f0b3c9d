"""The entries of a log that belong to one case."""

from __future__ import annotations

from engine.model.transcript import Side, TraceEvent, Transcript
from engine.results.analysis.own_log import entries, split

LOG = """\
[INFO] started
[ERROR] in the application
Traceback (most recent call last):
  File "a.py", line 1
ValueError: mine

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 2
RuntimeError: outer
127.0.0.1:50001 - "GET /scope HTTP/1.1" 200
127.0.0.1:50002 - "GET /other HTTP/1.1" 200
  continued
"""


def wire(what: str, detail: str = "", data: bytes = b"") -> TraceEvent:
    return TraceEvent(0.0, Side.WIRE, "one", what, detail, data, len(data))


def test_an_entry_is_a_line_with_those_that_continue_it() -> None:
    found = entries(LOG)
    assert [entry.split("\n")[0][:12] for entry in found] == [
        "[INFO] start",
        "[ERROR] in t",
        "127.0.0.1:50",
        "127.0.0.1:50",
    ]
    assert found[1].endswith("RuntimeError: outer")
    assert found[3].endswith("continued")
    assert entries("") == []


def test_the_request_the_port_and_the_exception_are_the_cases_own() -> None:
    asked = Transcript(0.0, (wire("sent", data=b"GET /scope HTTP/1.1\r\n"),))
    connected = Transcript(0.0, (wire("connected", "from port 50002"),))
    raised = Transcript(0.0, (TraceEvent(0.0, Side.APP, "call 1", "raised", "ValueError: mine"),))
    for transcript, number in ((raised, 1), (asked, 2), (connected, 3)):
        own, others = split(LOG, transcript)
        assert own == [entries(LOG)[number]]
        assert len(others) == 3


def test_a_request_of_the_root_names_nothing() -> None:
    assert split(LOG, Transcript(0.0, (wire("sent", data=b"GET / HTTP/1.1\r\n"),)))[0] == []
    assert split(LOG, None)[0] == []
