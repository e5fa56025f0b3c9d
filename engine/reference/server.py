"""The server: it starts up the application, accepts connections, and shuts down gracefully on a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import traceback

from . import log
from .connection import ServerConnection
from .lifespan import Failed, Lifespan
from .options import Options
from .service import App, ServerState
from .stream import ServerStream
from .tls import HANDSHAKE_WITHIN, SHUTDOWN_WITHIN, Tls, tls_from

FORCED, FAILED = 1, 3
RETIRED = 4  # the status of a worker that has served its number of requests, and is to be replaced


class ReferenceServer:
    """One server. ``run`` lasts from its start to its end."""

    def __init__(self, app: App, options: Options) -> None:
        self._options = options
        self._service = ServerState(app, options, retire=self.stop)
        self._lifespan = Lifespan(app, options.lifespan)
        self._stop = asyncio.Event()
        self._connections: dict[asyncio.Task[None], ServerConnection] = {}
        files = options.certificate, options.key, options.client_ca, options.client_cert
        self._tls: Tls | None = tls_from(*files) if options.certificate else None

    async def run(self, listener: socket.socket) -> int:
        """Serve until SIGTERM or SIGINT. Returns the exit status: 3 if the application reports a failure, RETIRED
        after the last request that a worker serves.

        No connection is accepted before startup is complete; until then they wait in the socket's queue.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)
        try:
            if not await self._started():
                return 0
            self._service.state = self._lifespan.state
            accepting = await self._accept(listener)
            log.say(f"listening on {_name(listener)}")
            await self._stop.wait()
            self._service.stopping = True
            accepting.close()
            await self._finish()
            async with asyncio.timeout(self._options.graceful or None):
                await self._lifespan.stop()
        except Failed:
            return FAILED
        except TimeoutError:
            log.say(f"shutdown took more than {self._options.graceful:g} s")
            return FAILED
        return RETIRED if self._service.retired else 0

    def stop(self) -> None:
        """Shut down gracefully, as on the first signal. May be called before ``run``, and more than once."""
        self._stop.set()

    def _signalled(self) -> None:
        if self._stop.is_set():
            log.say("a second signal: the end, at once")
            os._exit(FORCED)
        self.stop()

    async def _started(self) -> bool:
        """Start up the application. Returns False if a signal came first. Raises Failed."""
        task = asyncio.ensure_future(self._lifespan.start())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not task.done():
            task.cancel()
            return False
        task.result()
        return True

    async def _accept(self, listener: socket.socket) -> asyncio.Server:
        """Begin to accept connections."""
        if self._tls is None:
            return await asyncio.start_server(self._connected, sock=listener, backlog=self._options.backlog)
        return await asyncio.start_server(
            self._connected, sock=listener, backlog=self._options.backlog, ssl=self._tls.context,
            ssl_handshake_timeout=HANDSHAKE_WITHIN, ssl_shutdown_timeout=SHUTDOWN_WITHIN,
        )  # fmt: skip

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = self._connections[task] = ServerConnection(ServerStream(reader, writer, self._tls), self._service)
        most = self._options.limit_connections
        try:
            if most and len(self._connections) > most:
                await connection.turn_away()
            else:
                await connection.run()
        except Exception:
            log.say("the server failed, which is its own fault")
            traceback.print_exc()
        finally:
            del self._connections[task]

    async def _finish(self) -> None:
        """End the connections: idle ones at once, the others when they are done, and all of them in the end."""
        for connection in list(self._connections.values()):
            connection.stop()
        rest: set[asyncio.Task[None]] = {*self._connections, *self._service.calls}
        if not rest:
            return
        _, late = await asyncio.wait(rest, timeout=self._options.graceful)
        late |= self._service.calls  # a connection that ended may have left a call behind
        if late:
            log.say(f"{len(late)} still at work after {self._options.graceful:g} s, and cut off")
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)


def _name(listener: socket.socket) -> str:
    where = listener.getsockname()
    return f"{where[0]}:{where[1]}" if isinstance(where, tuple) else str(where)
