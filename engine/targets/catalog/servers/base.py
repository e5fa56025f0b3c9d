"""The definition of a server: its package, its command line, and the translation of the engine's options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.version import InvalidVersion
from packaging.version import Version as Number

from engine.errors import UsageError
from engine.model.network import IPV4, IPV6, UNIX, display
from engine.model.target import H2, H2C, HTTP_1_1, configuration
from engine.model.variables import PLACES, fill, names_in
from engine.registry import nearest
from engine.targets.catalog.releases import PINNED, PLAIN, Release, Variant, Version

FLAGS = "flags"
LISTEN = "listen"
# The time in seconds for running requests when a server is asked to end: longer than any request of a case. A server
# that is stopped for good is killed sooner.
GRACEFUL = 10


class Untranslatable(Exception):
    """A value of an option that a server's command line cannot express; the message says why."""


@dataclass(frozen=True, slots=True)
class Start:
    """The values of a command line.

    ``python`` is the environment's interpreter, ``app`` is ``module:attribute``, ``loop`` one of auto, asyncio and
    uvloop. ``address`` is the address to listen on, a path with port 0 for a Unix socket; ``descriptor`` that of the
    listening socket, if the server takes one. ``options`` are the engine's words (times in seconds, sizes in bytes).
    ``version`` is that of the installed server, "" if unknown. ``protocol`` is the protocol to speak, a word of
    ``Server.speaks``, ``interface`` the interface of the app, a word of ``Server.interfaces``.
    """

    python: Path
    app: str
    loop: str
    address: tuple[str, int]
    descriptor: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    version: str = ""
    protocol: str = "http"
    interface: str = "asgi"

    def since(self, version: str) -> bool:
        """True if the server has that version or a newer one, or its version is unknown."""
        return not older(self.version, version)


Translate = Callable[[object], Sequence[str]]
Command = Callable[[Start], Sequence[str]]
Mutants = Callable[[], Mapping[str, str]]


def unknown_mutant(name: str) -> str:
    """No name is that of a generated mutant."""
    del name
    return ""


