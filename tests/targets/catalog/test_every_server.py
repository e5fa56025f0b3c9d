"""Each server with the bare app behind it, in an environment of its own, on each loop that it offers."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from engine.model.network import unix_path
from engine.model.target import ExitStatus, ServerLaunch, Target
from engine.observer.spool import ObserverSpool
from engine.targets.catalog.frameworks import load_frameworks
from engine.targets.catalog.servers import load_servers
from engine.targets.environments.packages import Environments
from engine.targets.matrix import fitting
from engine.targets.matrix.selection import configured
from engine.targets.probing.probes import Probes
from engine.targets.runtimes import readiness
from engine.targets.runtimes.gateway_process import takes
from engine.targets.runtimes.local.host import LocalHost
from engine.targets.runtimes.starter import Starter
from tests.extended import more

FRAMEWORKS = Path(__file__).parents[3] / "frameworks"
SERVERS = load_servers()
OF_APP = load_frameworks(FRAMEWORKS)["control"].offers - {"lifespan", "state", "websocket"} | {"disconnect"}
OF_ASGI = [name for name, server in SERVERS.items() if "asgi" in server.interfaces]
ALIKE = {"anycorn", "gunicorn-h1c", "uvicorn-h11", "uvicorn-zttp"}
"""Servers with the options and the processes of another one."""
OPTIONS_OF = [more(name) if name in ALIKE else name for name in OF_ASGI]
pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has no probes yet, so that each server is probed. Environments are those of the user's cache."""
    return tmp_path_factory.mktemp("cache")


def runtime(cache: Path, folder: Path, *words: str) -> Starter:
    environments = Environments()
    servers = {one.configuration: one for one in configured(SERVERS, words or tuple(SERVERS))}
    return Starter(
        LocalHost(environments), load_frameworks(FRAMEWORKS), servers, ObserverSpool.create, folder,
        prober=Probes(cache, environments.alone, "engine"),
    )  # fmt: skip


@pytest.mark.parametrize("server", OF_ASGI)
def test_it_runs_on_its_loops_and_offers_what_it_claims(cache: Path, tmp_path: Path, server: str) -> None:
    here = runtime(cache, tmp_path)
    loops = [loop for loop in SERVERS[server].loops if loop != "auto"]

    async def scene() -> None:
        lives = await asyncio.gather(
            *(
                here.start(ServerLaunch(Target(server, "control", loop, fitting.own_gateway(SERVERS[server]))))
                for loop in loops
            )
        )
        try:
            for live, loop in zip(lives, loops, strict=True):
                assert live.facts.loop_name == loop
                assert live.facts.version in SERVERS[server].lock.read_text()
                assert live.facts.refuted == ()
                assert set(live.facts.offers) - OF_APP == SERVERS[server].claims - OF_APP
                assert live.ended is None
        finally:
            await asyncio.gather(*(live.stop() for live in lives))

    asyncio.run(scene())


@pytest.mark.parametrize("server", OPTIONS_OF)
def test_each_of_its_options_has_its_effect(cache: Path, tmp_path: Path, server: str) -> None:
    before = set((cache / "probes").glob("*.json"))
    target = Target(server, "control", "asyncio", fitting.own_gateway(SERVERS[server]))

    async def scene() -> None:
        live = await runtime(cache, tmp_path).start(ServerLaunch(target, (("env", (("OF_THE_TEST", "1"),)),)))
        assert live.facts.refuted == ()
        await live.stop()

    asyncio.run(scene())
    findings = [json.loads(path.read_text()) for path in {*(cache / "probes").glob("*.json")} - before]
    of_options = next(found["found"] for found in findings if "env" in found["found"])
    assert "listen: unix" in of_options
    assert ("worker_timeout" in of_options) == ("worker_timeout" in SERVERS[server].options)


@pytest.mark.parametrize("server", ["waitress", "pyuwsgi"])
def test_options_have_their_effects_on_a_wsgi_app(cache: Path, tmp_path: Path, server: str) -> None:
    target = Target(server, "wsgi-control", "auto", interface="wsgi")

    async def scene() -> None:
        live = await runtime(cache, tmp_path).start(ServerLaunch(target, (("listen", "unix"),)))
        assert live.facts.refuted == ()
        await live.stop()

    asyncio.run(scene())
    findings = [json.loads(path.read_text()) for path in (cache / "probes").glob("*.json")]
    assert any("listen: unix" in found["found"] and "env" not in found["looked"] for found in findings)


def test_options_without_an_effect_are_refuted(cache: Path, tmp_path: Path) -> None:
    name = "reference~fields-unlimited"
    target = Target("reference", "control", "asyncio", variant="fields-unlimited")

    async def scene() -> None:
        live = await runtime(cache, tmp_path, name).start(ServerLaunch(target, (("access_log", True),)))
        assert live.facts.refuted == (
            "the option `limits: {fields: ...}` is translated, and the probe found no effect",
        )
        await live.stop()

    asyncio.run(scene())


