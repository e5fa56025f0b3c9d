"""Requirements: what a step asks of the target on which its case runs."""

from __future__ import annotations

from enum import StrEnum


class Requirement(StrEnum):
    """One requirement of a step type, which its case has as well.

    The loader gathers the requirements of a case's steps; planning, the runtimes' limits and the linter's rules read
    them, and know no step type by name.
    """

    OBSERVER = "observer"
    """The step reads the observer's records, or writes files for the application's script."""

    CALLS = "calls"
    """The step observes the calls that other steps caused, which must be distinguished from those of other clients."""

    PROCESS = "process"
    """The step observes the server's processes, or their output: the engine must have started them."""

    DEDICATED = "dedicated"
    """The step starts, ends or watches the server, which therefore serves only this case."""

    WORKERS = "workers"
    """The step needs a worker process apart from the server's main process."""

    EXCLUSIVE = "exclusive"
    """The step observes the server as a whole, so that no other case runs on it at the same time."""

    DIRECT = "direct"
    """The step is about the server's own connection, and means nothing behind a gateway."""

    RAW = "raw"
    """The step sends bytes without the engine's header: its calls are known by the client's address and port."""

    UPSTREAM = "upstream"
    """The step speaks to the server itself, past a gateway."""

    DRIVER = "driver"
    """The step calls the application without a server."""

    @property
    def hidden_by_gateway(self) -> bool:
        """True if a gateway hides what such a step is about."""
        return self in _HIDDEN


_HIDDEN = frozenset(
    {
        Requirement.PROCESS,
        Requirement.DEDICATED,
        Requirement.DIRECT,
        Requirement.RAW,
        Requirement.UPSTREAM,
        Requirement.DRIVER,
    }
)
