"""Faults of the reference server's adapter for WSGI, and faults of its HTTP that a WSGI application meets."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from .. import wsgi
from ..wsgi import Environ, Input
from . import (
    access_log,
    body,
    calls,
    carried_over,
    connection,
    delivery,
    later,
    listens,
    operation,
    request_line,
    resources,
    response,
    shutdown,
    startups,
    stops,
    tls,
    unheeded,
    workers,
)
from .base import PROBE, Mutant
from .base_values import Install, constant, replaced, together

WAIT = 30.0  # seconds, in which a client gives up

# Faults of the server behind the adapter, by the name of their family's module.
OF_THE_SERVER: tuple[tuple[Mapping[str, Mutant], tuple[str, ...]], ...] = (
    (
        body.MUTANTS,
        (
            "request-body-cut", "request-body-raw-chunks", "request-first-chunk-only", "request-line-ends",
            "request-body-utf-8", "any-chunk-size", "chunk-size-decimal", "chunk-extensions-refused",
            "last-chunk-ends", "trailers-in-the-body", "no-continue", "continue-twice",
        ),
    ),
    (
        later.MUTANTS,
        (
            "later-queries", "later-methods", "later-fields", "later-bodies", "later-unread-in-the-body",
            "later-unread-is-a-request", "later-bodies-sent-again",
            "later-bare", "later-cut", "later-continue", "later-500",
        ),
    ),
    (delivery.MUTANTS, ("cut-crlf",)),
    (
        stops.MUTANTS,
        (
            "stop-waits-for-traffic", "grace-ignored", "grace-is-short", "retired-not-replaced",
        ),
    ),
    (
        shutdown.MUTANTS,
        ("term-cuts-requests", "idle-connections-block", "stop-not-said"),
    ),
    (access_log.MUTANTS, ("access-log-twice",)),
    (carried_over.MUTANTS, ("status-lines-kept-by-status",)),
    (request_line.MUTANTS, ("page-tells", "reason-tells")),
    (unheeded.MUTANTS, ("access-log-unheeded",)),
    (tls.MUTANTS, ("tls-handshakes-in-turn",)),
    (startups.MUTANTS, ("deaf-while-loading",)),
    (
        workers.MUTANTS,
        (
            "idle-worker-is-stuck", "worker-timeout-unheeded", "stuck-worker-stays", "worker-not-replaced",
        ),
    ),
    (
        resources.MUTANTS,
        (
            "descriptors-leak", "connections-cost-memory", "threads-leak", "idle-never-closed",
            "keep-alive-cuts-requests",
        ),
    ),
    (
        calls.MUTANTS,
        ("calls-in-turn", "exception-leaks", "exception-not-logged", "abort-seems-complete"),
    ),
    (
        response.MUTANTS,
        (
            "status-200", "no-date", "date-twice", "response-values-lower", "response-cookies-joined",
            "response-headers-last", "body-cut", "body-line-ends", "body-not-ended", "empty-piece-ends-body",
            "chunked-for-1-0", "head-with-body", "head-without-fields", "head-with-length-0", "no-content-with-body",
            "short-body-padded",
        ),
    ),
    (
        connection.MUTANTS,
        (
            "close-ignored", "never-persists", "pipeline-reversed", "pipeline-dropped", "answers-swapped",
            "unread-body-hangs", "lingers-before-the-others",
        ),
    ),
    (
        operation.MUTANTS,
        ("proxy-text-unused", "proxy-unknown-refused", "proxy-unknown-alone-refused"),
    ),
    (listens.MUTANTS, ("proxy-unknown-used",)),
)  # fmt: skip


def install(name: str) -> None:
    """Put a fault into the server of this process. Raises KeyError for an unknown name."""
    MUTANTS[name].install()


def summaries() -> dict[str, str]:
    """The fault of each mutant in one clause, by the mutant's name."""
    return {name: mutant.what for name, mutant in MUTANTS.items()}


# environ


def environ(change: Callable[[Environ, dict[str, Any]], object]) -> Install:
    """Change each environ; ``change`` gets the scope as well, and may return another environ."""

    def wrong(right: Any) -> Any:
        def environ_of(scope: dict[str, Any], *more: Any) -> Any:
            made = right(scope, *more)
            return change(made, scope) or made

        return environ_of

    return replaced(wsgi, "environ_of", wrong)


