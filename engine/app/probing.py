"""The findings of probes, in the cache."""

from __future__ import annotations

from engine.app.own_code import contents, engine_key
from engine.app.project_paths import ProjectPaths
from engine.model.target import CONTROLS
from engine.targets.catalog.capabilities import Probed
from engine.targets.catalog.servers.base import Server
from engine.targets.environments.packages import Environments
from engine.targets.probing.probes import Probes


def probes(project_paths: ProjectPaths) -> Probes:
    """The findings of probes, in the cache. The bare apps take part in the probes, so their code is part of the key."""
    apps = [folder for folder in (project_paths.frameworks / name for name in CONTROLS) if folder.is_dir()]
    code = "".join(f"{name}\0{content!r}" for app in apps for name, content in contents(app))
    return Probes(project_paths.cache, Environments(project_paths.cache).alone, engine_key() + code)


def probed(project_paths: ProjectPaths, server: Server, loop: str) -> Probed | None:
    """The finding about a server on a loop; None if the cache has none."""
    part = Environments(project_paths.cache).servers_part_now(server)
    found = probes(project_paths)
    return found.known(found.name(server, part, loop)) if part else None


def options_probed(project_paths: ProjectPaths, server: Server, loop: str, interface: str) -> Probed | None:
    """The finding about the options of a server on a loop with the bare app of an interface; None if the cache has
    none."""
    part = Environments(project_paths.cache).servers_part_now(server)
    found = probes(project_paths)
    return found.known(found.options_name(server, part, loop, interface)) if part else None


def spoken(project_paths: ProjectPaths, server: Server) -> frozenset[str]:
    """The protocols that a server was found to speak when it was asked, as far as the cache knows."""
    part = Environments(project_paths.cache).servers_part_now(server)
    return (probes(project_paths).spoken_now(server, part) if part else None) or frozenset()
