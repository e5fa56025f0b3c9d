"""The findings of probes, cached next to the environments.

A server is probed once for its source, command line and loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.errors import EnvironmentFailed, StartError
from engine.model.target import HTTP_1_1
from engine.replacing import replace_text
from engine.targets.catalog import capabilities as offers
from engine.targets.catalog.capabilities import NOTHING, Probed
from engine.targets.catalog.frameworks import ASGI, WSGI
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.tls import WORD
from engine.targets.environments import commands, inside
from engine.targets.probing import options, probe
from engine.targets.probing.option_checks import CHECKS
from engine.targets.probing.probe import Probable

Unsupported = Callable[[Mapping[str, object]], Collection[str]]
Alone = Callable[[Path], AbstractAsyncContextManager[int]]


class StartControl(Protocol):
    """Starts the bare app on a server, ``secure`` with TLS."""

    def __call__(self, secure: bool = False) -> Awaitable[Probable]: ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a probe: the loop and the number of workers that the server was started with, and the version
    of HTTP that the probe speaks."""

    loop: str
    workers: int
    http: str


class Probes:
    """The findings in a cache."""

    def __init__(self, cache: Path, alone: Alone, made_with: str) -> None:
        """``alone`` holds a lock file, so that two engines probe a server once. ``made_with`` identifies everything
        that a finding depends on apart from the server: the engine's code, its libraries, and the probed app."""
        self._folder = cache / "probes"
        self._alone = alone
        self._made_with = made_with
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(
        self,
        server: Server,
        servers_part: str,
        loop: str,
        begin: StartControl,
        *,
        workers: int = 1,
        http: str = HTTP_1_1,
    ) -> Probed:
        """The offers of a server on a loop to clients of a version of HTTP, probed if the cache has no finding.

        ``servers_part`` identifies its source; ``begin`` starts the bare app on it, with this number of ``workers``.
        The result is empty if the bare app does not start, since the server's own start reports the reason. Raises
        EnvironmentFailed if the cache cannot be written.
        """

        async def look() -> Probed:
            return await self._look_well(server, begin, Conditions(loop, workers, http))

        return await self._kept(self.name(server, servers_part, loop, http), look)

    @property
    def option_words(self) -> frozenset[str]:
        """The words of ``server:`` whose effects can be probed."""
        return options.WORDS

    async def without_effect(
        self,
        server: Server,
        servers_part: str,
        loop: str,
        begin: options.Begin,
        *,
        unsupported: Unsupported,
        offers: Collection[str],
    ) -> tuple[str, ...]:
        """The options of a server on a loop whose translation has no effect, a sentence each; probed if the cache has
        no finding.

        ``begin`` starts the bare app on the server with options, ``unsupported`` has the reasons why it cannot be
        started so, ``offers`` are its capabilities and the interface of the bare app. Raises EnvironmentFailed if
        the cache cannot be written.
        """
        checks = options.checks_of(server, unsupported, offers)

        async def look() -> Probed:
            return await options.look(checks, server, begin)

        name = self.options_name(server, servers_part, loop, WSGI if WSGI in offers else ASGI)
        return options.refuted(await self._kept(name, look))

    async def _kept(self, name: str, look: Callable[[], Awaitable[Probed]]) -> Probed:
        """The finding of that name, made and kept if the cache has none. Raises EnvironmentFailed."""
        known = self.known(name)
        if known is not None:
            return known
        try:
            async with self._locks.setdefault(name, asyncio.Lock()):
                self._folder.mkdir(parents=True, exist_ok=True)
                async with self._alone(self._folder / f"{name}.lock"):
                    known = self.known(name)
                    if known is None:
                        known = await look()
                        if known != NOTHING:
                            self._keep(name, known)
        except StartError:
            return NOTHING
        except OSError as error:
            raise EnvironmentFailed(f"the cache cannot be used: {error.strerror}: {error.filename}") from None
        return known

    async def _look_well(self, server: Server, begin: StartControl, conditions: Conditions) -> Probed:
        """Probe, and once more if a claim was not confirmed, since on a busy machine a slow answer may look absent, and
        the finding lasts as long as the cache. Raises StartError."""
        first = await self._look(server, begin, conditions)
        if not server.claims & first.looked - first.found:
            return first
        again = await self._look(server, begin, conditions)
        return Probed(first.looked | again.looked, first.found | again.found)

    async def _look(self, server: Server, begin: StartControl, conditions: Conditions) -> Probed:
        """Start the bare app and probe it; if the server has options for TLS, once more with TLS. Raises StartError."""
        live = await begin()
        try:
            plain = await probe.look(live, conditions.loop, conditions.workers, conditions.http)
        finally:
            # There is nothing that it would have to end in peace.
            await live.stop(0.0)
        if plain == NOTHING or server.unsupported({WORD: True}):
            return plain
        found = await self._look_with_tls(begin, conditions.http)
        there = frozenset(word for word, there in found.items() if there)
        return Probed(plain.looked | found.keys(), plain.found | there)

    @staticmethod
    async def _look_with_tls(begin: StartControl, http: str) -> Mapping[str, bool]:
        """The offers of a server that is started with TLS: all absent where it does not start so."""
        try:
            live = await begin(secure=True)
        except StartError:
            return dict.fromkeys((WORD, *offers.OF_TLS), False)
        try:
            return await probe.over_tls(live, http)
        finally:
            await live.stop(0.0)

    async def spoken(self, server: Server, servers_part: str, python: Path) -> frozenset[str]:
        """The protocols among ``server.asks``, which only some releases have, by its own ``--help``; run
        if the cache has no finding. Raises EnvironmentFailed where the cache cannot be written."""
        known = self.spoken_now(server, servers_part)
        if known is not None:
            return known
        try:
            argv = [str(python), "-m", server.package, "--help"]
            code, text = await commands.run(argv, env={"PATH": os.defpath, "LANG": "C.UTF-8"}, cwd=Path("/"))
            found = frozenset(word for word, flag in server.asks.items() if code == 0 and flag in text)
            if code == 0:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._write(self._asked(server, servers_part), {"speaks": sorted(found)})
        except OSError as error:
            raise EnvironmentFailed(f"the cache cannot be used: {error.strerror}: {error.filename}") from None
        return found

    def spoken_now(self, server: Server, servers_part: str) -> frozenset[str] | None:
        """The same, None where the cache does not know."""
        try:
            found = json.loads((self._folder / f"{self._asked(server, servers_part)}.json").read_text("utf-8"))
            return frozenset(str(word) for word in found["speaks"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _asked(self, server: Server, servers_part: str) -> str:
        """The digest that names the output of a server's ``--help``."""
        words = [
            self._made_with,
            "help",
            servers_part,
            *(f"{word} {flag}" for word, flag in sorted(server.asks.items())),
        ]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]

    def name(self, server: Server, servers_part: str, loop: str, http: str = HTTP_1_1) -> str:
        """The digest that names a finding."""
        # The command line as it always is: where it listens and which interpreter runs it makes no difference.
        line = server.base(Start(Path("python"), "app", loop, ("", 0), 0))
        own = [inside.digest_of(inside.contents_of(source), package) for package, source in server.brings.items()]
        secure = [] if server.unsupported({WORD: True}) else server.options[WORD](True)
        words = [
            self._made_with,
            servers_part,
            loop,
            http,
            *line,
            "--",
            *server.variant.flags,
            "--",
            *secure,
            "--",
            *own,
        ]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]

    def options_name(self, server: Server, servers_part: str, loop: str, interface: str) -> str:
        """The digest that names a finding about options with the bare app of an interface, which depends on all their
        translations."""
        lines = [
            f"{check.name} {' '.join(server.options[check.option](check.value))}"
            for check in CHECKS
            if check.option in server.options and not server.unsupported({check.option: check.value})
        ]
        words = [self.name(server, servers_part, loop), "options", interface, *lines]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]

    def known(self, name: str) -> Probed | None:
        """A finding, None where there is none that can be read."""
        try:
            found = json.loads((self._folder / f"{name}.json").read_text("utf-8"))
            return Probed(frozenset(found["looked"]), frozenset(found["found"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, name: str, found: Probed) -> None:
        self._write(name, {"looked": sorted(found.looked), "found": sorted(found.found)})

    def _write(self, name: str, document: Mapping[str, object]) -> None:
        replace_text(self._folder / f"{name}.json", json.dumps(document))