def sets(name: str, value: object) -> Install:
    return environ(lambda made, scope: made.update({name: value}))


def headers(change: Callable[[list[tuple[bytes, bytes]]], list[tuple[bytes, bytes]]]) -> Install:
    """Change the fields that the variables are made of."""
    return replaced(wsgi, "variables_of", lambda right: lambda fields: right(change(fields)))


def variables(change: Callable[[dict[str, str], list[tuple[bytes, bytes]]], object]) -> Install:
    """Change the variables of the fields; ``change`` gets the fields as well."""

    def wrong(right: Any) -> Any:
        def variables_of(fields: list[tuple[bytes, bytes]]) -> Any:
            found = right(fields)
            change(found, fields)
            return found

        return variables_of

    return replaced(wsgi, "variables_of", wrong)


def _joined_by(separator: str, *names: str) -> Install:
    def change(found: dict[str, str], fields: list[tuple[bytes, bytes]]) -> None:
        for name in names:
            values = [value.decode("latin-1") for key, value in fields if _variable(key) == name]
            if values:
                found[name] = separator.join(values)

    return variables(change)


def _variable(name: bytes) -> str:
    return "HTTP_" + name.decode("latin-1").upper().replace("-", "_")


def _underscores(found: dict[str, str], fields: list[tuple[bytes, bytes]]) -> None:
    for name, value in fields:
        if b"_" in name:
            key = _variable(name)
            own = key.removeprefix("HTTP_")
            key = own if own in ("CONTENT_TYPE", "CONTENT_LENGTH") else key
            found[key] = value.decode("latin-1")


def _proxy(found: dict[str, str], fields: list[tuple[bytes, bytes]]) -> None:
    for name, value in fields:
        if name == b"proxy":
            found["HTTP_PROXY"] = value.decode("latin-1")


