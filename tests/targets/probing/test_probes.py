from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EnvironmentFailed, StartError
from engine.model.protocols import Boundary
from engine.targets.catalog.capabilities import NOTHING, Probed
from engine.targets.catalog.releases import Variant
from engine.targets.catalog.servers.base import Server
from engine.targets.catalog.servers.tls import flags
from engine.targets.environments.packages import Environments
from engine.targets.probing import probe
from engine.targets.probing.probes import Probes
from tests.execution.fakes import FakeBoundary

SERVER = Server(
    "one", "One_Package", "One", Path("none"),
    base=lambda start: [str(start.python), start.loop, str(start.address)],
    offers=frozenset({"lifespan", "websocket", "http2"}),
)  # fmt: skip
FOUND = Probed(frozenset({"lifespan", "http2"}), frozenset({"lifespan", "http2"}))
MISSED = replace(FOUND, found=frozenset({"lifespan"}))


class Control:
    """A bare app that is started and stopped."""

    address = ("127.0.0.1", 1)

    def __init__(self, log: list[str]) -> None:
        self.boundary: Boundary = FakeBoundary()
        self._log = log

    ended = None
    tls = None

    def signal(self, number: int) -> bool:
        return False

    async def stop(self, grace: float) -> None:
        self._log.append("stop")


class Bench:
    def __init__(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache = cache
        self.log: list[str] = []
        self.result: Probed | Exception = FOUND
        self.before: list[Probed] = []
        monkeypatch.setattr(probe, "look", self.look)

    async def look(self, live: Control, loop: str, workers: int, http: str) -> Probed:
        assert (live.address, workers) == (Control.address, 1)
        self.log.append(f"look {loop}")
        await asyncio.sleep(0)
        if isinstance(self.result, Exception):
            raise self.result
        return self.before.pop(0) if self.before else self.result

    async def begin(self, secure: bool = False) -> Control:
        self.log.append("start with tls" if secure else "start")
        return Control(self.log)

    def probes(self) -> Probes:
        return Probes(self.cache, Environments(self.cache).alone, "engine")

    async def of(self, server: Server = SERVER, part: str = "part", loop: str = "auto") -> Probed:
        return await self.probes().of(server, part, loop, self.begin)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path / "cache", monkeypatch)


def test_a_server_is_probed_once(bench: Bench) -> None:
    assert asyncio.run(bench.of()) == FOUND
    assert bench.log == ["start", "look auto", "stop"]
    assert asyncio.run(bench.of()) == FOUND
    assert len(bench.log) == 3


def test_what_was_not_seen_at_once_is_looked_for_again(bench: Bench) -> None:
    bench.before = [MISSED]
    assert asyncio.run(bench.of()) == FOUND
    assert bench.log == ["start", "look auto", "stop"] * 2
    bench.before = [MISSED, MISSED]
    assert asyncio.run(bench.of(part="other")) == MISSED
    assert asyncio.run(bench.of(part="other")) == MISSED
    assert len(bench.log) == 12


def test_many_that_ask_at_once_wait_for_one(bench: Bench) -> None:
    async def scene() -> list[Probed]:
        one = bench.probes()
        return await asyncio.gather(*(one.of(SERVER, "part", "auto", bench.begin) for _ in range(7)), bench.of())

    assert asyncio.run(scene()) == [FOUND] * 8
    assert bench.log == ["start", "look auto", "stop"]


def test_what_makes_another_server_of_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench.probes()
    names = {
        one.name(SERVER, "part", "auto"),
        one.name(SERVER, "part", "uvloop"),
        one.name(SERVER, "other", "auto"),
        one.name(replace(SERVER, variant=Variant("x", ("--x",))), "part", "auto"),
        one.name(replace(SERVER, base=lambda start: ["other"]), "part", "auto"),
    }
    assert len(names) == 5
    assert bench.probes().name(replace(SERVER, offers=frozenset()), "part", "auto") in names


def test_what_was_kept_and_cannot_be_read_is_probed_anew(bench: Bench) -> None:
    asyncio.run(bench.of())
    (kept,) = bench.cache.glob("probes/*.json")
    for text in ("", "{", "[]", "{}", '{"looked": 1, "found": 2}'):
        kept.write_text(text)
        assert asyncio.run(bench.of()) == FOUND
    assert bench.log.count("start") == 6


