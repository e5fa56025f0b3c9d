"""The settings of a project: what its ``conformance.yaml`` declares, and its defaults for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.source_span import NOWHERE, SourceSpan

FILE = "conformance.yaml"
KIND = "conformance"
READY = "/"
"""The path of the first request to an application that declares none."""

PLACEHOLDERS = ("address", "app", "descriptor", "folder", "host", "loop", "port", "python", "socket", "workers")
"""The placeholders of a server's command line."""
OF_ADDRESS = ("address", "host", "port", "socket")
"""Those that the words of the option ``listen`` may have."""
OF_TLS = ("authority", "certificate", "key")
"""Those that the words of the option ``tls`` have: paths of files."""
OF_VALUE = ("milliseconds", "value", "whole")
"""Those of an option's value: a time in milliseconds; the value, a time in seconds; the value if it is a whole number,
without which the value is unsupported."""

Words = tuple[str, ...]
Translated = Words | Mapping[str, Words]
"""The words of a command line for an option: for each of its values and parts by name, or for any value."""


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A server that a document declares by its command line.

    ``folder`` is the absolute path of the document's folder. ``command`` has the placeholders of
    ``engine.targets.catalog.own_servers``. ``package`` is the distribution whose version is shown and whose releases
    can be selected; ``requires`` are the requirements of its environment. ``options`` translates the engine's options.
    """

    name: str
    folder: str
    command: Words
    title: str = ""
    package: str = ""
    requires: Words = ()
    interface: str = "asgi"
    loops: Words = ()
    offers: Words = ()
    options: Mapping[str, Translated] = field(default_factory=dict)
    place: SourceSpan = NOWHERE


@dataclass(frozen=True, slots=True)
class OwnApplication:
    """An application that a document or ``--app`` names as ``module:attribute``.

    ``folder`` is the absolute path of the folder of its modules. ``requirements`` is the absolute path of the file with
    its requirements, "" for the one that is found in its folder. ``ready`` is the path of the first request, which the
    application has to answer in any way. ``answers`` are endpoints of the contract that it has. ``env`` are environment
    variables.
    """

    name: str
    app: str
    folder: str
    title: str = ""
    interface: str = "asgi"
    requirements: str = ""
    ready: str = READY
    answers: Words = ()
    offers: Words = ()
    env: Mapping[str, str] = field(default_factory=dict)
    place: SourceSpan = NOWHERE


@dataclass(frozen=True, slots=True)
class RunDefaults:
    """Values for options that the command line omits. Paths are absolute."""

    servers: Words = ()
    frameworks: Words = ()
    loop: str = ""
    http: str = ""
    gateways: Words = ()
    variants: Words = ()
    suites: Words = ()
    categories: Words = ()
    levels: Words = ()
    tags: Words = ()
    baseline: str = ""
    corpus: str = ""


@dataclass(frozen=True, slots=True)
class GateDefaults:
    """Values for options of ``engine gate`` that the command line omits."""

    against: str = ""
    repeat: int = 3
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of a document. ``file`` is its absolute path, "" without one. ``frameworks`` are absolute paths of
    folders that hold frameworks or are one."""

    file: str = ""
    title: str = ""
    run: RunDefaults = RunDefaults()
    servers: tuple[OwnServer, ...] = ()
    applications: tuple[OwnApplication, ...] = ()
    frameworks: Words = ()
    gate: GateDefaults = GateDefaults()


NO_SETTINGS = Settings()
