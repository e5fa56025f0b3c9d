"""Environments: one for each interpreter, framework and server, created by uv from lock files, and cached.

An environment's folder is named after a digest of its inputs, so a change of a lock file creates another one. It is
created under a lock file, so that two engines can share the cache, and its completion mark is written last: an
environment without a mark is created again. ``cache.py`` decides how long it is kept. The server may be in any release:
see ``recipes.py``.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import EnvironmentFailed
from engine.replacing import replace_text
from engine.targets.catalog.frameworks import Framework
from engine.targets.catalog.servers.base import Server
from engine.targets.environments import commands
from engine.targets.environments.cache import acquire, default_cache, hold, lock_of, note_size, prune, release
from engine.targets.environments.recipes import Recipe, servers_part
from engine.targets.environments.sources import ReleaseSource, ReleaseSources, known

MARK = "complete.json"
# Raise this number when the way of creating environments changes: it creates every environment again.
FORMAT = "1"
LAST_LINES = 12
# So many modules of a server of a project are read for the identity of its code.
MOST_FILES = 2000
# uv fetches in parallel by itself; more of them at once than this only wait for each other.
AT_ONCE = 2
ASK = "import platform; print(platform.python_implementation(), platform.python_version())"
# Messages of uv if it cannot reach an index.
UNREACHABLE = (
    "dns error", "failed to fetch", "connect error", "error sending request", "timed out", "network was disabled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that is ready.

    ``python`` is its interpreter, ``version`` that interpreter's, ``versions`` maps each installed package's name (in
    small letters, words joined by hyphens) to its version. ``commit`` is the commit that the server was built from,
    ``framework_commit`` the framework's; each is "" for a release of the package index.
    """

    python: Path
    version: str
    versions: Mapping[str, str]
    commit: str = ""
    framework_commit: str = ""

    def version_of(self, package: str) -> str:
        """The installed version of a package, "" where there is none. Its name may be written in any way that the
        package index takes for the same one."""
        return self.versions.get(package.lower().replace("_", "-").replace(".", "-"), "")


def find_uv() -> str:
    """uv's executable, from the package ``uv`` of this interpreter. Raises EnvironmentFailed without one."""
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        hint = "install it in the engine's environment: python -m pip install uv"
        raise EnvironmentFailed("uv, which creates the environments, is not installed", hint=hint) from error