def test_a_control_that_does_not_start_is_no_finding(bench: Bench) -> None:
    async def refuses(secure: bool = False) -> Control:
        raise StartError("no")

    assert asyncio.run(bench.probes().of(SERVER, "part", "auto", refuses)) == NOTHING
    assert not list(bench.cache.glob("probes/*.json"))
    assert asyncio.run(bench.of()) == FOUND


def test_a_probe_that_saw_nothing_is_not_kept(bench: Bench) -> None:
    bench.result = NOTHING
    assert asyncio.run(bench.of()) == NOTHING
    assert not list(bench.cache.glob("probes/*.json"))


def test_the_control_is_stopped_whatever_happens(bench: Bench) -> None:
    bench.result = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(bench.of())
    assert bench.log[-1] == "stop"


def test_a_cache_that_cannot_be_written(bench: Bench) -> None:
    bench.cache.write_text("no folder")
    with pytest.raises(EnvironmentFailed, match="the cache cannot be used"):
        asyncio.run(bench.of())


@asynccontextmanager
async def unlocked(path: Path) -> AsyncIterator[int]:
    yield 0


def test_another_engine_finds_anew(bench: Bench) -> None:
    one, other = (Probes(bench.cache, unlocked, made_with) for made_with in ("one", "other"))
    assert one.name(SERVER, "part", "auto") != other.name(SERVER, "part", "auto")


def asking(folder: Path, text: str, code: int = 0) -> tuple[Server, Path]:
    """A server that some releases of speak FastCGI, and an interpreter that answers every call with some words."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\necho asked >> {folder}/asked\necho '{text}'\nexit {code}\n")
    python.chmod(0o755)
    return replace(SERVER, asks={"fastcgi": "--fastcgi-allow-from"}), python


def of_help(cache: Path, server: Server, python: Path, part: str = "part") -> frozenset[str]:
    return asyncio.run(Probes(cache, Environments(cache).alone, "engine").spoken(server, part, python))


def test_a_protocol_of_some_releases_is_asked_for_once(tmp_path: Path) -> None:
    server, python = asking(tmp_path, "usage: --fastcgi-allow-from LIST")
    probes = Probes(tmp_path / "cache", Environments(tmp_path / "cache").alone, "engine")
    assert probes.spoken_now(server, "part") is None
    for _ in range(2):
        assert of_help(tmp_path / "cache", server, python) == {"fastcgi"}
    assert probes.spoken_now(server, "part") == frozenset({"fastcgi"})
    assert (tmp_path / "asked").read_text() == "asked\n"
    of_help(tmp_path / "cache", server, python, "another")
    assert (tmp_path / "asked").read_text() == "asked\n" * 2


def test_a_release_whose_help_does_not_name_it_has_it_not(tmp_path: Path) -> None:
    assert of_help(tmp_path / "cache", *asking(tmp_path, "usage: --bind ADDRESS")) == frozenset()


def test_what_could_not_be_asked_is_not_kept(tmp_path: Path) -> None:
    server, python = asking(tmp_path, "--fastcgi-allow-from", code=1)
    assert of_help(tmp_path / "cache", server, python) == frozenset()
    assert (
        Probes(tmp_path / "cache", Environments(tmp_path / "cache").alone, "engine").spoken_now(server, "part") is None
    )


WITH_TLS = replace(SERVER, options={"tls": flags("--cert", "--key", "--ca", "--asks", {"optional": "1"})})


def test_a_server_with_flags_for_tls_is_started_once_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def over_tls(live: Control, http: str) -> dict[str, bool]:
        bench.log.append("look at tls")
        return {"tls": True, "tls-extension": False}

    monkeypatch.setattr(probe, "over_tls", over_tls)
    found = asyncio.run(bench.of(WITH_TLS))
    assert found == Probed(FOUND.looked | {"tls", "tls-extension"}, FOUND.found | {"tls"})
    assert bench.log == ["start", "look auto", "stop", "start with tls", "look at tls", "stop"]
    assert asyncio.run(bench.of(WITH_TLS)) == found
    assert len(bench.log) == 6
    assert bench.probes().name(WITH_TLS, "part", "auto") != bench.probes().name(SERVER, "part", "auto")


def test_a_server_that_does_not_start_with_tls_has_none(bench: Bench) -> None:
    async def begin(secure: bool = False) -> Control:
        if secure:
            raise StartError("no such flag")
        return await bench.begin()

    found = asyncio.run(bench.probes().of(WITH_TLS, "part", "auto", begin))
    assert found == Probed(FOUND.looked | {"tls", "tls-extension"}, FOUND.found)
