"""The definition of a gateway: its protocol towards the server, and its configuration for a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.registry import nearest
from engine.targets.catalog.options import load_options
from engine.targets.catalog.options.gateway import OPTIONS

WORDS = frozenset(option.name for option in OPTIONS)
"""The engine's own gateway options; all are true or false."""

# Of what a server offers, what a client of a gateway has as well: what is a matter of server and app alone.
CARRIED = frozenset({"disconnect", "lifespan", "reload", "state", "uvloop", "pathsend", "zerocopysend"})


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """The values of a configuration: the addresses of the gateway and of the server, the gateway options of a case, and
    the user and group of its workers, "" for those of the starting process."""

    listen: tuple[str, int]
    upstream: tuple[str, int]
    options: Mapping[str, object] = field(default_factory=dict)
    user: str = ""

    def on(self, word: str, default: bool) -> bool:
        """The value of an option, or its default."""
        return bool(self.options.get(word, default))


Location = Callable[[GatewayConfig], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway in front of servers.

    ``speaks`` is what it speaks to the server: ``http``, ``fastcgi`` or ``uwsgi``. ``location`` makes the lines of its
    configuration that say how requests are passed on; ``options`` are the words of WORDS that it has.
    """

    name: str
    title: str
    speaks: str
    location: Location
    options: frozenset[str] = WORDS

    def unsupported(self, options: Mapping[str, object]) -> tuple[str, ...]:
        """The reasons why this gateway cannot be configured so, one for each option and value that it lacks."""
        reasons = []
        for name, value in options.items():
            if name not in self.options:
                reasons.append(f"{self.name} has nothing for the option {name!r} ({nearest(name, self.options)})")
            elif not isinstance(value, bool):
                reasons.append(f"{self.name} cannot have {name}: {value!r} is neither true nor false")
        return tuple(reasons)


def split(options: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """A launch's options as those of the server and those of the gateway."""
    known = load_options() if options else {}
    of_gateway = {name: value for name, value in options.items() if name in known and known[name].gateway}
    return {name: value for name, value in options.items() if name not in of_gateway}, of_gateway
