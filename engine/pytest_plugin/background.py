"""The run in the background: a thread with a loop of its own, in which a session runs its jobs while pytest asks for
one result after the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any

from engine.app.plan import Job
from engine.app.session import Session, event_loop
from engine.errors import Defect
from engine.model.target import Target
from engine.model.verdict import JobResult

# How many jobs may run ahead of the item that pytest reports: few where the first failure may be the last item.
WINDOW = 128
WINDOW_STOPPING = 16


class Background:
    """Runs sessions one after the other; ``wait`` gives a job's result. Used from pytest's main thread."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._loop: asyncio.AbstractEventLoop = event_loop()()
        self._thread = threading.Thread(target=self._serve, name="conformance-engine", daemon=True)
        self._thread.start()
        self._results: dict[int, Future[JobResult]] = {}
        self._session: Session | None = None
        self._running: Future[None] | None = None
        self._allowed = 0

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def begin(self, session: Session) -> None:
        """Start a session; the one before it is finished first. The session must have this object as a watcher."""
        self.finish()
        self._results = {job.position: Future() for job in session.jobs}
        self._session = session
        self._allowed = 0
        session.schedule.hold()
        self._running = self._submit(session.run())
        self._running.add_done_callback(self._ended)

    def wait(self, job: Job) -> JobResult:
        """The result of a job, waiting for it. Raises whatever broke the session."""
        if self._session is None:
            raise Defect("no session has begun")
        if job.position + self._window // 2 >= self._allowed:
            self._allowed = job.position + self._window
            self._submit(self._session.schedule.allow(self._allowed))
        return self._results[job.position].result()

    def finish(self) -> None:
        """End the session: what has not run is cancelled, and every target is stopped."""
        if self._running is None:
            return
        running, self._running = self._running, None
        if all(future.done() for future in self._results.values()):
            running.result()
            return
        running.cancel()
        self._drain()

    def close(self) -> None:
        """End the session and the thread."""
        try:
            self.finish()
            self._drain()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _drain(self) -> None:
        """Wait until the session's task, and whatever it was stopping, is gone."""

        async def others() -> None:
            tasks: Sequence[asyncio.Task[Any]] = [
                task for task in asyncio.all_tasks() if task is not asyncio.current_task()
            ]
            await asyncio.gather(*tasks, return_exceptions=True)

        self._submit(others()).result(30)

    def _submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _ended(self, running: Future[None]) -> None:
        """A session that breaks must not leave pytest waiting for ever."""
        try:
            error = running.exception()
        except CancelledError:
            error = Defect("the run was cancelled")
        for future in self._results.values():
            if not future.done():
                future.set_exception(error or Defect("the run ended without this job's verdict"))

    # What a session tells

    def result(self, job: Job, result: JobResult) -> None:
        """A job came to its verdict."""
        future = self._results[job.position]
        if not future.done():
            future.set_result(result)

    def target(self, target: Target, state: str, detail: str = "") -> None:
        """Nothing to tell pytest of."""