@dataclass(frozen=True, slots=True)
class Http2:
    """HTTP/2 of a server: ``cleartext`` are its flags for clients with prior knowledge, ``tls`` those for ALPN, None
    where it has no such way. ``offers`` are its capabilities over HTTP/2."""

    cleartext: tuple[str, ...] | None = None
    tls: tuple[str, ...] | None = None
    offers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Server:
    """A server, in one release and one variant of its own options.

    ``package`` is the distribution whose version is shown, ``offers`` the capabilities that it claims, ``loops`` the
    words of ``--loop`` that it can be started with. ``lock`` is the file of its pinned requirements.
    ``hands_descriptor`` says whether it takes a listening socket from its parent; with an option of ``binds`` it binds
    its port itself all the same. ``base`` makes the command line
    without options; ``options`` turns the engine's words into the server's flags, and raises Untranslatable. ``since``
    says of capabilities and options which version was the first to have them, where a release that people still look
    at has them not. ``variants`` are sets of its own options that have a name without anybody declaring them.
    ``mutants`` returns its variants with a deliberate fault, as clauses by name; its flag for one is ``--mutant``.
    ``generated`` returns the clause of a variant with a change of the server's own code, "" for an unknown name.
    ``brings`` are packages of the engine's own that it is made from, by the names under which it imports them.
    ``speaks`` are the protocols that it can be started with; ``asks`` are others, which some of its releases have: for
    each the flag that stands in such a release's ``--help``. ``interfaces`` are what it calls apps through.
    ``http2`` is how it speaks HTTP/2, None for a server that does not (``since`` may have the words of its ways);
    ``over`` has its command line and its offers then. ``conflict`` is the reason why some options, each of which it
    has, do not go together, "" if they do.
    ``serial`` is true for a server that serves one connection at a time: cases on it run one at a time as well, since
    each would wait for the connections of the others.
    ``by_name_only`` is the reason why ``all`` does not select it, "" if it does.
    ``own`` is true for a server of a document of settings, which has no lock: its environment is resolved from
    ``requires``, and ``code`` are folders with modules of its own, outside of its environment.
    """

    name: str
    package: str
    title: str
    lock: Path
    base: Command
    offers: frozenset[str] = frozenset()
    loops: tuple[str, ...] = ("auto", "asyncio", "uvloop")
    hands_descriptor: bool = True
    binds: frozenset[str] = frozenset()
    options: Mapping[str, Translate] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    mutants: Mutants = dict
    generated: Callable[[str], str] = unknown_mutant
    brings: Mapping[str, Path] = field(default_factory=dict)
    speaks: frozenset[str] = frozenset({"http"})
    asks: Mapping[str, str] = field(default_factory=dict)
    interfaces: frozenset[str] = frozenset({"asgi"})
    http2: Http2 | None = None
    conflict: Callable[[Mapping[str, object]], str] = lambda options: ""
    serial: bool = False
    by_name_only: str = ""
    own: bool = False
    requires: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()
    release: Release = PINNED
    variant: Variant = PLAIN

    @property
    def configuration(self) -> str:
        """Name, release and variant as one word, as in Target."""
        return configuration(self.name, self.release.word, self.variant.name)

    @property
    def http2_ways(self) -> tuple[str, ...]:
        """The ways of HTTP/2 of this release: H2C, H2, both in this order, or none."""
        if self.http2 is None or self._came_later("http2"):
            return ()
        ways = ((H2C, self.http2.cleartext), (H2, self.http2.tls))
        return tuple(way for way, flags in ways if flags is not None and not self._came_later(way))

    def over(self, http: str) -> Server:
        """This server as it is started and what it offers for targets of a version of HTTP."""
        if http == HTTP_1_1 or self.http2 is None:
            return self
        own = (self.http2.cleartext if http == H2C else self.http2.tls) or ()
        return replace(self, base=lambda start: [*self.base(start), *own], offers=self.http2.offers)

    @property
    def source(self) -> Path:
        """The file of its requirements before pinning."""
        return self.lock.with_suffix(".in")

    @property
    def claims(self) -> frozenset[str]:
        """The capabilities that this release claims: ``offers``, and uvloop if it runs on it, without those of later
        releases."""
        words = self.offers | {loop for loop in self.loops if loop == "uvloop"}
        return frozenset(word for word in words if not self._came_later(word))

    @property
    def protocols(self) -> frozenset[str]:
        """The protocols of this release, as far as they are declared."""
        return frozenset(word for word in self.speaks if not self._came_later(word))

    def takes_descriptor(self, options: Mapping[str, object]) -> bool:
        """True if it takes a listening socket when started with these options. It does not if its own flags name the
        address, and binds any other than that of IPv4 itself."""
        placed = any(set(names_in(str(word))) & set(PLACES) for word in flags_of(options.get(FLAGS, ())))
        own = placed or options.get(LISTEN, IPV4) != IPV4 or any(options.get(word) for word in self.binds)
        return self.hands_descriptor and not own

    def _came_later(self, word: str) -> bool:
        """True if this release, where a version was selected, is older than a capability or an option."""
        return isinstance(self.release, Version) and older(self.release.number, self.since.get(word, ""))

    def command(self, start: Start) -> list[str]:
        """The command line. Raises UsageError for an option or a loop that this server does not have."""
        reasons = self.unsupported(start.options, start.loop)
        if reasons:
            raise UsageError(reasons[0])
        words = [*self.base(start), *self.variant.flags]
        # The own flags of a case come last, so that they win over the engine's words. Both win over a variant.
        for name, value in sorted(start.options.items(), key=lambda item: item[0] == FLAGS):
            words += filled(flags_of(value), start.address) if name == FLAGS else self.options[name](value)
        return words

    def unsupported(self, options: Mapping[str, object], loop: str = "auto") -> tuple[str, ...]:
        """The reasons why this server cannot be started so, one for each option, value and loop that it lacks."""
        reasons: list[str] = []
        if loop not in self.loops:
            reasons.append(f"{self.name} does not run on {loop}")
        for name, value in options.items():
            if name != FLAGS and name not in self.options:
                hint = nearest(name, (*self.options, FLAGS))
                reasons.append(f"{self.name} does not support the option {name!r} ({hint})")
                continue
            if self._came_later(name):
                reasons.append(f"{self.configuration} does not support {name}, which was added in {self.since[name]}")
                continue
            try:
                flags_of(value) if name == FLAGS else self.options[name](value)
            except Untranslatable as error:
                reasons.append(f"{self.name} cannot use {name}: {error}")
        if not reasons and (why := self.conflict(options)):
            reasons.append(f"{self.name} cannot combine its options: {why}")
        return tuple(reasons)


