"""The host of targets in containers: an image for each framework under each server, one network for a run, and spools
as folders that both sides share."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from docker.types import Mount

from engine.errors import EngineError, EnvironmentFailed, StartError
from engine.model.network import IPV4
from engine.model.target import DOCKER
from engine.model.tls import TlsCredentials
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.catalog.servers.tls import Files
from engine.targets.environments import layout
from engine.targets.environments.packages import Environment
from engine.targets.runtimes.base import LaunchContext
from engine.targets.runtimes.certificates import FOLDER, Certificates
from engine.targets.runtimes.docker.docking import connect, labels, run_word
from engine.targets.runtimes.docker.images import Images
from engine.targets.runtimes.docker.places import NetworkSlot, NetworkSlots
from engine.targets.runtimes.docker.process import Container
from engine.targets.runtimes.docker.reaper import Reaper
from engine.targets.runtimes.driving import MODULE, READY_WITHIN, Driving
from engine.targets.runtimes.process_handle import ProcessHandle

DESK = "/engine/desk"
LOG = "/engine/log"
# Whom docker/Dockerfile has the service run as.
USER = 10001
DRIVE = "drive.sock"
THREADS = 32
# Makes a process of the image that is called by the engine over a socket of the spool, where no descriptor can be
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


class DockerHost:
    """Keeps ``engine.targets.runtimes.base.Host``. Each container is removed when its target stops; the network, and
    whatever is left, when the engine ends, however it does."""

    name = DOCKER
    # No descriptor reaches into a container.
    hands_down = False
    runs_help = False
    listens = frozenset({IPV4})

    def __init__(
        self,
        *,
        cache: Path,
        root: Path,
        on_progress: Callable[[str], None] = lambda text: None,
        make: Callable[[], Any] = connect,
        reaper: Callable[[str], Closes] = Reaper,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """``root`` is the checkout that images are built from, and ``cache`` has what is known of them. ``make``
        connects to the Docker engine, and ``reaper`` hires who clears up after this process. ``variables`` are the
        engine's own environment."""
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="docker")
        self._make = make
        self._hire = reaper
        self._docker: Any = None
        self._slots: NetworkSlots | None = None
        self._reaper: Closes | None = None
        self._opening = asyncio.Lock()
        # Containers run as whoever runs the engine, who is to read and remove what they write; or, for root, as nobody
        # in particular.
        self._user = f"{os.getuid()}:{os.getgid()}" if os.getuid() else None
        self._run = run_word()
        self._certificates = Certificates()
        self._images = Images(
            cache, root, self._client, self._executor, os.environ if variables is None else variables,
            on_progress=on_progress,
        )  # fmt: skip

    async def environment(self, framework: Framework, server: Server, interpreter: str = "") -> Environment:
        del interpreter  # an image has its own
        return await self._images.ensure(framework, server)

    async def servers_part(self, server: Server, interpreter: str = "") -> str:
        del interpreter
        return await self._images.servers_part(server)

    def scratch(self) -> Path:
        """As ``Host`` has it; whoever clears up after this process knows of the folder."""
        if self._reaper is None:
            self._reaper = self._hire(self._run)
            atexit.register(self._reaper.close)
        folder = Path(tempfile.mkdtemp(prefix="engine-"))
        self._reaper.remove(folder)
        return folder

    async def place(
        self, framework: Framework, server: Server, scratch: Path, *, port: int, listening: bool, listen: str
    ) -> ContainerPlace:
        """An address of the run's network: nobody else has it, and so the port is free, whichever it is."""
        del scratch, port, listening, listen  # planning has left out other addresses than that of IPv4
        image = await self._image(framework, server)
        async with self._opening:
            if self._slots is None:
                self._slots = await self._call(self._open)
            slots: NetworkSlots = self._slots
            taking = asyncio.ensure_future(self._call(lambda: slots.take(image, self._user)))
            try:
                return ContainerPlace(self, await asyncio.shield(taking))
            except asyncio.CancelledError:
                # It is there all the same, and is the next one's.
                with suppress(EngineError):
                    (await taking).close()
                raise

    def secure(self, scratch: Path, address: str, asks: str) -> tuple[Files, TlsCredentials]:
        """As in ``Host``, on the spool, which the container can read. Files belong to the server's user."""
        # If the engine is root, the container runs as the image's own user, who must be able to read the key.
        files, trust = self._certificates.write(scratch / "desk", address, asks, USER if self._user is None else None)
        return files.at(Path(DESK) / FOLDER), trust

    async def drive(self, context: LaunchContext) -> Driving:
        """Start a container in which the app is called without a server. Raises StartError."""
        path = context.scratch / "desk" / DRIVE
        connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        connected = asyncio.get_running_loop().create_future()

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not connected.done():
                connected.set_result((reader, writer))

        listener = await asyncio.start_unix_server(take, path)
        path.chmod(0o777)
        process: ProcessHandle | None = None
        try:
            process = await self.contain(context, [str(layout.PYTHON), "-c", OVER_SOCKET])
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

    async def contain(self, context: LaunchContext, argv: list[str], slot: NetworkSlot | None = None) -> Container:
        """A container of the target's image that runs this, at that address or without any network. Raises
        StartError."""
        launch = context.launch
        image = await self._image(context.framework, context.server)
        context.log.touch()
        # Whoever the container runs as writes there.
        context.log.chmod(0o666)
        spool = context.scratch / "desk"
        for path in spool.iterdir():
            if path.is_dir() and path.name != FOLDER:
                path.chmod(0o777)
        mounts = [Mount(DESK, str(spool.absolute()), "bind"), Mount(LOG, str(context.log.absolute()), "bind")]
        variables = {
            **launch.variables,
            "ENGINE_DESK": DESK, "ENGINE_LOG": LOG, "HOME": "/tmp", **layout.environment(context.framework),
        }  # fmt: skip
        if launch.lifespan_of:
            variables["ENGINE_LIFESPAN_OF"] = launch.lifespan_of
        client = self._client()
        network = f"container:{slot.container.id}" if slot is not None else "none"

        def create() -> Any:
            return client.containers.create(
                image, argv, environment=variables, labels=labels(self._run), mounts=mounts, pid_mode="host",
                user=self._user, healthcheck={"test": ["NONE"]}, working_dir="/tmp", network_mode=network,
            )  # fmt: skip

        return await Container.begin(create, context.log, self._executor, slot)

    def _client(self) -> Any:
        """The client, connected when it is first needed. Raises EnvironmentFailed."""
        if self._docker is None:
            if sys.platform != "linux":
                hint = "clients speak to containers directly, and share a clock with them: run the engine on Linux"
                raise EnvironmentFailed("--runtime docker works only on Linux", hint=hint)
            self._docker = self._make()
        return self._docker

    def _open(self) -> NetworkSlots:
        """Make the run's network. Raises EnvironmentFailed."""
        return NetworkSlots(self._client(), f"asgi-conformance-{self._run}", labels(self._run))

    async def _image(self, framework: Framework, server: Server) -> str:
        """The name of a target's image."""
        name: str = await self._call(lambda: self._images.name(framework, server))
        return name

    async def _call(self, operation: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, operation)


class ContainerPlace:
    """An address of the run's network, in which the containers of one target come and go."""

    descriptor = None

    def __init__(self, host: DockerHost, slot: NetworkSlot) -> None:
        self.address = slot.address
        self._host = host
        self._slot = slot

    async def begin(self, context: LaunchContext, argv: list[str]) -> ProcessHandle:
        return await self._host.contain(context, argv, self._slot)

    def close(self) -> None:
        self._slot.close()
