"""The runtime that starts targets as containers: an image for each framework under each server, one network for a run,
and the desk as a folder that both sides share. All else is as with local processes."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from docker.types import Mount

from engine.errors import EngineError, EnvironmentFailed, StartError
from engine.model.protocols import Boundary
from engine.model.target import DOCKER, ServerLaunch, Target
from engine.model.tls import TlsCredentials
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server, Start
from engine.targets.catalog.servers.tls import WORD, Files, asked
from engine.targets.environments import layout
from engine.targets.runtimes.certificates import FOLDER
from engine.targets.runtimes.docker.docking import connect, labels, run_word
from engine.targets.runtimes.docker.images import Images
from engine.targets.runtimes.docker.places import NetworkSlot, NetworkSlots
from engine.targets.runtimes.docker.process import Container
from engine.targets.runtimes.docker.reaper import Reaper
from engine.targets.runtimes.driving import MODULE, READY_WITHIN, Driving
from engine.targets.runtimes.launch_context import LaunchContext
from engine.targets.runtimes.local.process import SupervisedProcess
from engine.targets.runtimes.local.runtime import LocalRuntime
from engine.targets.runtimes.offers import Prober

DESK = "/engine/desk"
LOG = "/engine/log"
# Whom docker/Dockerfile has the service run as.
USER = 10001
DRIVE = "drive.sock"
THREADS = 32
# Makes a process of the image that is called by the engine over a socket of the desk's, where no descriptor can be
# handed down.
OVER_SOCKET = f"""
import os, socket, sys
ours = socket.socket(socket.AF_UNIX)
ours.connect({DESK + "/" + DRIVE!r})
os.set_inheritable(ours.fileno(), True)
os.environ["ENGINE_DRIVES"] = str(ours.fileno())
os.execv(sys.executable, [sys.executable, "-m", {MODULE!r}])
"""


class Closes(Protocol):
    """Whoever removes what a run leaves."""

    def remove(self, folder: Path) -> None: ...

    def close(self) -> None: ...


class DockerRuntime(LocalRuntime):
    """Starts targets in containers on this machine. Each container is removed when its target stops; the network, and
    whatever is left, when the engine ends, however it does."""

    name = DOCKER

    def __init__(
        self,
        frameworks: Mapping[str, Framework],
        servers: Mapping[str, Server],
        boundary_of: Callable[[Path], Boundary],
        folder: Path,
        *,
        cache: Path,
        root: Path,
        prober: Prober | None = None,
        nginx: str = "",
        on_progress: Callable[[str], None] = lambda text: None,
        make: Callable[[], Any] = connect,
        reaper: Callable[[str], Closes] = Reaper,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """``root`` is the checkout that images are built from, ``make`` connects to the Docker engine and ``reaper``
        hires who clears up after this process. The rest is as LocalRuntime has it."""
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")
        self._make = make
        self._hire = reaper
        self._docker: Any = None
        self._places: NetworkSlots | None = None
        self._taken: dict[tuple[str, int], NetworkSlot] = {}
        self._reaper: Closes | None = None
        self._opening = asyncio.Lock()
        # Containers run as whoever runs the engine, who is to read and remove what they write; or, for root, as nobody
        # in particular.
        self._user = f"{os.getuid()}:{os.getgid()}" if os.getuid() else None
        self._run = run_word()
        self.images = Images(
            cache, root, self._client, self._executor, os.environ if variables is None else variables,
            on_progress=on_progress,
        )  # fmt: skip
        super().__init__(self.images, frameworks, servers, boundary_of, folder, prober=prober, nginx=nginx)

    def _client(self) -> Any:
        """The client, connected when it is first needed. Raises EnvironmentFailed."""
        if self._docker is None:
            if sys.platform != "linux":
                hint = "clients speak to containers directly, and share a clock with them: run the engine on Linux"
                raise EnvironmentFailed("--runtime docker works on Linux alone", hint=hint)
            self._docker = self._make()
        return self._docker

    async def unclaimed(self, target: Target, words: Collection[str]) -> frozenset[str]:
        """As LocalRuntime has it, but that a server's ``--help`` is not asked."""
        return await super().unclaimed(target, frozenset(words) - self.servers[target.configuration].asks.keys())

    def _hands_down(self, launch: ServerLaunch) -> bool:
        """No descriptor reaches into a container."""
        del launch
        return False

    def _scratch(self) -> Path:
        """A new folder for a target, of which whoever clears up after this process knows. Raises OSError."""
        if self._reaper is None:
            self._reaper = self._hire(self._run)
            atexit.register(self._reaper.close)
        folder = super()._scratch()
        self._reaper.remove(folder)
        return folder

    async def _place(self, launch: ServerLaunch) -> tuple[tuple[str, int], None, NetworkSlot]:
        """An address of the run's network: nobody else has it, and so the port is free."""
        target = launch.target
        image = await self._image(target)
        async with self._opening:
            if self._places is None:
                self._places = await self._call(self._open)
            places: NetworkSlots = self._places
            taking = asyncio.ensure_future(self._call(lambda: places.take(image, self._user)))
            try:
                place: NetworkSlot = await asyncio.shield(taking)
            except asyncio.CancelledError:
                # It is there all the same, and is the next one's.
                with suppress(EngineError):
                    (await taking).close()
                raise
        self._taken[place.address] = place
        return place.address, None, place

    def _secured(self, launch: ServerLaunch, folder: Path, host: str) -> tuple[Files | None, TlsCredentials | None]:
        """As LocalRuntime has it, in the desk, which the container sees. What the server is given is its own user's."""
        asks = asked(dict(launch.options).get(WORD, False))
        if asks is None:
            return None, None
        # Where the engine is root the container runs as the image's own user, who is to read the key.
        files, trust = self._certificates.write(folder / "desk", host, asks, USER if self._user is None else None)
        return files.at(Path(DESK) / FOLDER), trust

    def _open(self) -> NetworkSlots:
        """Make the run's network. Raises EnvironmentFailed."""
        client = self._client()
        return NetworkSlots(client, f"asgi-conformance-{self._run}", labels(self._run))

    async def _image(self, target: Target) -> str:
        """The name of a target's image."""
        framework, server = self.frameworks[target.framework], self.servers[target.configuration]
        name: str = await self._call(lambda: self.images.name(framework, server))
        return name

    async def _begin(self, site: LaunchContext, listener: object = None) -> SupervisedProcess:
        """Start the container of a target. Raises StartError."""
        del listener
        target = site.launch.target
        version = self._offers.info(target, site.environment).version
        app = layout.APPS[target.interface]
        start = Start(
            site.environment.python, app, target.loop, site.address, None, site.options, version,
            site.speaks, target.interface,
        )  # fmt: skip
        argv = self.servers[target.configuration].command(start)
        return await self._contain(site, argv, self._taken[site.address])

    async def _drive(self, site: LaunchContext) -> Driving:
        """Start a container in which the app is called without a server. Raises StartError."""
        path = site.scratch / "desk" / DRIVE
        connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        connected = asyncio.get_running_loop().create_future()

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not connected.done():
                connected.set_result((reader, writer))

        listener = await asyncio.start_unix_server(take, path)
        path.chmod(0o777)
        process: SupervisedProcess | None = None
        try:
            process = await self._contain(site, [str(layout.PYTHON), "-c", OVER_SOCKET])
            async with asyncio.timeout(READY_WITHIN):
                streams = await connected
            return await Driving.over(process, *streams)
        except BaseException as error:
            if process is not None:
                await asyncio.shield(process.release())
            if isinstance(error, TimeoutError):
                raise StartError("the container in which the app is called did not report") from None
            raise
        finally:
            listener.close()

    async def _contain(self, site: LaunchContext, argv: list[str], place: NetworkSlot | None = None) -> Container:
        """A container of the target's image that runs this, in that place or without any network. Raises StartError."""
        launch, target = site.launch, site.launch.target
        framework = self.frameworks[target.framework]
        image = await self._image(target)
        site.log.touch()
        # Whoever the container runs as writes there.
        site.log.chmod(0o666)
        for path in (site.scratch / "desk").iterdir():
            if path.is_dir() and path.name != FOLDER:
                path.chmod(0o777)
        mounts = [
            Mount(DESK, str((site.scratch / "desk").absolute()), "bind"),
            Mount(LOG, str(site.log.absolute()), "bind"),
        ]
        variables = {"ENGINE_DESK": DESK, "ENGINE_LOG": LOG, "HOME": "/tmp", **layout.environment(framework)}
        if launch.lifespan_of:
            variables["ENGINE_LIFESPAN_OF"] = launch.lifespan_of
        client = self._client()
        network = f"container:{place.container.id}" if place is not None else "none"

        def create() -> Any:
            return client.containers.create(
                image, argv, environment=variables, labels=labels(self._run), mounts=mounts, pid_mode="host",
                user=self._user, healthcheck={"test": ["NONE"]}, working_dir="/tmp", network_mode=network,
            )  # fmt: skip

        return await Container.begin(create, site.log, self._executor, place)

    async def _call(self, act: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, act)
