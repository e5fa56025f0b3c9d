"""The options that the plugin adds to pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.front import LOOPS, Asked


def add(parser: pytest.Parser) -> None:
    """Add them, in a group of their own."""
    group = parser.getgroup("conformance", "conformance cases in YAML")
    group.addoption("--server", action="append", default=[], metavar="NAME", help="a server; may be repeated")
    group.addoption("--framework", action="append", default=[], metavar="NAME", help="a framework; may be repeated")
    group.addoption("--loop", choices=sorted(LOOPS), default="auto", help="the event loop of the services")
    group.addoption("--category", action="append", default=[], metavar="NAME", help="cases of this category only")
    group.addoption(
        "--level", action="append", default=[], choices=["must", "should", "may"], help="cases of this level only"
    )
    group.addoption("--warnings-fail", action="store_true", help="a case that comes to a warning fails")
    group.addoption("--results", default="", metavar="DIR", help="where the run is kept (results/)")
    group.addoption("--frameworks-dir", default="", metavar="DIR", help="the folder of frameworks (frameworks/)")


def asked(config: pytest.Config) -> Asked:
    """What the options ask for."""
    return Asked(
        servers=tuple(config.getoption("server")),
        frameworks=tuple(config.getoption("framework")),
        loop=config.getoption("loop"),
        categories=tuple(config.getoption("category")),
        levels=tuple(config.getoption("level")),
    )


def is_suite(path: Path) -> bool:
    """Whether a YAML file's first key says that it is a suite: cheap, and wrong about no document of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    for line in head.splitlines():
        if line.strip() and not line.startswith((b"#", b"---", b"%")):
            return line.startswith(b"suite:")
    return False