def _own_names_of_the_body(found: dict[str, str], fields: list[tuple[bytes, bytes]]) -> None:
    found.update({f"HTTP_{name}": found[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in found})


def _of_the_process(made: Environ, scope: dict[str, Any]) -> Environ:
    return {**{name: value for name, value in os.environ.items() if name not in made}, **made}


def _kept() -> Install:
    kept: Environ = {}

    def change(made: Environ, scope: dict[str, Any]) -> Environ:
        kept.update(made)
        return kept

    return environ(change)


def _stale() -> Install:
    """Variables of fields stay those of the request before, unless the next one has them too."""
    kept: dict[str, str] = {}

    def change(made: Environ, scope: dict[str, Any]) -> Environ:
        kept.update(
            {name: value for name, value in made.items() if name.startswith("HTTP_X_") and "ENGINE" not in name}
        )
        return {**kept, **made}

    return environ(change)


def _with_root(made: Environ, scope: dict[str, Any]) -> None:
    made["PATH_INFO"] = made["SCRIPT_NAME"] + made["PATH_INFO"]


def _texts(name: str, of: str) -> Install:
    """A variable is decoded as UTF-8."""

    def change(made: Environ, scope: dict[str, Any]) -> None:
        made[name] = unquote_to_bytes(scope[of]).decode("utf-8", "replace")

    return environ(change)


def _keywords(right: Any) -> Any:
    def play(app: Any, given: Environ, send: Any) -> Any:
        def called(environ: Environ, start: Any) -> Any:
            below = environ["PATH_INFO"].startswith("/boundary/")
            return app(environ=environ, start_response=start) if below else app(environ, start)

        return right(called, given, send)

    return play


# wsgi.input


def reads(name: str, wrong: Callable[[Any], Any]) -> Install:
    """Replace a method of wsgi.input."""
    return replaced(Input, name, wrong)


def _read_short(right: Any) -> Any:
    def read(self: Any, size: int | None = -1) -> bytes:
        if not self._held:
            self._fill()
        return bytes(right(self, min(len(self._held), size) if size is not None and size >= 0 else size))

    return read


def _first_piece(right: Any) -> Any:
    def read(self: Any, size: int | None = -1) -> bytes:
        if size is not None and size >= 0:
            return bytes(right(self, size))
        self._fill()
        return bytes(right(self, len(self._held)))

    return read


def _zero_is_all(right: Any) -> Any:
    return lambda self, size=-1: right(self, size or -1)


def _without_sizes(right: Any) -> Any:
    return lambda self, size=-1: right(self)


def _one_more_byte_lost(right: Any) -> Any:
    def take(self: Any, size: int) -> bytes:
        data = bytes(right(self, size))
        if len(data) > 65536:
            data = data[:65536] + data[65537:]
        return data

    return take


def _no_more(right: Any) -> Any:
    def read(self: Any, size: int | None = -1) -> bytes:
        if self._ended and not self._held and size != 0:
            raise OSError("the body has ended")
        return bytes(right(self, size))

    return read


def _lines_without_ends(right: Any) -> Any:
    return lambda self: (line.rstrip(b"\r\n") for line in right(self))


def _hint_is_a_size(right: Any) -> Any:
    return lambda self, hint=-1: [self.read(hint)] if hint and hint > 0 else right(self)


def _buffer_forgotten(right: Any) -> Any:
    """Lines are read past the bytes that read() left in its buffer."""

    def readline(self: Any, size: int | None = -1) -> bytes:
        line = bytes(right(self, size))
        if size is not None and size >= 0 and not line.endswith(b"\n"):
            del self._held[:1]
        return line

    return readline


def _ends_quietly(right: Any) -> Any:
    def body_from(next_event: Any) -> Any:
        more = right(next_event)

        def quietly() -> bytes:
            try:
                return bytes(more())
            except OSError:
                return b""

        return quietly

    return body_from


def _waits_beyond(right: Any) -> Any:
    def fill(self: Any) -> bool:
        if self._ended:
            time.sleep(WAIT)
        return bool(right(self))

    return fill


# The response


def plays(wrong: Callable[[Any], Any]) -> Install:
    return replaced(wsgi, "play", wrong)


def apps(wrap: Callable[[Any], Any]) -> Install:
    """Call the application through a wrapper."""
    return plays(lambda right: lambda app, given, send: right(wrap(app), given, send))


def results(change: Callable[[Any], Any]) -> Install:
    """Change what the application returns."""
    return apps(lambda app: lambda given, start: change(app(given, start)))


def responses(name: str, wrong: Callable[[Any], Any]) -> Install:
    """Replace a method of the response."""
    return replaced(wsgi.Response, name, wrong)


class _Closing:
    """A result whose close() is called so many times."""

    def __init__(self, result: Any, times: int) -> None:
        self._result = result
        self._times = times

    def __iter__(self) -> Any:
        return iter(self._result)

    def close(self) -> None:
        for _ in range(self._times):
            self._result.close()


class _ClosedAtTheEnd(_Closing):
    """A result whose close() is called only after its last piece."""

    def __iter__(self) -> Any:
        yield from self._result
        self._result.close()

    def close(self) -> None:
        pass


def _raises(app: Any) -> Any:
    def wrong(given: Environ, start: Any) -> Any:
        if given["PATH_INFO"] != PROBE:
            raise RuntimeError("the application is not called")
        return app(given, start)

    return wrong


def _started_first(app: Any) -> Any:
    def wrong(given: Environ, start: Any) -> Any:
        started: list[None] = []

        def begin(*words: Any) -> Any:
            started.append(None)
            return start(*words)

        result = app(given, begin)
        if not started:
            raise RuntimeError("start_response was not called")
        return result

    return wrong


def _one_behind(result: Any) -> Any:
    class Behind(_Closing):
        def __iter__(self) -> Any:
            held = b""
            for piece in self._result:
                yield held
                held = piece
            yield held

    return Behind(result, 1)


def _write_is_held(right: Any) -> Any:
    """write() keeps its bytes for the next piece."""

    def write(self: Any, piece: bytes, *, more: bool = True) -> None:
        if self._head is None or type(piece) is not bytes:
            right(self, piece, more=more)
        held = getattr(self, "held", b"") + piece
        self.held = held if more else b""
        if not more:
            right(self, held, more=False)

    return write


def _no_length_check(right: Any) -> Any:
    def begin(self: Any) -> None:
        right(self)
        self._left = None

    return begin


def _length_of_the_first(right: Any) -> Any:
    def write(self: Any, piece: bytes, *, more: bool = True) -> None:
        if piece and type(piece) is bytes:
            self.add_length(len(piece))
        right(self, piece, more=more)

    return write


def _texts_encoded(right: Any) -> Any:
    def write(self: Any, piece: Any, *, more: bool = True) -> None:
        right(self, piece.encode() if isinstance(piece, str) else piece, more=more)

    return write


def _second_start(right: Any) -> Any:
    """A second call without exc_info replaces the first one."""

    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        if not exc_info and not self.sent:
            self._head = None
        return right(self, status, fields, exc_info)

    return start


def _sent_at_once(right: Any) -> Any:
    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        write = right(self, status, fields, exc_info)
        if not self.sent:
            self._begin()
        return write

    return start


def _too_late_ignored(right: Any) -> Any:
    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        return self.write if exc_info and self.sent else right(self, status, fields, exc_info)

    return start


def _own_error(right: Any) -> Any:
    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        if exc_info and self.sent:
            raise AssertionError("the headers were sent")
        return right(self, status, fields, exc_info)

    return start


def _first_fields_stay(right: Any) -> Any:
    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        before = list(self._head[1]) if self._head else []
        write = right(self, status, fields, exc_info)
        self._head = (self._head[0], [*before, *self._head[1]])
        return write

    return start


def _kept_exceptions(right: Any) -> Any:
    kept: list[Any] = []

    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        kept.append(exc_info)
        return right(self, status, fields, exc_info)

    return start


def _never_started(right: Any) -> Any:
    def write(self: Any, piece: bytes, *, more: bool = True) -> None:
        if self._head is None:
            self.start("200 OK", [])
        right(self, piece, more=more)

    return write


def _unchecked() -> Install:
    """The arguments of start_response are cleaned of what cannot be sent, and not checked."""

    def wrong(right: Any) -> Any:
        def checked(status: Any, fields: Any) -> Any:
            status = status.decode() if isinstance(status, bytes) else str(status)
            own = [(clean(name), clean(value)) for name, value in fields]
            number = status[:3] if status[:3].isdigit() else "200"
            return wsgi.StatusLine.of(f"{number} {clean(status[4:])}"), own

        def clean(text: Any) -> str:
            text = text.decode("latin-1") if isinstance(text, bytes) else str(text)
            text = text.encode("latin-1", "replace").decode("latin-1")
            return "".join(sign for sign in text if sign not in "\r\n\0" and sign.isprintable())

        return checked

    return replaced(wsgi, "checked", wrong)


def _new_fields(right: Any) -> Any:
    """A line break in the status or a value begins another field."""

    def checked(status: Any, fields: Any) -> Any:
        texts = [status, *(text for field in fields for text in field)]
        if not all(isinstance(text, str) for text in texts) or "X-Injected" not in "".join(texts):
            return right(status, fields)
        return right("200 OK", [("Content-Type", "text/plain"), ("X-Injected", "1")])

    return checked


def _lax_types(right: Any) -> Any:
    def checked(status: Any, fields: Any) -> Any:
        status = status.decode() if isinstance(status, bytes) else str(status)
        own = [
            tuple(t.decode() if isinstance(t, bytes) else str(t) for t in pair) for pair in dict(fields or []).items()
        ]
        return right(status if status[:3].isdigit() else "200 OK", own)

    return checked


def _late_checks(right: Any) -> Any:
    """Wrong headers raise when they are sent, not in start_response."""

    def start(self: Any, status: Any, fields: Any, exc_info: Any = None) -> Any:
        try:
            return right(self, status, fields, exc_info)
        except (TypeError, ValueError):
            if exc_info:
                raise
            self._head = None
            return self.write

    return start


def _low_bytes(right: Any) -> Any:
    """Characters beyond latin-1 are cut to their low bytes, without the breaks that some of them become."""

    def clean(text: str) -> str:
        cut = "".join(chr(ord(sign) & 255) for sign in text)
        return text if cut == text else cut.replace("\r\n", " ").replace("\n", " ")

    def checked(status: Any, fields: Any) -> Any:
        if not isinstance(status, str) or not all(isinstance(text, str) for field in fields for text in field):
            return right(status, fields)
        return right(clean(status), [(clean(name), clean(value)) for name, value in fields])

    return checked


def _asks(result: Any) -> Any:
    getattr(result, "fileno", None)
    return result


class _Sending(wsgi.FileWrapper):
    """A wrapper that is sent whatever the application returns."""

    last: ClassVar[list[Any]] = []

    def __init__(self, source: Any, size: int = 65536) -> None:
        super().__init__(source, size)
        self.last.append(self)


def _wrapped_is_sent(result: Any) -> Any:
    return _Sending.last.pop() if _Sending.last else result


class _Unclosed(wsgi.FileWrapper):
    """A wrapper without close()."""

    def __init__(self, source: Any, size: int = 65536) -> None:
        super().__init__(source, size)
        vars(self).pop("close", None)


def _from_its_start(source: Any, size: int = 65536) -> Any:
    if hasattr(source, "seek"):
        source.seek(0)
    return wsgi.FileWrapper(source, size)


def _one_piece(source: Any, size: int = 65536) -> Any:
    return [source.read(size)]


class _Ascii:
    """wsgi.errors that raises for a text that is not ASCII."""

    def write(self, text: str) -> None:
        sys.stderr.write(text.encode("ascii").decode())

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        sys.stderr.flush()


class _Nowhere(io.StringIO):
    """wsgi.errors that nobody reads."""


class _Deaf(_Ascii):
    """wsgi.errors that takes nothing after an error."""

    broken = False

    def write(self, text: str) -> None:
        try:
            if _Deaf.broken:
                raise ValueError("the stream is broken")
            super().write(text)
        except UnicodeEncodeError:
            _Deaf.broken = True


OWN: Mapping[str, Mutant] = {
    "keyword-arguments": Mutant("the application is called with keywords", replaced(wsgi, "play", _keywords)),
    "port-is-a-number": Mutant(
        "SERVER_PORT is an int", environ(lambda made, scope: made.update(SERVER_PORT=int(made["SERVER_PORT"])))
    ),
    "port-always-80": Mutant("SERVER_PORT is always 80", sets("SERVER_PORT", "80")),
    "name-of-nobody": Mutant("SERVER_NAME is no name of the server", sets("SERVER_NAME", "server.invalid")),
    "protocol-always-1-1": Mutant("SERVER_PROTOCOL is always HTTP/1.1", sets("SERVER_PROTOCOL", "HTTP/1.1")),
    "protocol-is-http-1": Mutant(
        "SERVER_PROTOCOL of HTTP/1.0 is HTTP/1",
        environ(lambda made, scope: made.update(SERVER_PROTOCOL=made["SERVER_PROTOCOL"].removesuffix(".0"))),
    ),
    "scheme-always-http": Mutant("wsgi.url_scheme is always http", sets("wsgi.url_scheme", "http")),
    "no-https-variable": Mutant(
        "HTTPS is missing with TLS", environ(lambda made, scope: made.pop("HTTPS", None) and None)
    ),
    "never-multithread": Mutant("wsgi.multithread is always false", sets("wsgi.multithread", False)),
    "always-multiprocess": Mutant("wsgi.multiprocess is always true", sets("wsgi.multiprocess", True)),
    "own-names-in-capitals": Mutant("a variable of the server has a name in capitals", sets("ENGINE.VERSION", "1")),
    "method-in-capitals": Mutant(
        "REQUEST_METHOD is in capitals",
        environ(lambda made, scope: made.update(REQUEST_METHOD=made["REQUEST_METHOD"].upper())),
    ),
    "path-undecoded": Mutant(
        "PATH_INFO is not decoded",
        environ(lambda made, scope: made.update(PATH_INFO=scope["raw_path"].decode("latin-1"))),
    ),
    "path-in-utf-8": Mutant("PATH_INFO is decoded as UTF-8", _texts("PATH_INFO", "raw_path")),
    "path-repaired": Mutant(
        "bytes of PATH_INFO that are no UTF-8 are replaced",
        environ(
            lambda made, scope: made.update(
                PATH_INFO=made["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").encode().decode("latin-1")
            )
        ),
    ),
    "path-without-parameters": Mutant(
        "PATH_INFO ends at its first semicolon",
        environ(lambda made, scope: made.update(PATH_INFO=made["PATH_INFO"].partition(";")[0])),
    ),
    "path-stripped": Mutant(
        "PATH_INFO has no slash at its end",
        environ(lambda made, scope: made.update(PATH_INFO=made["PATH_INFO"].rstrip("/") or "/")),
    ),
    "path-keeps-the-prefix": Mutant("PATH_INFO has the path of SCRIPT_NAME too", environ(_with_root)),
    "no-script-name": Mutant("SCRIPT_NAME is always empty", sets("SCRIPT_NAME", "")),
    "query-unquoted": Mutant("QUERY_STRING is decoded", _texts("QUERY_STRING", "query_string")),
    "query-stripped": Mutant(
        "QUERY_STRING ends at a second question mark",
        environ(lambda made, scope: made.update(QUERY_STRING=made["QUERY_STRING"].partition("?")[0])),
    ),
    "cookies-joined-by-commas": Mutant("several Cookie fields are joined by commas", _joined_by(",", "HTTP_COOKIE")),
    "fields-joined-by-semicolons": Mutant("several fields are joined by semicolons", _joined_by("; ", "HTTP_X_D")),
    "last-of-several-fields": Mutant(
        "the last of several fields counts", headers(lambda fields: list(dict(fields).items()))
    ),
    "first-of-several-fields": Mutant(
        "the first of several fields counts", headers(lambda fields: list(dict(reversed(fields)).items()))
    ),
    "empty-fields-dropped": Mutant(
        "a field without a value is dropped", headers(lambda fields: [f for f in fields if f[1]])
    ),
    "values-in-utf-8": Mutant(
        "values are decoded as UTF-8",
        variables(
            lambda found, fields: found.update(
                {name: value.encode("latin-1").decode("utf-8", "replace") for name, value in found.items()}
            )
        ),
    ),
    "values-trimmed-further": Mutant(
        "white space beyond ASCII is trimmed from values",
        variables(lambda found, fields: found.update({name: value.strip() for name, value in found.items()})),
    ),
    "values-in-lower-case": Mutant(
        "values are in lower case",
        variables(lambda found, fields: found.update({name: value.lower() for name, value in found.items()})),
    ),
    "underscores-are-hyphens": Mutant(
        "a field with an underscore counts as one with a hyphen", variables(_underscores)
    ),
    "proxy-is-a-variable": Mutant("a field Proxy becomes HTTP_PROXY", variables(_proxy)),
    "length-and-type-twice": Mutant(
        "HTTP_CONTENT_LENGTH and HTTP_CONTENT_TYPE are there", variables(_own_names_of_the_body)
    ),
    "type-by-default": Mutant(
        "CONTENT_TYPE is text/plain by default",
        environ(lambda made, scope: {"CONTENT_TYPE": "text/plain", **made}),
    ),
    "length-by-default": Mutant(
        "CONTENT_LENGTH is 1 by default", environ(lambda made, scope: {"CONTENT_LENGTH": "1", **made})
    ),
    "variables-of-the-process": Mutant("environ has the variables of the process", environ(_of_the_process)),
    "one-environ": Mutant("all requests share one environ", _kept()),
    "fields-remain": Mutant("fields of a request stay in the environ of later ones", _stale()),
    "read-is-short": Mutant("read() returns what is there", reads("read", _read_short)),
    "read-returns-a-piece": Mutant("read() without a size returns the first piece", reads("read", _first_piece)),
    "read-0-is-all": Mutant("read(0) returns the complete body", reads("read", _zero_is_all)),
    "readline-takes-no-size": Mutant("readline() ignores its size", reads("readline", _without_sizes)),
    "readline-drops-a-byte": Mutant(
        "a byte is lost behind a line that a size cut", reads("readline", _buffer_forgotten)
    ),
    "hint-is-a-size": Mutant(
        "readlines() takes its hint for the size of one piece", reads("readlines", _hint_is_a_size)
    ),
    "lines-without-ends": Mutant("iteration returns lines without their ends", reads("__iter__", _lines_without_ends)),
    "byte-lost-at-64-kib": Mutant("a byte is lost at 64 KiB", reads("_take", _one_more_byte_lost)),
    "raises-at-the-end": Mutant("read() raises after the end of the body", reads("read", _no_more)),
    "cut-body-is-whole": Mutant("a body that breaks off seems complete", replaced(wsgi, "body_from", _ends_quietly)),
    "waits-beyond-the-end": Mutant("reading beyond the end waits", reads("_fill", _waits_beyond)),
    "always-500-for-wsgi": Mutant("every request is answered with 500", apps(_raises)),
    "generators-refused": Mutant("start_response must be called before the body", apps(_started_first)),
    "close-not-called": Mutant("close() of the body is not called", results(lambda result: _Closing(result, 0))),
    "close-called-twice": Mutant(
        "close() of the body is called twice",
        results(lambda result: _Closing(result, 2) if hasattr(result, "close") else result),
    ),
    "close-only-after-the-end": Mutant(
        "close() of the body is called after its last piece only",
        results(lambda result: _ClosedAtTheEnd(result, 1) if hasattr(result, "close") else result),
    ),
    "pieces-one-behind": Mutant("a piece is sent when the next one is there", results(_one_behind)),
    "write-is-held": Mutant("bytes of write() are held", responses("write", _write_is_held)),
    "longer-than-its-length": Mutant(
        "bytes beyond Content-Length are passed on", responses("_begin", _no_length_check)
    ),
    "length-of-the-first-piece": Mutant(
        "Content-Length is that of the first piece", responses("write", _length_of_the_first)
    ),
    "texts-are-encoded": Mutant("a body of str is encoded", responses("write", _texts_encoded)),
    "second-start-replaces": Mutant("a second start_response replaces the first", responses("start", _second_start)),
    "head-at-the-start": Mutant("start_response sends the head", responses("start", _sent_at_once)),
    "too-late-is-ignored": Mutant(
        "exc_info is ignored after the headers were sent", responses("start", _too_late_ignored)
    ),
    "own-error-if-too-late": Mutant(
        "start_response raises an error of its own if it is too late", responses("start", _own_error)
    ),
    "first-fields-stay": Mutant("fields of the first start_response stay", responses("start", _first_fields_stay)),
    "exc-info-kept": Mutant("exc_info is kept", responses("start", _kept_exceptions)),
    "started-by-itself": Mutant("a body without start_response is sent with 200", responses("write", _never_started)),
    "headers-unchecked": Mutant("status and headers are cleaned instead of checked", _unchecked()),
    "breaks-begin-fields": Mutant(
        "a line break in a header begins another field", replaced(wsgi, "checked", _new_fields)
    ),
    "types-unchecked": Mutant("bytes and numbers are taken for texts", replaced(wsgi, "checked", _lax_types)),
    "checks-come-late": Mutant("wrong headers do not raise in start_response", responses("start", _late_checks)),
    "low-bytes-sent": Mutant("characters are cut to their low bytes", replaced(wsgi, "checked", _low_bytes)),
    "hop-by-hop-passed": Mutant("hop-by-hop fields are passed on", constant(wsgi, "HOP_BY_HOP", frozenset())),
    "body-is-asked": Mutant("the body is asked for fileno", results(_asks)),
    "wrapped-is-sent": Mutant(
        "a wrapped file is sent although another body was returned",
        together(sets("wsgi.file_wrapper", _Sending), results(_wrapped_is_sent)),
    ),
    "file-not-closed": Mutant("a wrapped file is not closed", sets("wsgi.file_wrapper", _Unclosed)),
    "file-from-its-start": Mutant("a file is sent from its start", sets("wsgi.file_wrapper", _from_its_start)),
    "file-of-one-piece": Mutant("the first piece of a file is sent", sets("wsgi.file_wrapper", _one_piece)),
    "errors-in-ascii": Mutant("wsgi.errors raises for a text beyond ASCII", sets("wsgi.errors", _Ascii())),
    "errors-nowhere": Mutant("wsgi.errors is not in the log", sets("wsgi.errors", _Nowhere())),
    "errors-break": Mutant("wsgi.errors raises after a text that it could not write", sets("wsgi.errors", _Deaf())),
}
MUTANTS: Mapping[str, Mutant] = {
    **OWN,
    **{name: found[name] for found, names in OF_THE_SERVER for name in names},
}
