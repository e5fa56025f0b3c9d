from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from engine.model.boundary import OpaqueValue
from engine.model.expectation import ABSENT
from engine.model.wire_bytes import TruncatedBytes
from engine.observer.inside.records import Writer
from engine.observer.inside.wsgi_observer import App, Environ, StartResponse, WsgiObserver
from engine.observer.spool import ObserverSpool
from engine.steps.app.facts import BoundaryFacts

from .wsgi_server import Server, environ_of, last_call, observe, tls_options

START = {"type": "http.response.start", "status": 200, "reason": "OK", "headers": []}


def piece(body: bytes, by: str = "iteration") -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": by != "return", "by": by}


def test_a_call_is_recorded_both_ways(tmp_path: Path) -> None:
    server = Server()
    call = observe(tmp_path, tls_options, environ_of("/x", token="j1.3"), server)

    assert (call.token, call.peer, call.pid, call.loop) == ("j1.3", ("127.0.0.1", 40000), os.getpid(), "")
    assert (call.type, call.scope["PATH_INFO"], call.scope["wsgi.version"]) == ("wsgi", "/x", (1, 0))
    body = call.scope["wsgi.input"]
    assert isinstance(body, OpaqueValue)
    assert body == OpaqueValue("BytesIO", body.text)
    assert [(event.way, event.message) for event in call.events] == [
        ("sent", {**START, "headers": [("Content-Type", "text/plain")]}),
        ("sent", piece(b"Howdy")),
    ]
    assert all(event.done is not None and event.raised == "" for event in call.events)
    assert (call.returned, call.raised) == (True, None)
    assert server.started == [("200 OK", [("Content-Type", "text/plain")])]
    assert server.body == [b"Howdy"]


