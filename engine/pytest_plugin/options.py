"""The options that the plugin adds to pytest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.model.target import LOOPS, RUNTIMES

if TYPE_CHECKING:
    from engine.app.engine import RunOptions


SUFFIXES = (".yaml", ".yml")
SHIPPED = "specs"


def add(parser: pytest.Parser) -> None:
    """Add them, in a group of their own."""
    group = parser.getgroup("conformance", "conformance cases in YAML")
    group.addoption(
        "--server", action="append", default=[], metavar="SERVER",
        help="NAME, NAME==VERSION, NAME@FOLDER or NAME@git+URL@BRANCH, each with ~VARIANT behind it or without; `all` "
        "for every pinned server; may be repeated (gunicorn)",
    )  # fmt: skip
    group.addoption(
        "--variant", action="append", default=[], metavar="'NAME: FLAGS'",
        help="options of a server's own, and before them pins like h11==0.14.0, under a name for --server; "
        "may be repeated",
    )  # fmt: skip
    group.addoption("--framework", action="append", default=[], metavar="NAME", help="a framework; may be repeated")
    group.addoption(
        "--gateway", action="append", default=[], metavar="NAME",
        help="what stands in front of the server: direct, nginx-fastcgi, nginx-http, nginx-uwsgi, or `all` that it can "
        "have; may be repeated",
    )  # fmt: skip
    group.addoption("--nginx", default="", metavar="PATH", help="the nginx to use (ENGINE_NGINX, or what is found)")
    group.addoption(
        "--runtime", choices=RUNTIMES, default="local",
        help="how services come to run: as processes of this machine, in containers, or already, where --url says "
        "(local)",
    )  # fmt: skip
    group.addoption(
        "--url", action="append", default=[], metavar="NAME=URL",
        help="where a framework's service runs already, like fastapi=http://127.0.0.1:8002; may be repeated",
    )  # fmt: skip
    group.addoption("--loop", choices=sorted(LOOPS), default="auto", help="the event loop of the services")
    group.addoption("--category", action="append", default=[], metavar="NAME", help="cases of this category only")
    group.addoption(
        "--level", action="append", default=[], choices=["must", "should", "may"], help="cases of this level only"
    )
    group.addoption("--tag", action="append", default=[], metavar="TAG", help="cases with this tag only")
    group.addoption("--warnings-fail", action="store_true", help="a case that comes to a warning fails")
    group.addoption("--flaky-fails", action="store_true", help="a case whose repeated runs disagree fails")
    group.addoption(
        "--conformance-repeat",
        type=int,
        default=1,
        metavar="N",
        help="run each case N times, and say how often it passes",
    )
    group.addoption(
        "--conformance-recheck", action="store_true", help="run what failed again in the end, alone on its target"
    )
    group.addoption(
        "--no-counterparts",
        action="store_true",
        help="do not run failing cases on the control and the reference as well, which tells whose fault they are",
    )
    group.addoption("--keep-transcripts", action="store_true", help="keep what crossed for what passes, too")
    group.addoption(
        "--baseline",
        default="",
        metavar="FILE",
        help="the known failures (known-failures.yaml beside the suites or above them)",
    )
    group.addoption(
        "--corpus",
        default="",
        metavar="VERSION",
        help="hold back cases that came after this version of the corpus: what fails of them is a warning (the newest)",
    )
    group.addoption("--results", default="", metavar="DIR", help="where the run is kept (results/)")
    group.addoption("--frameworks-dir", default="", metavar="DIR", help="the folder of frameworks (frameworks/)")


# Options that can be wrong before any suite is read, each with what it is where nobody gives it.
USUAL = {
    "server": [], "variant": [], "framework": [], "gateway": [], "runtime": "local", "url": [], "conformance_repeat": 1,
    "frameworks_dir": "", "corpus": "",
}  # fmt: skip


def given(config: pytest.Config) -> bool:
    """True if any option was given that can be wrong before any suite is read."""
    return any(config.getoption(name) != usual for name, usual in USUAL.items())


def asked(config: pytest.Config) -> RunOptions:
    """The options of targets and cases, as parsed."""
    from engine.app.engine import RunOptions  # noqa: PLC0415 (every pytest loads this module, and few have suites)

    return RunOptions(
        servers=tuple(config.getoption("server")),
        frameworks=tuple(config.getoption("framework")),
        loop=config.getoption("loop"),
        categories=tuple(config.getoption("category")),
        levels=tuple(config.getoption("level")),
        variants=tuple(config.getoption("variant")),
        gateways=tuple(config.getoption("gateway")),
        tags=tuple(config.getoption("tag")),
    )


def concerned(arguments: Sequence[str], here: Path) -> bool:
    """True if any argument is an address, or a path of suites that is not there. Cheap, since every pytest asks."""
    return any(
        ((argument.endswith(SUFFIXES) or is_of_ours(argument)) and not (here / argument).exists())
        or f"{suffix}::" in argument
        for argument in arguments
        for suffix in SUFFIXES
    )


def is_of_ours(argument: str) -> bool:
    """True if an argument can be a folder of the suites that come with the engine: ``specs``, ``specs/http``."""
    return argument.split("/", 1)[0] == SHIPPED and "::" not in argument


def is_suite(path: Path) -> bool:
    """True if a YAML file's first key says that it is a suite: cheap, and wrong about no document of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    for line in head.splitlines():
        if line.strip() and not line.startswith((b"#", b"---", b"%")):
            return line.startswith(b"suite:")
    return False
