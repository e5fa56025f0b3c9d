"""The exceptions of the engine.

    EngineError                the root: a sentence, a hint, a place in a document
    ├── UsageError             a command line or pytest option names something that does not exist     exit 2
    ├── DocumentError          a document has errors                                                  exit 2
    ├── NothingToRun           no selected case fits a selected target                                exit 3
    ├── EnvironmentFailed      an environment could not be made                                       exit 3
    ├── StartError             a target did not start; carries the last lines of its log              exit 3
    │   └── Unfit              a target runs, but no case can run on it
    ├── ChannelError           the byte stream to a target broke
    │   ├── Endless            the peer sends more than the engine accepts
    │   ├── ConnectionRefused  the address refused the connection
    │   ├── Reset              the peer reset the connection
    │   ├── HandshakeFailed    the TLS handshake failed
    │   └── ChannelClosed      this side was closed already
    ├── EvidenceLost           the observer's records are incomplete, so absence proves nothing
    ├── ResultsError           a record cannot be read or written                                     exit 2
    └── Defect                 an invariant of the engine does not hold

Exit codes are those of docs/exit-codes.md; 4 where none is given. The cause of an error is its type; no code reads its
message. A *mismatch* is a value (``engine.model.expectation.Mismatch``), not an exception.
"""

from __future__ import annotations

from engine.model.expectation import Mismatch
from engine.model.source_span import SourceSpan


class EngineError(Exception):
    """The root. ``what`` is one sentence about the error, ``hint`` one about its remedy or "", ``place`` a span in a
    document or None. ``str()`` joins the three."""

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
    """A command line or a pytest option names something that does not exist, or combines options that exclude each
    other."""

    exit_code = 2


class DocumentError(EngineError):
    """A document cannot be loaded. The linter lists every error; this carries the first, or a count."""

    exit_code = 2


class NothingToRun(EngineError):
    """No selected case fits a selected target. ``hint`` has one line for each reason."""

    exit_code = 3


class EnvironmentFailed(EngineError):
    """uv could not make an environment. ``log`` is its output, as text."""

    exit_code = 3

    def __init__(self, what: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(what, hint=hint)
        self.log = log


class StartError(EngineError):
    """A target did not become ready. ``log`` has the last lines of its output, ``exit`` its exit status or signal in
    words, "" if it still ran."""

    exit_code = 3

    def __init__(self, what: str, *, hint: str = "", log: str = "", exit: str = "") -> None:
        super().__init__(what, hint=hint)
        self.log = log
        self.exit = exit


class Unfit(StartError):
    """A target runs, but no case can run on it, for a reason that is not the target's."""


class ChannelError(EngineError):
    """The byte stream to a target broke."""


class Endless(ChannelError):
    """The peer sends more than the engine accepts on one connection."""


class ConnectionRefused(ChannelError):
    """The address refused the connection (ECONNREFUSED)."""


class Reset(ChannelError):
    """The peer reset the connection (ECONNRESET)."""


class HandshakeFailed(ChannelError):
    """The TLS handshake failed: no common parameters, or one side does not trust the other."""


class ChannelClosed(ChannelError):
    """This side of the stream was closed before the call."""


class EvidenceLost(EngineError):
    """The observer's records are incomplete, so a case that depends on them has no verdict. ``mismatch`` is a wrong
    value that the server passed to the application, if that is the reason."""

    def __init__(self, what: str, *, hint: str = "", mismatch: Mismatch | None = None) -> None:
        super().__init__(what, hint=hint)
        self.mismatch = mismatch


class ResultsError(EngineError):
    """A record or another file of results cannot be read or written, or is cut short where it must be complete."""

    exit_code = 2


class Defect(EngineError):
    """An invariant of the engine does not hold. Always a bug of the engine."""
