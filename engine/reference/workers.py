"""Several worker processes on one socket, and their supervisor.

SIGTERM, SIGINT   every worker shuts down gracefully; after a second signal at once
SIGHUP            new workers are started, and the old ones shut down gracefully
SIGTTIN, SIGTTOU  one worker more; one less, but never the last one, which shuts down gracefully
SIGCHLD           a worker that was killed, or has served its number of requests, is replaced; one that ended by
                  itself takes the others with it, since the application cannot be started, or has stopped the process
SIGALRM           a worker that was silent for longer than its time is killed, and so replaced
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable

from . import log
from .heartbeat import Heartbeat
from .server import RETIRED

AWAITED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGCHLD,
    signal.SIGALRM,
)
# The looks at a worker, and its beats, within its time.
LOOKS, BEATS = 4, 8


class Workers:
    """Workers, by their pids. ``run`` lasts from their start to their end."""

    def __init__(
        self, count: int, work: Callable[[Heartbeat | None], int], listener: socket.socket, silence: float = 0.0
    ) -> None:
        """``work`` is run by each of ``count`` worker processes, and returns the exit status. A worker whose heartbeat
        is silent for more than ``silence`` seconds is killed; with 0 there is none."""
        self._count = count
        self._work = work
        self._listener = listener
        self._silence = silence
        self._beats: dict[int, Heartbeat] = {}  # of the workers, by their pids
        self._running: set[int] = set()
        self._retired: set[int] = set()  # workers from before a reload
        self._stopping = False
        self._status = 0
        self._lifeline = os.pipe()  # nothing is written to it: a worker that reads its end has lost its parent

    def run(self) -> int:
        """Start the workers, and supervise them until the last has ended. Returns the first exit status that is not
        0."""
        # They are waited for, and not handled: nothing can come in between.
        signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
        self._start()
        if self._silence:
            signal.setitimer(signal.ITIMER_REAL, self._silence / LOOKS, self._silence / LOOKS)
        while self._running or self._retired:
            number = signal.sigwait(AWAITED)
            if number == signal.SIGHUP and not self._stopping:
                self._retired |= self._running
                self._running = set()
                self._start()
                self._send(signal.SIGTERM, self._retired)
            elif number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
            elif number == signal.SIGTTIN and not self._stopping:
                self._add()
            elif number == signal.SIGTTOU and not self._stopping and self._count > 1:
                self._take_away()
            elif number == signal.SIGALRM:
                self._end_the_silent()
            self._reap()
        return self._status

    def _start(self) -> None:
        """Start as many workers as are missing."""
        while len(self._running) < self._count:
            sys.stdout.flush()
            heartbeat = Heartbeat() if self._silence else None
            pid = os.fork()
            if not pid:
                self._become_worker(heartbeat)
            self._running.add(pid)
            if heartbeat is not None:
                self._beats[pid] = heartbeat

    def _add(self) -> None:
        """Start one more worker."""
        self._count += 1
        self._start()

    def _take_away(self) -> None:
        """Shut down one worker, the one with the greatest pid, which is not replaced."""
        self._count -= 1
        one = {max(self._running)} if len(self._running) > self._count else set()
        self._running -= one
        self._retired |= one
        self._send(signal.SIGTERM, one)

    def _become_worker(self, heartbeat: Heartbeat | None) -> None:
        """The life of a new worker process. Never returns."""
        status = 1
        try:
            os.close(self._lifeline[1])
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
            status = self._work(heartbeat)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _end_with_parent(self) -> None:
        """Wait for the end of this worker's supervisor, for any reason, and then shut down gracefully."""
        os.read(self._lifeline[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _end_the_silent(self) -> None:
        """Kill the workers whose heartbeat is silent for too long."""
        for pid in sorted(self._running | self._retired):
            if self._beats[pid].silence() > self._silence:
                log.say(f"worker {pid} was silent for more than {self._silence:g} s, and is killed")
                self._send(signal.SIGKILL, {pid})

    def _reap(self) -> None:
        """Handle the workers that have ended."""
        for pid in sorted(self._running | self._retired):
            ended, how = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            status = os.waitstatus_to_exitcode(how)
            retired = status == RETIRED and not self._stopping
            status = 0 if status == RETIRED else status
            expected = self._stopping or pid in self._retired
            self._running.discard(pid)
            self._retired.discard(pid)
            self._beats.pop(pid, None)
            if retired:
                log.say(f"worker {pid} has served its last request")
            elif status > 0 or not expected:
                log.say(f"worker {pid} ended with {f'signal {-status}' if status < 0 else f'status {status}'}")
            self._status = self._status or max(status, 0)
            if not expected and (status < 0 or retired):
                self._start()
            elif not expected:
                self._stop()

    def _stop(self) -> None:
        """Stop every worker: gracefully the first time, at once the second."""
        self._send(signal.SIGKILL if self._stopping else signal.SIGTERM, self._running | self._retired)
        self._stopping = True
        self._listener.close()

    @staticmethod
    def _send(number: signal.Signals, workers: set[int]) -> None:
        for pid in workers:
            os.kill(pid, number)  # nobody else waits for it, so the pid is still its own
