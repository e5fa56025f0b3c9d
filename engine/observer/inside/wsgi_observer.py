"""The observer for WSGI (PEP 3333): an application around another one, which records the traffic at the boundary.

It changes nothing else. Input from the server is passed to the application, and output of the application to the
server, one piece at a time; exceptions are passed on unchanged. ``environ`` stays the server's own dictionary, without
the engine's own variables, and with a ``wsgi.input`` that records the reads.

A call is recorded in the words of ASGI: ``http.request`` for reads, ``http.response.start`` and ``http.response.body``
for the application's output. It ends when the response has no more pieces, when the server closes it before that, or
when the application raises. The result of ``close()`` is an outcome called ``close``.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from .calls import RecordedCall, address, address_of
from .records import Writer, quote
from .tagged import encode_with
from .wsgi_input import Input

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Any]

CALL, PEER = "HTTP_X_ENGINE_CALL", "HTTP_X_ENGINE_PEER"


class WsgiObserver:
    """``WsgiObserver(app, writer)`` is the application that a server loads. Threads and forks may share it."""

    def __init__(self, app: App, writer: Writer) -> None:
        self._app = app
        self._writer = writer
        self._numbers = itertools.count()

    def __call__(self, environ: Environ, start_response: StartResponse, /) -> Any:
        call = WsgiCall(next(self._numbers), self._writer, environ, start_response)
        with suppress(Exception):  # an environ without an input, or one that may not be changed
            environ["wsgi.input"] = Input(environ["wsgi.input"], call.read, length_of(environ))
        try:
            result = self._app(environ, call.start_response)
        except BaseException as error:
            call.end(error)
            raise
        return call.watched(result)


class WsgiCall(RecordedCall):
    """One call of the application, as it is being recorded."""

    __slots__ = ("_ended", "_pending", "_start", "_wrapper")

    def __init__(self, number: int, writer: Writer, environ: Environ, start_response: StartResponse) -> None:
        self._start = start_response
        self._pending = -1  # the record of a piece that the server has not taken yet
        self._ended = False
        token, client = taken(environ, CALL), taken(environ, PEER)
        self._wrapper = wrapper_of(environ)
        peer = address_of(client) if client else _peer(environ)
        super().__init__(number, writer, environ, token=token, peer=peer)

    def encode_scope(self, scope: Any) -> str:
        """``environ`` as a scope of the type ``wsgi``."""
        return encode_with(scope, {"type": "wsgi"})

    def read(self, message: Any, raised: str = "") -> None:
        """Record that some of the input was read, or that reading raised."""
        if raised:
            self.record("received_failed", f',"raised":{quote(raised)}')
        else:
            self.record("received", f',"message":{self._received.encode(message)}')

    def start_response(self, *args: Any, **kwargs: Any) -> Any:
        """Call the server's ``start_response`` with the same arguments. Its ``write`` is recorded as well."""
        number = self._sending(start_message(args, kwargs))
        try:
            write = self._start(*args, **kwargs)
        except BaseException as error:
            self._sent_with(number, error)
            raise
        self._sent_with(number, None)
        if not callable(write):  # what the server gave is the application's to complain of
            return write

        def recorded(*pieces: Any) -> Any:
            number = self._sending(body_message(pieces[0] if pieces else None, "write"))
            try:
                result = write(*pieces)
            except BaseException as error:
                self._sent_with(number, error)
                raise
            self._sent_with(number, None)
            return result

        return recorded

    def watched(self, result: Any) -> Any:
        """Wrap the application's result so that its pieces are recorded.

        A result that the server identifies by its class is returned unchanged: the server's own wrapper of a file.
        So is an object that cannot be iterated, since the server itself must detect that.
        """
        if self._wrapper is not None and is_wrapped(result, self._wrapper):
            self.note(f"the response is the server's own wrapper of a file, {_name(result)}: its pieces are not seen")
        elif isinstance(result, (bytes, str)):
            self._sent_with(self._sending(body_message(result, "return")), None)
        elif not hasattr(type(result), "__iter__") and not hasattr(type(result), "__getitem__"):
            self.note(f"the application returned what cannot be iterated: {_name(result)}")
        else:
            return SizedResult(result, self) if hasattr(type(result), "__len__") else Pieces(result, self)
        self.end(None)
        return result

    def given(self, piece: Any) -> Any:
        """Record a piece of the application. Returns it for the server."""
        self._pending = self._sending(body_message(piece, "iteration"))
        return piece

    def taken(self) -> None:
        """Record that the server has handled the piece before: it requests the next one, or closes."""
        if self._pending >= 0:
            number, self._pending = self._pending, -1
            self._sent_with(number, None)

    def closed(self, began: float, error: BaseException | None) -> None:
        """Record that the server called ``close()``, at a time on the monotonic clock. Its value is True if the
        iteration was complete."""
        members = f',"as":"close","ok":{"false" if error else "true"},"elapsed":{time.monotonic() - began!r}'
        if error is not None:
            members += f',"raised":{quote(type(error).__name__)}'
        self.record("outcome", f'{members},"value":{"true" if self._ended else "false"}')
        self.end(error)

    def end(self, error: BaseException | None) -> None:
        """Record, once, that the response is complete or that an exception was raised."""
        if not self._ended:
            self._ended = True
            super().end(error)

    def _sending(self, message: Any) -> int:
        return self.record("send", f',"message":{self._sent.encode(message)}')

    def _sent_with(self, number: int, error: BaseException | None) -> None:
        self.record("sent", f',"of":{number},"raised":{quote(type(error).__name__ if error else "")}')


