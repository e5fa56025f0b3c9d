"""A small, strict HTTP/1.1 and WebSocket server for ASGI applications, in which one fault can be switched on.

    python -m tests.faults.server module:app --fd 3 --fault no-date --loop asyncio

Without ``--fault`` it is right. It listens on a descriptor that it inherits, or binds an address itself, runs the
lifespan protocol, and on SIGTERM or SIGINT stops to accept, waits for running requests, and shuts the application
down; a second one ends it at once. With ``--workers`` there are several of it, and SIGHUP has them replaced.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from .http1 import App, serve_connection
from .lifespan import Lifespan, StartupFailed
from .switches import FAULTS, Switch
from .tls import SETTINGS, SHUTDOWN_WITHIN, Accepting, Tls, tls_of
from .wire import Wire
from .workers import STARTUP_FAILED, Supervisor

log = logging.getLogger("tests.faults")
GRACE = 5.0  # seconds that what runs has to come to its end
MIB = 1024 * 1024
_kept: list[object] = []  # what faulty servers never let go of


@dataclass(frozen=True, slots=True)
class Options:
    """``keep_alive`` is how long an idle connection is kept, and ``grace`` how long what runs may take to end, both in
    seconds. ``tls`` is None where it is not spoken."""

    keep_alive: float | None = None
    grace: float = GRACE
    tls: Tls | None = None


class Server:
    """One process of it."""

    def __init__(self, app: App, switch: Switch, options: Options) -> None:
        self.app = app
        self.switch = switch
        self.options = options
        self.lifespan = Lifespan(app, switch)
        self.running: dict[asyncio.Task[Any], Wire] = {}
        self.signalled = asyncio.Event()

    async def serve(self, listener: socket.socket) -> int:
        """Serve until a signal says stop; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.on_signal, number)
        if self.switch("startup-not-awaited"):
            await self.accept(listener.dup())
        starting = asyncio.create_task(self.lifespan.start())
        waiting = asyncio.create_task(self.signalled.wait())
        await asyncio.wait({starting} if self.switch("startup-deaf") else {starting, waiting},
                           return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        if not starting.done():
            starting.cancel()
            return 0
        try:
            await starting
        except StartupFailed as failure:
            if not self.switch("startup-failed-silent"):
                log.error("startup failed: %s", failure)
            return 0 if self.switch("startup-failed-exits-0") else STARTUP_FAILED
        accepting = await self.accept(listener)
        await waiting
        await self.end(accepting)
        return 1 if self.switch("stop-exits-1") else 0

    async def accept(self, listener: socket.socket) -> asyncio.Server | Accepting:
        """Begin to accept connections."""
        tls = self.options.tls
        if tls is None:
            return await asyncio.start_server(self.connected, sock=listener)
        if self.switch("tls-plain-served") or self.switch("tls-handshakes-in-turn"):
            return Accepting(listener, tls, self.connected, self.switch)
        return await asyncio.start_server(
            self.connected, sock=listener, ssl=tls.context, ssl_shutdown_timeout=SHUTDOWN_WITHIN
        )

    def on_signal(self, number: int) -> None:
        """A signal says stop. The second one is meant."""
        if number == signal.SIGINT and self.switch("int-ignored"):
            return
        if self.signalled.is_set() and not self.switch("second-signal-ignored"):
            os._exit(1)
        self.signalled.set()

    async def end(self, accepting: asyncio.Server | Accepting) -> None:
        """Close the listener, let what runs end, shut the application down."""
        if self.switch("slow-stop"):
            await asyncio.sleep(7)
        if not self.switch("accepts-while-stopping"):
            accepting.close()
        if self.switch("shutdown-before-the-end"):
            await self.lifespan.stop()
            await finish(self.running, self.options.grace, self.switch)
        else:
            await finish(self.running, self.options.grace, self.switch)
            await self.lifespan.stop()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        wire = self.running[task] = Wire(reader, writer, self.switch, self.options.tls)
        session = writer.get_extra_info("ssl_object")
        if self.switch("tls-alpn-mistaken") and session and session.selected_alpn_protocol():
            writer.write(SETTINGS)
        if self.switch("descriptors-leak"):
            _kept.append(os.open(os.devnull, os.O_RDONLY))
        if self.switch("connections-cost-memory"):
            _kept.append(b"x" * MIB)
        try:
            await serve_connection(wire, self.app, self.lifespan.state, self.switch, self.options.keep_alive)
        except ConnectionError:
            pass
        except Exception:
            log.exception("the server broke")
        finally:
            self.running.pop(task)
            await wire.close()


async def finish(running: Mapping[asyncio.Task[Any], Wire], grace: float, switch: Switch) -> None:
    """End the connections: those between two requests at once, the others when they are done, or after the grace."""
    tasks = dict(running)
    leaving: list[asyncio.Future[None]] = []
    for task, wire in tasks.items():
        wire.last = True
        if wire.leave is not None:
            leaving.append(asyncio.ensure_future(wire.leave()))
        elif (wire.idle and not switch("idle-connections-block")) or switch("term-cuts-requests"):
            task.cancel()
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=60 if switch("idle-connections-block") else grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, *leaving, return_exceptions=True)


def load(name: str) -> App:
    """``module:attribute``, imported."""
    module, _, attribute = name.partition(":")
    return cast(App, getattr(importlib.import_module(module), attribute or "app"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app", help="module:attribute of an ASGI 3 application")
    parser.add_argument("--fd", type=int, help="a listening descriptor")
    parser.add_argument("--bind", default="", help="host:port to listen on")
    parser.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME", help="the fault to have")
    parser.add_argument("--loop", default="asyncio", choices=["auto", "asyncio", "uvloop"])
    parser.add_argument("--workers", type=int, default=0, help="worker processes; 0 is none beside the main one")
    parser.add_argument("--keep-alive", type=float, help="seconds that an idle connection is kept")
    parser.add_argument("--grace", type=float, default=GRACE, help="seconds that what runs has to end")
    parser.add_argument("--certificate", default="", help="serve TLS with this certificate (PEM)")
    parser.add_argument("--key", default="", help="the certificate's key (PEM)")
    parser.add_argument("--client-ca", default="", help="who signs for clients (PEM)")
    parser.add_argument("--client-cert", default="", choices=["", "optional", "required"])
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    sys.path.insert(0, os.getcwd())
    switch = Switch(options.fault)
    listener = listening(options.bind) if options.bind else socket.socket(fileno=options.fd)
    listener.setblocking(False)
    files = options.certificate, options.key, options.client_ca, options.client_cert
    tls = tls_of(*files, switch) if options.certificate else None
    factory = importlib.import_module("uvloop").new_event_loop if options.loop == "uvloop" else None

    def work(number: int) -> int:
        app = load(options.app)
        own = Switch("no-lifespan") if number > 1 and switch("lifespan-in-one-worker") else switch
        with asyncio.Runner(loop_factory=factory) as runner:
            server = Server(app, own, Options(options.keep_alive, options.grace, tls))
            return runner.run(server.serve(listener))

    return Supervisor(options.workers, work, switch).run() if options.workers else work(1)


def listening(where: str) -> socket.socket:
    """A socket that listens on ``host:port``."""
    host, _, port = where.rpartition(":")
    return socket.create_server((host, int(port)), backlog=128)


if __name__ == "__main__":
    sys.exit(main())
