"""The algorithm of a start, on a host that starts nothing: what is asked of it, and that all of it is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.errors import StartError
from engine.model.network import IPV4, IPV6, UNIX
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.model.tls import TlsCredentials
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.tls import Files
from engine.targets.environments.packages import Environment
from engine.targets.runtimes.base import Host, LaunchContext, ServerPlace
from engine.targets.runtimes.driving import Driving
from engine.targets.runtimes.live import StartedTarget
from engine.targets.runtimes.offers import StartControl
from engine.targets.runtimes.process_handle import GRACE, ProcessHandle
from engine.targets.runtimes.starter import TRIES, Starter
from tests.targets.runtimes.plain_spool import PlainSpool

LAUNCH = ServerLaunch(Target("one", "one", "auto"))


@dataclass
class Process:
    """A main process that has ended with status 1 when it is first checked, or never does."""

    steps: list[str]
    ended: ExitStatus | None = None
    pid: int = 7
    ended_at: float = 0.0

    async def check(self) -> ExitStatus | None:
        return self.ended

    async def wait(self) -> ExitStatus:
        if self.ended is None:
            await asyncio.Future()
        assert self.ended is not None
        return self.ended

    def signal(self, number: int) -> None: ...

    async def stop(self, grace: float = GRACE) -> ExitStatus | None:
        self.steps.append("stop")
        return self.ended

    async def release(self) -> None:
        self.steps.append("release")


@dataclass
class At:
    """A place where nothing ever listens: port 1 of this machine."""

    host: Somewhere
    address: tuple[str, int] = ("127.0.0.1", 1)
    descriptor: int | None = None

    async def begin(self, context: LaunchContext, argv: list[str]) -> ProcessHandle:
        steps = self.host.steps
        steps.append(f"begin {argv}")
        if self.host.trouble is not None:
            raise self.host.trouble
        context.log.write_text(self.host.says)
        return Process(steps, self.host.ends)

    def close(self) -> None:
        self.host.steps.append("close the place")


@dataclass
class Somewhere:
    """A host that does what a test says."""

    folder: Path
    says: str = ""
    ends: ExitStatus | None = field(default_factory=lambda: ExitStatus(status=1))
    trouble: StartError | None = None
    steps: list[str] = field(default_factory=list)
    name: str = "somewhere"
    hands_down: bool = False
    runs_help: bool = True
    listens: frozenset[str] = frozenset({IPV4})

    async def environment(self, framework: Framework, server: Server, interpreter: str = "") -> Environment:
        return Environment(Path("python"), "3.12.1", {"one-server": "2.0"})

    async def servers_part(self, server: Server, interpreter: str = "") -> str:
        return "part"

    def scratch(self) -> Path:
        folder = self.folder / f"scratch{len(self.steps)}"
        folder.mkdir()
        return folder

    async def place(
        self, framework: Framework, server: Server, scratch: Path, *, port: int, listening: bool, listen: str
    ) -> ServerPlace:
        self.steps.append(f"place {server.name} at {port}{' listening' if listening else ''}")
        return At(self)

    def secure(self, scratch: Path, address: str, asks: str) -> tuple[Files, TlsCredentials]:
        raise NotImplementedError

    async def drive(self, context: LaunchContext) -> Driving:
        raise NotImplementedError


class Bench:
    def __init__(self, folder: Path) -> None:
        self.host = Somewhere(folder)
        self.spools: list[PlainSpool] = []

    def starter(
        self,
        *,
        descriptor: bool = True,
        ready_within: float = 30.0,
        options: Mapping[str, Callable[[object], list[str]]] | None = None,
        prober: Prober | None = None,
    ) -> Starter:
        host: Host = self.host
        server = Server(
            "one", "One.Server", "One", Path("none"),
            base=command, hands_descriptor=descriptor, options=dict(options or {}),
        )  # fmt: skip
        framework = Framework("one", "One", "app:app", Path("none"))
        return Starter(
            host, {"one": framework, "control": framework}, {"one": server}, self.spool, self.host.folder / "run",
            ready_within=ready_within, prober=prober,
        )  # fmt: skip

    def spool(self, folder: Path) -> PlainSpool:
        self.spools.append(PlainSpool(folder))
        return self.spools[-1]

    def fails(self, starter: Starter) -> StartError:
        """The error that a start ends with; nothing of it may be left but what processes would remove."""
        with pytest.raises(StartError) as caught:
            asyncio.run(starter.start(LAUNCH))
        assert all(spool.closed for spool in self.spools)
        assert self.host.steps.count("close the place") == len(self.spools)
        return caught.value


def command(start: Start) -> list[str]:
    return [str(start.python), start.version, str(start.address[1])]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_cannot_be_begun_leaves_nothing(bench: Bench) -> None:
    bench.host.trouble = StartError("no such program")
    assert bench.fails(bench.starter()).what == "no such program"
    assert bench.host.steps == ["place one at 0", "begin ['python', '2.0', '1']", "close the place"]
    assert list(bench.host.folder.glob("scratch*")) == []


def test_what_ends_before_it_is_ready_is_released(bench: Bench) -> None:
    bench.host.says = "ModuleNotFoundError: No module named 'x'\n"
    error = bench.fails(bench.starter())
    assert (error.what, error.exit) == ("one-one-auto ended before it was ready (exit status 1)", "exit status 1")
    assert bench.host.steps[2:] == ["close the place", "stop", "release"]


def test_what_is_never_ready_is_ended(bench: Bench) -> None:
    bench.host.ends = None
    assert bench.fails(bench.starter(ready_within=0.05)).what == "one-one-auto was not ready within 0.05 s"
    assert bench.host.steps[2:] == ["close the place", "stop", "release"]


def test_only_a_taken_port_is_tried_again(bench: Bench) -> None:
    """Other hints may speak of ports, or hold the word, as "imported" does."""
    bench.host.says = "  File \"/app/app.py\", line 1, in <module>\nModuleNotFoundError: No module named 'support'\n"
    assert "support" in bench.fails(bench.starter()).hint
    assert len(bench.spools) == 1
    bench.host.says = "OSError: [Errno 98] Address already in use\n"
    assert "another process has the port" in bench.fails(bench.starter()).hint
    assert len(bench.spools) == 1 + TRIES


@pytest.mark.parametrize(("host", "server"), [(True, False), (False, True), (True, True)])
def test_a_socket_is_handed_down_where_both_sides_can(bench: Bench, host: bool, server: bool) -> None:
    bench.host.hands_down = host
    bench.host.trouble = StartError("no")
    bench.fails(bench.starter(descriptor=server))
    assert bench.host.steps[0] == "place one at 0" + (" listening" if host and server else "")


def test_a_held_launch_is_placed_and_not_begun(bench: Bench) -> None:
    async def scene() -> None:
        live = await bench.starter().start(ServerLaunch(LAUNCH.target, lifespan_of="j0", held=True, port=7000))
        assert (live.pid, live.ended, live.facts.version) == (0, None, "2.0")
        assert bench.host.steps == ["place one at 7000"]
        await live.stop()

    asyncio.run(scene())
    assert bench.host.steps == ["place one at 7000", "close the place"]
    assert bench.spools[0].closed


@dataclass
class Prober:
    """Finds every capability, and keeps which options it may begin with."""

    refused: list[str] = field(default_factory=list)
    option_words: frozenset[str] = frozenset({"root_path"})

    async def of(
        self, server: Server, servers_part: str, loop: str, begin: StartControl, *, workers: int = 1, http: str = "1.1"
    ) -> Probed:
        return Probed(frozenset({"lifespan"}), frozenset({"lifespan"}))

    async def without_effect(
        self,
        server: Server,
        servers_part: str,
        loop: str,
        begin: Callable[[tuple[tuple[str, object], ...]], Awaitable[StartedTarget]],
        *,
        unsupported: Callable[[Mapping[str, object]], Collection[str]],
        offers: Collection[str],
    ) -> tuple[str, ...]:
        self.refused = [listen for listen in (IPV4, IPV6, UNIX) if unsupported({"listen": listen})]
        return ()

    async def spoken(self, server: Server, servers_part: str, python: Path) -> frozenset[str]:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("listens", "refused"), [({IPV4}, [IPV6, UNIX]), ({IPV4, UNIX}, [IPV6])], ids=["a container", "without IPv6"]
)
def test_options_are_probed_on_the_addresses_of_the_host(bench: Bench, listens: set[str], refused: list[str]) -> None:
    bench.host.listens = frozenset(listens)
    prober = Prober()
    options = {"root_path": lambda value: ["--root-path", str(value)], "listen": lambda value: ["--listen", str(value)]}
    starter = bench.starter(options=options, prober=prober)
    with pytest.raises(StartError):
        asyncio.run(starter.start(replace(LAUNCH, options=(("root_path", "/a"),))))
    assert prober.refused == refused
