"""What a case runs against: server x framework x loop x gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONTROL = "control"
DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Target:
    """One square of the matrix, before anything is started.

    ``server`` is the registry's name, ``framework`` a folder's under frameworks/, ``loop`` one of ``auto``,
    ``asyncio`` and ``uvloop``, ``runtime`` one of the registry's.
    """

    server: str
    framework: str
    loop: str
    gateway: str = DIRECT
    runtime: str = "local"

    @property
    def id(self) -> str:
        """What tests, logs and reports call it: ``gunicorn-starlette-uvloop``."""
        words = [self.server, self.framework, self.loop]
        if self.gateway != DIRECT:
            words.append(self.gateway)
        if self.runtime != "local":
            words.append(self.runtime)
        return "-".join(words)

    @property
    def is_control(self) -> bool:
        return self.framework == CONTROL


@dataclass(frozen=True, slots=True)
class Launch:
    """How a target is started for some jobs: its target, the server's options in the engine's words, and the job
    whose lifespan script is played, if any. Jobs that share a launch share a process."""

    target: Target
    options: tuple[tuple[str, object], ...] = ()
    lifespan_of: str = ""

    @property
    def id(self) -> str:
        words = [self.target.id, *(f"{name}={value}" for name, value in self.options)]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit status, or the number of the signal that ended it."""

    status: int | None = None
    signal: int | None = None

    def __str__(self) -> str:
        if self.signal is not None:
            return f"signal {self.signal}"
        return f"exit status {self.status}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about a live target when it became ready.

    ``loop`` is the running loop's class (``uvloop.Loop``), ``versions`` maps package names to versions and
    ``python`` is the interpreter's.
    """

    python: str = ""
    loop: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def loop_name(self) -> str:
        """The loop in the words of ``--loop``."""
        return "uvloop" if self.loop.startswith("uvloop") else "asyncio" if self.loop else ""
