"""Everything that the engine raises on purpose.

    EngineError                what went wrong, where, and how to mend it
    ├── UsageError             the command line asks for what does not exist          exit 2
    ├── DocumentError          a document under specs/ has mistakes                   exit 2
    ├── NothingToRun           no selected case is meant for the selected targets     exit 3
    ├── EnvironmentFailed      an environment could not be made                       exit 3
    ├── StartError             a target did not start; carries its log's last lines
    ├── ChannelError           the byte stream to a target broke
    │   ├── Refused            nobody listens there
    │   ├── Reset              the peer reset the connection
    │   ├── HandshakeFailed    TLS could not be agreed upon
    │   └── ChannelClosed      this side was closed already
    ├── EvidenceLost           the observer's record is incomplete: nothing can be said of what is absent from it
    ├── ResultsError           a results file cannot be read or written
    └── Defect                 the engine broke a promise that it made to itself

Whose fault it is, is the type: nobody reads a message to find out. A *mismatch* is no error but a value
(``engine.model.expectation.Mismatch``).
"""

from __future__ import annotations

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan


class EngineError(Exception):
    """The root.

    ``what`` says what is wrong in one sentence, ``hint`` how to mend it, ``place`` points into a document.
    """

    exit_code = 4

    def __init__(self, what: str, *, hint: str = "", place: SourceSpan | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.place = place

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.what}" + (f"\n  {self.hint}" if self.hint else "")


class UsageError(EngineError):
    """The command line, or an option of pytest, asks for what does not exist."""

    exit_code = 2


class DocumentError(EngineError):
    """A document cannot be loaded. The linter lists every mistake; this carries the first, or a count."""

    exit_code = 2


class NothingToRun(EngineError):
    """No selected case is meant for the selected targets. ``hint`` has one line for each reason."""

    exit_code = 3


class EnvironmentFailed(EngineError):
    """uv could not make the environment that a target needs. ``log`` holds uv's own words."""

    exit_code = 3

    def __init__(self, what: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(what, hint=hint)
        self.log = log


class StartError(EngineError):
    """A target did not become ready. ``log`` holds the last lines that it wrote, ``exit`` how it ended, if it did."""

    exit_code = 3

    def __init__(self, what: str, *, hint: str = "", log: str = "", exit: str = "") -> None:
        super().__init__(what, hint=hint)
        self.log = log
        self.exit = exit


class Unfit(StartError):
    """A target runs, and nothing can be judged on it, for something that is not its fault."""


class ChannelError(EngineError):
    """The byte stream to a target broke."""


class Endless(ChannelError):
    """The peer sends more than the engine takes on one connection."""


class ConnectionRefused(ChannelError):
    """Nobody listens at the address."""


class Reset(ChannelError):
    """The peer reset the connection."""


class HandshakeFailed(ChannelError):
    """The peer and this side could not agree on TLS, or one does not trust the other."""


class ChannelClosed(ChannelError):
    """This side was closed already; the step that uses it comes too late."""


class EvidenceLost(EngineError):
    """The observer's record of what crossed the boundary is incomplete, so a case that looks at it cannot be judged.
    ``mismatch`` is what the server gave the application wrong, where that is why."""

    def __init__(self, what: str, *, hint: str = "", mismatch: Mismatch | None = None) -> None:
        super().__init__(what, hint=hint)
        self.mismatch = mismatch


class ResultsError(EngineError):
    """A results file cannot be read or written, or is cut short where it must be whole."""

    exit_code = 2


class Defect(EngineError):
    """The engine broke a promise that it made to itself: report it."""