def older(version: str, than: str) -> bool:
    """True if a version is older than another; False if one of them is unknown."""
    try:
        return bool(version and than) and Number(version) < Number(than)
    except InvalidVersion:
        return False


def flags_of(value: object) -> list[str]:
    """The server's own command line, as a list of texts. Raises Untranslatable for anything else."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise Untranslatable("the server's own flags must be a list of strings")
    return list(value)


def filled(words: Sequence[str], address: tuple[str, int]) -> list[str]:
    """The server's own flags, with the address that it listens on in the place of ``$(address)`` and ``$(port)``."""
    known = {"address": display(address), "port": address[1]}
    return [fill(word, known) for word in words]


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


def fraction(name: str, value: object) -> list[str]:
    """A flag with a time in seconds, possibly a fraction. Raises Untranslatable for a value that is no time."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise Untranslatable(f"{value!r} is not a number of seconds")
    return [name, f"{value:g}"]


def parts(translations: Mapping[str, Translate]) -> Translate:
    """The translation of an option that is a mapping: each part by its own translation. It raises Untranslatable for a
    part that the server lacks."""

    def translate(value: object) -> Sequence[str]:
        words: list[str] = []
        for name, part in pairs(value):
            if name not in translations:
                raise Untranslatable(f"it has no {name!r}, only {' and '.join(translations)}")
            words += translations[name](part)
        return words

    return translate


def pairs(value: object) -> list[tuple[str, object]]:
    """The parts of an option that is a mapping, with their values. Raises Untranslatable for anything else."""
    if not isinstance(value, tuple) or not all(isinstance(one, tuple) and len(one) == 2 for one in value):
        raise Untranslatable(f"{value!r} is not a mapping")
    return [(str(name), part) for name, part in value]


def switch(on: Sequence[str], off: Sequence[str] = ()) -> Translate:
    """The translation of true and false."""
    return lambda value: on if flag(value) else off


def one_of(value: object, flags: Mapping[str, Sequence[str]]) -> list[str]:
    """The flags for one of some words. Raises Untranslatable for any other."""
    if not isinstance(value, str) or value not in flags:
        raise Untranslatable(f"{value!r} is none of {', '.join(flags)}")
    return list(flags[value])


def versions(value: object, flags: Mapping[object, Sequence[str]]) -> list[str]:
    """The flags for ``proxy_protocol``: true, v1 or v2; none for false. Raises Untranslatable for a version that the
    server lacks."""
    if value is False:
        return []
    if value not in flags:
        raise Untranslatable(f"{value!r} is none of {', '.join(str(one) for one in flags if one is not True)}")
    return list(flags[value])


def listens(*words: str) -> Translate:
    """``listen`` for a server that can bind some kinds of addresses, one of which the command line has anyway."""
    return lambda value: one_of(value, {word: [] for word in words or (IPV4, IPV6, UNIX)})


def believes_nobody(value: object) -> list[str]:
    """``trust_proxy`` for a server that takes X-Forwarded-* from nobody. Raises Untranslatable where it should."""
    if flag(value):
        raise Untranslatable("it ignores X-Forwarded-* headers; a middleware in the app can use them")
    return []