def test_the_facts_of_an_app_step_tell_of_it(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("299 Quite Special", [])
        return [body[:2], body[2:]]

    facts = BoundaryFacts([observe(tmp_path, app, environ_of(token="j1.1", body=b"abcd"))])

    seen = ("scope.REQUEST_METHOD", "sent.0.status", "sent.0.reason", "received.body", "sent.body", "returned")
    assert [facts.fact(name) for name in seen] == ["POST", 299, "Quite Special", b"abcd", b"abcd", True]
    assert facts.fact("raised") is ABSENT
    assert (facts.fact("result.close.ok"), facts.fact("result.close.value")) == (True, True)
    assert facts.given("received.body")
    assert facts.fact("paths") == ["/"]


def test_the_engines_variables_are_taken_out_of_the_servers_own_environ(tmp_path: Path) -> None:
    given: list[Environ] = []

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        given.append(environ)
        return tls_options(environ, start_response)

    environ = environ_of(token="j1.1", HTTP_X_ENGINE_PEER="::1:5001")
    call = observe(tmp_path, app, environ)

    assert given[0] is environ
    assert not [name for name in environ if "ENGINE" in name]
    assert not [name for name in call.scope if "ENGINE" in name]
    assert call.peer == ("::1", 5001)


@pytest.mark.parametrize(
    ("peer_header", "peer"),
    [
        ("10.0.0.1:80", ("10.0.0.1", 80)),
        ("[::1]:80", ("::1", 80)),
        ("10.0.0.1", None),
        ("unix:", None),
        (":80", None),
    ],
)
def test_the_gateways_word_on_the_client_goes_first(tmp_path: Path, peer_header: str, peer: object) -> None:
    assert observe(tmp_path, tls_options, environ_of(HTTP_X_ENGINE_PEER=peer_header)).peer == peer


def test_a_server_that_tells_half_of_the_client_tells_nothing(tmp_path: Path) -> None:
    environ = environ_of()
    del environ["REMOTE_PORT"]
    assert observe(tmp_path, tls_options, environ).peer is None


READINGS: dict[str, tuple[Callable[[Any], Any], list[tuple[bytes, bool, int]]]] = {
    # what is done with the input, and the pieces told of: body, whether more may come, what was asked for
    "all": (lambda stream: stream.read(), [(b"one\ntwo\n", False, -1)]),
    "none-is-all": (lambda stream: stream.read(None), [(b"one\ntwo\n", False, -1)]),
    "exactly-all": (lambda stream: stream.read(8), [(b"one\ntwo\n", False, 8)]),
    "a-part": (lambda stream: stream.read(5), [(b"one\nt", True, 5)]),
    "in-parts": (lambda stream: [stream.read(5), stream.read(5)], [(b"one\nt", True, 5), (b"wo\n", False, 5)]),
    "past-the-end": (lambda stream: [stream.read(8), stream.read(1)], [(b"one\ntwo\n", False, 8), (b"", False, 1)]),
    "nothing-at-all": (lambda stream: stream.read(0), [(b"", True, 0)]),
    "a-line": (lambda stream: stream.readline(), [(b"one\n", True, -1)]),
    "part-of-a-line": (lambda stream: stream.readline(2), [(b"on", True, 2)]),
    "lines": (lambda stream: stream.readlines(), [(b"one\ntwo\n", False, -1)]),
    "lines-with-a-hint": (lambda stream: stream.readlines(1), [(b"one\n", True, 1)]),
    "one-by-one": (list, [(b"one\n", True, -1), (b"two\n", False, -1), (b"", False, -1)]),
    "next": (next, [(b"one\n", True, -1)]),
    "into-a-buffer": (lambda stream: stream.readinto(bytearray(3)), [(b"one", True, 3)]),
}


@pytest.mark.parametrize("how", READINGS)
def test_what_is_read_is_told_and_is_what_the_server_gives(tmp_path: Path, how: str) -> None:
    read, messages = READINGS[how]
    results: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        results.append(read(environ["wsgi.input"]))
        return tls_options(environ, start_response)

    call = observe(tmp_path, app, environ_of(body=b"one\ntwo\n"))
    received = [event.message for event in call.events if event.way == "received"]

    assert results == [read(io.BytesIO(b"one\ntwo\n"))]
    assert [(one["body"], one["more_body"], one["asked"]) for one in received] == messages
    assert {one["type"] for one in received} == {"http.request"}


def test_a_body_of_unknown_length_ends_where_nothing_comes(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        while environ["wsgi.input"].read(3):
            pass
        return tls_options(environ, start_response)

    call = observe(tmp_path, app, environ_of(wsgi__input=io.BytesIO(b"abcd")))
    received = [event.message for event in call.events if event.way == "received"]
    assert [(one["body"], one["more_body"]) for one in received] == [(b"abc", True), (b"d", True), (b"", False)]


def test_long_bodies_have_totals(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(5000), environ["wsgi.input"].read()]

    call = observe(tmp_path, app, environ_of(body=b"a" * 5000 + b"b" * 10))
    assert call.received_total is not None
    assert call.received_total[0] == 5010
    assert call.received_total == call.sent_total
    body = BoundaryFacts([call]).fact("received.body")
    assert isinstance(body, TruncatedBytes)
    assert body.size == 5010


def test_what_reading_raises_reaches_the_app(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the client has gone")

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        with pytest.raises(OSError, match="the client has gone"):
            environ["wsgi.input"].read(1)
        return tls_options(environ, start_response)

    call = observe(tmp_path, app, environ_of(wsgi__input=Broken()))
    assert call.notes == ("receive() raised OSError",)


def test_the_input_is_in_everything_else_the_servers_own(tmp_path: Path) -> None:
    class Bare:
        closed = False

        def read(self, size: int) -> bytes:
            return b"x" * size

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        stream = environ["wsgi.input"]
        assert (stream.read(2), stream.closed, hasattr(stream, "readline")) == (b"xx", False, False)
        with pytest.raises(TypeError):
            stream.read()
        with pytest.raises(TypeError):
            iter(stream)
        return tls_options(environ, start_response)

    assert observe(tmp_path, app, environ_of(wsgi__input=Bare())).returned


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ("204 No Content", 204, "No Content"),
        ("200", 200, ""),
        ("200 ", 200, ""),
        ("299 Quite  Special", 299, "Quite  Special"),
        ("OK", "OK", ""),
        ("20 OK", "20 OK", ""),
        (b"200 OK", b"200 OK", ""),
        (200, 200, ""),
    ],
)
def test_the_status_line_is_told_in_its_parts(tmp_path: Path, line: Any, status: object, reason: str) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response(line, [])
        return []

    server = Server()
    call = observe(tmp_path, app, server=server)
    assert call.events[0].message == {**START, "status": status, "reason": reason}
    assert server.started == [(line, [])]


def test_headers_go_on_as_the_very_object(tmp_path: Path) -> None:
    headers = [("X-A", "1"), ("X-A", "2")]

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", headers)
        return []

    server = Server()
    call = observe(tmp_path, app, server=server)
    assert server.started[0][1] is headers
    assert call.events[0].message["headers"] == [("X-A", "1"), ("X-A", "2")]


def test_a_second_start_is_refused_by_the_server(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        with pytest.raises(AssertionError, match="started already"):
            start_response("200 OK", [])
        with pytest.raises(TypeError):
            start_response("200 OK")
        return []

    call = observe(tmp_path, app)
    assert [event.raised for event in call.events] == ["", "AssertionError", "TypeError"]


def failing(after: int) -> App:
    """Starts again with exc_info, after so many pieces were written."""

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", [])
        for _ in range(after):
            write(b"early")
        try:
            raise LookupError("broken")
        except LookupError:
            start_response("500 Oh", [], sys.exc_info())
        return [b"error"]

    return app


def test_exc_info_replaces_headers_that_have_not_gone_out(tmp_path: Path) -> None:
    server = Server()
    call = observe(tmp_path, failing(0), server=server)
    assert [event.message.get("exc_info") for event in call.events] == [None, "LookupError", None]
    assert call.events[1].message["status"] == 500
    assert (server.started[-1][0], server.body) == ("500 Oh", [b"error"])


def test_exc_info_is_raised_where_headers_have_gone_out(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    with pytest.raises(LookupError, match="broken"):
        observe(tmp_path, failing(1))
    call = last_call(spool)
    assert (call.events[-1].raised, call.raised, call.returned) == ("LookupError", "LookupError", False)


def test_what_is_written_comes_before_what_is_returned(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"one")
        write(b"two")
        return [b"three"]

    server = Server()
    call = observe(tmp_path, app, server=server)
    assert [event.message for event in call.events[1:]] == [
        piece(b"one", "write"),
        piece(b"two", "write"),
        piece(b"three"),
    ]
    assert server.body == [b"one", b"two", b"three"]


class Leaving(BaseException):
    pass


@pytest.mark.parametrize("error", [RuntimeError("secret" * 100), Leaving("x"), SystemExit(3)])
def test_what_the_app_raises_before_it_answers(tmp_path: Path, error: BaseException) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        raise error

    spool = ObserverSpool.create(tmp_path)
    with pytest.raises(type(error)) as caught:
        observe(tmp_path, app)
    assert caught.value is error
    call = last_call(spool)
    assert (call.returned, call.raised, call.message) == (False, type(error).__name__, str(error)[:300])
    assert call.events == ()


def test_what_the_app_raises_in_the_middle(tmp_path: Path) -> None:
    closed: list[bool] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            yield b"first"
            raise RuntimeError("no more")
        finally:
            closed.append(True)

    spool = ObserverSpool.create(tmp_path)
    server = Server()
    with pytest.raises(RuntimeError, match="no more"):
        observe(tmp_path, app, server=server)
    call = last_call(spool)
    assert (server.body, closed) == ([b"first"], [True])
    assert [event.message["type"] for event in call.events] == ["http.response.start", "http.response.body"]
    assert (call.returned, call.raised, call.message) == (False, "RuntimeError", "no more")
    assert call.outcomes["close"].ok


def test_what_close_raises(tmp_path: Path) -> None:
    class Result(list[bytes]):
        def close(self) -> None:
            raise RuntimeError("in close")

    def app(environ: Environ, start_response: StartResponse) -> Result:
        start_response("200 OK", [])
        return Result([b"x"])

    spool = ObserverSpool.create(tmp_path)
    with pytest.raises(RuntimeError, match="in close"):
        observe(tmp_path, app)
    outcome = last_call(spool).outcomes["close"]
    assert (outcome.ok, outcome.raised) == (False, "RuntimeError")


def test_a_client_that_leaves_shows_in_the_close(tmp_path: Path) -> None:
    ended: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"more"
        except GeneratorExit:
            ended.append("closed")
            raise

    call = observe(tmp_path, app, server=Server(stop_after=2))
    assert ended == ["closed"]
    assert (call.returned, call.raised) == (True, None)
    assert call.outcomes["close"].value is False


def test_a_server_that_never_closes_is_told_on(tmp_path: Path) -> None:
    call = observe(tmp_path, tls_options, server=Server(closes=False))
    assert (call.returned, call.outcomes) == (True, {})


def test_a_piece_is_taken_when_the_next_one_is_asked_for(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    result = WsgiObserver(tls_options, Writer(tmp_path / "records"))(environ_of(), Server().start_response)

    pieces = iter(result)
    assert next(pieces) == b"Howdy"
    assert last_call(spool).events[-1].done is None
    assert next(pieces, None) is None
    call = last_call(spool)
    assert call.events[-1].done is not None
    assert call.returned


@pytest.mark.parametrize(("result", "length"), [([b"a"], 1), ((b"a", b"b"), 2), (iter([b"a"]), None), ([], 0)])
def test_only_what_has_a_length_keeps_one(tmp_path: Path, result: Any, length: int | None) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return result

    server = Server()
    observe(tmp_path, app, server=server)
    assert hasattr(server.result, "__len__") == (length is not None)
    if length is not None:
        assert len(server.result) == length


def test_the_servers_own_file_wrapper_goes_back_as_it_is(tmp_path: Path) -> None:
    file = io.BytesIO(b"content")

    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](file)

    server = Server()
    call = observe(tmp_path, app, environ_of(wsgi__file_wrapper=FileWrapper), server)
    assert type(server.result) is FileWrapper
    assert server.body == [b"content"]
    assert file.closed
    assert (call.returned, [event.message["type"] for event in call.events]) == (True, ["http.response.start"])
    assert "FileWrapper: its pieces are not seen" in call.notes[0]


def test_a_wrapper_that_is_a_function_gets_the_very_file_back(tmp_path: Path) -> None:
    file = io.BytesIO(b"content")

    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](file)

    server = Server()
    observe(tmp_path, app, environ_of(wsgi__file_wrapper=lambda file, size=0: file), server)
    assert server.result is file


def test_other_results_are_watched_where_there_is_a_file_wrapper(tmp_path: Path) -> None:
    call = observe(tmp_path, tls_options, environ_of(wsgi__file_wrapper=FileWrapper))
    assert call.events[-1].message == piece(b"Howdy")


@pytest.mark.parametrize("result", [None, 7])
def test_what_cannot_be_iterated_is_for_the_server_to_find_out(tmp_path: Path, result: Any) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Any:
        return result

    spool = ObserverSpool.create(tmp_path)
    server = Server()
    with pytest.raises(TypeError):
        observe(tmp_path, app, server=server)
    assert server.result is result
    assert "cannot be iterated" in last_call(spool).notes[0]


def test_bytes_alone_are_a_piece_and_go_back_as_they_are(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return b"ab"

    server = Server()
    call = observe(tmp_path, app, server=server)
    assert server.result == b"ab"
    assert call.events[-1].message == piece(b"ab", "return")


def test_pieces_that_are_no_bytes_are_named(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [])
        return ["text", bytearray(b"x")]

    one, two = observe(tmp_path, app).events[1:]
    assert one.message["body"] == "text"
    assert isinstance(two.message["body"], OpaqueValue)


def test_environ_after_the_call_is_kept_when_asked_for(tmp_path: Path) -> None:
    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        environ["new"] = 1
        return tls_options(environ, start_response)

    call = observe(tmp_path, app, environ_of(token="j1.1 after"))
    assert call.token == "j1.1"
    assert "new" not in call.scope
    assert call.scope_after is not None
    assert (call.scope_after["new"], call.scope_after["type"]) == (1, "wsgi")


def test_an_environ_of_another_class_is_named(tmp_path: Path) -> None:
    class Environment(dict[str, Any]):
        pass

    call = observe(tmp_path, tls_options, Environment(environ_of("/x", token="j1.1")))
    assert (call.scope_class, call.type, call.scope["PATH_INFO"], call.token) == ("Environment", "wsgi", "/x", "j1.1")


@pytest.mark.parametrize("environ", [None, 7, {}])
def test_an_environ_that_is_odd_is_left_alone(tmp_path: Path, environ: Any) -> None:
    spool = ObserverSpool.create(tmp_path)
    given: list[Any] = []

    def app(environ: Any, start_response: StartResponse) -> list[bytes]:
        given.append(environ)
        return tls_options(environ, start_response)

    Server().call(WsgiObserver(app, Writer(tmp_path / "records")), environ)
    assert given[0] is environ
    assert last_call(spool).returned


def test_it_keeps_to_the_rules_where_the_app_and_the_server_do(tmp_path: Path) -> None:
    """The standard library's validator stands on both sides of the observer."""
    ObserverSpool.create(tmp_path)
    between = WsgiObserver(validator(tls_options), Writer(tmp_path / "records"))
    server = Server()
    server.call(validator(between), environ_of())
    assert server.body == [b"Howdy"]


def test_threads_share_one_file_and_tear_no_line(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    app = WsgiObserver(tls_options, Writer(tmp_path / "records"))
    barrier = threading.Barrier(8)

    def many(thread: int) -> None:
        barrier.wait()
        for number in range(100):
            Server().call(app, environ_of(f"/{'x' * 3000}", token=f"j{thread}.{number}"))

    threads = [threading.Thread(target=many, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.refresh()
    calls = spool.calls()
    assert (len(calls), spool.lost, spool.notes) == (800, 0, ())
    assert {call.token for call in calls} == {f"j{thread}.{number}" for thread in range(8) for number in range(100)}
    assert all(call.returned and len(call.events) == 2 and call.outcomes["close"].ok for call in calls)
    assert len(spool.workers()) == 1


def test_forks_have_a_file_each_whatever_the_parents_threads_do(tmp_path: Path) -> None:
    spool = ObserverSpool.create(tmp_path)
    writer = Writer(tmp_path / "records")
    app = WsgiObserver(tls_options, writer)
    Server().call(app, environ_of(token="j0.1"))
    writer._opening.acquire()  # as if another thread were just opening the file, which the fork copies
    children = []
    for number in range(3):
        child = os.fork()
        if not child:
            status = 1
            try:
                Server().call(app, environ_of(token=f"j1.{number}"))
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    spool.refresh()
    assert sorted(worker.pid for worker in spool.workers()) == sorted([os.getpid(), *children])
    assert {call.token: call.pid for call in spool.calls()} == {
        "j0.1": os.getpid(),
        **{f"j1.{number}": child for number, child in enumerate(children)},
    }
    assert all(call.returned for call in spool.calls())
