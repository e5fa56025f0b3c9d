"""From the command line to the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import socket
import stat
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from . import mutants, wsgi
from .heartbeat import Heartbeat
from .options import Options, parsed
from .server import ReferenceServer
from .service import App
from .workers import BEATS, Workers


def main(words: Sequence[str] | None = None) -> int:
    """Serve an application until a signal. Returns the exit status: 0 after an orderly end, 3 for a failed lifespan.
    Raises KeyError for an unknown mutant."""
    options = parsed(words)
    if options.mutant:
        family = importlib.import_module(f"{mutants.__name__}.wsgi") if options.interface == "wsgi" else mutants
        family.install(options.mutant)
    # websockets logs each connection, and errors that the client receives anyway.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    sys.path.insert(0, os.getcwd())
    with listening(options) as listener:
        # A worker that ends after its last request needs somebody who replaces it.
        if options.workers > 1 or options.max_requests:
            return Workers(options.workers, partial(serve, options, listener), listener, options.worker_timeout).run()
        return serve(options, listener)


def serve(options: Options, listener: socket.socket, heartbeat: Heartbeat | None = None) -> int:
    """Serve in this process, which beats if it has a heartbeat. Returns the exit status, ``server.RETIRED`` after the
    last request that a worker serves. Raises the errors of ``loaded``."""
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        if heartbeat is not None:
            # Also until the application is loaded, and after the end of the server: the runner cancels it.
            beating = runner.get_loop().create_task(heartbeat.go_on(options.worker_timeout / BEATS))
            assert not beating.done()
        server = ReferenceServer(application(options), options)
        return runner.run(server.run(listener))


def application(options: Options) -> App:
    """The application, in an adapter if it is one for WSGI. Raises the errors of ``loaded``."""
    if options.interface == "asgi":
        return loaded(options.app)
    return wsgi.asgi(cast(wsgi.Application, loaded(options.app)), processes=options.workers)


def loaded(name: str) -> App:
    """Import ``module:attribute``. Raises ImportError, AttributeError, and the exceptions of the module."""
    module, _, attribute = name.partition(":")
    return cast(App, getattr(importlib.import_module(module), attribute or "app"))


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The factory of the event loop; ``auto`` is uvloop if installed. Raises ImportError if uvloop is required and
    missing."""
    if name == "asyncio":
        return None
    try:
        return cast(Callable[[], asyncio.AbstractEventLoop], importlib.import_module("uvloop").new_event_loop)
    except ImportError:
        if name == "auto":
            return None
        raise


def remove_stale(path: str) -> None:
    """Remove the Unix socket that an earlier server has left behind, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.stat(path).st_mode):
            os.unlink(path)


def listening(options: Options) -> socket.socket:
    """The listening socket: the inherited one, or a new one. Raises OSError."""
    if options.fd is not None:
        listener = socket.socket(fileno=options.fd)
    elif options.bind.startswith("unix:"):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = options.bind.removeprefix("unix:")
        remove_stale(path)
        listener.bind(path)
    else:
        host, _, port = options.bind.rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=options.backlog)
    listener.setblocking(False)
    return listener
