"""The local runtime's probes, with a tiny server in the place of a real one."""

from __future__ import annotations

import asyncio

import pytest

from engine.model.target import ServerLaunch, Target
from engine.targets.catalog.capabilities import NOTHING
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.probing.probes import Probes
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter
from tests.targets.runtimes.local.test_host import Bench, NoEnvironments, bench, tiny

__all__ = ["bench"]

CONTROL = ServerLaunch(Target("tiny", "control", "auto"))


class Starts:
    """Counts what is started."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []

    def base(self, start: Start) -> list[str]:
        if start.descriptor != 0:  # else it is for the name of a finding
            self.lines.append([start.loop, *(str(value) for value in start.options.items())])
        return tiny(start)


def runtime(bench: Bench, server: Server) -> Starter:
    environments = NoEnvironments(bench.folder / "cache")
    return Starter(
        LocalHost(environments), {"one": bench.framework, "control": bench.framework}, {server.configuration: server},
        bench.spool, bench.folder / "run", prober=Probes(environments.cache, environments.alone, "engine"),
    )  # fmt: skip


@pytest.fixture
def starts(bench: Bench) -> Starts:
    (bench.folder / "tiny.lock").write_text("tiny==1.0\n")
    return Starts()


def server(bench: Bench, starts: Starts, *offers: str) -> Server:
    return Server(
        "tiny", "tiny", "Tiny", bench.folder / "tiny.lock", base=starts.base, offers=frozenset(offers),
        loops=("auto", "asyncio"), hands_descriptor=False,
    )  # fmt: skip


def test_a_server_is_probed_before_its_first_start_and_never_again(bench: Bench, starts: Starts) -> None:
    async def scene(one: Starter) -> tuple[tuple[str, ...], tuple[str, ...]]:
        live = await one.start(ServerLaunch(Target("tiny", "one", "auto")))
        await live.stop()
        return live.facts.offers, live.facts.refuted

    claiming = server(bench, starts, "http2", "reload")
    found = asyncio.run(scene(runtime(bench, claiming)))
    assert found == (
        (), ("http2 is claimed, and the probe found none", "reload is claimed, and the probe found none"),
    )  # fmt: skip
    # What is claimed and was not seen is looked for twice.
    assert len(starts.lines) == 3
    assert asyncio.run(scene(runtime(bench, claiming))) == found
    assert len(starts.lines) == 4
    assert asyncio.run(scene(runtime(bench, server(bench, starts)))) == ((), ())
    assert len(starts.lines) == 5
    assert (bench.folder / "run" / "logs" / "probe-tiny-control-auto.log").is_file()


def test_what_a_server_does_not_claim_is_looked_at_before_it_is_believed(bench: Bench, starts: Starts) -> None:
    silent = runtime(bench, server(bench, starts))
    target = Target("tiny", "one", "auto")
    assert asyncio.run(silent.unclaimed(target, ["http2", "lifespan"])) == frozenset()
    assert len(starts.lines) == 1
    # Where the framework is what lacks it, or nobody knows the word, there is nothing to look at.
    assert asyncio.run(runtime(bench, server(bench, starts, "lifespan")).unclaimed(target, ["lifespan"])) == frozenset()
    assert asyncio.run(silent.unclaimed(target, ["disconnect", "tls"])) == frozenset()
    assert len(starts.lines) == 1


def test_what_is_found_though_nobody_claims_it(bench: Bench, starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.targets.catalog.capabilities import Probed
    from engine.targets.probing import probe

    async def look(live: object, loop: str, workers: int, http: str) -> Probed:
        return Probed(frozenset({"http2", "state"}), frozenset({"http2", "state"}))

    monkeypatch.setattr(probe, "look", look)
    silent = runtime(bench, server(bench, starts))
    found = asyncio.run(silent.unclaimed(Target("tiny", "one", "auto"), ["http2", "state", "trailers"]))
    # The framework's app uses no state, so the target offers none, whatever the server does.
    assert found == {"http2"}


def test_without_probes_claims_are_believed(bench: Bench, starts: Starts) -> None:
    believing = Starter(
        LocalHost(NoEnvironments(bench.folder / "cache")), {"control": bench.framework},
        {"tiny": server(bench, starts, "http2")}, bench.spool, bench.folder / "run",
    )  # fmt: skip

    async def scene() -> tuple[str, ...]:
        live = await believing.start(CONTROL)
        await live.stop()
        return live.facts.offers

    assert asyncio.run(scene()) == ("http2",)
    assert asyncio.run(believing.unclaimed(CONTROL.target, ["trailers"])) == NOTHING.found
    assert len(starts.lines) == 1
