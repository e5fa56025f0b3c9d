"""Faults of several worker processes and their supervisor."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from .. import main
from ..connection import ServerConnection
from ..heartbeat import Heartbeat
from ..service import ServerState
from ..workers import Workers
from .base import PROBE, Mutant, replaced, together


def _not_replaced(right: Any) -> Any:
    """Start workers at the beginning and for a reload only."""

    def start(self: Any) -> None:
        if not self.__dict__.get("reaping"):
            right(self)

    return start


def _reaping(right: Any) -> Any:
    def reap(self: Any) -> None:
        self.reaping = True
        try:
            right(self)
        finally:
            self.reaping = False

    return reap


def _for_ever(right: Any) -> Any:
    """Replace a worker that cannot start up."""

    def reap(self: Workers) -> None:
        for pid in sorted(self._running | self._retired):
            ended, _ = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._running.discard(pid)
                self._retired.discard(pid)
        if not self._stopping:
            time.sleep(0.2)
            self._start()

    return reap


def _killed_for_reload(right: Any) -> Any:
    def send(number: signal.Signals, workers: set[int]) -> None:
        caller = inspect.currentframe()
        reload = caller is not None and caller.f_back is not None and caller.f_back.f_code.co_name == "run"
        right(signal.SIGKILL if reload else number, workers)

    return staticmethod(send)


def _no_reload(right: Any) -> Any:
    """Take SIGHUP for an order to stop."""

    def start(self: Any) -> None:
        if self.__dict__.get("started") and self._retired:
            self._running |= self._retired
            self._stop()
        else:
            self.started = True
            right(self)

    return start


def _reload_ignored(right: Any) -> Any:
    def start(self: Any) -> None:
        if self.__dict__.get("started") and self._retired and not self._running:
            self._running, self._retired = self._retired, set()
        else:
            self.started = True
            right(self)

    return start


def _nothing_added(right: Any) -> Any:
    return lambda self: None


def _taken_and_replaced(right: Any) -> Any:
    def take_away(self: Any) -> None:
        right(self)
        self._count += 1
        self._start()

    return take_away


def _taken_by_force(right: Any) -> Any:
    def take_away(self: Any) -> None:
        self._send(signal.SIGKILL, {max(self._running)})
        right(self)

    return take_away


def _one_stops(right: Any) -> Any:
    def stop(self: Workers) -> None:
        some = set(sorted(self._running)[:1])
        self._send(signal.SIGTERM, some)
        self._stopping = True
        self._listener.close()

    return stop


def _one_only(right: Any) -> Any:
    def init(self: Any, count: int, work: Any, listener: Any, silence: float) -> None:
        right(self, 1, work, listener, silence)

    return init


def _status_lost(right: Any) -> Any:
    return lambda self: int(right(self)) * 0


def _held_by_a_child(right: Any) -> Any:
    """Leave a process that has the connection open after the worker was killed."""

    async def serve(self: ServerConnection, request: Any) -> bool:
        if request.target.path != PROBE and not os.fork():
            time.sleep(20)  # noqa: ASYNC251 (in a process of its own)
            os._exit(0)
        return bool(await right(self, request))

    return serve


def _started_again(right: Any) -> Any:
    def start(self: Any) -> None:
        self.starts = self.__dict__.get("starts", 0) + 1
        _later.extend([True] if self.starts > 1 else ())
        right(self)

    return start


_later: list[bool] = []
"""Not empty in a worker that replaces another one."""


def _of_the_other_kind(right: Any) -> Any:
    return lambda name: right(("uvloop" if name == "asyncio" else "asyncio") if _later else name)


def _taking_others_along(right: Any) -> Any:
    """Kill the other workers when one was killed."""

    def reap(self: Workers) -> None:
        before = set(self._running)
        right(self)
        if before - self._running and not self._stopping:
            self._send(signal.SIGKILL, before & self._running)

    return reap


def _silence_ignored(right: Any) -> Any:
    def init(self: Any, count: int, work: Any, listener: Any, silence: float) -> None:
        right(self, count, work, listener, 0.0)

    return init


def _silent_told(right: Any) -> Any:
    """Ask a silent worker to shut down, which it does not hear."""

    def end(self: Workers) -> None:
        for pid in self._running:
            if self._beats[pid].silence() > self._silence:
                self._send(signal.SIGTERM, {pid})

    return end


def _all_for_one(right: Any) -> Any:
    """Kill every worker when one is silent."""

    def end(self: Workers) -> None:
        if any(self._beats[pid].silence() > self._silence for pid in self._running):
            self._send(signal.SIGKILL, self._running)

    return end


def _silent_forgotten(right: Any) -> Any:
    """Start another worker instead of one that is silent, which stays."""

    def end(self: Workers) -> None:
        for pid in sorted(self._running):
            if self._beats[pid].silence() > self._silence:
                self._running.discard(pid)
                self._retired.add(pid)
                self._start()

    return end


def _orphaned(right: Any) -> Any:
    def end(self: Workers) -> None:
        """Serve on when the supervisor has ended."""

    return end


def _losing_descriptors(right: Any) -> Any:
    """Lose a descriptor in the supervisor with each worker that it starts, which inherits all of them."""

    def start(self: Workers) -> None:
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
        right(self)

    return start


def _calls_end_in_time(right: Any) -> Any:
    """Take a worker for stuck whose call lasts longer than its time."""

    def call(self: ServerState, scope: Any, receive: Any, send: Any) -> Any:
        task = right(self, scope, receive, send)
        if scope["type"] == "http" and self.options.worker_timeout:
            late = asyncio.get_running_loop().call_later(
                self.options.worker_timeout, os.kill, os.getpid(), signal.SIGKILL
            )
            task.add_done_callback(lambda done: late.cancel())
        return task

    return call


def _one_beat(right: Any) -> Any:
    """Let a worker beat once, when it starts."""

    async def go_on(self: Heartbeat, every: float) -> None:
        self.beat()

    return go_on


MUTANTS: Mapping[str, Mutant] = {
    "idle-worker-is-stuck": Mutant("a worker beats when it starts only", replaced(Heartbeat, "go_on", _one_beat)),
    "orphans-go-on": Mutant(
        "workers serve on when their supervisor was killed", replaced(Workers, "_end_with_parent", _orphaned)
    ),
    "reloads-leak-descriptors": Mutant(
        "each start of workers costs two descriptors", replaced(Workers, "_start", _losing_descriptors)
    ),
    "worker-timeout-unheeded": Mutant(
        "the option of the time for stuck workers is ignored", replaced(Workers, "__init__", _silence_ignored)
    ),
    "stuck-worker-asked-to-end": Mutant(
        "a stuck worker is asked to end, and not killed", replaced(Workers, "_end_the_silent", _silent_told)
    ),
    "stuck-worker-takes-others-along": Mutant(
        "all workers are killed when one is stuck", replaced(Workers, "_end_the_silent", _all_for_one)
    ),
    "stuck-worker-stays": Mutant(
        "a new worker is started for one that is stuck, which stays",
        replaced(Workers, "_end_the_silent", _silent_forgotten),
    ),
    "long-calls-are-stuck": Mutant(
        "a worker with a call that waits for longer than the time for stuck workers is killed",
        replaced(ServerState, "call", _calls_end_in_time),
    ),
    "killed-worker-takes-others-along": Mutant(
        "the other workers are killed when one was killed", replaced(Workers, "_reap", _taking_others_along)
    ),
    "loop-of-replacements": Mutant(
        "a worker that replaces another one runs on another event loop",
        together(replaced(Workers, "_start", _started_again), replaced(main, "loop_factory", _of_the_other_kind)),
    ),
    "worker-not-replaced": Mutant(
        "a worker that died is not replaced",
        together(replaced(Workers, "_start", _not_replaced), replaced(Workers, "_reap", _reaping)),
    ),
    "respawns-for-ever": Mutant(
        "a worker whose startup failed is started again and again", replaced(Workers, "_reap", _for_ever)
    ),
    "reload-without-shutdown": Mutant(
        "workers are killed for a reload", replaced(Workers, "_send", _killed_for_reload)
    ),
    "reload-stops": Mutant("SIGHUP stops the server", replaced(Workers, "_start", _no_reload)),
    "reload-ignored": Mutant("SIGHUP is ignored", replaced(Workers, "_start", _reload_ignored)),
    "one-more-ignored": Mutant("SIGTTIN is ignored", replaced(Workers, "_add", _nothing_added)),
    "one-less-replaced": Mutant(
        "a worker that SIGTTOU takes away is replaced", replaced(Workers, "_take_away", _taken_and_replaced)
    ),
    "one-less-killed": Mutant(
        "a worker that SIGTTOU takes away is killed", replaced(Workers, "_take_away", _taken_by_force)
    ),
    "one-worker-stops": Mutant("SIGTERM stops one of the workers", replaced(Workers, "_stop", _one_stops)),
    "one-worker-only": Mutant(
        "there is one worker, however many were asked for", replaced(Workers, "__init__", _one_only)
    ),
    "workers-status-lost": Mutant("the status of a worker that failed is lost", replaced(Workers, "run", _status_lost)),
    "killed-worker-holds-clients": Mutant(
        "the connection of a worker that was killed stays open", replaced(ServerConnection, "_serve", _held_by_a_child)
    ),
}