def test_releases_stand_side_by_side_and_an_old_one_lacks_something(cache: Path, tmp_path: Path) -> None:
    here = runtime(cache, tmp_path, "hypercorn", "hypercorn==0.16.0")

    async def scene() -> None:
        new, old = await asyncio.gather(
            here.start(ServerLaunch(Target("hypercorn", "control", "auto"))),
            here.start(ServerLaunch(Target("hypercorn", "control", "auto", release="==0.16.0"))),
        )
        assert (old.facts.version, old.facts.refuted) == ("0.16.0", ())
        assert new.facts.version != "0.16.0"
        assert set(new.facts.offers) - set(old.facts.offers) >= {"state"}
        assert await new.stop() == ExitStatus(status=0)
        await old.stop()

    asyncio.run(scene())


WSGI = [
    ("fcgisgi", "nginx-fastcgi"),
    ("flup", "nginx-fastcgi"),
    ("granian", "direct"),
    ("gunicorn", "direct"),
    ("gunicorn", "nginx-http"),
    ("gunicorn-h1c", "direct"),
    ("gunicorn-sync", "direct"),
    ("hypercorn", "direct"),
    ("waitress", "direct"),
    ("gunicorn", "nginx-uwsgi"),
    ("pyuwsgi", "direct"),
    ("pyuwsgi", "nginx-fastcgi"),
    ("pyuwsgi", "nginx-http"),
    ("pyuwsgi", "nginx-uwsgi"),
]


@pytest.mark.parametrize(("server", "gateway"), WSGI)
def test_a_wsgi_app_is_served_and_everything_ends(cache: Path, tmp_path: Path, server: str, gateway: str) -> None:
    options = (("keep_conn", True),) if gateway == "nginx-fastcgi" else ()
    target = Target(server, "wsgi-control", "auto", gateway, interface="wsgi")

    async def scene() -> None:
        live = await runtime(cache, tmp_path).start(ServerLaunch(target, options))
        assert (live.address == live.upstream) is (gateway == "direct")
        assert live.speaks == fitting.speaks(target)
        call = await readiness.ready(live.address, live.boundary, 2, any_status=True)
        assert call.scope["type"] == "wsgi"
        assert call.scope["SCRIPT_NAME"] == ""
        assert call.scope["PATH_INFO"] == "/health"
        # Behind a gateway the peer is the client all the same, and the parameter that says so is taken out.
        assert gateway == "direct" or call.peer is not None
        assert "HTTP_X_ENGINE_PEER" not in call.scope
        assert await live.stop() is not None
        for address in (live.address, live.upstream):
            assert not await takes(address)

    asyncio.run(scene())


@pytest.mark.parametrize("server", ["fcgisgi", "flup"])
def test_a_gateway_finds_its_server_on_a_unix_socket(cache: Path, tmp_path: Path, server: str) -> None:
    target = Target(server, "wsgi-control", "auto", "nginx-fastcgi", interface="wsgi")

    async def scene() -> None:
        live = await runtime(cache, tmp_path).start(ServerLaunch(target, (("listen", "unix"),)))
        try:
            assert unix_path(live.upstream)
            call = await readiness.ready(live.address, live.boundary, 2, any_status=True)
            assert call.scope["PATH_INFO"] == "/health"
        finally:
            await live.stop()

    asyncio.run(scene())


def test_requests_at_once_are_each_answered_through_each_gateway(cache: Path, tmp_path: Path) -> None:
    async def of(server: str, gateway: str) -> None:
        here = runtime(cache, tmp_path / f"{server}-{gateway}")
        live = await here.start(ServerLaunch(Target(server, "wsgi-control", "auto", gateway, interface="wsgi")))
        try:
            answers = await asyncio.gather(*(readiness.ask(live.address, f"many.{n}") for n in range(50)))
            assert {answer.status for answer in answers} == {404}
        finally:
            await live.stop()

    async def scene() -> None:
        for server in ("fcgisgi", "flup", "pyuwsgi"):
            await of(server, "nginx-fastcgi")

    asyncio.run(scene())


WITH_TLS = [
    (name, value)
    for name in OF_ASGI
    for value in (True, "optional", "required")
    if not SERVERS[name].unsupported({"tls": value})
]


@pytest.mark.parametrize(("server", "value"), WITH_TLS)
def test_with_tls_it_is_ready_over_tls_and_tells_its_app(
    cache: Path, tmp_path: Path, server: str, value: object
) -> None:
    async def scene() -> None:
        here = runtime(cache, tmp_path)
        live = await here.start(ServerLaunch(Target(server, "control", "asyncio"), (("tls", value),)))
        try:
            assert live.tls is not None
            assert live.tls.asks == ("" if value is True else value)
            assert stat.S_IMODE(live.tls.client.stat().st_mode) == 0o600
            call = await readiness.ready(live.address, live.boundary, 2, tls=live.tls)
            assert call.scope["scheme"] == "https"
        finally:
            await live.stop()
        # Nothing is left of its keys.
        assert not live.tls.client.parent.exists()

    asyncio.run(scene())
