"""What a server is to the engine: a package, its command line, and the engine's words for its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import UsageError
from engine.registry import nearest

FLAGS = "flags"


class Untranslatable(Exception):
    """A value of an option that a server's command line cannot express; the message says why."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a command line is made from.

    ``python`` is the environment's interpreter, ``app`` is ``module:attribute``, ``loop`` one of auto, asyncio and
    uvloop. ``address`` is where it will listen; ``descriptor`` the listening socket's, where the server takes one.
    ``options`` are the engine's words (times in seconds, sizes in bytes).
    """

    python: Path
    app: str
    loop: str
    address: tuple[str, int]
    descriptor: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)


Translate = Callable[[object], Sequence[str]]
Command = Callable[[Start], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Server:
    """A server.

    ``package`` is the distribution whose version is shown, ``offers`` the capabilities that it claims, ``loops`` the
    words of ``--loop`` that it can be started with. ``lock`` is the file of its pinned requirements.
    ``hands_descriptor`` says whether it takes a listening socket from its parent. ``base`` makes the command line
    without options; ``options`` turns the engine's words into the server's flags, and raises Untranslatable.
    """

    name: str
    package: str
    title: str
    lock: Path
    base: Command
    offers: frozenset[str] = frozenset()
    loops: tuple[str, ...] = ("auto", "asyncio", "uvloop")
    hands_descriptor: bool = True
    options: Mapping[str, Translate] = field(default_factory=dict)

    def command(self, start: Start) -> list[str]:
        """The command line. Raises UsageError for an option or a loop that this server does not have."""
        reasons = self.unsupported(start.options, start.loop)
        if reasons:
            raise UsageError(reasons[0])
        words = list(self.base(start))
        # The server's own flags come last, so that they win over what the engine's words stand for.
        for name, value in sorted(start.options.items(), key=lambda item: item[0] == FLAGS):
            words += flags_of(value) if name == FLAGS else self.options[name](value)
        return words

    def unsupported(self, options: Mapping[str, object], loop: str = "auto") -> tuple[str, ...]:
        """Why this server cannot be started so: a sentence for each option, value and loop that it does not have."""
        reasons: list[str] = []
        if loop not in self.loops:
            reasons.append(f"{self.name} does not run on {loop}")
        for name, value in options.items():
            if name != FLAGS and name not in self.options:
                hint = nearest(name, (*self.options, FLAGS))
                reasons.append(f"{self.name} has nothing for the option {name!r} ({hint})")
                continue
            try:
                flags_of(value) if name == FLAGS else self.options[name](value)
            except Untranslatable as error:
                reasons.append(f"{self.name} cannot have {name}: {error}")
        return tuple(reasons)


def flags_of(value: object) -> list[str]:
    """The server's own command line, as a list of texts. Raises Untranslatable for anything else."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise Untranslatable("the server's own flags are a list of texts")
    return list(value)


def whole(value: object, unit: str = "", least: int = 0) -> str:
    """A whole number for a flag that takes no other. Raises Untranslatable for 0.5, text, or less than ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
        raise Untranslatable(f"{value!r} is not a whole number{unit and ' of ' + unit}")
    if value < least:
        raise Untranslatable(f"{value!r} is less than {least}")
    return str(int(value))


def text(value: object) -> str:
    """A text for a flag. Raises Untranslatable for anything else."""
    if not isinstance(value, str):
        raise Untranslatable(f"{value!r} is not a text")
    return value


def flag(value: object) -> bool:
    """True or false. Raises Untranslatable for anything else."""
    if not isinstance(value, bool):
        raise Untranslatable(f"{value!r} is neither true nor false")
    return value
