"""Images of frameworks under servers, built where they are missing: what environments are to local processes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from docker.errors import DockerException, ImageNotFound

from engine.errors import EnvironmentFailed
from engine.model.packaged import DATA
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.releases import Pinned, Version
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import layout
from engine.targets.environments.packages import Environment, Environments, locked
from engine.targets.runtimes.docker.docking import LABEL, asking, refused

DOCKERFILE = Path("docker") / "Dockerfile"
BASE = "python:3.12-slim"
REPOSITORY = "asgi-conformance"
# Variables that a build takes from the environment, to reach the package index.
PASSED = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
LAST_LINES = 20
# The maximum length of a reported build step, in characters.
WIDEST = 70
ASK = """
import importlib.metadata, json, platform
found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
print(json.dumps({"python": platform.python_version(), "versions": found}))
"""


class Images(Environments):
    """The images. An image is named after its content, so that only changed ones are built."""

    def __init__(
        self,
        cache: Path,
        root: Path,
        client: Callable[[], Any],
        executor: Executor,
        variables: Mapping[str, str],
        *,
        on_progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``root`` has the frameworks and docker/, ``client`` gives the Docker engine's client; calls of it run on
        ``executor``. ``variables`` are the engine's own environment: PYTHON_IMAGE names the base image."""
        super().__init__(cache, on_progress=on_progress)
        self._root = root
        self._client = client
        self._executor = executor
        self._base = variables.get("PYTHON_IMAGE") or BASE
        self._passed = {name: variables[name] for name in PASSED if variables.get(name)}
        self._locks: dict[str, asyncio.Lock] = {}
        self._building = asyncio.Semaphore(1)
        self._names: dict[tuple[str, str], str] = {}
        self._ready: dict[str, Environment] = {}
        # An image that failed once in a run is not tried again for every case.
        self._failed: dict[str, EnvironmentFailed] = {}
        self._tell = on_progress

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        """The environment inside the image, which is built where it is missing. Raises EnvironmentFailed."""
        del python
        name = await self._call(lambda: self.name(framework, server))
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name in self._failed:
                raise self._failed[name]
            if name not in self._ready:
                if not await self._call(lambda: self._there(name)):
                    async with self._building:
                        began = time.monotonic()
                        self._tell(f"building the image {name}")
                        try:
                            await self._call(lambda: self._build(name, framework, server))
                        except EnvironmentFailed as error:
                            self._failed[name] = error
                            raise
                        self._tell(f"built the image {name} in {time.monotonic() - began:.1f} s")
                self._ready[name] = await self._call(lambda: self._inside(name))
        return self._ready[name]

    async def servers_part(self, server: Server, python: Path | None = None) -> str:
        """The identity of a server in containers of this base."""
        del python
        locks = "\n".join([*locked(server), layout.version_of(server), *server.variant.pins])
        return hashlib.sha256(f"{self._base}\n{locks}".encode()).hexdigest()[:16]

    def name(self, framework: Framework, server: Server) -> str:
        """The image's name and tag. Raises EnvironmentFailed where it cannot be made at all."""
        key = framework.configuration, server.configuration
        if key not in self._names:
            self._names[key] = self._named(framework, server)
        return self._names[key]

    def _named(self, framework: Framework, server: Server) -> str:
        if not (self._root / DOCKERFILE).is_file():
            hint = "images are built from docker/ next to the frameworks: reinstall the engine"
            raise EnvironmentFailed(f"there is no {DOCKERFILE} in {self._root}", hint=hint)
        if framework.folder.parent != (self._root / "frameworks").resolve():
            what = f"{framework.folder} is not among the frameworks of {self._root}"
            raise EnvironmentFailed(what, hint="images are made of those: copy it there")
        for one in (server, framework):
            pins = isinstance(one, Server) and one.variant.pins
            if not isinstance(one.release, (Pinned, Version)) or pins:
                hint = "pinned releases and NAME==VERSION can; others run with --runtime local"
                raise EnvironmentFailed(f"{one.configuration} cannot be put into an image", hint=hint)
        with tempfile.TemporaryDirectory(prefix="engine-") as folder:
            out = Path(folder) / "out"
            layout.service(framework, server, out, layout.version_of(server))
            files = [path for path in sorted((self._root / "docker").iterdir()) if path.is_file()]
            files += [path for path in sorted(out.rglob("*")) if path.is_file()]
            digest = hashlib.sha256(self._base.encode())
            for path in files:
                digest.update(f"{path.name}\0".encode() + path.read_bytes())
        return f"{REPOSITORY}/{framework.name}:{server.name}-{digest.hexdigest()[:12]}"

    def _there(self, name: str) -> bool:
        try:
            self._client().images.get(name)
        except ImageNotFound:
            return False
        except (DockerException, OSError) as error:
            raise refused(f"look for the image {name}", error) from None
        return True

    def _build(self, name: str, framework: Framework, server: Server) -> None:
        """Build it, and report each step. Raises EnvironmentFailed with the build's last lines."""
        arguments = {
            "BASE": self._base, "FRAMEWORK": framework.configuration, "SERVER": server.name,
            "VERSION": layout.version_of(server), **self._passed,
        }  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="engine-") as folder:
            stage(self._root, Path(folder))
            lines = asking(
                f"build {name}",
                lambda: self._client().api.build(
                    path=folder, dockerfile=str(DOCKERFILE), tag=name, target="service", buildargs=arguments,
                    labels={LABEL: "1"}, rm=True, forcerm=True, decode=True,
                ),
            )  # fmt: skip
            follow(name, lines, self._tell)

    def _inside(self, name: str) -> Environment:
        """The packages installed in an image: read once, and kept."""
        image = asking(f"inspect {name}", lambda: self._client().images.get(name))
        kept = self.cache / "images" / f"{image.id.removeprefix('sha256:')}.json"
        try:
            found = json.loads(kept.read_text("utf-8"))
        except (OSError, ValueError):
            words = asking(
                f"run {name}",
                lambda: self._client().containers.run(
                    image.id, ["-c", ASK], entrypoint=[str(layout.PYTHON)], remove=True, labels={LABEL: "1"},
                    network_mode="none",
                ),
            )  # fmt: skip
            found = json.loads(words)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found), "utf-8")
        versions = {normal(package): str(number) for package, number in found["versions"].items()}
        versions["image"] = image.id.removeprefix("sha256:")[:12]
        return Environment(layout.PYTHON, str(found["python"]), dict(sorted(versions.items())))

    async def _call(self, operation: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, operation)


