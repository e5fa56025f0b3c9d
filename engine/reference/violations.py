"""Violations, which ``send()`` raises, and remarks, which are only logged.

    Violation      the application violated a clause: a RuntimeError, logged as one line
    Disconnected   the client has gone: an OSError, and nobody's fault

Both leave the connection as it was, so an application that catches one can go on. A *remark* is a line in the log as
well, and nothing is raised: if the specification requires the server to tolerate it, or if every server does and a
working application could not run here otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from .log import say

Remark = Callable[[str, str], None]
"""Takes the clause and what was sent."""

MOST_REMARKS = 1000
_remarks: set[str] = set()


class Violation(RuntimeError):
    """An event that a clause forbids. ``clause`` is its id in the catalogue, ``what`` describes the event."""

    def __init__(self, clause: str, what: str) -> None:
        super().__init__(f"{clause}: {what}")
        self.clause = clause
        self.what = what

    def report(self, where: str) -> None:
        """Log it: ``reference: RESP-17: a second http.response.start (http GET /path)``."""
        say(f"{self.clause}: {self.what} ({where})")


def remark_on(where: str) -> Remark:
    """A function that logs remarks about the application's part in ``where``, each text once."""

    def remark(clause: str, what: str) -> None:
        line = f"{clause}: {what}"
        if line not in _remarks and len(_remarks) < MOST_REMARKS:
            _remarks.add(line)
            say(f"{line} ({where})")

    return remark


class Disconnected(ConnectionResetError):
    """The client has gone, or the connection is over (ASGI HTTP and WebSocket specification, 2.4)."""

    def __init__(self) -> None:
        super().__init__("the client has disconnected")


def blameless(error: BaseException | None) -> bool:
    """True if an exception is only a Disconnected that an application did not catch, even wrapped in others.

    A server must not log that as an error of the application (REQ-19).
    """
    if isinstance(error, BaseExceptionGroup):
        return all(blameless(one) for one in error.exceptions)
    while error is not None:
        if isinstance(error, Disconnected):
            return True
        error = error.__cause__ or error.__context__
    return False


def named(error: BaseException | None) -> bool:
    """True if an exception is a Violation, even wrapped in others, which is logged already."""
    if isinstance(error, BaseExceptionGroup):
        return all(named(one) for one in error.exceptions)
    while error is not None:
        if isinstance(error, Violation):
            return True
        error = error.__cause__ or error.__context__
    return False
