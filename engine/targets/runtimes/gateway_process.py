"""A gateway's process in front of a target: started on a free port, watched, and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StartError, Unfit
from engine.model.target import HTTP_1_1, ExitStatus
from engine.targets.catalog.gateways import nginx
from engine.targets.catalog.gateways.base import FoundProgram, Gateway, GatewayConfig, GatewayProgram
from engine.targets.catalog.servers.tls import Files
from engine.targets.runtimes import hints, ports
from engine.targets.runtimes.dialing import dial
from engine.targets.runtimes.local.process import ProcessSpec, SupervisedProcess
from engine.targets.runtimes.logfile import read_log
from engine.targets.runtimes.ports import PortReservation
from engine.targets.runtimes.process_handle import ABANDONED, GRACE, ProcessHandle, abandon

LISTENS_WITHIN = 15.0
AGAIN = 0.01
STAMP = re.compile(r"^\S+ \S+ (?=\[)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class GatewayProcess:
    """A running gateway. ``address`` is its listening address, ``reservation`` keeps its port, and ``log`` is the file
    with its own log and its requests."""

    gateway: Gateway
    process: ProcessHandle
    address: tuple[str, int]
    log: Path
    reservation: PortReservation

    def complaints(self) -> str:
        """The lines of its log that are about itself, and more than notices."""
        return "\n".join(self.gateway.program.complaints(read_log(self.log)))

    @property
    def ended(self) -> ExitStatus | None:
        """Its exit, None while it runs."""
        return self.process.ended

    async def stop(self, grace: float = GRACE) -> None:
        """End it, and let go of its port; its process has still to be released."""
        self.reservation.close()
        await self.process.stop(grace)

    async def close(self) -> None:
        """End one that is of no use."""
        await self.stop(ABANDONED)
        await self.process.release()


async def open_gateway(
    gateway: Gateway,
    program: FoundProgram,
    upstream: tuple[str, int],
    options: Mapping[str, object],
    *,
    scratch: Path,
    log: Path,
    port: int = 0,
    http: str = HTTP_1_1,
    files: Files | None = None,
) -> GatewayProcess:
    """Start a gateway in front of ``upstream``, and wait until it listens. ``scratch`` is the target's folder, in which
    it has one of its own; its supervisor deletes it at the end. ``port`` is the port to listen on, 0 for any.
    ``http`` is the version of HTTP that clients speak, and ``files`` are for TLS, None without.

    Raises UsageError for a port that is not available, StartError with the gateway's output, Unfit for a release of
    the program that lacks something, and ports.PortTaken if another process took the port. Cancelling ends it.
    """
    reasons = gateway.unsupported(options)
    if reasons:
        raise StartError(reasons[0])
    reservation = ports.reserve(port)
    process: ProcessHandle | None = None
    prefix = scratch / "gateway"
    try:
        config = GatewayConfig((ports.HERE, reservation.port), upstream, options, nginx.owner(), http, files)
        if why := await asyncio.to_thread(gateway.program.lacks, program, gateway, config):
            raise Unfit(f"{gateway.name}: {why}")
        gateway.program.lay_out(prefix, gateway, config)
        process = await start(gateway.program, program, prefix, log, scratch)
        running = GatewayProcess(gateway, process, config.listen, log, reservation)
        await listening(running)
    except BaseException as error:
        reservation.close()
        if process is not None:
            await asyncio.shield(abandon(process))
        if isinstance(error, OSError):
            raise StartError(f"{gateway.name} cannot be laid out: {error.strerror}: {error.filename}") from None
        raise
    return running


async def start(
    kind: GatewayProgram, program: FoundProgram, prefix: Path, log: Path, remove: Path
) -> SupervisedProcess:
    """Start the program. Raises StartError, with a way out where the file is no program of this machine's."""
    env = {"PATH": os.defpath, "LANG": "C.UTF-8"}
    try:
        return await SupervisedProcess.start(
            ProcessSpec(tuple(kind.command(program, prefix)), env, prefix, log, remove=remove)
        )
    except StartError as error:
        hint = ""
        if os.strerror(errno.ENOEXEC) in error.what:
            hint = f"it is no program for this machine, or none at all: {kind.hint}"
        elif os.strerror(errno.EACCES) in error.what:
            hint = "this user may not run it"
        raise StartError(f"{error.what} ({kind.name}, {program.source})", hint=hint) from None


async def listening(running: GatewayProcess) -> None:
    """Wait until it takes connections. Raises StartError and ports.PortTaken."""
    try:
        async with asyncio.timeout(LISTENS_WITHIN):
            await accepted(running.address, lambda: running.ended is not None)
    except TimeoutError:
        raise failed(running, f"{running.gateway.name} did not listen within {LISTENS_WITHIN:g} s") from None
    if running.ended is not None:
        error = failed(running, f"{running.gateway.name} ended before it listened")
        if hints.port_taken(read_log(running.log)):
            raise ports.PortTaken(error)
        raise error


async def accepted(address: tuple[str, int], over: Callable[[], bool] = lambda: False) -> None:
    """Wait until somebody takes connections there, or waiting is ``over``."""
    while True:
        if over() or await takes(address):
            return
        await asyncio.sleep(AGAIN)


async def takes(address: tuple[str, int]) -> bool:
    """True if a connection is accepted there."""
    try:
        _, writer = await dial(address)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def failed(running: GatewayProcess, what: str) -> StartError:
    """The error about a gateway that did not start, with its own words."""
    text = read_log(running.log)
    program = running.gateway.program
    own = STAMP.sub("", "\n".join(program.complaints(text))).splitlines()
    hint = f"{program.name} says: {own[-1].removeprefix(f'{program.name}: ')}" if own else hints.hint(text)
    how = str(running.ended) if running.ended is not None else ""
    return StartError(f"{what} ({how})" if how else what, hint=hint, log=hints.tail(text), exit=how)