class Pieces:
    """A recorded iteration over the application's result. Other attributes are those of the result itself."""

    def __init__(self, result: Any, call: WsgiCall) -> None:
        self._result = result
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        try:
            return _Iterator(iter(self._result), self._call)
        except BaseException as error:
            self._call.end(error)
            raise

    def close(self) -> None:
        """Call the result's own ``close()``, if it has one. A server must call this in any case."""
        began = time.monotonic()
        self._call.taken()
        try:
            close = getattr(self._result, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._call.closed(began, error)
            raise
        self._call.closed(began, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._result, name)


class SizedResult(Pieces):
    """Pieces of a result that has a length: a server may derive a Content-Length from a single piece."""

    def __len__(self) -> int:
        return len(self._result)

    def __getitem__(self, index: Any) -> Any:
        return self._result[index]


class _Iterator:
    """One iteration over a result."""

    def __init__(self, pieces: Iterator[Any], call: WsgiCall) -> None:
        self._pieces = pieces
        self._call = call

    def __iter__(self) -> _Iterator:
        return self

    def __next__(self) -> Any:
        self._call.taken()
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._call.end(None)
            raise
        except BaseException as error:
            self._call.end(error)
            raise
        return self._call.given(piece)


def start_message(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The arguments of ``start_response`` as a message. The status is an int if its line begins with one. Never
    raises."""
    given = dict(zip(("status", "response_headers", "exc_info"), args, strict=False)) | named
    status, headers, exc_info = given.get("status"), given.get("response_headers"), given.get("exc_info")
    message: dict[str, Any] = {"type": "http.response.start", "status": status, "reason": "", "headers": headers}
    if isinstance(status, str):
        code, _, reason = status.partition(" ")
        if code.isascii() and code.isdigit() and len(code) == 3:
            message |= {"status": int(code), "reason": reason}
    if exc_info:
        with suppress(Exception):
            message["exc_info"] = exc_info[0].__name__
    return message


def body_message(piece: Any, by: str) -> Any:
    """A piece of the response as a message. ``by`` is ``iteration``, ``write``, or ``return`` for a complete
    result."""
    return {"type": "http.response.body", "body": piece, "more_body": by != "return", "by": by}


def taken(environ: Environ, name: str) -> str:
    """Remove a variable of the engine from ``environ``. Returns its value, "" without one. Never raises."""
    try:
        value = environ.pop(name, "")
        return value if isinstance(value, str) else ""
    except Exception:  # an environ that is none: it is for the cases to say so
        return ""


def length_of(environ: Environ) -> int:
    """CONTENT_LENGTH as an int, -1 if it is absent or no number. Never raises."""
    try:
        return int(environ.get("CONTENT_LENGTH") or -1)
    except Exception:
        return -1


def wrapper_of(environ: Environ) -> Any:
    """The server's ``wsgi.file_wrapper``, None without one. Never raises."""
    try:
        return environ.get("wsgi.file_wrapper")
    except Exception:
        return None


def is_wrapped(result: Any, wrapper: Any) -> bool:
    """True if a result is the server's own wrapper of a file. If the wrapper is a function, its product cannot be
    distinguished from the file itself."""
    return isinstance(result, wrapper) if isinstance(wrapper, type) else hasattr(result, "read")


def _peer(environ: Environ) -> str:
    """The client's address as JSON; ``null`` if the server does not pass all of it."""
    try:
        return address(environ["REMOTE_ADDR"], environ["REMOTE_PORT"])
    except Exception:
        return "null"


def _name(value: Any) -> str:
    return type(value).__name__
