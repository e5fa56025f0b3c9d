"""A WSGI server that is none: it calls an application once, and keeps what it was given."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.model.boundary import AppCall
from engine.observer.inside.records import Writer
from engine.observer.inside.wsgi_observer import App, Environ, StartResponse, WsgiObserver
from engine.observer.spool import ObserverSpool


def environ_of(path: str = "/", *, token: str = "", body: bytes = b"", **more: Any) -> Environ:
    """The environ of a request; a name in ``more`` may have two underscores for a dot."""
    environ: Environ = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "HTTP_HOST": "example",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    if token:
        environ["HTTP_X_ENGINE_CALL"] = token
    return environ | {name.replace("__", "."): value for name, value in more.items()}


class Server:
    """Calls an application as PEP 3333 says, and closes what it returned."""

    def __init__(self, *, stop_after: int | None = None, closes: bool = True) -> None:
        """``stop_after``: the client leaves after so many pieces."""
        self.started: list[tuple[Any, ...]] = []
        self.body: list[Any] = []
        self.result: Any = None
        self._stop_after = stop_after
        self._closes = closes

    def start_response(self, status: Any, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info:
            try:
                if self.body:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.started:
            raise AssertionError("the response was started already")
        self.started.append((status, headers))
        return self.write

    def write(self, piece: bytes) -> None:
        self.body.append(piece)

    def call(self, app: Any, environ: Environ) -> None:
        """The whole exchange. Raises what the application raised."""
        self.result = app(environ, self.start_response)
        try:
            for number, piece in enumerate(self.result):
                if number == self._stop_after:
                    break
                self.body.append(piece)
        finally:
            if self._closes and hasattr(self.result, "close"):
                self.result.close()


def observe(folder: Path, app: App, environ: Environ | None = None, server: Server | None = None) -> AppCall:
    """Call an app through the observer; what the spool says of it. Raises what the app raised."""
    spool = ObserverSpool.create(folder)
    (server or Server()).call(WsgiObserver(app, Writer(folder / "records")), environ or environ_of())
    return last_call(spool)


def last_call(spool: ObserverSpool) -> AppCall:
    """The last call on a spool."""
    spool.refresh()
    return spool.calls()[-1]


def tls_options(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """An app that is right."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Howdy"]