def pins(lock: str) -> list[str]:
    """The lines of a lock that say something: those that are neither empty nor a comment."""
    return [line.strip() for line in lock.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def lines_of(lock: Path) -> tuple[str, ...]:
    """The lines of a lock's file that say something. Raises EnvironmentFailed."""
    try:
        return tuple(pins(lock.read_text("utf-8")))
    except OSError as error:
        raise EnvironmentFailed(f"cannot read {error.filename}: {error.strerror}") from None


def locked(one: Server | Framework) -> tuple[str, ...]:
    """The pins of a server's or a framework's lock; none for what a project declares in its settings. Raises
    EnvironmentFailed, with the command that makes the lock."""
    if one.own:
        return ()
    if not one.lock.is_file():
        hint = f"make it with: engine lock {one.name}"
        if not one.source.is_file():
            hint = f"write its requirements into {one.source.name} next to it, and {hint}"
        raise EnvironmentFailed(f"{one.name} has no lock: there is no {one.lock}", hint=hint)
    return lines_of(one.lock)


def key(of_server: Iterable[str], of_framework: Iterable[str], interpreter: str) -> str:
    """The digest that names an environment. ``interpreter`` identifies the interpreter by its version and path."""
    parts = [FORMAT, interpreter, platform.system(), platform.machine(), "--", *of_server, "--", *of_framework]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class Environments:
    """The cache, and the making of what it lacks."""

    def __init__(
        self,
        cache: Path | None = None,
        *,
        on_progress: Callable[[str], None] = lambda text: None,
        on_install: Callable[[str, bool], None] = lambda name, begun: None,
        find_uv: Callable[[], str] = find_uv,
    ) -> None:
        """``cache`` is a folder, by default that of ``cache.py``. ``on_progress`` gets progress messages;
        ``on_install`` is called with the name of an environment, and True when its installation begins, False when it
        ends."""
        self.cache = (cache or default_cache()).absolute()
        self._progress = on_progress
        self._install = on_install
        self._find_uv = find_uv
        self._room = asyncio.Semaphore(AT_ONCE)
        self._interpreters: dict[Path, str] = {}
        self._found: dict[str, Path] = {}
        self._sources = ReleaseSources(self.cache)

    async def ensure(self, framework: Framework, server: Server, python: Path | None = None) -> Environment:
        """The environment for a framework under a server, made where the cache lacks it.

        ``python`` is an interpreter, the engine's own where none is given. Raises EnvironmentFailed.
        """
        interpreter = (python or Path(sys.executable)).absolute()
        identity = await self._identify(interpreter)
        try:
            source = await self._sources.fixed(server.package, server.release)
            of_framework = known(framework.package, framework.release)
            if of_framework is None:
                of_framework = await self._sources.fixed(framework.package, framework.release)
            recipe = self._recipe(framework, server, source, of_framework)
            made = await self._held(self._folder(recipe, identity), recipe, interpreter)
        except OSError as error:
            hint = "ENGINE_CACHE names another folder for the cache"
            what = f"the cache {self.cache} cannot be used: {error.strerror or error}"
            raise EnvironmentFailed(what, hint=hint) from None
        # The same content may have been committed since.
        return replace(made, commit=recipe.source.commit, framework_commit=recipe.framework_source.commit)

    async def interpreter(self, word: str) -> Path:
        """The interpreter that uv finds for a version like ``3.12``. Nothing is downloaded. Raises
        EnvironmentFailed."""
        if word not in self._found:
            uv = self._find_uv()
            argv = [uv, "python", "find", "--no-project", word]
            try:
                code, output = await commands.run(argv, env=uv_environment(), cwd=Path("/"))
            except OSError as error:
                raise EnvironmentFailed(f"uv cannot be run: {error.strerror}", hint=uv) from None
            if code != 0:
                way_out = f"`uv python install {word}` installs it; `uv python list` lists those that are there"
                raise EnvironmentFailed(f"uv finds no Python {word} here", hint=way_out, log=last(output))
            self._found[word] = Path(output.strip().splitlines()[-1])
        return self._found[word]

    async def _held(self, folder: Path, recipe: Recipe, interpreter: Path) -> Environment:
        """The environment in a folder, held from now on, and made where it is not there. Raises as ``ensure`` does, and
        OSError."""
        announced = False
        while True:
            if hold(folder, wait=False):
                found = completed(folder)
                if found is not None:
                    return found
                release(folder)
            folder.parent.mkdir(parents=True, exist_ok=True)
            descriptor = acquire(lock_of(folder))
            if descriptor is not None:
                try:
                    if completed(folder) is None:
                        await self._make_alone(folder, recipe, interpreter, descriptor)
                finally:
                    os.close(descriptor)
                continue
            if not announced:
                self._progress(f"waiting for {folder.name}, which another engine makes")
                announced = True
            await asyncio.sleep(0.05)

    async def _make_alone(self, folder: Path, recipe: Recipe, interpreter: Path, descriptor: int) -> None:
        """Make an environment whose lock is held, and remove what exceeds the limit of the cache."""
        self._install(recipe.name, True)
        try:
            async with self._room:
                await self._make(folder, recipe, interpreter, descriptor)
        finally:
            self._install(recipe.name, False)
        if completed(folder) is None:
            raise EnvironmentFailed(f"{folder} is not complete", hint=f"does {interpreter} still exist?")
        await asyncio.to_thread(note_size, folder)
        await asyncio.to_thread(prune, self.cache)

    def made(self, framework: Framework, server: Server) -> bool:
        """True if the environment for the engine's own interpreter is there; never for a release that has to be looked
        up first. Raises EnvironmentFailed where a lock cannot be read."""
        source, of_framework = known(server.package, server.release), known(framework.package, framework.release)
        if source is None or of_framework is None:
            return False
        recipe = self._recipe(framework, server, source, of_framework)
        return completed(self._folder(recipe, own_interpreter())) is not None

    async def servers_part(self, server: Server, python: Path | None = None) -> str:
        """A digest of the server's part of its environments, whatever the framework. Raises EnvironmentFailed."""
        identity = await self._identify((python or Path(sys.executable)).absolute())
        source = await self._sources.fixed(server.package, server.release)
        return key([*servers_part(server, source, locked(server)), *code_of(server)], [], identity)

    def servers_part_now(self, server: Server) -> str:
        """The same for the engine's own interpreter, "" for a release that has to be looked up first."""
        source = known(server.package, server.release)
        if source is None:
            return ""
        return key([*servers_part(server, source, locked(server)), *code_of(server)], [], own_interpreter())

    def _recipe(
        self, framework: Framework, server: Server, source: ReleaseSource, of_framework: ReleaseSource
    ) -> Recipe:
        """The recipe of an environment."""
        return Recipe(framework, server, source, locked(server), locked(framework), of_framework)

    def _folder(self, recipe: Recipe, interpreter: str) -> Path:
        """The folder of an environment. ``interpreter`` distinguishes interpreters."""
        digest = key(recipe.servers_part, recipe.frameworks_part, interpreter)
        return self.cache / "environments" / f"{recipe.server.name}-{recipe.framework.name}-{digest}"

    async def _identify(self, interpreter: Path) -> str:
        """The identity of an interpreter: its implementation, its version, and its real path."""
        real = really(interpreter)
        if real == really(sys.executable):
            return own_interpreter()
        if interpreter not in self._interpreters:
            try:
                code, output = await commands.run([real, "-I", "-S", "-c", ASK], env=os.environ, cwd=Path("/"))
            except OSError as error:
                raise EnvironmentFailed(f"{interpreter} cannot be run: {error.strerror}") from None
            if code != 0:
                raise EnvironmentFailed(f"{interpreter} is not a working Python", log=last(output))
            self._interpreters[interpreter] = f"{output.strip()} {real}"
        return self._interpreters[interpreter]

    @asynccontextmanager
    async def alone(self, path: Path) -> AsyncIterator[int]:
        """Hold a lock file, waiting for whoever has it; its descriptor."""
        announced = False
        while (descriptor := acquire(path)) is None:
            if not announced:
                self._progress(f"waiting for {path.stem}, which another engine holds")
                announced = True
            await asyncio.sleep(0.05)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    async def _make(self, folder: Path, recipe: Recipe, interpreter: Path, descriptor: int) -> Environment:
        """Make one, from nothing. The lock's descriptor goes to uv as well: if the engine is killed, whoever is next
        waits until that uv has ended, too."""
        uv = self._find_uv()
        self._progress(f"making the environment for {recipe.name}")
        began = time.monotonic()
        await asyncio.to_thread(clear, folder)
        python = folder / "bin" / "python"
        make = [uv, "venv", "--quiet", "--no-project", "--no-python-downloads", "--python", str(interpreter)]
        await self._uv([*make, str(folder)], recipe, folder, descriptor)
        if not recipe.is_locked:
            recipe.write(folder)
            await self._uv(recipe.resolve(uv, folder, python), recipe, folder, descriptor)
        wanted = recipe.locks(folder)
        if wanted:
            # The locks are complete and agree, so nothing is left to resolve.
            install = [uv, "pip", "install", "--quiet", "--no-deps", "--compile-bytecode", "--python", str(python)]
            install += [word for lock in wanted for word in ("--requirements", str(lock))]
            await self._uv(install, recipe, folder, descriptor)
        version = await asyncio.to_thread(version_of, folder)
        made = Environment(python, version, await asyncio.to_thread(installed, folder))
        complete(folder, made)
        self._progress(f"made the environment for {recipe.name} in {time.monotonic() - began:.1f} s")
        return made

    async def _uv(self, argv: list[str], recipe: Recipe, folder: Path, descriptor: int) -> None:
        """Run uv. Raises EnvironmentFailed, with what its words mean."""
        try:
            code, output = await commands.run(argv, env=uv_environment(), cwd=folder.parent, keep=[descriptor])
        except OSError as error:
            raise EnvironmentFailed(f"uv cannot be run: {error.strerror}", hint=argv[0]) from None
        if code != 0:
            what, way_out = ("", "") if recipe.is_locked else recipe.failure(output)
            what = what or f"uv could not make the environment for {recipe.name}"
            raise EnvironmentFailed(what, hint=way_out or hint(output), log=last(output))


def code_of(server: Server) -> list[str]:
    """A digest of the modules next to the files in a server's command line; none for a server that is installed. So a
    server of a project is probed again after a change of its code."""
    if not server.code:
        return []
    digest = hashlib.sha256()
    for folder in server.code:
        for path in sorted(folder.rglob("*.py"))[:MOST_FILES]:
            with suppress(OSError):
                digest.update(f"{path}\0".encode("utf-8", "surrogateescape") + path.read_bytes())
    return [digest.hexdigest()]


def own_interpreter() -> str:
    """The identity of the engine's own interpreter."""
    return f"{platform.python_implementation()} {platform.python_version()} {really(sys.executable)}"


def really(path: Path | str) -> str:
    """The path of a file with every link resolved."""
    return os.path.realpath(path)


def clear(folder: Path) -> None:
    """Delete what an engine that was ended left half-made. Raises OSError."""
    if folder.exists():
        shutil.rmtree(folder)


def uv_environment() -> dict[str, str]:
    """The engine's environment for uv, without what would have it look elsewhere, or compile nothing or elsewhere."""
    python = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    away = ("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", *python)
    return {name: value for name, value in os.environ.items() if name not in away}


def completed(folder: Path) -> Environment | None:
    """The environment in a folder, or None where it was not finished or has lost its interpreter."""
    python = folder / "bin" / "python"
    try:
        found = json.loads((folder / MARK).read_text("utf-8"))
        if python.exists():
            return Environment(python, str(found["python"]), dict(found["versions"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def complete(folder: Path, made: Environment) -> None:
    """Write the mark of completion, all at once."""
    replace_text(folder / MARK, json.dumps({"python": made.version, "versions": dict(made.versions)}, indent=1))


def installed(folder: Path) -> dict[str, str]:
    """The packages of an environment and their versions, by name."""
    sites = [str(path) for path in sorted(folder.glob("lib/python*/site-packages"))]
    found = {
        one.metadata["Name"].lower().replace("_", "-").replace(".", "-"): one.version
        for one in importlib.metadata.distributions(path=sites)
    }
    return dict(sorted(found.items()))


def version_of(folder: Path) -> str:
    """The version of an environment's interpreter, from the interpreter itself."""
    argv = [str(folder / "bin" / "python"), "-I", "-S", "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60).stdout.strip()


def last(output: str) -> str:
    """The last lines of what a command wrote."""
    return "\n".join(output.strip().splitlines()[-LAST_LINES:])


def hint(output: str) -> str:
    """A way out, from uv's words."""
    words = output.lower()
    if any(word in words for word in UNREACHABLE):
        return "uv could not reach the package index: is there a network, or a proxy or certificate to set?"
    if "no space left" in words:
        return "the disk that holds the cache is full; ENGINE_CACHE names another folder"
    if "no interpreter found" in words or "no virtual environment" in words:
        return "the interpreter cannot be used; start the engine with an absolute path to a Python of 3.11 or newer"
    if "conflict" in words or "no solution found" in words or "because" in words:
        return "the lock files conflict with each other or with this Python: engine lock --all creates them again"
    return ""
