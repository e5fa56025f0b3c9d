"""Several worker processes for the small server, and their supervisor."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable

from .switches import Switch

log = logging.getLogger("tests.faults")
# What a worker exits with that cannot serve: to start another would be of no use.
STARTUP_FAILED = 3
ENDED = (signal.SIGTERM, signal.SIGINT)
RESTARTED = (*ENDED, signal.SIGHUP)


class Supervisor:
    """Keeps ``count`` workers; ``work`` is what a worker does, given its number, and gives its exit status."""

    def __init__(self, count: int, work: Callable[[int], int], switch: Switch) -> None:
        self.count = count
        self.work = work
        self.switch = switch
        self.workers: set[int] = set()
        self.stopping = False
        self.started = 0
        self.status = 0

    def run(self) -> int:
        """Until a signal says stop, or a worker cannot start up; the exit status."""
        everything = (*RESTARTED, signal.SIGCHLD)
        signal.pthread_sigmask(signal.SIG_BLOCK, everything)
        for _ in range(self.count):
            self.start()
        while self.workers or not self.stopping:
            number = signal.sigwait(everything)
            if number == signal.SIGCHLD:
                self.reap()
            elif number == signal.SIGHUP:
                self.reload()
            else:
                self.stop(signal.SIGTERM)
        return self.status

    def start(self) -> None:
        self.started += 1
        pid = os.fork()
        if pid:
            self.workers.add(pid)
            return
        status = 70
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (*RESTARTED, signal.SIGCHLD))
            status = self.work(self.started)
        finally:
            os._exit(status)

    def stop(self, number: int) -> None:
        self.stopping = True
        for pid in self.workers:
            os.kill(pid, number)

    def reload(self) -> None:
        """New workers, and then an end to the old ones, who shut their application down."""
        old = set(self.workers)
        for _ in range(self.count):
            self.start()
        for pid in old:
            os.kill(pid, signal.SIGKILL if self.switch("reload-without-shutdown") else signal.SIGTERM)

    def reap(self) -> None:
        """Take in who has ended, and start others in their places."""
        while self.workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self.workers.discard(pid)
            failed = os.waitstatus_to_exitcode(status) == STARTUP_FAILED
            if failed and not self.switch("respawns-for-ever"):
                self.status = STARTUP_FAILED
                self.stop(signal.SIGTERM)
            elif not self.stopping and len(self.workers) < self.count and not self.switch("worker-not-replaced"):
                if failed:
                    time.sleep(0.2)
                self.start()