def stage(root: Path, folder: Path) -> None:
    """Copy the inputs of an image into a folder: the engine that runs, and docker/ and frameworks/ of ``root``. In a
    checkout they are siblings, in an installation they are not. Raises EnvironmentFailed."""
    bare = shutil.ignore_patterns("__pycache__", DATA.name)
    try:
        for source in (DATA.parent, root / "docker", root / "frameworks"):
            shutil.copytree(source, folder / source.name, ignore=bare)
    except OSError as error:
        raise EnvironmentFailed(f"the inputs of an image cannot be copied: {error}") from None


def follow(name: str, lines: Iterable[Mapping[str, Any]], tell: Callable[[str], None]) -> None:
    """Follow a build to its end. Raises EnvironmentFailed, with what was last written, where it fails."""
    written: list[str] = []
    try:
        for line in lines:
            if "error" in line:
                said = "".join(written).splitlines()[-LAST_LINES:]
                error = refused(f"build {name}", RuntimeError(str(line["error"])))
                raise EnvironmentFailed(error.what, hint=error.hint, log="\n".join([*said, str(line["error"])]))
            text = str(line.get("stream", "") or line.get("status", ""))
            written.append(text if text.endswith("\n") else text + "\n")
            if text.startswith("Step "):
                tell(f"{name}: {text.strip()[:WIDEST]}")
    except (DockerException, OSError) as error:
        raise refused(f"build {name}", error) from None


def normal(package: str) -> str:
    """A package's name as the engine writes it."""
    return package.lower().replace("_", "-").replace(".", "-")
